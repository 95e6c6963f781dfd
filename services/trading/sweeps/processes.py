"""Processes: the cores of this machine, each with the history mapped once."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import Unavailable
from core.events import BAR, Batch
from services.trading.sweeps.work import Block, Own, Work

_PATIENCE = 3  # times that processes may die one after another, without a block being done


class Processes:
    """As many processes as there are cores to use, spawned once; one that dies is replaced, its block done again.

    The bars are in a file that all of them map: they are in memory once. Processes end with this one, however it ends.
    """

    def __init__(self, work: Work, bars: Batch, cores: int, folder: Path) -> None:
        self._file = folder / "bars.npy"
        np.save(self._file, bars)
        self._work, self.count = work, cores
        self._begin()

    def _begin(self) -> None:
        ears, self._mouth = multiprocessing.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            self.count, multiprocessing.get_context("spawn"), _begun, (self._work, self._file, ears)
        )

    def do(self, blocks: Sequence[Block]) -> Iterator[pl.DataFrame]:
        waiting, deaths = dict(enumerate(blocks)), 0
        while waiting:
            futures: dict[Future[pl.DataFrame], int] = {}
            try:
                futures |= {self._pool.submit(_done, block): number for number, block in waiting.items()}
                for future in as_completed(futures):
                    rows = future.result()
                    del waiting[futures[future]]
                    deaths = 0
                    yield rows
            except BrokenProcessPool:
                deaths += 1
                if deaths > _PATIENCE:
                    raise Unavailable(
                        f"processes died {deaths} times and no block was done (is there enough memory?): try --cores 1"
                    ) from None
                self._end()
                self._begin()

    def _end(self) -> None:
        self._mouth.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """At once, whatever is being done."""
        self._end()
        self._file.unlink(missing_ok=True)


_own: list[Own] = []  # in a process of the pool: its hands


def _begun(work: Work, file: Path, ears: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    threading.Thread(target=_end_with, args=(ears,), daemon=True).start()
    _own.append(Own(work, np.load(file, mmap_mode="r").view(np.ndarray).view(BAR)))


def _end_with(ears: Connection) -> None:
    """The parent closes its side, or is no more."""
    try:
        ears.recv()
    except (EOFError, OSError):
        os._exit(1)


def _done(block: Block) -> pl.DataFrame:
    return next(_own[0].do([block]))
