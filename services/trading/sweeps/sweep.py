"""A sweep: searches whose points are evaluated by whoever has hands free, each once, and kept as they come."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from core.events import Batch
from services.trading.backtests import History
from services.trading.sweeps.code import code_of
from services.trading.sweeps.evaluated import FIGURES, evaluated, parameter_types
from services.trading.sweeps.family import Point
from services.trading.sweeps.results import Results
from services.trading.sweeps.search import Search
from services.trading.sweeps.space import Space
from services.trading.sweeps.verdict import worths
from services.trading.sweeps.work import Block, Hands, Work

_BLOCK = 64  # points that are handed out at a time, at most


def identity(work: Work, bars: Batch, space: Space, point: Point) -> dict[str, Any]:  # Any: JSON
    """All that the rows of a sweep depend on. `point`: one of its points."""
    return {
        "strategy": work.family.at({}),
        "over": {each.name: list(each.values) or [each.low, each.high, each.log] for each in space.dimensions},
        "terms": work.terms._asdict(),
        "timeframe": work.timeframe,
        "symbols": list(work.symbols),
        "bars": hashlib.sha256(bars.tobytes()).hexdigest(),
        "folds": [[[span.warm, span.first, span.end] for span in spans] for spans in work.folds],
        "code": code_of(work.family, point),
    }


def schema(work: Work, space: Space) -> dict[str, Any]:  # Any: a polars type
    """Of a row: its fold, the parameters, FIGURES."""
    names = {each.name: each.values[0] if each.values else 0.0 for each in space.dimensions}
    return {"fold": pl.Int32, **parameter_types(work.family, [names]), **FIGURES}


def warm_up(work: Work, bars: Batch, point: Point) -> None:
    """Compile what every process would compile, once."""
    history = History(bars[:1], work.symbols, work.timeframe)
    evaluated(work.family, [point], history, work.terms, work.folder)


class Sweep:
    """One search a fold. `run` until all are over; broken off, what is done is in `results`, and `table` has it."""

    def __init__(self, results: Results, searches: Sequence[Search], by: str) -> None:
        self._results, self._by = results, by
        self._searches = dict(enumerate(searches))
        self._asked: dict[int, list[Point]] = {fold: [] for fold in self._searches}

    def run(self, hands: Callable[[], Hands], told: Callable[[int], None]) -> None:
        """`hands` are asked for once there is something to do; `told` how many are done."""
        working: Hands | None = None
        done = 0
        try:
            while rounds := self._next():
                asked = [(fold, point) for fold, points in rounds.items() for point in points]
                missing = [each for each in asked if each not in self._results]
                done += len(asked) - len(missing)
                told(done)
                if missing and working is None:
                    working = hands()
                for rows in working.do(_blocks(missing, working.count)) if working and missing else ():
                    self._results.add(rows)
                    done += len(rows)
                    told(done)
                self._learn(rounds)
        finally:
            if working:
                working.close()

    def _next(self) -> Mapping[int, Sequence[Point]]:
        rounds = {fold: points for fold, search in self._searches.items() if (points := search.ask())}
        for fold, points in rounds.items():
            self._asked[fold] += points
        return rounds

    def _learn(self, rounds: Mapping[int, Sequence[Point]]) -> None:
        for fold, points in rounds.items():
            found = self._results.table([(fold, point) for point in points])
            self._searches[fold].tell(worths(found, self._by))

    def table(self) -> pl.DataFrame:
        """What is done of all that was asked for, fold by fold; `point` counts within its fold."""
        return pl.concat(
            self._results.table([(fold, point) for point in points]) for fold, points in self._asked.items()
        )


def _blocks(asked: Sequence[tuple[int, Point]], hands: int) -> list[Block]:
    """Small enough for all hands to have something to do until the end."""
    size = max(1, min(_BLOCK, len(asked) // (4 * hands)))
    by_fold: dict[int, list[Point]] = {}
    for fold, point in asked:
        by_fold.setdefault(fold, []).append(point)
    return [
        Block(fold, tuple(points[at : at + size]))
        for fold, points in by_fold.items()
        for at in range(0, len(points), size)
    ]
