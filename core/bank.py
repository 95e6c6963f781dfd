"""A bank: all nodes, for all symbols and timeframes, in one compiled kernel and the memory it works on.

`state` holds one record for each timeframe and symbol (every node's state), `forming` one for each symbol and timeframe
(the bar in the making: a trade touches all of a symbol's, so they lie side by side), `ticks` one for each symbol (the
numbers given so far, states and newest values of nodes on trades and quotes). Copied, the three are the snapshot.
"""

from collections.abc import Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.bars import FORMING, LANE
from core.cached import digest, loaded
from core.checks import REFUSED
from core.compiled import aligned, compilations
from core.entries import compiled
from core.errors import BadInput
from core.events import BAR, NEVER, QUOTE, SIGNAL, TIMEFRAME_NAMES, TIMEFRAMES, TRADE, Batch, copied
from core.kernel import BOOK, PLACE
from core.node import Group, Node
from core.source import planned, written

_ROOM = 2048  # bars that may come out of one call of the kernel: more are fetched by calling again
_LOW = (1 << 20) - 1

NO_TRADES = np.empty(0, dtype=TRADE)


class Bank:
    """`bank(bars)` gives one row of values a bar and the signals the strategies made; `take` makes the bars first.

    `update(place, *numbers)` is the fastest way in for one finished bar of the symbol and timeframe of a `place`:
    `numbers` are its `fields` in order, the values are in `latest[lane, symbol]` afterwards. It gives how many signals
    were made, or -1, and does nothing, when a number is NaN or infinite. A place is an address: hold on to the bank.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        timeframes: Sequence[str],
        folder: Path,
        *,
        groups: Sequence[Group] = (),
        makes_bars: bool = True,
    ) -> None:
        plan = planned(nodes, groups)
        self.asked, self.groups = tuple(nodes), tuple(groups)
        self.nodes, self.indicators, self.strategies = plan.nodes, plan.indicators, plan.strategies
        self.outputs, self.fields = plan.outputs, plan.fields
        self.timeframes = tuple(timeframes)
        self.source = written(plan, len(timeframes))
        self.name = f"kernel_{digest(self.source, (node.step for node in self.nodes))}"
        self.kernel = loaded(self.name, self.source, folder)
        self.dtype: np.dtype[np.void] = self.kernel.VALUE
        self.lane = np.array([(TIMEFRAME_NAMES.index(name), TIMEFRAMES[name], NEVER, 0) for name in timeframes], LANE)
        self.lanes = np.full(len(TIMEFRAME_NAMES), -1, dtype=np.int64)
        self.lanes[self.lane["frame"]] = np.arange(len(timeframes))
        self.refused = np.zeros(len(REFUSED), dtype=np.int64)
        self.book = np.zeros(1, dtype=BOOK)
        self.book["born"], self.book["makes_bars"], self.book["free"] = NEVER, makes_bars, NEVER
        self.book["room"] = max(_ROOM, len(timeframes))
        self._free, self.rest = NEVER, NO_TRADES  # the rest: what `take` left, from the first trade out of order on
        self._places: list[Batch] = []
        self._compile()
        self.clear(0)

    def _make_room(self) -> None:
        room = int(self.book["room"][0])
        self._bar = np.zeros(1, dtype=BAR)
        self._nothing = np.zeros((), dtype=self.dtype)
        for column in self.outputs:
            self._nothing[column] = np.nan
        self._bars = np.empty(room, dtype=BAR)
        self._values = np.empty(room, dtype=self.dtype)
        self._signals = np.empty(room * max(1, len(self.strategies)), dtype=SIGNAL)

    def _compile(self) -> None:
        """Compile every entry, or load it from the cache: nothing is compiled once rows come."""
        self.entries = compiled(self.kernel)
        self._take, self._note, self._check, self._run = (
            self.entries[name] for name in ("take", "note", "check", "run")
        )
        self.update = self.entries["update"]
        self.compiled = sum(compilations(getattr(self.kernel, name)) for name in self.entries)

    def twin(self) -> "Bank":
        """The same compiled kernel, with memory for one symbol."""
        twin = copy(self)
        own = {name: getattr(self, name).copy() for name in ("lane", "refused", "book")}
        vars(twin).update(own, _places=[])
        twin.clear(1)
        return twin

    def clear(self, symbols: int) -> None:
        """Forget everything, and make room for `symbols` symbols."""
        self._make_room()
        self.state = np.empty((len(self.lane), 0), dtype=self.kernel.STATE)
        self.ticks = np.empty(0, dtype=self.kernel.TICK)
        self.forming = np.empty((0, len(self.lane)), dtype=FORMING)
        self.latest = np.empty((len(self.lane), 0), dtype=self.dtype)
        self.lane["due"], self.lane["late"], self.refused[:] = NEVER, 0, 0
        self.book["born"], self.book["known"] = NEVER, 0
        self.grow(symbols)

    def grow(self, symbols: int) -> None:
        """Make room for `symbols` symbols; what is there stays."""
        have = len(self.ticks)
        placed = sum(len(places) for places in self._places)
        if symbols > have or not symbols:
            room = max(symbols, min(2 * have, 2 * symbols), placed)
            self.state = grown(self.state, room, first_of(self.kernel.STATE, self.nodes))
            forming = np.zeros((room, len(self.lane)), dtype=FORMING)
            forming[:have], forming["ts_open"][have:] = self.forming, NEVER
            self.forming = forming
            self.ticks = grown(self.ticks, room, first_of(self.kernel.TICK, self.nodes))
            self.latest = grown(self.latest, room, self._nothing)
            if room > placed:
                self._places.append(np.zeros((room - placed, len(self.lane)), dtype=PLACE))
            self._point()
        for name, array in self._addressed():
            self.book[name] = array.ctypes.data
        self.book["symbols"] = len(self.ticks)
        self.book["known"] = max(symbols, int(self.book["known"][0]))
        self.at = self.book.ctypes.data

    def join(self, symbol: int, name: str) -> None:
        """Make a symbol of this name a member of the groups it belongs to; without, it is in none."""
        if "groups" in (self.ticks.dtype.names or ()):
            self.ticks["groups"][symbol] = sum(1 << i for i, group in enumerate(self.groups) if group.has(name))

    def _addressed(self) -> Sequence[tuple[str, NDArray[np.generic]]]:
        return [
            ("forming", self.forming), ("state", self.state), ("ticks", self.ticks), ("lane", self.lane),
            ("lane_of", self.lanes), ("refused", self.refused),
        ]  # fmt: skip

    def _point(self) -> None:
        """Point every place to where its rows are now; the places themselves never move."""
        first, room, lanes = 0, len(self.ticks), np.arange(len(self.lane))
        for places in self._places:
            symbols = np.arange(first, first + len(places))[:, None]
            places["tick"] = self.ticks.ctypes.data + symbols * self.ticks.itemsize
            for name, array in (("state", self.state), ("values", self.latest)):
                places[name] = array.ctypes.data + (lanes * room + symbols) * array.itemsize
            places["bar"], places["signals"] = self._bar.ctypes.data, self._signals.ctypes.data
            places["symbol"], places["frame"] = symbols, self.lane["frame"]
            first += len(places)

    def place(self, symbol: int = 0, timeframe: str = "") -> int:
        """What `update` takes for a symbol's bars, of the first timeframe without one; it stays as the bank grows."""
        if not 0 <= symbol < self.book["known"][0] or (timeframe and timeframe not in self.timeframes):
            raise BadInput(
                f"expected a symbol below {self.book['known'][0]} (see grow) and a timeframe of"
                f" {', '.join(self.timeframes)}, found {symbol} and {timeframe!r}"
            )
        lane = self.timeframes.index(timeframe) if timeframe else 0
        for places in self._places:
            if symbol < len(places):
                return int(places.ctypes.data + (symbol * len(self.lane) + lane) * PLACE.itemsize)
            symbol -= len(places)
        raise AssertionError("there is a place for every symbol")

    def __call__(self, bars: Batch) -> tuple[Batch, Batch]:
        """A row of values for each of these finished bars, and the signals they made."""
        if bars.dtype is not BAR and bars.dtype != BAR:
            raise BadInput(f"expected a batch of BAR rows as in core.events, found {bars.dtype}")
        wrong = self._check(self.at, bars)
        if wrong >= 0:
            raise BadInput(
                f"bar {wrong} cannot be taken: expected a symbol below {self.book['known'][0]} (see grow), a timeframe"
                f" of {', '.join(self.timeframes)} and finite numbers, found {bars[wrong]}; nothing was computed"
            )
        values = np.empty(len(bars), dtype=self.dtype)
        signals = np.empty(len(bars) * len(self.strategies), dtype=SIGNAL)
        return values, signals[: self._run(self.at, bars, values, signals)]

    def note(self, quotes: Batch) -> Batch:
        """The quotes that are sound, numbered."""
        out = np.empty(len(quotes), dtype=QUOTE)
        return out[: self._note(self.at, quotes, out)]

    def take(self, trades: Batch, now: int = 0, ts_recv: int = 0, *, free: int = NEVER) -> list[Batch]:
        """The trades that are sound, numbered, and what follows from them and from the venue's clock reaching `now`.

        Behind the first `free` trades it stops at one that is out of order, and leaves the `rest`.
        """
        if len(trades) > _LOW:  # more than the answer can count
            return self._take_parts(trades, now, ts_recv, free)
        out, self.rest = np.empty(len(trades), dtype=TRADE), NO_TRADES
        found = self._call(trades, now, ts_recv, out, free)
        if found == len(trades) and found:  # all sound, no bar closed: the usual case
            return [out]
        results: list[Batch] = []
        while True:
            sound, bars, done = found & _LOW, found >> 20 & _LOW, int(self.book["taken"][0])
            stopped = bars + len(self.lane) <= len(self._bars) if done < len(trades) else bars < len(self._bars)
            results += [out[:sound], *self._made(bars), copied(self._signals[: found >> 40])]
            trades, out, free = trades[done:], out[sound:], max(free - done, 0)
            if stopped:
                self.rest = trades
                return [batch for batch in results if len(batch)]
            found = self._call(trades, now, ts_recv, out, free)

    def _call(self, trades: Batch, now: int, ts_recv: int, out: Batch, free: int) -> int:
        if free != self._free:
            self.book["free"] = self._free = free
        return self._take(self.at, trades, now, ts_recv, out, self._bars, self._values, self._signals)

    def _take_parts(self, trades: Batch, now: int, ts_recv: int, free: int) -> list[Batch]:
        found: list[Batch] = []
        for first in range(0, len(trades), _LOW):
            last = first + _LOW >= len(trades)
            found += self.take(trades[first : first + _LOW], now * last, ts_recv, free=max(free - first, 0))
            if len(self.rest):
                self.rest = trades[min(first + _LOW, len(trades)) - len(self.rest) :]
                break
        return found

    def _made(self, bars: int) -> tuple[Batch, Batch]:
        """The bars and values just made; when there are many, the memory itself is handed out and replaced."""
        if bars < len(self._bars) // 4:
            return copied(self._bars[:bars]), copied(self._values[:bars])
        made = self._bars[:bars], self._values[:bars]
        self._bars, self._values = np.empty_like(self._bars), np.empty_like(self._values)
        return made


def first_of(dtype: np.dtype[np.void], nodes: Sequence[Node]) -> Batch:
    """A record of first states, as a zero-dimensional array."""
    first = np.zeros((), dtype=dtype)
    for node in nodes:
        if node.name in (dtype.names or ()):
            for key, value in node.state.items():
                first[node.name][key] = value
    if "now" in (dtype.names or ()):
        for column in dtype["now"].names or ():
            first["now"][column] = np.nan
    return first


def grown(array: Batch, symbols: int, first: Batch) -> Batch:
    # concatenate would promote to an equal but different dtype object, which is slow to look up
    grown = aligned((*array.shape[:-1], symbols), array.dtype)
    grown[...] = first
    grown[..., : array.shape[-1]] = array
    return grown
