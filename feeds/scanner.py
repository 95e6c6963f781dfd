"""A venue's scanner and the memory it works on: bytes of a socket in, batches out, in the order of their frames."""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
from numba import types

from core.cached import digest, loaded
from core.compiled import compilations, entry, interpreted
from core.events import Batch, Symbols, copied
from feeds.scanning import KINDS, NUMBER, RUN, SEED, SLOT, WORK, mixed

_ROOM = 1 << 14  # rows of a kind that one call may write
_NAMES = WORK.names or ()
_BYTES, _AT, _END, _PAYLOAD, _LENGTH, _NEXT = (
    _NAMES.index(name) for name in ("bytes", "at", "end", "payload", "length", "next")
)
_TS_RECV, _FRAMES, _WHOLE, _RUNS = (_NAMES.index(name) for name in ("ts_recv", "frames", "whole", "runs"))
_KIND_NAMES = ("trades", "quotes", "bars")
_COUNTS = tuple(map(_NAMES.index, _KIND_NAMES))
_mix = interpreted(mixed)


class Scanner:
    """`scan` reads frames for as long as they are plain and gives why it stopped; `batches` is what it wrote since.

    Compiled when it is made, or loaded from `folder`: nothing is compiled once frames come.
    """

    def __init__(self, module: str, symbols: Symbols, folder: Path) -> None:
        plain = import_module(module)
        source = inspect.getsource(plain)
        self.kernel = loaded(f"scan_{digest(source, [plain.scan])}", source, folder)
        self._scan = entry(self.kernel.scan, (types.int64,))
        self.compiled = compilations(self.kernel.scan)
        self._rows = [np.empty(_ROOM, dtype=dtype) for dtype in KINDS]
        self._runs, self._numbers = np.empty(3 * _ROOM, dtype=RUN), np.empty(16, dtype=NUMBER)
        self._work = np.zeros(1, dtype=WORK)
        self._words = self._work.view(np.int64).data  # a field by its name costs four times as much
        self._work["room"] = _ROOM
        for name, array in zip(_KIND_NAMES, self._rows, strict=True):
            self._work[f"to_{name}"] = array.ctypes.data
        self._work["to_runs"], self._work["numbers"] = self._runs.ctypes.data, self._numbers.ctypes.data
        self._address = self._work.ctypes.data
        self.rows: dict[str, int] = {}  # by kind, of the last batches
        self._symbols, self._known, self._names = symbols, 0, b""
        self._slots = np.empty(0, dtype=SLOT)
        self._learn()

    def scan(self, address: int, first: int, last: int, ts_recv: int, *, whole: bool = True) -> int:
        """Read the frames in bytes `first` to `last`; `whole` is False when half a message waits for its rest."""
        if self._known != len(self._symbols):
            self._learn()
        words = self._words
        words[_BYTES], words[_AT], words[_END], words[_TS_RECV] = address, first, last, ts_recv
        words[_WHOLE], words[_FRAMES] = not whole, 0
        return self._scan(self._address)

    @property
    def frame(self) -> tuple[int, int, int, int]:
        """Where reading stopped: the frame, its payload and the payload's length, the frame behind it."""
        words = self._words
        return words[_AT], words[_PAYLOAD], words[_LENGTH], words[_NEXT]

    @property
    def frames(self) -> int:
        """Frames that the last call read."""
        return self._words[_FRAMES]

    def batches(self) -> list[Batch]:
        """The rows of the frames that were read, neighbours of one kind together; they are nobody else's."""
        words = self._words
        runs = self._runs[: words[_RUNS]].tolist()
        self.rows = dict(zip(_KIND_NAMES, (words[count] for count in _COUNTS), strict=True))
        owned = [copied(rows[: words[count]]) for rows, count in zip(self._rows, _COUNTS, strict=True)]
        words[_RUNS] = words[_COUNTS[0]] = words[_COUNTS[1]] = words[_COUNTS[2]] = 0
        return [owned[kind][begin:end] for kind, begin, end in runs]

    def _learn(self) -> None:
        """Put the names that are new into the table."""
        names = self._symbols.names
        if 2 * len(names) >= len(self._slots):
            self._slots = np.zeros(1 << (4 * len(names) + 4).bit_length(), dtype=SLOT)
            self._slots["symbol"], self._known, self._names = -1, 0, b""
        for symbol in range(self._known, len(names)):
            letters = names[symbol].encode(errors="replace")
            if letters.decode() == names[symbol]:  # what is no Unicode cannot come in a frame
                self._put(symbol, letters)
        self._known = len(names)
        self._letters = np.frombuffer(self._names or b"\0", dtype=np.uint8)
        self._work["slots"], self._work["names"] = self._slots.ctypes.data, self._letters.ctypes.data
        self._work["mask"] = len(self._slots) - 1

    def _put(self, symbol: int, letters: bytes) -> None:
        value = SEED
        for letter in letters:
            value = _mix(value, letter)
        mask = len(self._slots) - 1
        place = value & mask
        while self._slots["symbol"][place] >= 0:
            place = place + 1 & mask
        self._slots[place] = (symbol, len(self._names), len(letters))
        self._names += letters
