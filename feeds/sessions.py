"""Sessions: when a venue is open, so that the quiet of a night is taken neither for a dead socket nor for a gap."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.events import SECOND

_BEFORE, _AFTER = timedelta(days=30), timedelta(days=366)


class Sessions:
    """Stretches [opens, closes) in nanoseconds, in order; a venue without any is always open.

    What is not known is taken to be open: all before the first, and all behind the last.
    """

    def __init__(self, spans: Sequence[tuple[int, int]] = ()) -> None:
        self._opens = [opens for opens, _ in spans]
        self._closes = [closes for _, closes in spans]

    def open_at(self, moment: int) -> bool:
        return self.within(moment, moment + 1) == (moment, moment + 1)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """From the first to the last open moment of a stretch: the two are equal when it has none."""
        first = bisect_right(self._closes, start)  # the first session that ends behind the start
        last = bisect_right(self._opens, end - 1) - 1  # the last that begins before the end
        if 0 < first < len(self._opens):
            start = max(start, self._opens[first])
        if 0 <= last < len(self._closes) - 1:
            end = min(end, self._closes[last])
        return start, max(start, end)


def sessions(calendar: str, now: int) -> Sessions:
    """Those of a calendar, the hours before and after its regular ones included, of the month before `now` and the year
    after. Holidays, half days and the changes of clocks are those of pandas-market-calendars.
    """
    if not calendar:
        return Sessions()
    from pandas_market_calendars import get_calendar  # noqa: PLC0415 pandas takes half a second: only who needs it waits

    today = datetime.fromtimestamp(now // SECOND, UTC)
    days = get_calendar(calendar).schedule(today - _BEFORE, today + _AFTER, start="pre", end="post")
    opens, closes = (days[name].astype("datetime64[ns, UTC]").astype("int64").tolist() for name in ("pre", "post"))
    return Sessions(list(zip(opens, closes, strict=True)))
