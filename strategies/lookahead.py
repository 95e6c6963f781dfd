"""Look-ahead: whether what a strategy says at a moment is the same without what came later, at every bar.

A signal given at a moment may depend on bars that had closed by then, and on nothing else. For a frame strategy that is
tried bar by bar: once with the later bars cut off, once with others in their place, against the run over everything.
The runs that know least come first, in a module of their own, so that nothing can be remembered; and nothing can be
read from elsewhere meanwhile (`sealed`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from core.errors import BadInput
from core.events import Batch
from strategies.frames import FrameStrategy, Sides
from strategies.sealed import sealed, was_opening
from strategies.verdicts import Tell, Verdict, Violation, mirrored

Said: TypeAlias = tuple[tuple[int, float, float], ...]  # the signals of one stretch: when, side, strength

_FARTHEST = 2_000  # bars; how far ahead is looked for the first that matters
_BEHIND = 250  # other bars that take the place of those behind the ones that are checked


def checked(fresh: Callable[[], FrameStrategy], bars: Batch, symbols: Sequence[str], most: int, tell: Tell) -> Verdict:
    """The verdict on a frame strategy, of the first `most` bars of each symbol. `fresh` runs its file anew."""
    parts = [(bars[bars["symbol"] == symbol], name) for symbol, name in enumerate(symbols)]
    parts = [(own, name) for own, name in parts if len(own)]
    with suppress(BadInput):  # what it imports as it runs is imported now
        fresh()(parts[0][0][:2], parts[0][1])
    verdict = Verdict(fresh().call, len(bars), sum(min(most, len(own)) for own, _ in parts), 0, most)
    work, done = 2 * verdict.checked, 0

    def count() -> None:
        nonlocal done
        done += 1
        tell(done, work)

    alone = [_Prefixes(fresh, own, name, most) for own, name in parts]
    for each in alone:
        each.run(count)
    whole = _whole(fresh, parts, verdict)
    for each, answer in zip(alone, whole, strict=True):
        _compare(each, answer, verdict)
        _compare_changed(each, answer, verdict, count)
    if not verdict.signals and not verdict.violations:
        firsts = [
            np.searchsorted(own["ts_close"], when[:1], "right")
            for (own, _), (when, *_) in zip(parts, whole, strict=True)
        ]
        raise BadInput(_silent(verdict, min((int(first[0]) for first in firsts if len(first)), default=None)))
    return verdict


def _silent(verdict: Verdict, needed: int | None) -> str:
    if needed is None:
        return f"{verdict.strategy} says nothing in these {verdict.bars:,} bars: there is nothing to check"
    return (
        f"{verdict.strategy} says nothing at the {verdict.checked:,} bars that were checked: ask for more, its first"
        f" signal comes with --bars {needed}"
    )


def _whole(fresh: Callable[[], FrameStrategy], parts: list[tuple[Batch, str]], verdict: Verdict) -> list[Sides]:
    """What is said knowing everything; it must be the same again, in another order, and with the files out of reach."""
    strategy = fresh()
    whole = [strategy(*part) for part in parts]
    again = [strategy(*part) for part in reversed(parts)][::-1]
    apart: list[Sides] = []
    try:
        with sealed():
            apart = [strategy(*part) for strategy, part in zip([fresh()] * len(parts), parts, strict=True)]
    except BadInput as error:
        if not was_opening(error):
            raise
        verdict.violations.append(Violation("files", without=str(error)))
    for kind, others in (("unsteady", again), ("files", apart)):
        for (own, name), one, other in zip(parts, whole, others or whole, strict=True):
            if kind in {each.kind for each in verdict.violations}:
                break
            differs = _first_difference(own, one, other)
            if differs:
                verdict.violations.append(Violation(kind, name, *differs))
    return whole


def _first_difference(bars: Batch, one: Sides, other: Sides) -> tuple[int, int, str, str] | None:
    for bar in range(-1, len(bars)):
        said, without = within(one, bars, bar), within(other, bars, bar)
        if said != without:
            return bar + 1, int(bars["ts_close"][max(bar, 0)]), words(said), words(without)
    return None


def within(sides: Sides, bars: Batch, bar: int) -> Said:
    """The signals given from a bar's close on, until before the next one's; of bar -1, those before the first close."""
    when, closes = sides[0], bars["ts_close"]
    first = 0 if bar < 0 else int(np.searchsorted(when, closes[bar]))
    last = int(np.searchsorted(when, closes[bar + 1])) if bar + 1 < len(bars) else len(when)
    return tuple(zip(*(each[first:last].tolist() for each in sides), strict=True))


def words(said: Said | None) -> str:
    if said is None:
        return "an error"
    return ", ".join(f"side {side:g}, strength {strength:.6g}" for _, side, strength in said) or "nothing"


class _Prefixes:
    """What is said at each of a symbol's first bars, when it is the last there is; none knows a later one."""

    def __init__(self, fresh: Callable[[], FrameStrategy], bars: Batch, symbol: str, most: int) -> None:
        self.fresh, self.bars, self.symbol, self.count = fresh, bars, symbol, min(most, len(bars))
        self.said: list[Said] = []
        self.failed: list[int] = []  # bars at which it raised an error

    def run(self, count: Callable[[], None]) -> None:
        strategy = self._loaded()
        for bar in range(self.count):
            try:
                with sealed():
                    self.said.append(self.at(strategy, bar))
            except BadInput:
                self.said.append(self._unsealed(bar))
            count()

    def _loaded(self) -> FrameStrategy:
        try:
            with sealed():
                return self.fresh()
        except BadInput:
            return self.fresh()  # it opens a file as it is run: said by `_whole`

    def _unsealed(self, bar: int) -> Said:
        said = self.tried(self.fresh(), bar)
        if said is None:
            self.failed.append(bar)
        return said or ()

    def at(self, strategy: FrameStrategy, bar: int, later: int = 0, bars: Batch | None = None) -> Said:
        """What is said at a bar when `later` bars behind it are known as well, of other bars maybe."""
        known = (self.bars if bars is None else bars)[: bar + 1 + later]
        return within(strategy(known, self.symbol), self.bars, bar)

    def tried(self, strategy: FrameStrategy, bar: int, later: int = 0, bars: Batch | None = None) -> Said | None:
        """The same; None where it raises an error."""
        try:
            return self.at(strategy, bar, later, bars)
        except BadInput:
            return None


