"""What is measured: sets of indicators, and bars to run them on."""

import gc
import time
from collections.abc import Callable

import numpy as np

import indicators as of
from core.events import BAR, SECOND, Batch

SIX = (of.ema(20), of.sma(20), of.rsi(14), of.macd(12, 26, 9), of.bollinger(20, 2.0), of.atr(14))
THIRTY_NODES = (
    *SIX, of.dema(20), of.tema(20), of.kama(20), of.cmo(14), of.mom(10), of.roc(10), of.wma(20), of.ppo(12, 26),
    of.natr(14), of.obv(), of.ad(), of.bop(), of.linearreg(14), of.tsf(14), of.rma(14),
)  # fmt: skip
FORTY = (
    *THIRTY_NODES, of.t3(5), of.hma(20), of.trix(15), of.willr(14), of.stoch(14, 3, 3), of.adx(14), of.aroon(14),
    of.ultosc(), of.stddev(20), of.mfi(14), of.donchian(20), of.cci(20), of.sar(), of.supertrend(10, 3.0),
    of.keltner(), of.cmf(20), of.vwma(20), of.tsi(), of.vortex(14),
)  # fmt: skip
MANY = 500


def made(rows: int, symbols: int) -> Batch:
    random = np.random.default_rng(1)
    bars = np.zeros(rows, dtype=BAR)
    bars["close"] = bars["open"] = 100 * np.exp(np.cumsum(random.normal(0, 1e-4, rows)))
    bars["high"], bars["low"] = bars["close"] * 1.0002, bars["close"] * 0.9998
    bars["volume"] = random.integers(1, 1000, rows)
    bars["symbol"] = random.integers(0, symbols, rows)
    bars["ts_event"] = np.arange(rows) * SECOND
    return bars


def best(work: Callable[[], object], runs: int) -> float:
    """Median seconds of `work`, the garbage collector resting, as timeit does it."""
    taken = []
    gc.disable()
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    gc.enable()
    return float(np.median(taken))
