"""The local exchange's timeline: a session's moments, the bars they end, and what goes wrong when; pure."""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.bank import NO_TRADES, Bank
from core.events import AMENDMENT, BAR, SECOND, TRADE, Batch, Symbols, rows
from feeds.faults import AMENDING, Plan
from feeds.played import Played, Verbatim

ANEW = 1 << 40  # between the number of a trade and that of its correction


@dataclass(frozen=True, slots=True)
class Step:
    """What happens when the session has come to `ts`: rows are shown, or a fault begins or ends.

    `happened` is the truth, for the history; `shown` is what goes out now. `now` is the venue's clock: moved with the
    session, and wrong by the plan's skew.
    """

    ts: int
    now: int
    number: int
    shown: tuple[Batch, ...] = ()
    happened: tuple[Batch, ...] = ()
    raw: Verbatim | None = None
    fault: str = ""
    begins: bool = False
    does: str = ""  # the fault that this is


class Timeline:
    """Steps in the order of their times. With `now`, the session's first moment is moved to it."""

    def __init__(
        self, source: Iterator[Played], symbols: Symbols, bars: Bank | None, plan: Plan, now: int | None = None
    ) -> None:
        self._source, self._symbols, self._bars, self._plan, self._moved = source, symbols, bars, plan, now
        self._agenda: list[tuple[int, int, Step]] = []  # by time; of one time, in the order they were put there
        self._numbers = itertools.count()
        self._last = 0
        self._shift = 0
        self._open: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Step]:
        for moment in self._source:
            if not self._last:
                self._begin(moment.ts)
            while self._agenda and self._agenda[0][0] <= moment.ts:
                yield self._taken()
            self._last = moment.ts
            yield from self._steps(moment)
        yield from self.rest()
        if self._last:
            yield from self._steps(Played(self._last, ()), 60 * SECOND)  # the bars that are open

    def rest(self) -> Iterator[Step]:
        """What is under way, ended now: late trades and open faults. What has not begun does not happen any more."""
        while self._agenda:
            step = heapq.heappop(self._agenda)[2]
            if not step.fault or (not step.begins and self._open[step.fault]):
                self._open[step.fault] -= bool(step.fault)
                yield replace(step, ts=self._last)

    def _begin(self, first: int) -> None:
        self._shift = (0 if self._moved is None else self._moved - first) + self._plan.skew
        for at, kind, begins in self._plan.edges():
            self._put(Step(first + at, first + at + self._shift, next(self._numbers), fault=kind, begins=begins))

    def _put(self, step: Step) -> None:
        heapq.heappush(self._agenda, (step.ts, step.number, step))

    def _taken(self) -> Step:
        step = heapq.heappop(self._agenda)[2]
        if step.fault:
            self._open[step.fault] += 1 if step.begins else -1
        return step

    def _steps(self, moment: Played, later: int = 0) -> Iterator[Step]:
        """A moment's rows and the bars it ends; a recorded frame goes out as it was, its bars behind it."""
        now = moment.ts + self._shift + later
        happened = tuple(_shifted(batch, self._shift) for batch in moment.batches)
        step = Step(moment.ts, now, next(self._numbers), happened, happened, None if self._shift else moment.raw)
        bars = self._minute_bars(happened, now)
        if step.raw is None:
            step = replace(step, shown=happened + bars, happened=happened + bars)
        self._amend(step)
        yield self._held_back(step)
        if step.raw is not None and bars:
            yield Step(moment.ts, now, next(self._numbers), bars, bars)

    def _amend(self, step: Step) -> None:
        """Have trades of a step taken back or corrected later on, each at most once."""
        trades = [batch[i : i + 1] for batch in step.happened if batch.dtype is TRADE for i in range(len(batch))]
        for kind in AMENDING:
            if trades and self._plan.hits(kind, step.number):
                draw, by = self._plan.drawn(kind, step.number), self._plan.later[kind]
                what = (amendment(trades.pop(draw % len(trades)), step.now + by, draw if kind == "correct" else 0),)
                self._put(Step(step.ts + by, step.now + by, next(self._numbers), what, what, does=kind))

    def _held_back(self, step: Step) -> Step:
        """The step without the trade that comes later, if there is one: of a recording, without its frame."""
        trades = sum(len(batch) for batch in step.shown if batch.dtype is TRADE)
        if not trades or not self._plan.hits("late", step.number):
            return step
        by = self._plan.later["late"]
        late = replace(step, ts=step.ts + by, now=step.now + by, happened=())
        late = replace(late, number=next(self._numbers), does="late")
        if step.raw is not None:
            self._put(late)
            return replace(step, shown=(), raw=None)
        return self._without(step, self._plan.drawn("late", step.number) % trades, late)

    def _without(self, step: Step, chosen: int, late: Step) -> Step:
        """The step without one of its trades, which is put on the agenda."""
        kept: list[Batch] = []
        for batch in step.shown:
            own = np.ones(len(batch), dtype=np.bool_)
            if batch.dtype is TRADE and 0 <= chosen < len(batch):
                self._put(replace(late, shown=(batch[chosen : chosen + 1],)))
                own[chosen] = False
            chosen -= len(batch) if batch.dtype is TRADE else 0
            kept += [batch[own]] if own.any() else []
        return replace(step, shown=tuple(kept))

    def _minute_bars(self, batches: Sequence[Batch], now: int) -> tuple[Batch, ...]:
        """The bars that ended, unless the session brings its own; Alpaca sends one at each minute's end."""
        if self._bars is None:
            return ()
        self._bars.grow(len(self._symbols))
        made = [out for batch in batches if batch.dtype is TRADE for out in self._bars.take(batch)]
        made += self._bars.take(NO_TRADES, now, now)
        return tuple(out for out in made if out.dtype is BAR)


def _shifted(batch: Batch, shift: int) -> Batch:
    if not shift:
        return batch
    moved = batch.copy()
    moved["ts_event"] += shift
    return moved


def amendment(trade: Batch, now: int, draw: int) -> Batch:
    """A trade is taken back; with a draw it is another one, at one to four hundredths more."""
    _, _, _, number, price, size, symbol, _ = trade[0].item()
    new = (number + ANEW, round(price * (1.01 + draw % 4 / 100), 4), size + 1) if draw else (0, np.nan, 0.0)
    return rows(AMENDMENT, [(now, now, 0, number, *new, price, size, symbol)])