def _compare(alone: _Prefixes, whole: Sides, verdict: Verdict) -> None:
    bars = alone.bars
    right = [within(whole, bars, bar) for bar in range(alone.count)]
    verdict.signals += sum(map(len, right))
    wrong = [bar for bar in range(alone.count) if alone.said[bar] != right[bar]]
    early = within(whole, bars, -1)
    if early:
        verdict.violations.append(
            Violation("cut", alone.symbol, 1, int(bars["ts_close"][0]), words(early), "nothing", 1, len(early))
        )
    if wrong and _only_dated_by_the_next(alone, right, wrong):
        verdict.notes.append(
            f"{alone.symbol}: its signals are dated by the row of the bar that comes next, which is not there yet when"
            " they are due; they do not depend on what is in it. Better is ts_event = ts_close of the bar before"
        )
    elif wrong:
        bar = wrong[0]
        strategy = alone.fresh()
        ahead = _ahead(alone.said[bar], bar, len(bars), lambda later: alone.tried(strategy, bar, later))
        found = Violation("cut", alone.symbol, bar + 1, int(bars["ts_close"][bar]), words(right[bar]))
        without = words(None if bar in alone.failed else alone.said[bar])
        verdict.violations.append(replace(found, without=without, ahead=ahead, bars=len(wrong)))
    elif alone.failed:
        verdict.notes.append(
            f"{alone.symbol}: with {max(alone.failed) + 1} bars or fewer it raises an error, where it says nothing"
        )


def _ahead(base: Said, bar: int, bars: int, answer: Callable[[int], Said | None]) -> int | None:
    laters = range(1, min(_FARTHEST, bars - bar - 1) + 1)
    return next((later for later in laters if answer(later) != base), None)


def _only_dated_by_the_next(alone: _Prefixes, right: list[Said], wrong: list[int]) -> bool:
    """Whether all it lacks is that there is a next bar: whatever that one is, it says the same."""
    strategy = alone.fresh()
    for bar in wrong:
        if bar + 1 >= len(alone.bars):
            return False
        for other in _others(alone.bars[: bar + 2]):
            if alone.tried(strategy, bar, 1, other) != right[bar]:
                return False
    return True


def _others(bars: Batch) -> Iterator[Batch]:
    """The bars with another last one: one that goes far up, one far down, and one that stands still."""
    for factor in (1.5, 0.5, 1.0):
        other = bars.copy()
        for name in ("open", "high", "low", "close", "vwap"):
            other[name][-1] = bars["close"][-2] * factor
        yield other


def _compare_changed(alone: _Prefixes, whole: Sides, verdict: Verdict, count: Callable[[], None]) -> None:
    bars, strategy = alone.bars, alone.fresh()
    bars = bars[: alone.count + _BEHIND]
    wrong: list[tuple[int, Said, Said | None]] = []
    for bar in range(alone.count):
        said = alone.tried(strategy, bar, len(bars), mirrored(bars, bar + 1))
        right = within(whole, alone.bars, bar)
        wrong += [(bar, right, said)] if said != right else []
        count()
    if wrong:
        bar, right, said = wrong[0]
        other = mirrored(bars, bar + 1)
        ahead = _ahead(alone.said[bar], bar, len(bars), lambda later: alone.tried(strategy, bar, later, other))
        found = Violation("changed", alone.symbol, bar + 1, int(bars["ts_close"][bar]), words(right))
        verdict.violations.append(replace(found, without=words(said), ahead=ahead, bars=len(wrong)))
