"""Folds: where parameters are chosen, and where they are then tried.

**Walk-forward**: chosen on a span, tried on the span behind it, and on to the next; the spans they are tried on lie one
after another. **Purged k-fold**: the history in equal parts, each tried with what was chosen on all the others. Before
the tried part `purge` is left out, behind it `purge` and `embargo`, and no bar of it is seen by what is chosen on, not
even to warm up: what comes behind warms up behind. Everything else is warmed up by all the history before it, as if it
had run from there on, and trades nothing before its span. A bar belongs to where it closes.
Sources: Pardo, The Evaluation and Optimization of Trading Strategies (2008), ch. 11; López de Prado, Advances in
Financial Machine Learning (2018), ch. 7 and 12.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.events import SECOND, Batch
from services.trading.sweeps.evaluated import Span

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LENGTH = re.compile(r"([0-9]+)(s|m|h|d|w|)", re.ASCII)

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """Chosen on these spans together, tried on that one."""

    chosen_on: tuple[Span, ...]
    tried_on: Span


@dataclass(frozen=True)
class Length:
    """A length of time, or a number of moments at which bars close."""

    moments: int = 0
    nanoseconds: int = 0


def length(text: str) -> Length:
    """The length a person writes: 90d, 12h, or a number of bars; BadInput for anything else."""
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        raise BadInput(f"expected a length such as 90d, 12h, 30m or a number of bars, found {text!r}")
    count = int(found[1])
    return Length(nanoseconds=count * _UNITS[found[2]] * SECOND) if found[2] else Length(moments=count)


def walk_forward(bars: Batch, text: str, *, anchored: bool = False) -> tuple[Fold, ...]:
    """The folds of "90d/30d"; anchored: chosen on all there was before. BadInput when the history is too short."""
    parts = text.split("/")
    if len(parts) != 2:
        raise BadInput(f"expected a length to choose on and one to try on, such as 90d/30d or 1000/250; found {text!r}")
    train, test = map(length, parts)
    if bool(train.moments) != bool(test.moments) or not any((test.moments, test.nanoseconds)):
        raise BadInput(f"expected two lengths above 0, both of time or both of bars, such as 90d/30d; found {text!r}")
    ts = bars["ts_event"]
    found = tuple(
        _walked(_by_count(ts, train, test) if train.moments else _by_time(bars, train, test), anchored=anchored)
    )
    if not found:
        raise BadInput(f"expected more history than {text.replace('/', ' and ')}, found {_span(bars)}: take less")
    return found


def _by_count(ts: Times, train: Length, test: Length) -> Iterator[tuple[int, int, int]]:
    """Where choosing begins, where trying begins and ends, as bars."""
    edges = _edges(ts)
    for first in range(0, len(edges) - 1 - train.moments, test.moments):
        middle = first + train.moments
        yield int(edges[first]), int(edges[middle]), int(edges[min(middle + test.moments, len(edges) - 1)])


def _by_time(bars: Batch, train: Length, test: Length) -> Iterator[tuple[int, int, int]]:
    ts = bars["ts_event"]
    begin = int(bars["ts_open"][0])
    while begin + train.nanoseconds < ts[-1]:
        middle = begin + train.nanoseconds
        first, second, third = np.searchsorted(ts, [begin, middle, middle + test.nanoseconds], "right")
        yield int(first), int(second), int(third)
        begin += test.nanoseconds


def _walked(found: Iterator[tuple[int, int, int]], *, anchored: bool) -> Iterator[Fold]:
    for begin, middle, end in found:
        first = 0 if anchored else begin
        if first < middle < end:  # a holiday has no bars
            yield Fold((Span(0, first, middle),), Span(0, middle, end))


def k_folds(bars: Batch, count: int, embargo: str = "0", purge: str = "0") -> tuple[Fold, ...]:
    """So many equal parts, each tried once; BadInput when nothing would be left to choose on."""
    away, behind, edges = length(purge), length(embargo), _edges(bars["ts_event"])
    if not 2 <= count <= len(edges) - 1:
        raise BadInput(f"expected from 2 folds to as many as there are moments ({len(edges) - 1}), found {count}")
    cuts = [round(each * (len(edges) - 1) / count) for each in range(count + 1)]
    found = []
    for first, last in pairwise(cuts):
        before = _back(bars, edges, first, away)
        after = _on(bars, edges, _on(bars, edges, last, away), behind)
        spans = (Span(0, 0, int(edges[before])), Span(int(edges[after]), int(edges[after]), len(bars)))
        left = tuple(span for span in spans if span.first < span.end)
        if not left:
            raise BadInput("nothing is left to choose on: take more folds, or less --purge and --embargo")
        found.append(Fold(left, Span(0, int(edges[first]), int(edges[last]))))
    return tuple(found)


def _back(bars: Batch, edges: Times, at: int, by: Length) -> int:
    """The moment so much before another: what is in front of it closes that long before the other's bars open."""
    if by.nanoseconds and at < len(edges) - 1:
        opens = bars["ts_open"][edges[at]] - by.nanoseconds
        return int(np.searchsorted(bars["ts_event"][edges[:-1]], opens, "right"))
    return max(0, at - by.moments)


def _on(bars: Batch, edges: Times, at: int, by: Length) -> int:
    """The moment so much behind the one in front of `at`: its bars open that long after the other's close."""
    if by.nanoseconds and at:
        closed = bars["ts_event"][edges[at] - 1] + by.nanoseconds
        return max(at, int(np.searchsorted(bars["ts_open"][edges[:-1]], closed, "left")))
    return min(len(edges) - 1, at + by.moments)


def _edges(ts: Times) -> Times:
    """The first bar of each moment, and how many bars there are."""
    return np.append(np.flatnonzero(np.diff(ts, prepend=ts[0] - 1)), len(ts))


def _span(bars: Batch) -> str:
    days = (bars["ts_event"][-1] - bars["ts_open"][0]) / (86_400 * SECOND)
    return f"{days:,.1f} days, {len(_edges(bars['ts_event'])) - 1:,} bars"
