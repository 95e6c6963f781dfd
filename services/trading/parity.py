"""Parity: a recorded session given again, to the engine and to the backtest's way in, and whether both say the same.

What the journal has is compared bit for bit and number for number with what the same engine makes of the same inputs,
call for call. What stands in the end is compared with what a bank makes of the finished bars alone, as a backtest does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.calls import Call, End, Head, Names
from core.engine import Engine
from core.errors import BadInput
from core.events import BACKFILLS, CHANNELS, DISCONNECTED, DONE, MISSED, NEVER, SILENT, Batch, Symbols, kind
from core.image import put
from core.node import Group, Node
from core.numbering import counter
from core.ports import Catalogue, channels
from core.recipe import Asked, Recipe, versions
from core.snapshots import Damaged, read
from indicators import indicator
from services.trading.likeness import Likeness, moment_of
from services.trading.standing import Standing
from strategies.files import strategy

_EVERY = 2_000  # calls between two reports


@dataclass
class Run:
    """One engine's part of a session."""

    position: int
    recipe: Recipe
    kernel: str  # made again
    symbols: list[str] = field(default_factory=list)
    standing: dict[str, Likeness] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


@dataclass
class Certificate:
    """What was compared, and what came of it."""

    source: str = ""
    calls: int = 0
    first: int = 0  # moments of the venue's clock
    last: int = 0
    kinds: dict[str, Likeness] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    counts: Counter[str] = field(
        default_factory=Counter
    )  # reconnects, gaps by what became of them, restarts, rows unchecked
    unchecked: list[str] = field(default_factory=list)  # what could not be given again, and why
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def identical(self) -> bool:
        each = [*self.kinds.values(), *(one for run in self.runs for one in run.standing.values())]
        return all(one.same for one in each)


def checked(
    session: Iterable[Head | Names | Call | End],
    folder: Path,
    report: Callable[[int], None] = lambda _: None,
    kept: Sequence[tuple[int, Path]] = (),
) -> Certificate:
    """Compare a recorded session with what is made of it again; `report` is told how far it is. Where its begin is not
    there it is compared from a snapshot on, one of those that were `kept`. BadInput when it holds nothing that can be
    given again."""
    checking = _Checking(folder, kept)
    for step in session:
        checking.take(step)
        if not checking.found.calls % _EVERY:
            report(getattr(step, "position", 0))
    checking.over()
    found = checking.found
    if not found.calls:
        why = "; ".join(found.unchecked) or "it has no rows"
        raise BadInput(f"expected a recorded session that can be given again: {why}; nothing was checked")
    return found


def engine_of(recipe: Recipe, catalogue: Catalogue, folder: Path) -> Engine:
    """An engine as the recipe says, which has seen nothing; BadInput when this version cannot make it."""
    symbols = Symbols(catalogue.symbols, source=catalogue.source)
    groups = tuple(Group(group.symbols, _nodes(group)) for group in recipe.groups)
    return Engine(
        symbols, recipe.timeframes, _nodes(recipe.nodes), folder, groups=groups, bars=recipe.bars,
        lookback=recipe.lookback,
    )  # fmt: skip


def _nodes(asked: Asked) -> tuple[Node, ...]:
    return (*map(indicator, asked.indicators), *map(strategy, asked.strategies))


