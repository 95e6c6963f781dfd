"""Resuming: what a market process takes over from the run before it, out of the journal it left.

Where there is a usable snapshot the engine goes on as if it had never stopped: the newest one, then what the journal
says was given behind it. Else it begins anew, and only numbering goes on.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.calls import Call, End, Head, Names, calls
from core.engine import Engine
from core.errors import StoreDown
from core.events import MISSED, NEVER, Batch, copied, kind, rows
from core.ids import last_numbers, reached
from core.image import Head as ImageHead
from core.image import put
from core.journal import Journal
from core.log import logger
from core.ports import Catalogue
from core.recipe import Recipe, versions
from core.records import files
from core.recovery import Recovered
from core.snapshots import Damaged, read, snapshots
from feeds.socket import SocketFeed

Numbers = Mapping[tuple[str, str], int]


@dataclass
class Left:
    """What an earlier run left: the last number per (channel, symbol), the journal's and the database's; when the
    newest trade happened."""

    found: Recovered | None
    numbers: Numbers
    reached: int

    @property
    def missed(self) -> int:
        """Rows of the journal that could not be read."""
        return self.found.missed if self.found else 0


@dataclass
class Warm:
    """An engine went on from a snapshot. `rest`: what followed from the last call and is not in the journal, for the
    process was killed as it wrote it."""

    position: int
    rows: int = 0
    calls: int = 0
    took_s: float = 0.0
    rest: list[Batch] = field(default_factory=list)


class Differs(Exception):
    """What is made again is not what the journal has."""


def left(journal: Journal, catalogue: Catalogue, url: str) -> Left:
    """The numbers of the database count for what the last run did not have; without it, the journal's have to do."""
    found, newest = journal.recover(), 0
    try:
        numbers = last_numbers(url, catalogue)
        newest = reached(url, catalogue.source)
    except StoreDown as error:
        if found is None or not found.knows(catalogue):
            raise
        logger().warning("numbers_from_journal", error=str(error))
        numbers = {}
    for key, last in (found.numbers if found else {}).items():
        numbers[key] = max(last, numbers.get(key, 0))
    return Left(found, numbers, max(newest, found.reached if found else 0))


def begun(engine: Engine, position: int, known: Left, *, warm: bool) -> Recipe:
    """The recipe of an engine whose run begins at a position of its journal."""
    later: dict[str, dict[str, int]] = {}
    for (channel, name), last in known.numbers.items() if not warm else ():
        if name not in engine.symbols.names:
            later.setdefault(name, {})[channel] = last
    missed = 0 if warm else known.missed
    made_by = versions()
    return replace(Recipe.of(engine), began=position, warm=warm, versions=made_by, numbers=later, missed=missed)


def follow(feed: SocketFeed, engine: Engine, known: Left, *, warm: bool) -> None:
    """Tell a feed since when it has missed something, and which gaps of before are still to be filled."""
    missed = engine.revision.unanswered if warm and engine.revision else rows(MISSED, [])
    begun = missed["from_ts"][missed["to_ts"] == NEVER]  # the run ended while it was not connected
    feed.since = min([known.reached, *begun.tolist()])
    if warm and feed.filling:
        feed.filling.resume(missed)


def gone_on(engine: Engine, make: Callable[[], Engine], folder: Path, known: Left) -> tuple[Engine, Warm | None]:
    """The engine, gone on from where the journal ends, if that can be; else one that has seen nothing."""
    if known.found is None or known.missed:
        return engine, None
    try:
        return engine, warmed(engine, folder, known.found)
    except Differs as error:
        logger().error("warm_start_failed", reason=str(error), advice="see candela check parity")
        return make(), None


def warmed(engine: Engine, folder: Path, found: Recovered) -> Warm | None:
    """Have an engine that has seen nothing go on where the journal ends; None when there is nothing to begin with.
    Differs, and the engine is of no use any more, when it does not make again what it made."""
    for _, path in reversed(snapshots(folder)):
        try:
            head, sections = read(path)
            _check(engine, folder, found, head)
        except Damaged as error:
            logger().warning("snapshot_not_used", file=str(path), reason=str(error))
            continue
        began = time.monotonic()
        put(engine, head, sections)
        warm = _replayed(engine, folder, found, head.position)
        engine.counts.clear()  # what a run counts is its own
        engine.refused[:] = engine.bank.lane["late"] = 0
        warm.took_s = time.monotonic() - began
        took = round(warm.took_s, 3)
        logger().info("warm", snapshot=head.position, tail_rows=warm.rows, tail_calls=warm.calls, took_s=took)
        return warm
    return None


def _check(engine: Engine, folder: Path, found: Recovered, head: ImageHead) -> None:
    """Damaged, when an image does not belong to this journal and engine, or what follows it cannot be given again."""
    names = engine.symbols.names
    if head.stream != found.stream.bytes or head.position > found.position:
        raise Damaged("it is of another journal")
    if head.kernel != engine.bank.name:
        raise Damaged(f"it is of other nodes or another version ({head.kernel}; now {engine.bank.name})")
    if head.symbols != names[: len(head.symbols)]:
        raise Damaged("it is of other symbols")
    for step in _since(folder, found, head.position):
        if isinstance(step, Head) and step.recipe is not None and step.position >= head.position:
            if step.position > head.position and not step.recipe.warm and step.recipe.began == step.position:
                raise Damaged("a later run began anew")
        elif isinstance(step, End) and (step.reason or step.position != found.position):
            raise Damaged(f"what follows it cannot be given again: {step.reason or 'rows are lacking'}")


def _since(folder: Path, found: Recovered, position: int) -> Iterator[Head | Names | Call | End]:
    there = files(folder)
    first = max((start for start, _ in there if start <= position), default=None)
    if first is None:
        yield End(position, f"nothing at {position} is there")
        return
    yield from calls([each for each in there if each[0] >= first], found.position, position)


def _replayed(engine: Engine, folder: Path, found: Recovered, position: int) -> Warm:
    warm = Warm(position)
    for step in _since(folder, found, position):
        if warm.rest and isinstance(step, Call):
            raise Differs(f"more is made at {step.position} than the journal has")
        if isinstance(step, Names):
            for name in step.catalogue.symbols:
                engine.symbols.id(name)
        elif isinstance(step, Call):
            made = engine(step.given) if step.given is not None else ()
            engine.settle()
            warm.rest = _rest(step, made)
            warm.rows += sum(map(len, step.made))
            warm.calls += 1
    return warm


def _rest(call: Call, made: tuple[Batch, ...]) -> list[Batch]:
    """What was made beyond what the journal has of a call; Differs."""
    recorded, rest = Counter[str](), list[Batch]()
    for what in {kind(batch) for batch in (*call.made, *made)}:
        ours, theirs = (b"".join(each.tobytes() for each in all_ if kind(each) == what) for all_ in (call.made, made))
        if not theirs.startswith(ours):
            raise Differs(f"{what} at {call.position} are not what the journal has")
        recorded[what] = sum(len(each) for each in call.made if kind(each) == what)
    for batch in made:
        known = min(recorded[kind(batch)], len(batch))
        recorded[kind(batch)] -= known
        if known < len(batch):
            rest.append(copied(batch[known:]))
    return rest
