"""Derived bars: timeframes that are not stored, made of the longest stored one that divides them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from core.archive import between, cut
from core.coarser import bases, coarser, edge
from core.errors import BadInput
from core.events import TIMEFRAMES
from core.moments import EVER, width_of
from core.paging import BEFORE_ALL, Ask
from core.ranges import Ranges

_COLUMNS = ("ts_event", "ts_recv", "seq", "open", "high", "low", "close", "volume", "vwap", "trades", "quality")
_MOST, _AT_ONCE = 20_000_000, 2_000_000  # stored bars that one page may be made of, and that are read together


@dataclass(frozen=True)
class _Base:
    """Stored bars of one timeframe: where the first lies, and behind which each symbol has none yet."""

    timeframe: str
    first: int
    end: int
    last: pl.DataFrame  # source, symbol, last

    @property
    def width(self) -> int:
        return TIMEFRAMES[self.timeframe]


class Derived:
    """`page` and `all` of bars whose timeframe is any number of s, m, h or d, whole buckets since 1970, UTC.

    A bucket's bar is there once a stored bar of its symbol lies at its end or behind it: then no more will come for it.
    Times are nanoseconds; the columns are those of `core.coarser.coarser`.
    """

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges

    def page(self, ask: Ask) -> pl.DataFrame | None:
        """None where the timeframe itself is stored."""
        base = self._base(ask)
        if base is None:
            return None
        kept = self._made(replace(ask, start=0, end=0), base, 0, 0)
        for start, end in self._windows(ask, base):
            kept = cut(ask, pl.concat([kept, self._made(ask, base, start, end)]))
            if len(kept) == ask.limit:
                break
        return kept

    def all(self, ask: Ask) -> pl.DataFrame | None:
        """Every one of the range; None where the timeframe itself is stored."""
        base, width = self._base(ask), width_of(ask.equal["timeframe"])
        if base is None:
            return None
        return self._made(ask, base, edge(max(ask.start, base.first), width), min(ask.end, base.end + 1))

    def _stored(self, ask: Ask) -> set[str]:
        if ask.equal.get("origin") == "venue":
            return {"1m"}  # as venues have them
        found = self._ranges.columnar.ask("stored_timeframes", ask.given)
        return {channel.removeprefix("bars.") for channel in found["channel"]}

    def _base(self, ask: Ask) -> _Base | None:
        stored, width = self._stored(ask), width_of(ask.equal["timeframe"])
        if ask.equal["timeframe"] in stored:
            return None
        timeframe = next((name for name in bases(width) if name in stored), "1s")
        given = {**ask.given, "seconds": TIMEFRAMES[timeframe] // TIMEFRAMES["1s"]}
        ends, archive = self._ranges.settled(lambda: self._ranges.columnar.ask("bar_ends", given))
        ends = ends.with_columns(pl.col("first", "last").dt.timestamp("ns"))
        parts = archive.concerning("bars", *EVER)
        firsts = [*ends["first"].drop_nulls(), *(part.first for part in parts)]
        old = max((part.last for part in parts), default=0)  # of symbols whose bars were all moved there
        last = ends.select("source", "symbol", pl.col("last").fill_null(old))
        return _Base(timeframe, min(firsts, default=EVER[1]), max([*last["last"], 0]), last)

    def _windows(self, ask: Ask, base: _Base) -> Iterator[tuple[int, int]]:
        """Ranges of whole buckets, from where the page begins to where stored bars end, wider and wider."""
        width, symbols = width_of(ask.equal["timeframe"]), max(len(base.last), 1)
        if ask.limit * symbols * (width // base.width) > _MOST:
            raise BadInput(
                f"that would be made of more than {_MOST:,} bars of {base.timeframe}: ask for fewer bars or symbols, or"
                " have the platform keep a timeframe nearer to it (market.timeframes)"
            )
        most = max(_AT_ONCE // symbols // (width // base.width), 1)
        buckets = min(ask.limit, most)
        low = edge(max(ask.start, ask.after.ts_event, base.first), width)
        high = edge(min(ask.end - 1, base.end), width) + width
        while low < high:
            step = buckets * width
            if ask.newest:
                yield max(high - step, low), high
                high -= step
            else:
                yield low, min(low + step, high)
                low += step
            buckets = min(2 * buckets, most)

    def _made(self, ask: Ask, base: _Base, start: int, end: int) -> pl.DataFrame:
        """The bars of the buckets from `start` to `end`."""
        stored = replace(
            ask, start=start + 1, end=end + 1, after=BEFORE_ALL, equal={**ask.equal, "timeframe": base.timeframe}
        )
        rows = self._ranges.rows(stored, _COLUMNS).with_columns(pl.col("source", "symbol").cast(pl.String))
        made = coarser(rows, ask.equal["timeframe"], width_of(ask.equal["timeframe"]))
        known = made.join(base.last, on=["source", "symbol"])
        return known.filter(between(ask) & (pl.col("ts_event") <= pl.col("last"))).drop("last")
