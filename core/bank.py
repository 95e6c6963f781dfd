"""A bank: all nodes, for all symbols and timeframes, in one compiled kernel.

The bank writes the kernel's source (one line a node, `bank.source` prints it), puts it in a file named by a hash
of everything that shapes the machine code, and lets numba compile and cache it there. Generating these lines
is the one clever place in the system; names are checked identifiers and no user text reaches it.

Why a file named by a hash: numba's disk cache does not see an edit to a function in another file, nor a change of
flags, and never hits for source that was only exec-ed. With the name, stale code cannot be loaded: a new hash
is a new file.
"""

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
from numba.core.registry import CPUDispatcher

from core.errors import BadInput
from core.events import BAR, SIGNAL, TIMEFRAME_NAMES, VALUE_HEADER, Batch, value_dtype
from core.node import Node, Step, ordered

_HEAD = '''"""{title}"""

from numba import njit

{imports}


@njit(cache=True, error_model="numpy", fastmath=False)
def run(rows, lanes, state, values, signals, seq, seq_all):
    n = 0
    for i in range(rows.shape[0]):
        x = rows[i]
        s = state[lanes[x.timeframe], x.symbol]
        o = values[i]
'''

# A strategy's line: a row of `signals` where its side is not 0 (NaN compares unequal to 0, so ask for size).
_SIGNAL = """        if abs({side}) > 0.0:
            seq[{index}, x.symbol] += 1
            seq_all[x.symbol] += 1
            g = signals[n]
            n += 1
            g.ts_event, g.ts_recv = x.ts_event, x.ts_recv
            g.seq, g.seq_all = seq[{index}, x.symbol], seq_all[x.symbol]
            g.side, g.strength, g.price = {side}, {strength}, x.close
            g.symbol, g.strategy, g.timeframe, g.quality = x.symbol, {index}, x.timeframe, x.quality
"""


class Bank:
    """`bank(bars)` gives one row of values a bar and the signals the strategies made.

    `state` has shape (timeframes, symbols): copied it is a snapshot, assigned it is a restore.
    The kernel trusts its rows: symbol and timeframe must be ones the bank was made for (the engine checks them).
    """

    def __init__(self, nodes: tuple[Node, ...], timeframes: tuple[str, ...], folder: Path) -> None:
        self.nodes = ordered(nodes)
        for node in self.nodes:
            if node.on is not BAR:
                raise BadInput(f"node {node.name!r} works on rows other than bars, which a bank does not run")
        self.indicators = tuple(node for node in self.nodes if node.kind == "indicator")
        self.strategies = tuple(node for node in self.nodes if node.kind == "strategy")
        self.outputs = tuple(column for node in (*self.indicators, *self.strategies) for column in node.columns)
        self.dtype = value_dtype(self.outputs)
        self.lanes = np.full(len(TIMEFRAME_NAMES), -1, dtype=np.int64)
        for lane, name in enumerate(timeframes):
            self.lanes[TIMEFRAME_NAMES.index(name)] = lane
        self._first = _first_state(self.nodes)
        self.state: Batch = np.empty((len(timeframes), 0), dtype=self._first.dtype)
        self.seq = np.zeros((max(1, len(self.strategies)), 0), dtype=np.int64)
        self.seq_all = np.zeros(0, dtype=np.int64)
        self.source = _source(self.nodes, self.strategies)
        self.name = f"kernel_{_digest(self.source, self.nodes, self._first.dtype)}"
        self._run = _load(self.name, self.source, folder)
        self(np.empty(0, dtype=BAR))  # compile, or load from the cache, before the first row comes

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols; what is there stays."""
        more = symbols - self.state.shape[1]
        if more > 0:
            fresh = np.full((self.state.shape[0], more), self._first, dtype=self._first.dtype)
            # concatenate would promote to an equal but different dtype object, which is slow to look up
            grown = np.empty((self.state.shape[0], symbols), dtype=self._first.dtype)
            grown[:, :-more], grown[:, -more:] = self.state, fresh
            self.state = grown
            self.seq = np.pad(self.seq, ((0, 0), (0, more)))
            self.seq_all = np.pad(self.seq_all, (0, more))

    def __call__(self, bars: Batch) -> tuple[Batch, Batch]:
        values = np.empty(len(bars), dtype=self.dtype)
        signals = np.empty(len(bars) * len(self.strategies), dtype=SIGNAL)
        count = self._run(bars, self.lanes, self.state, values, signals, self.seq, self.seq_all)
        return values, signals[:count]

    def assembly(self) -> str:
        """The machine code of the compiled kernel."""
        return "\n".join(self._run.inspect_asm().values())


def _first_state(nodes: tuple[Node, ...]) -> Batch:
    """One record holding every node's first state, as a zero-dimensional array."""
    dtype = np.dtype([(node.name, node.dtype) for node in nodes], align=True)
    first = np.zeros((), dtype=dtype)
    for node in nodes:
        for key, value in node.state.items():
            first[node.name][key] = value
    return first


def _source(nodes: tuple[Node, ...], strategies: tuple[Node, ...]) -> str:
    imports = sorted({f"from {node.step.__module__} import {_alias(node)}" for node in nodes})
    head = _HEAD.format(title=f"Kernel over {', '.join(node.name for node in nodes)}.", imports="\n".join(imports))
    copies = "".join(f"        o.{name} = x.{name}\n" for name, _ in VALUE_HEADER)
    return head + copies + "".join(_lines(nodes, strategies)) + "    return n\n"


def _alias(node: Node) -> str:
    return f"{node.step.__name__} as {node.step.__module__.replace('.', '_')}{node.step.__name__}"


def _lines(nodes: tuple[Node, ...], strategies: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        arguments = [f"s.{node.name}", "x", *(f"o.{name}" for need in node.needs for name in need.columns)]
        targets = ", ".join(f"o.{name}" for name in node.columns)
        yield f"        {targets} = {_alias(node).split()[-1]}({', '.join(arguments)})\n"
        if node.kind == "strategy":
            side, strength = (f"o.{name}" for name in node.columns)
            yield _SIGNAL.format(side=side, strength=strength, index=strategies.index(node))


def _digest(source: str, nodes: tuple[Node, ...], dtype: np.dtype[np.void]) -> str:
    parts = [source, str(dtype), str(BAR), str(SIGNAL), numba.__version__, np.__version__, sys.version]
    seen: dict[str, str] = {}
    for node in nodes:
        _modules(node.step, seen)
    parts += [f"{name}\n{text}" for name, text in sorted(seen.items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _modules(function: Step, seen: dict[str, str]) -> None:
    """The source of every module whose code or constants end up in the kernel, through the functions it calls."""
    plain = getattr(function, "py_func", function)
    if plain.__module__ not in seen:
        seen[plain.__module__] = inspect.getsource(sys.modules[plain.__module__])
    for name in plain.__code__.co_names:
        called = plain.__globals__.get(name)
        if isinstance(called, CPUDispatcher) and called is not function:
            _modules(called, seen)


def _load(name: str, source: str, folder: Path) -> CPUDispatcher:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists():
        partial = path.with_suffix(f".{id(source)}.partial")
        partial.write_text(source)
        partial.replace(path)  # two processes may start at once: a reader sees all of the file or none
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"cannot load the kernel {path}; remove the folder {folder} and start again")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba looks the module up by name when it loads its cache
    spec.loader.exec_module(module)
    run: CPUDispatcher = module.run
    return run