class _Checking:
    """A session, step by step."""

    def __init__(self, folder: Path, kept: Sequence[tuple[int, Path]] = ()) -> None:
        self.found = Certificate()
        self._folder, self._kept = folder, kept
        self._begun: Head | None = None  # of what can only be given again from a snapshot on
        self._before = 0  # where the last call began
        self._engine: Engine | None = None
        self._standing: Standing | None = None
        self._skipped = 0

    def take(self, step: Head | Names | Call | End) -> None:
        if isinstance(step, Head):
            self._head(step)
        elif isinstance(step, Names):
            self._named(step.catalogue)
        elif isinstance(step, End):
            self._unchecked(f"at {step.position}: {step.reason}" if step.reason else "")
        else:
            if self._engine is None and self._begun is not None:
                self._from_snapshot(self._begun, step.position)
            self._before = step.position
            if self._engine is not None:
                self._call(self._engine, step)
            else:
                self._skipped += sum(map(len, step.made))

    def _from_snapshot(self, begun: Head, position: int) -> None:
        """Begin with a snapshot that was taken right before a call, if there is one."""
        for where, path in self._kept:
            if self._before < where <= position and begun.recipe is not None:
                with suppress(Damaged):
                    head, sections = read(path)
                    engine = engine_of(begun.recipe, begun.catalogue, self._folder)
                    if head.kernel == engine.bank.name and head.symbols == list(begun.catalogue.symbols):
                        put(engine, head, sections)
                        self._engine, self._begun = engine, None
                        self._follow(engine, where, begun.recipe)
                        self._unchecked(f"finished bars by themselves: it was begun with the snapshot of {where}")
                        self._standing = None

    def _head(self, head: Head) -> None:
        """A file begins, perhaps another run with it."""
        self.found.source = head.catalogue.source
        recipe, run = head.recipe, self.found.runs[-1] if self.found.runs else None
        if recipe is None:
            self._end()
            self._unchecked("files of a version that did not keep what its engine was given")
        elif self._engine is not None and run is not None and (recipe.began == run.recipe.began or recipe.warm):
            run.recipe = recipe
            self._named(head.catalogue)
        else:
            self._begin(head, recipe)

    def _begin(self, head: Head, recipe: Recipe) -> None:
        self._end()
        if recipe.began != head.position or recipe.warm:
            self._unchecked(
                f"the session's begin, at {recipe.began}, is not in these files, and its state is not known"
            )
            self._begun, self._before = head, head.position - 1
            return
        self._begun = None
        self._engine = engine = engine_of(recipe, head.catalogue, self._folder)
        numbered(engine, head, recipe)
        self._follow(engine, head.position, recipe)

    def _follow(self, engine: Engine, position: int, recipe: Recipe) -> None:
        self._unchecked("")
        self._standing = Standing(engine.prepared(engine.bank.asked, engine.bank.groups), recipe.bars == "venue")
        self.found.counts["restarts"] += bool(self.found.runs)
        self.found.runs.append(Run(position, recipe, engine.bank.name, list(engine.symbols.names)))

    def _named(self, catalogue: Catalogue) -> None:
        if self._begun is not None:
            self._begun = replace(self._begun, catalogue=catalogue)
        if self._engine is not None:
            for name in catalogue.symbols[len(self._engine.symbols) :]:
                self._engine.symbols.add(name)

    def _call(self, engine: Engine, call: Call) -> None:
        found, names = self.found, engine.symbols.names
        again = engine(call.given) if call.given is not None else ()
        engine.settle()
        found.calls += 1
        for batch in call.made:
            self._note(batch)
        for what in {kind(batch) for batch in (*call.made, *again)}:
            ours, theirs = ([batch for batch in each if kind(batch) == what] for each in (call.made, again))
            found.kinds.setdefault(what, Likeness()).add(ours, theirs, names, f"at {call.position} in the journal")
        if call.given is not None and call.given.dtype is MISSED:
            self._gaps(call.given)

    def _note(self, batch: Batch) -> None:
        """What is said of a session besides."""
        found = self.found
        if self._standing is not None:
            self._standing.hear(batch)
        moments = batch["ts_event"]
        if kind(batch) in {"trades", "quotes"} and len(batch):
            found.first = min(found.first or NEVER, int(moments.min()))
            found.last = max(found.last, int(moments.max()))
        found.counts["amended trades"] += len(batch) if kind(batch) == "revised_trades" else 0
        if kind(batch) == "gaps":
            own = batch[(batch["channel"] == CHANNELS.index("trades")) & (batch["to_ts"] != NEVER)]
            for backfill, name in enumerate(BACKFILLS):
                found.counts[f"gaps {name}"] += int((own["backfill"] == backfill).sum())

    def _gaps(self, missed: Batch) -> None:
        ended = missed[(missed["to_ts"] != NEVER) & (missed["backfill"] != DONE)]
        lost = ended[(ended["reason"] == DISCONNECTED) | (ended["reason"] == SILENT)]
        self.found.counts["reconnects"] += len({*lost[lost["channel"] == 0]["from_ts"].tolist()})

    def _unchecked(self, why: str) -> None:
        """Say what was not given again, as far as it goes."""
        if self._skipped:
            self.found.counts["rows unchecked"] += self._skipped
            self._skipped = 0
        if why and why not in self.found.unchecked:
            self.found.unchecked.append(why)

    def _end(self) -> None:
        """The engine's part of the session is over."""
        if self._engine is not None and self._standing is not None:
            run = self.found.runs[-1]
            run.symbols = list(self._engine.symbols.names)
            run.standing = self._standing.likenesses(run.symbols)
            run.left_out = self._standing.left_out
        self._engine = self._standing = None

    def over(self) -> None:
        self._end()
        self._unchecked("")


def numbered(engine: Engine, head: Head, recipe: Recipe) -> None:
    """Have an engine go on numbering where the run of a head began."""
    later = {(channel, name): last for name, each in recipe.numbers.items() for channel, last in each.items()}
    engine.resume(later, recipe.missed)
    every = channels(head.catalogue)
    for channel, symbol, seq in head.numbers.tolist():
        found = counter(engine.bank, every[channel])
        if found is not None:
            found[symbol] = seq


__all__ = ["Certificate", "Run", "checked", "engine_of", "moment_of", "numbered"]
