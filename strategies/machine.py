"""Machine: a strategy's nodes and an execution compiled as one kernel, memory for it, and a way through it for bars."""

import inspect
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import types

import strategies.following
from core.bank import first_of
from core.cached import digest, loaded
from core.compiled import aligned, entry
from core.errors import BadInput
from core.events import SIGNAL, TIMEFRAME_NAMES, Batch
from core.node import Node
from core.source import Plan, written
from strategies import through
from strategies.execution import ACCOUNT, HOLDING
from strategies.terms import Terms
from strategies.through import BLOCK, PATH

# What a line of `through.py` becomes: the nodes stand above it, and the execution is compiled once for all strategies.
_IMPORTS = {"from core.kernel import": "", "from strategies.following import": "from {} import"}
_YEAR = 365.25 * 86_400 * 1e9
_I = types.int64


class Machine:
    """What `plan` compiles to; the machine code is in `folder`, or is made and kept there."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        text = written(plan, 1) + "\n\n" + _behind(following(folder).__name__)
        self.kernel, self.run = _compiled(f"through_{digest(text, [node.step for node in plan.nodes])}", text, folder)

    def states(self, everyone: Sequence[Sequence[Node]], symbols: int) -> tuple[Batch, Batch]:
        """First states of all symbols for the nodes of each account, which are the plan's but for their numbers."""
        found = [aligned((len(everyone), symbols), dtype) for dtype in (self.kernel.STATE, self.kernel.TICK)]
        for records in found:
            records[...] = first_of(records.dtype, self.plan.nodes)
            if self.plan.adjustable:
                for own, nodes in zip(records, everyone, strict=True):
                    _set(own, self.plan.nodes, nodes)
        return found[0], found[1]


def _behind(following: str) -> str:
    """What stands behind the nodes: `through.py`, with the compiled following of this name."""
    text = inspect.getsource(through)
    for begins, instead in _IMPORTS.items():
        line = next(line for line in text.splitlines(keepends=True) if line.startswith(begins))
        text = text.replace(line, instead and line.replace(begins, instead.format(following)))
    return text


@lru_cache(maxsize=4)
def following(folder: Path) -> Any:  # Any: a module
    """What follows signals, compiled, two thirds of what there is to be compiled: the same for all strategies."""
    source = inspect.getsource(strategies.following)
    name = f"following_{digest(source, [strategies.following.follow])}"
    module = loaded(name, source, folder)
    for one, signature in (("opened", (_I, _I)), ("closed", (_I, _I)), ("wish", (_I, _I, types.float64))):
        entry(getattr(module, one), signature)
    return module


def follow(folder: Path) -> Any:  # Any: machine code
    """What follows signals that are given: it takes the address of a GIVEN record."""
    return entry(following(folder).follow, (_I,))


def finish(accounts: Batch, folder: Path) -> None:
    """Count the last moment of accounts."""
    run = entry(following(folder).finish, (_I,))
    for place in range(len(accounts)):
        run(accounts.ctypes.data + place * accounts.itemsize)


@lru_cache(maxsize=16)
def _compiled(name: str, text: str, folder: Path) -> Any:  # Any: a module and machine code
    kernel = loaded(name, text, folder)
    return kernel, entry(kernel.through, (_I,))


def _set(records: Batch, plan: Sequence[Node], nodes: Sequence[Node]) -> None:
    """The first states and the constants of these nodes, under the names of the plan's."""
    for known, node in zip(plan, nodes, strict=True):
        for name, values in ((known.name, node.state), (f"p_{known.name}", node.constants)):
            if name in (records.dtype.names or ()):
                for key, value in values.items():
                    if isinstance(value, np.ndarray):  # in a record whose arrays are as long as the longest needs
                        records[name][key][:, : len(value)] = value
                    else:
                        records[name][key] = value


class Passage:
    """Bars on their way through a machine, for accounts that have been opened; `more` until all are `through`.

    Each account has its own `nodes`, which see the bars before `followed` as well; accounts do not. `signals`: those
    made since `more` was last called, if there is one account.
    """

    def __init__(
        self, machine: Machine, bars: Batch, accounts: Batch, nodes: Sequence[Sequence[Node]], followed: int = 0
    ) -> None:
        self._run, self._bars, symbols = machine.run, bars, int(accounts["known"][0])
        self._states = machine.states(nodes, symbols)
        self._values = np.zeros(1, dtype=machine.kernel.VALUE)
        self._signals = np.empty((BLOCK + symbols) * max(1, len(machine.plan.strategies)), dtype=SIGNAL)
        self._path = path = np.zeros(1, dtype=PATH)
        to_state, to_ticks = (each.ctypes.data for each in self._states)
        for name, value in {
            "to_bars": bars.ctypes.data, "bars": len(bars), "to_state": to_state, "to_ticks": to_ticks,
            "symbols": symbols, "to_values": self._values.ctypes.data, "to_signals": self._signals.ctypes.data,
            "frame": bars["timeframe"][0] if len(bars) else 0, "to_accounts": accounts.ctypes.data,
            "accounts": len(accounts), "keeps": accounts["room"][0] > 0, "followed": followed,
        }.items():  # fmt: skip
            path[name] = value

    @property
    def through(self) -> bool:
        return bool(self._path["bar"][0] == len(self._bars))

    @property
    def signals(self) -> Batch:
        return self._signals[: int(self._path["signals"][0])].copy()

    def more(self) -> None:
        """A block of bars for an account that is kept, else all there are; BadInput."""
        self._path["signals"], first = 0, int(self._path["bar"][0])
        done = self._run(self._path.ctypes.data)
        if done < 0:
            raise BadInput(_wrong(self._bars, first - 1 - done, self._path[0]["symbols"]))


def _wrong(bars: Batch, at: int, symbols: int) -> str:
    """What is wrong with a bar, in words."""
    bar = bars[at]
    if at and bar["ts_event"] < bars["ts_event"][at - 1]:
        return f"expected bars in order of their closes; bar {at} closes before the one in front of it: sort them"
    frame = TIMEFRAME_NAMES[bars["timeframe"][0]]
    return (
        f"bar {at} cannot be taken: expected a symbol below {symbols}, bars of {frame} as the first is, and finite"
        f" numbers, found {bar}"
    )


def accounts_of(terms: Terms, count: int, symbols: int) -> tuple[Batch, Batch]:
    """Accounts on these terms in which nothing has happened yet, and their holdings, which have to be kept alive."""
    accounts, holdings = np.zeros(count, dtype=ACCOUNT), np.zeros((count, symbols), dtype=HOLDING)
    given = terms._asdict()
    accounts["latency"], accounts["shorts"] = round(given.pop("latency_s") * 1e9), given.pop("shorts")
    accounts["half_spread"], accounts["borrow"] = given.pop("spread") / 2, given.pop("borrow") / _YEAR
    for name, value in given.items():
        accounts[name] = value
    accounts["known"] = symbols
    accounts["to_holdings"] = holdings.ctypes.data + np.arange(count) * symbols * HOLDING.itemsize
    return accounts, holdings
