"""Strategies: one file each, every one listed in ALL. A strategy is a node whose outputs are side and strength."""

from core.making import build
from core.node import Node
from strategies.adx_trend import adx_trend
from strategies.bollinger_breakout import bollinger_breakout
from strategies.bollinger_reversion import bollinger_reversion
from strategies.crossover import crossover
from strategies.donchian_breakout import donchian_breakout
from strategies.keltner_squeeze import keltner_squeeze
from strategies.macd_crossover import macd_crossover
from strategies.momentum import momentum
from strategies.opening_range import opening_range
from strategies.rsi_reversal import rsi_reversal
from strategies.supertrend_flip import supertrend_flip
from strategies.vwap_reversion import vwap_reversion

ALL = (
    adx_trend,
    bollinger_breakout,
    bollinger_reversion,
    crossover,
    donchian_breakout,
    keltner_squeeze,
    macd_crossover,
    momentum,
    opening_range,
    rsi_reversal,
    supertrend_flip,
    vwap_reversion,
)


def strategy(text: str) -> Node:
    """The strategy a person asks for, such as "crossover(12, 26)"; BadInput for anything else."""
    return build(text, {maker.__name__: maker for maker in ALL})


__all__ = [
    "ALL",
    "adx_trend",
    "bollinger_breakout",
    "bollinger_reversion",
    "crossover",
    "donchian_breakout",
    "keltner_squeeze",
    "macd_crossover",
    "momentum",
    "opening_range",
    "rsi_reversal",
    "strategy",
    "supertrend_flip",
    "vwap_reversion",
]
