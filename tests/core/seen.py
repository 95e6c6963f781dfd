"""What a client that follows everything has in the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.events import COMPLETE, DONE, GAP, Batch, kind

View = dict[tuple[Any, ...], bytes]  # by what it is, what it says


@dataclass
class Seen:
    """What a client that follows everything has in the end."""

    bars: View = field(default_factory=dict)
    values: View = field(default_factory=dict)
    signals: View = field(default_factory=dict)
    _trades: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    quality: dict[tuple[Any, ...], int] = field(default_factory=dict)
    numbers: dict[tuple[str, int, int], set[int]] = field(default_factory=dict)
    gaps: list[Any] = field(default_factory=list)

    def hear(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            what = kind(batch)
            for row in batch if what not in ("gaps", "quotes", "amendments") else ():
                self._row(what, row)
            for gap in batch.tolist() if what == "gaps" else ():
                self._missed(gap)

    def _missed(self, gap: tuple[Any, ...]) -> None:
        """What was made in a gap before it was noticed is in doubt, until it is told again."""
        self.gaps.append(gap)
        start, end, symbol, channel, backfill = (gap[place] for place in (3, 4, 5, 6, 8))
        for (what, *key), quality in self.quality.items():
            inside = key[0] == symbol and start < key[2] <= end
            if inside and quality == COMPLETE and channel == 0 and backfill != DONE:
                self.quality[(what, *key)] = GAP

    def _row(self, what: str, row: Any) -> None:
        revised, what = what.startswith("revised_"), what.removeprefix("revised_")
        if what == "trades":
            self._trade(row, revised=revised)
            return
        says = row.copy()
        for name in {"ts_recv", "seq", "seq_all", "quality"} & set(row.dtype.names):
            says[name] = 0
        key: tuple[int, ...] = (int(row["symbol"]), int(row["timeframe"]), int(row["ts_event"]))
        if what == "signals":
            key = (*key, int(row["strategy"]))
        view: View = getattr(self, what)
        assert revised or key not in view
        gone = (what == "bars" and not row["trades"]) or (what == "signals" and not row["side"])
        gone |= what == "values" and key not in self.bars  # a bar that is no more has none
        view.pop(key, None) if gone else view.update({key: says.tobytes()})
        self.quality[what, *key] = int(row["quality"])
        if what != "values":
            self._count(what, row, int(row["timeframe"] if what == "bars" else row["strategy"]), revised=revised)

    def _trade(self, row: Any, *, revised: bool) -> None:
        key = int(row["symbol"]), int(row["seq"])
        assert revised == (key in self._trades)
        says = (key[0], *(row[name].item() for name in ("ts_event", "trade_id", "price", "size")))
        self._trades.update({key: says}) if row["size"] else self._trades.pop(key)
        self._count("trades", row, 0, revised=revised)

    @property
    def trades(self) -> list[tuple[Any, ...]]:
        return list(self._trades.values())

    def _count(self, what: str, row: Any, lane: int, *, revised: bool) -> None:
        numbers = self.numbers.setdefault((what, lane, int(row["symbol"])), set())
        assert revised or int(row["seq"]) == len(numbers) + 1
        numbers.add(int(row["seq"]))

    @property
    def end(self) -> tuple[View, View, View]:
        return self.bars, self.values, self.signals
