"""Trades of the past, asked of a venue by a process of its own, so that nothing of it reaches the loop.

The process is started by a thread: started by uvloop itself it stops the loop of a large process for 8 to 13 ms, for
all of its memory's tables are copied; by a thread of Python's, which shares them until exec, for less than one.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO

import msgspec
import numpy as np

from core.errors import BadInput, Unavailable, nearest, one_line
from core.events import TRADE, Batch, Symbols
from feeds.inquiry import SOURCES, Question, read

_PROGRAM = (
    "import os, sys, json; os.nice(10); sys.path[:] = json.loads(sys.argv[1]); from feeds.historian import main; main()"
)
_SOONER_S = 0.5  # it gives up by itself before it is ended, for it knows why


class History:
    """Trades of the past, asked of a venue by a process of its own. `url` is the stream's: the history is beside it."""

    def __init__(
        self,
        venue: str,
        symbols: Sequence[str],
        *,
        url: str = "",
        key: str = "",
        secret: str = "",
        timeout_s: float = 60.0,
    ) -> None:
        if venue not in SOURCES:
            raise BadInput(f"expected a venue with a history, one of {', '.join(SOURCES)}; found {venue!r}")
        self._venue, self._symbols = venue, Symbols(symbols)
        self._url, self._key, self._secret, self._timeout_s = url, key, secret, timeout_s

    async def trades(self, names: Sequence[str], start: int, end: int) -> Batch:
        """All trades of these symbols with start <= ts_event < end, by ts_event and trade_id; or Unavailable."""
        numbers = {name: self._number(name) for name in names}
        if not numbers or start >= end:
            return np.empty(0, dtype=TRADE)
        deadline = time.time() + self._timeout_s - _SOONER_S
        question = Question(self._venue, numbers, start, end, self._url, self._key, self._secret, deadline)
        child = _Child(question)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.to_thread(child.answer)
        except TimeoutError:
            reason = f"there was no answer within {self._timeout_s:g} s; try again later, or ask for a shorter range"
            raise Unavailable(_sentence(question, reason)) from None
        finally:
            child.end()

    def _number(self, name: str) -> int:
        number = self._symbols.id(name)
        if number < 0:
            raise BadInput(f"expected one of the feed's symbols, found {name!r}{nearest(name, self._symbols.names)}")
        return number


class _Child:
    """The process that asks: `answer` in a thread; `end` whenever it is no longer wanted, from any other."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None

    def answer(self) -> Batch:
        try:
            with tempfile.TemporaryFile() as said, self._started(said) as process:
                batch = self._asked(process)
                code = process.wait()
                if batch is not None and code == 0:
                    return batch
                said.seek(0)
                reason = _died(code, said.read())
        except Unavailable as error:
            reason = str(error)
        except OSError as error:
            reason = f"the process that asks could not be started, {one_line(error)}; try again"
        raise Unavailable(_sentence(self._question, reason))

    def end(self) -> None:
        self._ended = True
        if self._process is not None:
            self._process.kill()  # nothing, where it has ended and was waited for

    def _started(self, said: IO[bytes]) -> subprocess.Popen[bytes]:
        command, pipe = [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)], subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=said)  # noqa: S603 our own
        if self._ended:  # in the meantime: whoever comes second of the two threads sees the other's mark
            self._process.kill()
        return self._process

    def _asked(self, process: subprocess.Popen[bytes]) -> Batch | None:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 they were asked for
        try:
            with process.stdin as stdin:
                stdin.write(msgspec.json.encode(self._question) + b"\n")
        except BrokenPipeError:
            return None
        return read(process.stdout)


def _sentence(question: Question, reason: str) -> str:
    return f"{question.venue} did not give {question}: {reason}"


def _died(code: int, said: bytes) -> str:
    """What became of the process, with the last it said: the end of a traceback is its error."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    last = (said.decode(errors="replace").strip().splitlines() or [""])[-1][:300]
    return f"the process that asks {how} before its answer was whole{f', {last}' if last else ''}; try again"
