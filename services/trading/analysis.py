"""Trading analysis of one symbol: where it stands, which way it leans, and the evidence for saying so.

The rule. Five witnesses vote up (+1), down (−1) or neither (0), each over the bars of one timeframe:

1. averages: the fastest exponential average above or below the slowest by more than a tenth of the average true range;
2. momentum: the sign of the MACD histogram;
3. band: the close above or below the Bollinger middle by more than a quarter of the band's half width;
4. strength: an RSI above 55 or below 45;
5. slope: a least-squares line through the last 20 closes whose slope is more than two standard errors from zero.

The trend is up at a net vote of +2 or more, down at −2 or less, sideways between, unknown with fewer than three votes.
Confidence = agreement × coverage × quality: |net| / votes (for sideways 1 − |net| / votes), votes / 5, and the share of
complete bars. It says how much the witnesses agree; it is not a probability, and not calibrated on history.
Sources: Murphy, Technical Analysis of the Financial Markets (1999), ch. 9–10; Wilder (1978); Bollinger (2001).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.events import SECOND
from core.known import expect_known
from core.ports import Clock, Reads

Row = Mapping[str, Any]  # Any: a column may be a number, a text or a mapping

_WITNESSES = 5
_LOOK_BACK = 200
_ENOUGH = 35  # bars until the slowest of the usual indicators has a value
_DAY = 86_400 * SECOND


class Evidence(BaseModel):
    witness: str
    vote: Literal[-1, 0, 1]
    because: str


class Signal(BaseModel):
    strategy: str
    timeframe: str
    side: float
    strength: float
    price: float
    quality: str
    ts_event: int
    seq: int


class Analysis(BaseModel):
    """Times in nanoseconds since 1970; `change` in price units since `change_since`, `volatility` a bar's deviation."""

    symbol: str
    timeframe: str
    price: float | None
    change: float | None
    change_percent: float | None
    change_since: int | None
    trend: Literal["up", "down", "sideways", "unknown"]
    confidence: float
    evidence: list[Evidence]
    signals: list[Signal]
    volatility: float | None
    support: float | None
    resistance: float | None
    bars_used: int
    quality: float
    timestamp: int
    note: str


async def analysis(symbol: str, reads: Reads, clock: Clock, timeframe: str | None = None) -> Analysis:
    """The analysis of `symbol` now; without a timeframe, on the longest of 5m, 1m and 1s that has enough bars."""
    await expect_known([symbol], reads)
    bars: list[dict[str, Any]] = []
    chosen = timeframe or ""
    for candidate in [timeframe] if timeframe else ["5m", "1m", "1s"]:
        chosen = candidate
        bars = (await reads.bars([symbol], candidate, limit=_LOOK_BACK)).rows
        if len(bars) >= _ENOUGH:
            break
    values = (await reads.values(symbol, chosen, limit=1)).rows
    signals = (await reads.signals([symbol], limit=10)).rows
    now = clock()
    day = now - now % _DAY
    first = (await reads.bars([symbol], "1m", start=day, limit=1)).rows or bars[:1]
    trade = max(await reads.last_trades([symbol]), key=lambda row: row["ts_event"], default=None)
    price = trade["price"] if trade else bars[-1]["close"] if bars else None
    return analyse(
        symbol, chosen, bars=bars, values=values[-1]["values"] if values else {}, signals=signals, price=price,
        opened=first[0] if first else None, now=now,
    )  # fmt: skip


def analyse(
    symbol: str, timeframe: str, *, bars: Sequence[Row], values: Mapping[str, float], signals: Sequence[Row],
    price: float | None, opened: Row | None, now: int,
) -> Analysis:  # fmt: skip
    """The rule itself, pure: bars oldest first, the newest values, `opened` the bar the change is measured from."""
    closes = np.array([bar["close"] for bar in bars], dtype=np.float64)
    evidence = [found for found in _witnesses(closes, values) if found is not None]
    quality = float(np.mean([bar["quality"] == "complete" for bar in bars])) if bars else 0.0
    trend, confidence = _verdict([found.vote for found in evidence], quality)
    return Analysis(
        symbol=symbol,
        timeframe=timeframe,
        price=price,
        **_change(price, opened),
        trend=trend,
        confidence=round(confidence, 4),
        evidence=evidence,
        signals=[Signal.model_validate(signal) for signal in reversed(signals)],
        volatility=float(np.diff(np.log(closes)).std()) if len(closes) > 2 else None,
        support=min((bar["low"] for bar in bars[-20:]), default=None),
        resistance=max((bar["high"] for bar in bars[-20:]), default=None),
        bars_used=len(bars),
        quality=round(quality, 4),
        timestamp=now,
        note=_note(len(bars), len(evidence)),
    )


