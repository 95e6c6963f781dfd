"""A backfill in a process of its own: `python -m tests.chaos.backfiller URL FOLDER`, until done or killed."""

import sys
import threading
from pathlib import Path

import numpy as np

from core.errors import CandelaError
from core.events import TRADE, Symbols
from services.backfill.run import backfill
from services.backfill.tally import Asked, Backfilled
from tests.chaos.rows import SYMBOLS


def merge(url: str, folder: Path) -> Backfilled:
    """The history in `folder` merged into the source "live"."""
    history = np.fromfile(folder / "history", dtype=TRADE)
    asked = Asked(url, folder / "spill", folder / "kernels")
    symbols = Symbols(SYMBOLS, source="live")
    return backfill(np.array_split(history, 10), symbols, asked, report=lambda *_: None, stop=threading.Event())


if __name__ == "__main__":
    try:
        merge(sys.argv[1], Path(sys.argv[2]))
    except CandelaError as error:
        sys.exit(error.exit_code)
