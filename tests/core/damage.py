"""Journals of several catalogues, and damage to them."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as some

from core.events import BAR, POSITION, QUOTE, SIGNAL, TRADE, Batch, kind, row_dtype
from core.journal import Journal
from core.mark import Mark
from core.ports import Catalogue, channels
from core.records import files, walked
from core.tables import Positions
from core.tail import Tail
from tests.core.made import CATALOGUE, ended, filled, put

# Each gives other names to the same numbers, or other columns: rows read with another are wrong, and seen to be.
CATALOGUES = (
    CATALOGUE,
    replace(CATALOGUE, symbols=("MSFT", "AAPL", "TSLA", "BTC/USD")),
    replace(
        CATALOGUE,
        symbols=("TSLA", "BTC/USD", "AAPL", "MSFT"),
        indicators=CATALOGUE.indicators[:1],
        strategies=CATALOGUE.strategies[::-1],
    ),
)

_FIELDS = {  # the channels whose numbers a row of `filled` has
    "trades": {"seq": "trades"},
    "quotes": {"seq": "quotes"},
    "bars": {"seq": "bars.1m"},
    "signals": {"seq": "signals.{strategy}", "seq_all": "signals.*"},
}

Named = tuple[Catalogue, str, bytes]  # a batch, and what it is to be read with
Numbers = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Record:
    """What was written and where it lies, and where the catalogue it is to be read with does."""

    what: str
    start: int
    end: int
    rows: int
    named: Named | None
    explained: tuple[int, int]

    def hit(self, first: int, last: int) -> bool:
        """Whether damage from `first` to `last` makes it unreadable."""
        return any(low < last and high > first for low, high in ((self.start, self.end), self.explained))


@dataclass(frozen=True)
class Sample:
    """A closed journal of several files, most with several catalogues; the last number of every channel and symbol."""

    folder: Path
    records: list[Record]
    rows: int
    numbers: Numbers

    def damage(self, place: float, length: int, how: str) -> tuple[int, int] | None:
        """Change `length` bytes at a share of the whole; from where to where it changed anything."""
        first = int(place * self.records[-1].end)
        return (first, first + length) if damage(self.folder, first, first + length, HOW[how]) else None

    @property
    def batches(self) -> list[Record]:
        return [each for each in self.records if each.named is not None]


class Writer:
    """Numbers rows and puts them into a journal as an engine does, and gives the numbers for the head of each file."""

    def __init__(self, root: Path, **settings: int) -> None:
        self.catalogue, self.numbers, self.named = CATALOGUE, Numbers(), list[Named]()
        self.journal = Journal(root / CATALOGUE.source, **settings)
        self.journal.recover()
        self.journal.start(CATALOGUE, self._heads)

    def change(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.journal.extend(catalogue)

    def put(self, dtype: "np.dtype[np.void]", count: int, *, seed: int = 0) -> None:
        symbols = self.catalogue.symbols
        batch = filled(dtype, count, seed=seed, symbols=len(symbols))
        for field, channel in _FIELDS.get(kind(batch), {}).items():
            name = channel.format(strategy=self.catalogue.strategies[1].name)
            batch[field] += np.array([self.numbers.get((name, symbol), 0) for symbol in symbols])[batch["symbol"]]
        self.named.append((self.catalogue, kind(batch), batch.tobytes()))
        reached(self.named[-1], self.numbers)
        put(self.journal, batch)

    def _heads(self) -> Batch:
        every, symbols = channels(self.catalogue), self.catalogue.symbols
        given = [
            (every.index(channel), symbols.index(symbol), seq)
            for (channel, symbol), seq in self.numbers.items()
            if channel in every and symbol in symbols
        ]
        return np.array(given, dtype=POSITION)


def batch_of(named: Named) -> Batch:
    catalogue, what, data = named
    return np.frombuffer(data, dtype=row_dtype(what, catalogue.outputs))


def reached(named: Named, numbers: Numbers) -> None:
    """Take over the highest number a batch has for each channel and symbol."""
    catalogue, what, _ = named
    positions = Positions(catalogue)
    positions.add(what, batch_of(named))
    for channel, symbol, seq in positions.changed():
        key = channel, catalogue.symbols[symbol]
        numbers[key] = max(seq, numbers.get(key, 0))


def sample(root: Path, count: int = 36, **settings: int) -> Sample:
    writer = Writer(root, **{"file_bytes": 9_000, **settings})
    for number in range(count):
        if number % 4 == 3:
            writer.change(CATALOGUES[1 + number // 4 % 2])
        dtype = (TRADE, QUOTE, BAR, SIGNAL, row_dtype("values", writer.catalogue.outputs))[number % 5]
        writer.put(dtype, 5 + number % 5, seed=number)
    ended(writer.journal)
    folder = writer.journal.folder
    return Sample(folder, list(_records(folder, iter(writer.named))), writer.journal.total, writer.numbers)


def _records(folder: Path, named: Iterator[Named]) -> Iterator[Record]:
    explained = 0, 0
    for start, path in files(folder):
        for found, _ in walked(path.read_bytes(), start):
            if found.kind == "catalogue":
                explained = found.position, found.end
            batch = next(named) if found.kind not in {"catalogue", "positions"} else None
            yield Record(found.kind, found.position, found.end, found.rows if batch else 0, batch, explained)


def damage(folder: Path, first: int, last: int, how: Callable[[bytes], bytes]) -> bool:
    """Change the bytes from one position up to another in place, in whichever files they are; whether any changed."""
    changed = False
    for start, path in files(folder):
        low, high = max(first - start, 0), min(last - start, path.stat().st_size)
        if low < high:
            with path.open("r+b") as file:
                before = os.pread(file.fileno(), high - low, low)
                os.pwrite(file.fileno(), how(before), low)
                changed |= how(before) != before
    return changed


def flipped(data: bytes) -> bytes:
    return bytes(byte ^ 0x41 for byte in data)


HOW: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flipped,
    "zero": lambda data: bytes(len(data)),
    "scrambled": lambda data: random.Random(len(data)).randbytes(len(data)),
}


Hit = tuple[float, int, str]  # where, how many bytes, how
HITS = some.lists(
    some.tuples(
        some.floats(0, 1, exclude_max=True),
        some.one_of(some.just(1), some.integers(2, 12_000)),
        some.sampled_from(sorted(HOW)),
    ),
    min_size=1,
    max_size=3,
)


def told(folder: Path, most: int = 4_000) -> tuple[list[Named], Counter[str]]:
    """Every batch and its names, as a store reads them, and the rows that could not be read."""
    mark, found = Mark.read(folder), list[Named]()
    assert mark is not None
    tail = Tail(folder, mark)
    tail.seek(0, 0)
    while (chunk := tail.read(most)) is not None:
        assert len(chunk.ends) == len(chunk.totals) == max(len(chunk.batches), 1)
        found += [(chunk.catalogue, kind(batch), batch.tobytes()) for batch in chunk.batches]
    tail.close()
    return found, tail.damaged


def rows(named: list[Named]) -> int:
    return sum(len(batch_of(each)) for each in named)


def among(part: list[Named], every: list[Named]) -> bool:
    """Whether these are among those, in their order."""
    rest = iter(every)
    return all(each in rest for each in part)
