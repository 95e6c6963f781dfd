"""Amending: which trade is meant, and what becomes of it."""

import numpy as np
import pytest

from core.amending import amended, sound_amendments, taken_back
from core.events import AMENDMENT, TRADE, Batch, rows

NAN = float("nan")


def trades(*given: tuple[int, float, float]) -> Batch:
    """Numbers, prices, sizes."""
    found = ((10 + i, 20 + i, i + 1, number, price, size, 0, 1) for i, (number, price, size) in enumerate(given))
    return rows(TRADE, found)


def amendment(old: tuple[int, float, float], new: tuple[int, float, float] = (0, NAN, 0.0), symbol: int = 0) -> Batch:
    return rows(AMENDMENT, [(90, 99, 0, old[0], *new, old[1], old[2], symbol)])


def test_a_trade_that_is_taken_back_is_no_more_and_told_without_price_and_size() -> None:
    known = trades((7, 1.5, 10.0), (8, 1.6, 20.0))
    found = amended(known, amendment((7, 1.5, 10.0)))
    assert found.trades.tolist() == known[1:].tolist()
    assert not len(found.left)
    assert found.gone == {7: 10}
    ts_event, ts_recv, seq, number, price, size, *_ = found.told[0].item()
    assert (ts_event, ts_recv, seq, number, size) == (10, 99, 1, 7, 0.0)
    assert np.isnan(price)


def test_a_corrected_trade_keeps_its_place_and_may_be_corrected_again_and_taken_back() -> None:
    known = trades((7, 1.5, 10.0), (8, 1.6, 20.0))
    first, second = amendment((7, 1.5, 10.0), (70, 1.4, 11.0)), amendment((70, 1.4, 11.0), (700, 1.3, 12.0))
    found = amended(known, np.concatenate([first, second]))
    assert found.trades[0].item() == (10, 99, 1, 700, 1.3, 12.0, 0, 1)
    assert found.told["trade_id"].tolist() == [70, 700]
    assert found.gone == {7: 10, 70: 10}
    back = amended(found.trades, amendment((700, 1.3, 12.0)))
    assert back.trades.tolist() == known[1:].tolist()
    assert known.tolist() == trades((7, 1.5, 10.0), (8, 1.6, 20.0)).tolist()  # what was given is as it was


@pytest.mark.parametrize("other", [(6, 1.5, 10.0), (7, 1.51, 10.0), (7, 1.5, 11.0)])
def test_a_trade_of_another_number_price_or_size_is_not_meant(other: tuple[int, float, float]) -> None:
    known = trades((7, 1.5, 10.0))
    found = amended(known, amendment(other))
    assert found.trades.tolist() == known.tolist()
    assert len(found.left) == 1
    assert not len(found.told)
    assert not found.gone


def test_of_trades_with_one_number_the_one_with_the_price_is_meant() -> None:
    found = amended(trades((7, 1.5, 10.0), (7, 2.5, 10.0)), amendment((7, 1.5, 10.0)))
    assert found.trades["price"].tolist() == [2.5]


def test_what_a_history_says_is_taken_back_is() -> None:
    known = trades((7, 1.5, 10.0), (8, 1.6, 20.0))
    found = amended(known, taken_back(known[:1], 99))
    assert found.trades.tolist() == known[1:].tolist()
    assert found.told["ts_recv"].tolist() == [99]


@pytest.mark.parametrize(
    ("given", "fine"),
    [
        (amendment((7, 1.5, 10.0)), True),
        (amendment((7, 1.5, 10.0), (70, 1.4, 11.0)), True),
        (amendment((7, 1.5, 10.0), (70, -1.4, 11.0)), False),
        (amendment((7, 1.5, 10.0), (70, NAN, 11.0)), False),
        (amendment((7, 1.5, 10.0), (70, 1.4, float("inf"))), False),
        (amendment((7, 1.5, 10.0), (70, 1.4, 0.0)), False),
        (amendment((0, 1.5, 10.0)), False),
        (amendment((7, 1.5, 10.0), symbol=3), False),
        (amendment((7, 1.5, 10.0), symbol=-1), False),
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(given: Batch, fine: bool) -> None:
    assert len(sound_amendments(given, 3)) == fine
