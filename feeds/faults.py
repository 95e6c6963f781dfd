"""Faults on request: what venues do to their clients, as a plan that is the same for the same seed.

A fault is written KIND@TIME or KIND@TIME+LENGTH when it happens at a time of the session, KIND=RATE or KIND=RATE:AMOUNT
when it befalls frames by chance. Times are such as 500ms, 10s, 1.5m or 1h, and the session's: at speed 10 they pass ten
times as fast. `KINDS` says what each does; the exchange says in the end what it did (`Tally`).
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.errors import BadInput, nearest
from core.events import SECOND

_SPAN = r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)"
_UNITS = {"ms": SECOND // 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_WORD = (1 << 64) - 1


class Kind(NamedTuple):
    form: str
    example: str
    about: str
    pattern: str  # behind the name


KINDS = {
    "drop": Kind(
        "drop@TIME", "drop@10s",
        "every connection ends without a close frame; what is played until a client is back is not sent to it",
        f"@{_SPAN}",
    ),
    "mute": Kind(
        "mute@TIME+LENGTH", "mute@20s+5s",
        "sockets stay open, pings and requests are answered, but nothing that is played is sent, then or later",
        rf"@{_SPAN}\+{_SPAN}",
    ),
    "slow": Kind(
        "slow@TIME+LENGTH", "slow@5s+2s", "frames are held back, then come all at once", rf"@{_SPAN}\+{_SPAN}"
    ),
    "restart": Kind(
        "restart@TIME+LENGTH", "restart@30s+3s",
        "close code 1012, on Binance's streams after a serverShutdown event; connections are refused for LENGTH",
        rf"@{_SPAN}\+{_SPAN}",
    ),
    "dup": Kind("dup=RATE", "dup=0.01", "a frame is sent twice", r"=(\d*\.?\d+)"),
    "reorder": Kind("reorder=RATE", "reorder=0.01", "a frame changes place with the next one", r"=(\d*\.?\d+)"),
    "late": Kind(
        "late=RATE:AMOUNT", "late=0.01:2s",
        "one trade of a frame is sent so much later, as it was; of a recording the whole frame",
        rf"=(\d*\.?\d+):{_SPAN}",
    ),
    "cancel": Kind(
        "cancel=RATE:AMOUNT", "cancel=0.01:1s",
        "one trade of a frame is taken back so much later, on the stream and in the history; Binance's never are",
        rf"=(\d*\.?\d+):{_SPAN}",
    ),
    "correct": Kind(
        "correct=RATE:AMOUNT", "correct=0.01:1s",
        "one trade of a frame gets another price, size and number so much later; Binance's never do",
        rf"=(\d*\.?\d+):{_SPAN}",
    ),
    "corrupt": Kind("corrupt=RATE", "corrupt=0.001", "a frame arrives that cannot be decoded", r"=(\d*\.?\d+)"),
    "clock-skew": Kind(
        "clock-skew=AMOUNT", "clock-skew=-500ms", "all event times, in the history too, are ahead by so much",
        rf"=(-?){_SPAN}",
    ),
    "429": Kind("429=COUNT", "429=3", "so many requests for history are answered 429 with Retry-After", r"=(\d{1,6})"),
}  # fmt: skip

AMENDING = ("cancel", "correct")
BY_CHANCE = ("corrupt", "dup", "reorder")  # of what befalls a client's frame; the first that does is all that does


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    at: int = 0  # nanoseconds after the session's begin
    length: int = 0
    rate: float = 0.0
    amount: int = 0  # nanoseconds, or how many


@dataclass(slots=True)
class Tally:
    """What was done: faults by kind (dup, reorder and corrupt once for each client), rows that a client listened for
    and did not get, by fault and kind of rows, and rows it got twice."""

    faults: Counter[str] = field(default_factory=Counter)
    withheld: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    repeated: Counter[str] = field(default_factory=Counter)

    def withhold(self, fault: str, rows: Mapping[str, int]) -> None:
        if rows:
            self.withheld[fault].update(rows)


class Plan:
    """The faults of a session: `edges` at its times, `hits` by chance, `skew`, `refusals`."""

    def __init__(self, specs: Sequence[str] = (), seed: int = 0) -> None:
        self.faults = tuple(map(parsed, specs))
        lasting = [fault for fault in self.faults if "=" in KINDS[fault.kind].form]
        once = {fault.kind: fault for fault in lasting}
        for kind, count in Counter(fault.kind for fault in lasting).items():
            if count > 1:
                raise BadInput(f"--fault {kind}: expected {KINDS[kind].form} once, found it {count} times")
        self.later = {kind: once[kind].amount for kind in ("late", *AMENDING) if kind in once}
        self.skew = once["clock-skew"].amount if "clock-skew" in once else 0
        self.refusals = once["429"].amount if "429" in once else 0
        self.by_chance = tuple(kind for kind in BY_CHANCE if kind in once)
        self._below = {kind: int(fault.rate * (1 << 64)) for kind, fault in once.items()}
        self._seeds = {kind: _mixed(seed << 32 ^ zlib.crc32(kind.encode())) for kind in KINDS}

    def edges(self) -> list[tuple[int, str, bool]]:
        """When each fault of a time begins and ends: nanoseconds after the session's begin, kind, whether it begins."""
        timed = [fault for fault in self.faults if "@" in KINDS[fault.kind].form]
        begins = [(fault.at, fault.kind, True) for fault in timed]
        return sorted([*begins, *((fault.at + fault.length, fault.kind, False) for fault in timed if fault.length)])

    def hits(self, kind: str, number: int) -> bool:
        """Whether this kind befalls frame or moment `number`: chance, but always the same."""
        return self.drawn(kind, number) < self._below.get(kind, 0)

    def drawn(self, kind: str, number: int) -> int:
        """A number of 64 bits."""
        return _mixed(self._seeds[kind] + number * 0x9E3779B97F4A7C15)


