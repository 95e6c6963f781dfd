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


def parsed(name: str, text: str | None) -> int | None:
    """Nanoseconds from what a person wrote for `name`: RFC 3339, or nanoseconds since 1970; BadInput."""
    if text is None:
        return None
    if text.lstrip("-").isdecimal() and text.isascii() and len(text) < 20 and text.count("-") <= 1:
        return int(text)
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
    except ValueError:
        raise BadInput(
            f"{name}: expected RFC 3339 such as 2026-01-31T14:30:00Z, or nanoseconds; found {text!r}"
        ) from None
    if found.tzinfo is None:
        raise BadInput(f"{name}: expected a time zone, such as {text}Z; found none")
    return int(found.timestamp()) * SECOND + found.microsecond * 1000


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
