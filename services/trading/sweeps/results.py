"""Results: what was evaluated, kept block by block, so that a sweep goes on where it was broken off."""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from core.errors import Unavailable
from services.trading.sweeps.evaluated import FIGURES
from services.trading.sweeps.family import Point

Asked: TypeAlias = tuple[int, Point]  # a fold and a point
Key: TypeAlias = tuple[Any, ...]  # the same as a fold and the values of a point; Any: numbers and texts


def name_of(what: Mapping[str, Any]) -> str:  # Any: JSON
    """What a sweep's folder is called, by all that its rows depend on."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


class Results:
    """The rows of one sweep in its folder, one process at a time: parts as they come, all of them at the end.

    A part is written whole or not at all. Rows are known by their fold and parameters. `schema` is that of a row.
    """

    def __init__(self, folder: Path, what: Mapping[str, Any], schema: Mapping[str, Any]) -> None:  # Any: JSON, types
        self.folder, self._schema = folder / name_of(what), schema
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise Unavailable(f"this very sweep is running already (in {self.folder}): wait for it") from None
        (self.folder / "sweep.json").write_text(json.dumps(what, indent=2) + "\n")
        for partial in self.folder.glob("*.partial"):
            partial.unlink()
        self._parameters = [name for name in schema if name != "fold" and name not in FIGURES]
        self._frames = [pl.DataFrame(schema=dict(schema))]
        self._known: dict[Key, int] = {}
        parts = sorted(self.folder.glob("part-*.parquet"))
        self._next = int(parts[-1].stem[5:]) + 1 if parts else 0
        for part in parts:
            self._take(pl.read_parquet(part))

    def _take(self, rows: pl.DataFrame) -> None:
        for key in rows.select("fold", *self._parameters).iter_rows():
            self._known[key] = len(self._known)
        self._frames.append(rows)

    def __contains__(self, asked: Asked) -> bool:
        return (asked[0], *asked[1].values()) in self._known

    def add(self, rows: pl.DataFrame) -> None:
        """Keep the rows of a block, none of which is there."""
        _write(rows, self.folder / f"part-{self._next:06}.parquet")
        self._next += 1
        self._take(rows)

    def table(self, asked: Sequence[Asked]) -> pl.DataFrame:
        """The rows of these that there are, in this order; `point` is where in it each is."""
        there = [
            (number, self._known[fold, *point.values()])
            for number, (fold, point) in enumerate(asked)
            if (fold, point) in self
        ]
        rows = pl.concat(self._frames)[[at for _, at in there]]
        return rows.insert_column(0, pl.Series("point", [number for number, _ in there], pl.Int64))

    def keep(self, name: str, table: pl.DataFrame) -> None:
        """A table of its own beside the parts."""
        _write(table, self.folder / f"{name}.parquet")

    def close(self) -> None:
        self._lock.close()


def _write(rows: pl.DataFrame, path: Path) -> None:
    partial = path.with_suffix(".partial")
    rows.write_parquet(partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