def parsed(spec: str) -> Fault:
    """One fault as it is written; BadInput."""
    kind = re.split("[@=]", spec)[0]
    if kind not in KINDS:
        raise BadInput(
            f"--fault {spec}: expected a kind out of {', '.join(KINDS)}; found {kind!r}{nearest(kind, KINDS)}"
        )
    form = KINDS[kind]
    found = re.fullmatch(re.escape(kind) + form.pattern, spec, re.ASCII)
    if found is None:
        raise BadInput(f"--fault {spec}: expected {form.form}, such as {form.example}")
    given = found.groups()
    if "@" in form.form:
        return Fault(kind, at=_span(*given[:2]), length=_span(*given[2:]) if given[2:] else 0)
    if kind == "clock-skew":
        return Fault(kind, amount=_span(*given[1:]) * (-1 if given[0] else 1))
    if kind == "429":
        return Fault(kind, amount=int(given[0]))
    if not 0 < float(given[0]) <= 1:
        raise BadInput(f"--fault {spec}: expected a rate above 0 and up to 1, found {given[0]}")
    return Fault(kind, rate=float(given[0]), amount=_span(*given[1:]) if given[1:] else 0)


def spoiled(frame: bytes | str, draw: int) -> bytes | str:
    """A frame with bytes flipped so that nobody can decode it; text stays text, or the socket itself would fail."""
    raw = bytearray(frame.encode() if isinstance(frame, str) else frame)
    for turn in range(3):
        place = (draw >> 16 * turn) % len(raw)
        raw[place] ^= 1 if raw[place] < 0x80 else 0  # a byte of a longer character is left as it is
    raw[0] = ord("~") if isinstance(frame, str) else 0xC1  # the one byte that begins nothing in MessagePack
    return raw.decode() if isinstance(frame, str) else bytes(raw)


def _span(number: str, unit: str) -> int:
    return round(float(number) * _UNITS[unit])


def _mixed(number: int) -> int:
    """splitmix64's last steps: neighbours in, numbers as good as random out."""
    number &= _WORD
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31
