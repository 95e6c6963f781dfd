"""Row types and symbols."""

import numpy as np
import pytest

from core.events import BAR, QUOTE, SIGNAL, TIME, TRADE, Symbols, copied, joined, rows, value_dtype


@pytest.mark.parametrize("dtype", [TRADE, QUOTE, BAR, SIGNAL, TIME, value_dtype(["a", "b"])])
def test_no_row_has_padding_so_equal_rows_are_equal_bytes(dtype: np.dtype[np.void]) -> None:
    assert sum(dtype[name].itemsize for name in dtype.names or ()) == dtype.itemsize
    assert dtype.isalignedstruct


def test_a_slice_keeps_the_very_same_dtype_object() -> None:
    batch = rows(TRADE, [(1, 2, 3, 4, 5.0, 6.0, 0, 1)] * 3)
    assert batch.dtype is TRADE
    assert batch[1:].dtype is TRADE
    assert batch[np.array([True, False, True])].dtype is TRADE
    assert batch.copy().dtype is TRADE
    for count in (1, 2, 5):
        assert joined([batch] * count).dtype is TRADE
        assert joined([batch] * count).tolist() == batch.tolist() * count
    assert len(joined([batch[:0], batch[:0]])) == 0


@pytest.mark.parametrize("part", [slice(0), slice(1, 3), slice(None, None, 2)])
def test_a_copy_is_equal_and_a_change_to_it_is_its_own(part: slice) -> None:
    batch = rows(TRADE, [(1, 2, 3, 4, 5.0, 6.0, 0, 1)] * 3)
    own = copied(batch[part])
    assert own.dtype is TRADE
    assert own.tolist() == batch[part].tolist()
    own["price"] = 7.0
    assert set(batch["price"]) == {5.0}


def test_symbols_are_numbered_in_the_order_they_come() -> None:
    symbols = Symbols(["AAPL", "MSFT"], source="alpaca")
    assert [symbols.id(name) for name in ("AAPL", "MSFT", "AAPL")] == [0, 1, 0]
    assert len(symbols) == 2


def test_an_unknown_symbol_is_minus_one_unless_the_table_grows() -> None:
    assert Symbols(["AAPL"]).id("TSLA") == -1
    growing = Symbols(grows=True)
    assert (growing.id("TSLA"), growing.id("AAPL"), growing.names) == (0, 1, ["TSLA", "AAPL"])
    assert growing.id("") == -1
