"""Changing the nodes of a running engine: the new kernel is compiled in another process, then put in between batches.

A compiler in a thread of the market process stalled its loop for 98 ms at p99.9; in a process of lower priority 4.
"""

import asyncio
import json
import sys
from pathlib import Path

from core.bank import Bank
from core.cached import digest, loaded, placed
from core.engine import Engine
from core.entries import compiled
from core.errors import CandelaError
from core.node import Group, Node
from core.source import planned, written

_PROGRAM = (
    "import os, sys, json; os.nice(19); sys.path[:] = json.loads(sys.argv[1]);"
    " from core.change import compile_file; compile_file(sys.argv[2])"
)


async def prepared(engine: Engine, nodes: tuple[Node, ...], groups: tuple[Group, ...] = ()) -> Bank:
    """A bank of other nodes for this engine, compiled elsewhere: what `engine.change` takes, between two batches."""
    plan = planned(nodes, groups)
    source = written(plan, len(engine.bank.timeframes))
    path = placed(f"kernel_{digest(source, (node.step for node in plan.nodes))}", source, engine.folder)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, json.dumps(sys.path), str(path), stderr=asyncio.subprocess.PIPE
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:  # cancelled: do not leave a compiler behind
            process.kill()
    if process.returncode:
        raise CandelaError(f"the kernel {path.name} did not compile: {said.decode(errors='replace').strip()[-2000:]}")
    return await asyncio.to_thread(engine.prepared, nodes, groups)


def compile_file(path: str) -> None:
    """Compile every entry of the kernel in this file into the cache beside it."""
    file = Path(path)
    compiled(loaded(file.stem, file.read_text(), file.parent))
