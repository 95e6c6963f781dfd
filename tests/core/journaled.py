"""An engine whose every call is journaled, as the market process does it, and what a journal gives again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.engine import Engine
from core.events import TIME, Batch, rows
from core.journal import Journal
from core.recipe import Recipe, versions
from core.records import files
from tests.core.made import ended
from tests.core.troubled import MS, START, TICK


@dataclass
class Journaled:
    """`give` it batches, then `end`."""

    engine: Engine
    folder: Path
    journal: Journal = field(init=False)
    made: list[Batch] = field(default_factory=list)
    file_bytes: int = 1 << 16
    begun: Callable[[int], Recipe] | None = None  # the recipe of an engine that went on

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder, file_bytes=self.file_bytes)
        found = self.journal.recover()
        if found is not None and self.begun is None:
            self.engine.resume(found.numbers, found.missed)
        anew = replace(Recipe.of(self.engine), began=self.journal.position, versions=versions())
        recipe = self.begun(self.journal.position) if self.begun else anew
        self.journal.start(self.engine.catalogue, self.engine.numbers, recipe.text)
        self._announced = len(self.engine.symbols)

    def give(self, batch: Batch) -> tuple[Batch, ...]:
        made = self.engine(batch)
        if len(self.engine.symbols) != self._announced:
            self._announced = len(self.engine.symbols)
            self.journal.extend(self.engine.catalogue)
        self.journal.given(batch)
        for each in made:
            self.journal.put(each)
        self.journal.flush()
        self.engine.settle()
        self.made += made
        return made

    def play(self, arrivals: list[tuple[int, Batch]], seconds: int = 200) -> None:
        """Batches at the venue's moments, the venue's clock in between."""
        now = START
        for moment, batch in arrivals:
            while now + TICK <= moment:
                now += TICK
                self.give(rows(TIME, [(now - 100 * MS, now)]))
            self.give(batch)
        for moment in range(now, START + seconds * 1000 * MS, 1000 * MS):
            self.give(rows(TIME, [(moment, moment)]))

    def end(self) -> list[tuple[int, Path]]:
        ended(self.journal)
        return files(self.folder)


def plain(records: Batch) -> bytes:
    """All that records say, without what lies between their fields."""
    names = records.dtype.names
    return b"".join(plain(records[name]) for name in names) if names else records.tobytes()
