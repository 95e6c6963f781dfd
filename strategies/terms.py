"""Terms: what trading costs and how much of it is done, in a backtest and as a person writes them.

>>> terms("commission=2bps, stop=5%, shorts=no, cash=1e4")[:4]
(10000.0, 1.0, 0.0, False)
"""

import re
from typing import Any, NamedTuple

import numpy as np

from core.errors import BadInput, nearest

_UNITS = {"": 1.0, "%": 0.01, "bps": 0.0001}
_NUMBER = re.compile(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(%|bps|)", re.ASCII)
_WORDS = {"yes": True, "no": False}


class Terms(NamedTuple):
    """On what terms is traded. Shares are fractions: 0.001 is a tenth of a percent.

    `share` of the equity goes into each position, or a fixed number of `units`; `side` of a signal scales either.
    `participation`: of a bar's volume at most so much, the rest waits for the next bar; 0 is all. `lot`: the smallest
    quantity; 0 is any. `stop`, `target`: from the price of entry; 0 is none. `borrow`: a year, on what is sold short.
    `least` is the smallest fee of a trade. `latency_s`: from a bar's close until an order reaches the market.
    """

    cash: float = 100_000.0
    share: float = 1.0
    units: float = 0.0
    shorts: bool = True
    leverage: float = 1.0
    commission: float = 0.0
    per_share: float = 0.0
    least: float = 0.0
    spread: float = 0.0
    slippage: float = 0.0
    participation: float = 0.0
    borrow: float = 0.0
    lot: float = 0.0
    stop: float = 0.0
    target: float = 0.0
    latency_s: float = 0.0

    def checked(self) -> "Terms":
        """BadInput when a term is none, or nothing could be traded on them."""
        for name, value in self._asdict().items():
            if not 0.0 <= value < np.inf:
                raise BadInput(f"{name} must be a number of 0 or more, such as 0.001, 0.1% or 10bps, was {value!r}")
        if not (self.cash and self.leverage and (self.share or self.units)):
            raise BadInput("cash, leverage, and share or units must be above 0: nothing could be traded")
        return self


def terms(text: str) -> Terms:
    """The terms a person writes, such as "commission=2bps, stop=5%, shorts=no"; BadInput for anything else."""
    given: dict[str, Any] = {}  # Any: a number, yes or no
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, value = map(str.strip, part.partition("="))
        if name not in Terms._fields:
            raise BadInput(
                f"expected terms out of {', '.join(Terms._fields)}, such as commission=2bps; found {part!r}"
                f"{nearest(name, Terms._fields)}"
            )
        given[name] = _value(name, value)
    return Terms(**given).checked()


def _value(name: str, value: str) -> float | bool:
    found = _NUMBER.fullmatch(value)
    if name == "shorts":
        if value not in _WORDS:
            raise BadInput(f"shorts must be yes or no, was {value!r}")
        return _WORDS[value]
    try:
        return float(found[1]) * _UNITS[found[2]] if found else float("nan")
    except ValueError:
        return float("nan")
