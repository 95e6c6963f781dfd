"""What is only in journals: the durable rows that no database has yet."""

from collections import Counter
from pathlib import Path

from core.mark import STORED, Mark
from core.tail import Tail, counted


def remaining(root: Path) -> Counter[str]:
    """The durable rows below `root` that are only in their journals, by kind, as the marks have it."""
    rows = Counter[str]()
    for path in root.glob("*/mark"):
        mark = Mark.read(path.parent)
        if mark is not None:
            rows += _remaining(path.parent, mark)
    return rows


def _remaining(folder: Path, mark: Mark) -> Counter[str]:
    """Of one journal; from the beginning again when a store carried some of it meanwhile, or even deleted it."""
    while True:
        position, total = _stored(folder, mark)
        tail, rows = Tail(folder, mark), Counter[str]()
        try:
            tail.seek(position, total)
            while (chunk := tail.read()) is not None:
                rows += counted(chunk)
            if tail.behind and tail.total is not None:  # nothing up to the mark can be read
                rows["unknown"] += max(mark.total - tail.total, 0)
        except FileNotFoundError:
            continue
        finally:
            tail.close()
        if _stored(folder, mark)[0] == position:
            return rows + tail.damaged


def _stored(folder: Path, mark: Mark) -> tuple[int, int]:
    """Where the store is in a journal, and the rows up to there."""
    stored = Mark.read(folder, STORED)
    return (stored.position, stored.total) if stored is not None and stored.stream == mark.stream else (0, 0)