def _change(price: float | None, opened: Row | None) -> dict[str, Any]:  # Any: floats, a time, or nothing
    if price is None or opened is None:
        return {"change": None, "change_percent": None, "change_since": None}
    change = price - opened["open"]
    return {"change": change, "change_percent": 100 * change / opened["open"], "change_since": opened["ts_open"]}


def _verdict(votes: Sequence[int], quality: float) -> tuple[Literal["up", "down", "sideways", "unknown"], float]:
    if len(votes) < 3:
        return "unknown", 0.0
    net = sum(votes)
    share = abs(net) / len(votes)
    weight = len(votes) / _WITNESSES * quality
    if abs(net) < 2:
        return "sideways", (1 - share) * weight
    return ("up" if net > 0 else "down"), share * weight


def _witnesses(closes: NDArray[np.float64], values: Mapping[str, float]) -> Sequence[Evidence | None]:
    close = float(closes[-1]) if len(closes) else math.nan
    return (_averages(values), _momentum(values), _band(close, values), _strength(values), _slope(closes))


def _vote(value: float, margin: float) -> Literal[-1, 0, 1]:
    return 0 if abs(value) <= margin else 1 if value > 0 else -1


def _averages(values: Mapping[str, float]) -> Evidence | None:
    periods = sorted(int(name[4:]) for name in values if name.startswith("ema_"))
    reach = _one(values, "atr_")
    if len(periods) < 2 or reach is None:
        return None
    fast, slow = values[f"ema_{periods[0]}"], values[f"ema_{periods[-1]}"]
    because = f"EMA({periods[0]}) {fast:.6g} against EMA({periods[-1]}) {slow:.6g}, average true range {reach:.3g}"
    return Evidence(witness="averages", vote=_vote(fast - slow, 0.1 * reach), because=because)


def _momentum(values: Mapping[str, float]) -> Evidence | None:
    histogram = _one(values, "macd_", "_histogram")
    if histogram is None:
        return None
    return Evidence(witness="momentum", vote=_vote(histogram, 0.0), because=f"MACD histogram {histogram:+.3g}")


def _band(close: float, values: Mapping[str, float]) -> Evidence | None:
    middle, upper = _one(values, "bollinger_", "_middle"), _one(values, "bollinger_", "_upper")
    if middle is None or upper is None or math.isnan(close):
        return None
    because = f"close {close:.6g} against the band's middle {middle:.6g}, half width {upper - middle:.3g}"
    return Evidence(witness="band", vote=_vote(close - middle, 0.25 * (upper - middle)), because=because)


def _strength(values: Mapping[str, float]) -> Evidence | None:
    index = _one(values, "rsi_")
    return (
        Evidence(witness="strength", vote=_vote(index - 50, 5.0), because=f"RSI {index:.1f}")
        if index is not None
        else None
    )


def _slope(closes: NDArray[np.float64]) -> Evidence | None:
    if len(closes) < 20:
        return None
    y = closes[-20:]
    x = np.arange(20) - 9.5
    slope = float((x * (y - y.mean())).sum() / (x * x).sum())
    rest = y - y.mean() - slope * x
    error = math.sqrt(float((rest * rest).sum()) / 18 / float((x * x).sum()))
    because = f"slope {slope:+.3g} a bar over 20 closes, standard error {error:.2g}"
    return Evidence(witness="slope", vote=_vote(slope, 2 * error), because=because)


def _one(values: Mapping[str, float], prefix: str, suffix: str = "") -> float | None:
    return next(
        (value for name, value in sorted(values.items()) if name.startswith(prefix) and name.endswith(suffix)), None
    )


def _note(bars: int, votes: int) -> str:
    if votes < 3:
        return (
            f"too little history: {bars} bars, {votes} of {_WITNESSES} witnesses; wait, or choose a shorter timeframe"
        )
    return "confidence is how much the witnesses agree; it is not a probability and not calibrated"
