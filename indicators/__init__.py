"""Indicators: one file each, every one listed in ALL."""

from core.making import build
from core.node import Node
from indicators.atr import atr
from indicators.bollinger import bollinger
from indicators.ema import ema
from indicators.macd import macd
from indicators.rsi import rsi
from indicators.sma import sma
from indicators.stddev import stddev
from indicators.trange import trange
from indicators.var import var

ALL = (atr, bollinger, ema, macd, rsi, sma, stddev, trange, var)
NAMED = {maker.__name__: maker for maker in ALL}


def indicator(text: str) -> Node:
    """The indicator a person asks for, such as "ema(12)"; BadInput for anything else."""
    return build(text, NAMED)
