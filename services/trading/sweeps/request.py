"""A request: what a person asks to be swept, and what comes of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import polars as pl

from core.errors import BadInput, nearest
from services.trading.backtests import History
from services.trading.sweeps.clustered import Cluster
from services.trading.sweeps.evaluated import FIGURES, Span
from services.trading.sweeps.family import Point, family
from services.trading.sweeps.folds import Fold, k_folds, walk_forward
from services.trading.sweeps.guided import Guided
from services.trading.sweeps.picture import picture
from services.trading.sweeps.processes import Processes
from services.trading.sweeps.results import Results
from services.trading.sweeps.search import Listed, Search, drawn, every
from services.trading.sweeps.space import Space, space
from services.trading.sweeps.sweep import Sweep, identity, schema, warm_up
from services.trading.sweeps.tried import Trial, joined, tried
from services.trading.sweeps.verdict import BY, Verdict, best, verdict
from services.trading.sweeps.work import Hands, Own, Work
from strategies.terms import Terms

Told: TypeAlias = Callable[[int, int], None]  # how many points there will be, how many are done
SEARCHES = ("grid", "random", "optuna")


@dataclass(frozen=True)
class Request:
    """As a person says it; see `candela sweep --help`."""

    strategy: str
    over: str
    search: str = "grid"
    points: int | None = None
    seed: int = 0
    by: str = "sharpe"
    walk_forward: str = ""
    anchored: bool = False
    folds: int = 0
    embargo: str = "0"
    purge: str = "0"
    cores: int = 1
    ray: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """`table` has a row a fold and point; `row` is the best one's of a sweep without folds, `trials` those of folds."""

    strategy: str
    cash: float
    space: Space
    table: pl.DataFrame
    folder: Path
    left_out: Counter[str]
    row: int | None
    verdict: Verdict | None
    trials: Sequence[Trial]
    broken_off: bool


def swept(request: Request, history: History, terms: Terms, kernels: Path, *, out: Path, told: Told) -> Report:
    """What a person asks for, kept in a folder inside `out`; BadInput. Broken off by Ctrl-C, what there is by then.

    `told` how many points there will be, and how many are done.
    """
    if request.by not in BY:
        raise BadInput(f"expected --by one of {', '.join(BY)}; found {request.by!r}{nearest(request.by, BY)}")
    folds = _folds(request, history)
    whole = (Span(0, 0, len(history.bars)),)
    spans = tuple(fold.chosen_on for fold in folds) or (whole,)
    work = Work(family(request.strategy), terms, kernels, history.symbols, history.timeframe, spans)
    asked = _asked(request, work)
    results = Results(out, identity(work, history.bars, asked.space, asked.first), schema(work, asked.space))
    try:
        sweep, broken_off = Sweep(results, asked.searches, request.by), False
        try:
            sweep.run(lambda: _hands(request, work, history, results.folder, asked.first), partial(told, asked.total))
        except KeyboardInterrupt:
            broken_off = True
        return _report(request, work, asked, sweep.table(), results, tests=(history, folds), broken_off=broken_off)
    finally:
        results.close()


def _folds(request: Request, history: History) -> tuple[Fold, ...]:
    if request.walk_forward and request.folds:
        raise BadInput("expected --walk-forward or --folds, found both: they are two ways to choose and to try")
    if request.walk_forward:
        return walk_forward(history.bars, request.walk_forward, anchored=request.anchored)
    return k_folds(history.bars, request.folds, request.embargo, request.purge) if request.folds else ()


@dataclass(frozen=True, eq=False)
class _Asked:
    """The searches of all folds, one of their points, how many points there will be, and what was left out."""

    space: Space
    searches: Sequence[Search]
    first: Point
    total: int
    left_out: Sequence[Counter[str]]


def _asked(request: Request, work: Work) -> _Asked:
    over, refusal = space(request.over, work.family), work.family.refusal
    if clash := {each.name for each in over.dimensions} & {"point", "fold", *FIGURES}:
        raise BadInput(f"{', '.join(clash)} is what a figure is called: rename that parameter")
    if request.search == "grid":
        if request.points is not None:
            raise BadInput("a grid has all its points: leave --points out, or take --search random or optuna")
        chosen = every(over, refusal)
    elif request.search == "random":
        chosen = drawn(over, _count(request), request.seed, refusal)
    elif request.search == "optuna":
        guided = [Guided(over, _count(request), request.seed + fold, refusal) for fold in range(len(work.folds))]
        first = drawn(over, 1, 0, refusal).points[0]
        return _Asked(over, guided, first, _count(request) * len(guided), [each.left_out for each in guided])
    else:
        near = nearest(request.search, SEARCHES)
        raise BadInput(f"expected --search one of {', '.join(SEARCHES)}; found {request.search!r}{near}")
    searches = [Listed(chosen.points) for _ in work.folds]
    return _Asked(over, searches, chosen.points[0], len(chosen.points) * len(searches), [chosen.left_out])


def _count(request: Request) -> int:
    count = 100 if request.points is None else request.points
    if count < 1:
        raise BadInput(f"expected --points of 1 or more, found {count}")
    return count


def _hands(request: Request, work: Work, history: History, folder: Path, first: Point) -> Hands:
    warm_up(work, history.bars, first)
    if request.cores < 1:
        raise BadInput(f"expected --cores of 1 or more, found {request.cores}")
    if request.ray:
        return Cluster(work, history.bars, request.ray, first)
    return Own(work, history.bars) if request.cores == 1 else Processes(work, history.bars, request.cores, folder)


def _report(
    request: Request, work: Work, asked: _Asked, table: pl.DataFrame, results: Results,
    *, tests: tuple[History, Sequence[Fold]], broken_off: bool,
) -> Report:  # fmt: skip
    history, folds = tests
    if not broken_off:
        results.keep("results", table)
    row = None if folds else best(table, request.by)
    if row is not None:
        drawn_by = [each.name for each in asked.space.dimensions]
        (results.folder / "heat_map.svg").write_text(picture(table, drawn_by, request.by))
    trials = tried(work, history, folds, table, request.by) if folds and not broken_off else []
    if trials:
        results.keep("out_of_sample", joined(trials, work.terms.cash))
    return Report(
        strategy=work.family.at({}), cash=work.terms.cash, space=asked.space, table=table, folder=results.folder,
        left_out=sum(asked.left_out, Counter()), row=row, verdict=None if row is None else verdict(table, row),
        trials=trials, broken_off=broken_off,
    )  # fmt: skip
