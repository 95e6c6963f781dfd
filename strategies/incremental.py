"""Look-ahead of strategies that are steps: the bank has taken no later bar when it gives a bar's values.

So the proof for every bar takes one pass: bar by bar, each in a call of its own on a bank as new, must give the very
same bytes as all bars at once. That comes first, when nothing in this process has seen the whole. What a step might
know past its inputs is tried as well: another future behind prefixes of doubled lengths, each symbol alone, everything
twice, and its file run anew with all other files out of reach.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from core.bank import Bank
from core.errors import BadInput
from core.events import Batch, joined
from strategies.sealed import sealed, was_opening
from strategies.verdicts import Tell, Verdict, Violation, mirrored

Made: TypeAlias = tuple[Batch, Batch]  # values and signals

_EVERY = 4096  # bars between two words about progress


def checked(bank: Bank, load: Callable[[], object], bars: Batch, symbols: Sequence[str], tell: Tell) -> Verdict:
    """The verdict on a bank's one strategy, at every bar. `load` makes it once more."""
    found = [_opens(load)]
    single = _one_by_one(bank, bars, len(symbols), tell)
    whole = _run(bank, bars, len(symbols))
    found += [_differ("cut", bars, symbols, whole, single)]
    for known in _doubled(len(bars)):
        other = _until(_run(bank, mirrored(bars, known), len(symbols)), bars, known)
        found += [_differ("changed", bars[:known], symbols, _until(whole, bars, known), other)]
    found += list(_apart(bank, bars, symbols, whole))
    found += [_differ("unsteady", bars, symbols, whole, _run(bank, bars, len(symbols)))]
    first = {each.kind: each for each in reversed([each for each in found if each])}
    verdict = Verdict(bank.strategies[0].call, len(bars), len(bars), len(whole[1]))
    verdict.violations = list(first.values())[::-1]
    if not len(whole[1]):
        verdict.notes.append("it says nothing in these bars: only its values and those it reads were compared")
    return verdict


def _opens(load: Callable[[], object]) -> Violation | None:
    try:
        with sealed():
            load()
    except BadInput as error:
        if was_opening(error):
            return Violation("files", without=str(error))
        raise
    return None


def _run(bank: Bank, bars: Batch, symbols: int) -> Made:
    bank.clear(symbols)
    return bank(bars)


def _one_by_one(bank: Bank, bars: Batch, symbols: int, tell: Tell) -> Made:
    """What it says of each bar when that one is the last it was given, in a call that has no other."""
    bank.clear(symbols)
    row, values, signals = np.empty(1, dtype=bars.dtype), bytearray(), [bank(bars[:0])[1]]
    for bar in range(len(bars)):
        row[0] = bars[bar]
        value, said = bank(row)
        values += value.tobytes()  # a million arrays of one row would not fit
        if len(said):
            signals.append(said)
        if bar % _EVERY == 0:
            tell(bar, len(bars))
    tell(len(bars), len(bars))
    return np.frombuffer(values, dtype=bank.dtype), joined(signals)


def _until(made: Made, bars: Batch, known: int) -> Made:
    """The part of it that is of the first so many bars; of signals, of the moments before the next bar's."""
    return made[0][:known], made[1][: int(np.searchsorted(made[1]["ts_event"], bars["ts_event"][known]))]


def _doubled(bars: int) -> Iterator[int]:
    known = bars // 2
    while known:
        yield known
        known //= 2


def _apart(bank: Bank, bars: Batch, symbols: Sequence[str], whole: Made) -> Iterator[Violation | None]:
    for symbol in range(len(symbols) if len(symbols) > 1 else 0):
        own = bars["symbol"] == symbol
        alone = _run(bank, np.ascontiguousarray(bars[own]), len(symbols))
        yield _differ("shared", bars[own], symbols, (whole[0][own], whole[1][whole[1]["symbol"] == symbol]), alone)


def _differ(kind: str, bars: Batch, symbols: Sequence[str], whole: Made, other: Made) -> Violation | None:
    """The first bar at which two runs do not give the same bytes, and at how many they do not."""
    same = _rows(whole[0]) == _rows(other[0])
    if same.all() and whole[1].tobytes() == other[1].tobytes():
        return None
    bar = int(np.argmin(same)) if not same.all() else _first_signal(bars, whole[1], other[1])
    symbol = int(bars["symbol"][bar])
    count = int((bars["symbol"][: bar + 1] == symbol).sum())
    found = Violation(kind, symbols[symbol], count, int(bars["ts_close"][bar]), bars=int((~same).sum()) or 1)
    columns = [
        name for name in whole[0].dtype.names or () if whole[0][name][bar].tobytes() != other[0][name][bar].tobytes()
    ]
    one, two = (", ".join(f"{name} {float(each[0][name][bar])!r}" for name in columns[:4]) for each in (whole, other))
    return replace(found, with_future=one or "another signal", without=two or "another signal")


def _rows(values: Batch) -> np.ndarray:
    """Each row as one thing that can be compared, byte by byte."""
    return np.ascontiguousarray(values).view(np.dtype((np.void, values.dtype.itemsize)))


def _first_signal(bars: Batch, one: Batch, other: Batch) -> int:
    count = min(len(one), len(other))
    differs = _rows(one[:count]) != _rows(other[:count])
    at = int(np.argmax(differs)) if differs.any() else count
    row = (one if at < len(one) else other)[at]
    return int(np.argmax((bars["ts_event"] == row["ts_event"]) & (bars["symbol"] == row["symbol"])))
