"""Filling: what gaps lack is asked of a venue's history, and given to the engine with the word that it is done."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from core.errors import Unavailable
from core.events import CHANNELS, DONE, HISTORY, IMPOSSIBLE, NEVER, NOT_RUNNING, PENDING, SECOND, Batch, joined
from core.log import logger
from core.ports import Clock

_TRADES = CHANNELS.index("trades")
_BEFORE = 10 * SECOND  # a gap's begin: trades of then may still have been on their way
_NEAR = 60 * SECOND
_LONGEST = 3600 * SECOND  # that we did not run: who was away for longer uses `candela backfill`
_AGAIN_S = (5.0, 15.0, 45.0)
_APART_S = 0.001  # between two symbols: the loop has other work


class Past(Protocol):
    """What knows a venue's trades of the past (`feeds/history.py`)."""

    async def trades(self, names: Sequence[str], start: int, end: int) -> Batch:
        """All of start <= ts_event < end; or Unavailable."""
        ...


class Filling:
    """`ask` for MISSED rows as gaps end; `run` puts HISTORY rows, and the same MISSED rows again: done, or impossible.

    `delay_s`: how long after a gap's end the history is asked, for it may know the newest trades later.
    """

    def __init__(
        self, past: Past, names: Sequence[str], put: Callable[[Batch], None], clock: Clock, delay_s: float
    ) -> None:
        self._past, self._names, self._put, self._now, self._delay_s = past, names, put, clock, delay_s
        self._warm = False  # whether what was missed while we did not run has a place
        self._asked: asyncio.Queue[tuple[float, Batch]] = asyncio.Queue()

    def resume(self, missed: Batch) -> None:
        """An earlier run asked for these and was not told; and what was missed since it ended has a place."""
        self._warm = True
        self.ask(missed)

    def ask(self, missed: Batch) -> None:
        """Note the gaps in trades that have ended and can be filled."""
        wanted = missed[(missed["channel"] == _TRADES) & (missed["to_ts"] != NEVER) & (missed["backfill"] == PENDING)]
        if len(wanted):
            self._asked.put_nowait((asyncio.get_running_loop().time() + self._delay_s, wanted))

    async def run(self) -> None:
        """Fill what is asked for, until cancelled; gaps near each other are asked for at once."""
        while True:
            due, missed = await self._asked.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            together = [missed]
            while not self._asked.empty():
                together.append(self._asked.get_nowait()[1])
            whole = joined(together)
            whole = whole.take(np.argsort(whole["from_ts"], kind="stable"))
            apart = whole["from_ts"][1:] > np.maximum.accumulate(whole["to_ts"])[:-1] + _NEAR
            for gaps in np.split(whole, np.flatnonzero(apart) + 1):
                await self._fill(gaps)

    async def _fill(self, missed: Batch) -> None:
        """Gaps of one stretch of time."""
        names = [self._names[symbol] for symbol in np.unique(missed["symbol"])]
        start, end = int(missed["from_ts"].min()), int(missed["to_ts"].max())
        stopped = bool((missed["reason"] == NOT_RUNNING).any())
        able = not stopped or (self._warm and end - start <= _LONGEST)
        told = await self._told(names, start - _BEFORE, end) if able else None
        missed["backfill"] = IMPOSSIBLE if told is None else DONE
        missed["ts_recv"] = self._now()
        for row in np.split(missed, len(missed)):
            if told is not None:
                own = (told["symbol"] == row["symbol"]) & (told["ts_event"] < row["to_ts"])
                own &= told["ts_event"] >= row["from_ts"] - _BEFORE
                self._put(told[own].view(HISTORY))
            self._put(row)
            await asyncio.sleep(_APART_S)

    async def _told(self, names: Sequence[str], start: int, end: int) -> Batch | None:
        """What the history has; None when it cannot be had."""
        for pause in (*_AGAIN_S, None):
            try:
                return await self._past.trades(names, start, end)
            except Unavailable as error:
                logger().warning("history_unavailable", reason=str(error), again_in_s=pause)
                if pause is not None:
                    await asyncio.sleep(pause)
        return None
