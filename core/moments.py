"""Moments: nanoseconds and timeframes as the database has them."""

import re
from datetime import UTC, datetime, timedelta

from core.errors import BadInput
from core.events import SECOND, TIMEFRAMES

EVER = (-(2**62), 2**62)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86400 * SECOND}
_MOST_DAYS = 366


def moment(nanoseconds: int) -> datetime:
    """The microsecond that holds `nanoseconds`, within what a timestamptz can say."""
    if nanoseconds <= 0:
        return _LONG_AGO
    whole, rest = divmod(nanoseconds, SECOND)
    return _FAR if whole > _FAR.timestamp() else _LONG_AGO + timedelta(seconds=whole, microseconds=rest // 1000)


def behind(nanoseconds: int) -> datetime:
    """The microsecond behind that one: nothing before `nanoseconds` lies in it or later."""
    return moment(nanoseconds) + timedelta(microseconds=1)


def seconds(timeframe: str) -> int:
    """How many a timeframe has; BadInput."""
    if timeframe not in TIMEFRAMES:
        raise BadInput(f"expected a timeframe out of {', '.join(TIMEFRAMES)}; found {timeframe!r}")
    return TIMEFRAMES[timeframe] // SECOND


def width_of(timeframe: str) -> int:
    """The nanoseconds of any timeframe, such as 7m or 2d; BadInput."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", timeframe, re.ASCII)
    width = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < width <= _MOST_DAYS * _UNITS["d"]:
        raise BadInput(
            f"expected a timeframe such as 1m: a number and s, m, h or d, at most {_MOST_DAYS}d; found {timeframe!r}"
        )
    return width
