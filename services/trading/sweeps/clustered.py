"""A Ray cluster: blocks are tasks, the history is in its object store once; a task whose worker dies is done again."""

import importlib
import logging
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import BadInput, Unavailable, one_line
from core.events import BAR, Batch
from services.trading.sweeps.code import code_of
from services.trading.sweeps.family import Point
from services.trading.sweeps.work import Block, Work, done

_RETRIES = 3


class Cluster:
    """All cores of a cluster, which must have this very version of Candela installed; `address` as Ray knows it."""

    def __init__(self, work: Work, bars: Batch, address: str, point: Point) -> None:
        self._ray = ray = _imported()
        options = {"include_dashboard": False} if address == "local" else {}
        try:
            _reached(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
        except (OSError, ValueError, RuntimeError) as error:
            raise Unavailable(f"there is no Ray cluster at {address!r}: {one_line(error)}") from None
        self.count = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._task = ray.remote(max_retries=_RETRIES)(_done)
        self._shared = ray.put(work), ray.put(bars), code_of(work.family, point), point

    def do(self, blocks: Sequence[Block]) -> Iterator[pl.DataFrame]:
        waiting = [self._task.remote(*self._shared, block) for block in blocks]
        while waiting:
            (ready, *_), waiting = self._ray.wait(waiting, num_returns=1)
            try:
                yield self._ray.get(ready)
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except self._ray.exceptions.RayError as error:
                raise Unavailable(f"a block was tried {_RETRIES + 1} times in vain: {one_line(error)}") from None

    def close(self) -> None:
        """Leave the cluster; what is still being done is given up."""
        self._ray.shutdown()


def _reached(address: str) -> None:
    """OSError where nobody listens: Ray itself goes on trying for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


def _done(work: Work, bars: Batch, code: str, point: Point, block: Block) -> pl.DataFrame:
    """A block, on any machine of the cluster."""
    if code_of(work.family, point) != code:
        raise BadInput("this machine of the cluster has other code: install the same version of Candela on all of them")
    return done(replace(work, folder=_folder(work.folder)), bars.view(np.ndarray).view(BAR), block)


@lru_cache(maxsize=1)
def _folder(wanted: Path) -> Path:
    """For kernels: where they are kept on the machine that asks, if that can be on this one."""
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=wanted).close()
    except OSError:
        return Path(tempfile.gettempdir()) / "candela-kernels"
    return wanted


def _imported() -> Any:  # Any: a module that may not be there
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise Unavailable(
            "--ray needs Ray: pip install 'candela[ray]', or leave it out to use all cores here"
        ) from None
