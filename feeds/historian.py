"""The historian: a process of its own that asks a venue for trades of the past, once, and writes them out.

The question is a line on standard input, the answer (feeds/inquiry.py) goes to standard output.
"""

import importlib
import os
import sys
import time
from collections.abc import Callable

import msgspec
import numpy as np

from core.errors import Unavailable
from core.events import Batch
from feeds.inquiry import SOURCES, Question, write


def main() -> None:
    """Answer the question on standard input."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints is no part of the answer
        question = msgspec.json.decode(sys.stdin.buffer.readline(), type=Question)
        try:
            answer: Batch | str = answered(question)
        except Unavailable as error:
            answer = str(error)
        write(out, answer)


def answered(question: Question) -> Batch:
    """The rows asked for, in order of time, id and symbol, received now."""
    found = _source(question.venue)(question)
    found = np.take(found, np.flatnonzero((found["ts_event"] >= question.start) & (found["ts_event"] < question.end)))
    found = np.take(found, np.lexsort((found["symbol"], found["trade_id"], found["ts_event"])))
    found["ts_recv"] = time.time_ns()
    return found


def _source(venue: str) -> Callable[[Question], Batch]:
    module, name = SOURCES[venue]
    try:
        source: Callable[[Question], Batch] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise Unavailable(f"it is asked with {error.name}, which is not installed: run make setup") from None
    return source
