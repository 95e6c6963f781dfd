"""What an indicator is compared with: a call, and the same numbers from somewhere else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Series: TypeAlias = NDArray[np.floating[Any]]  # Any: of a higher precision, where an oracle needs it
Columns: TypeAlias = Mapping[str, Series]  # of bars: open high low close volume vwap trades ts_open ts_close
Oracle: TypeAlias = Callable[[Columns], Series | tuple[Series, ...]]


@dataclass(frozen=True)
class Case:
    """`unit` is what a billionth is relative to where a value is a small difference of large ones: "price", "volume",
    "value" (the value itself, nothing is lost), "largest" (the largest value there is: a sum of outliers that cancel)
    or a number (100.0 for a percentage). `skip` names series on which the oracle itself cannot be right, and why.
    `exact` asks for the very same bits."""

    call: str
    oracle: Oracle
    unit: str | float = "price"
    skip: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False


def each(call: str, parameters: Iterable[Any], oracle: Callable[..., Any], **more: Any) -> Iterator[Case]:
    """A case for each of `parameters` (one, or a tuple): `each("ema({})", (2, 20), lambda x, n: ...)`."""
    for given in parameters:
        several = given if isinstance(given, tuple) else (given,)
        yield Case(call.format(*several), partial(_asked, oracle, several), **more)


def _asked(oracle: Callable[..., Any], given: tuple[Any, ...], x: Columns) -> Any:  # Any: what the oracle gives
    return oracle(x, *given)


def windows(values: Series, period: int) -> Series:
    """Every window of `period` values, one a row, oldest first."""
    return np.lib.stride_tricks.sliding_window_view(values, period)


def rolling(values: Series, period: int, function: Callable[[Series], float]) -> Series:
    """`function` of every window, the slow way; NaN before the first, and wherever a window holds NaN."""
    found = np.full(len(values), np.nan)
    for i in range(period - 1, len(values)):
        window = values[i - period + 1 : i + 1]
        if not np.isnan(window).any():
            found[i] = function(window)
    return found


def lagged(values: Series, rows: int) -> Series:
    """The values `rows` rows ago; NaN where there are none."""
    found = np.full(len(values), np.nan)
    found[rows:] = values[: len(values) - rows] if rows else values
    return found
