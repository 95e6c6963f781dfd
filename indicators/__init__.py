"""Indicators: one file each, every one listed in ALL."""

from core.node import Node, build
from indicators.atr import atr
from indicators.bollinger import bollinger
from indicators.ema import ema
from indicators.macd import macd
from indicators.rsi import rsi
from indicators.sma import sma

ALL = (atr, bollinger, ema, macd, rsi, sma)


def indicator(text: str) -> Node:
    """The indicator a person asks for, such as "ema(12)"; BadInput for anything else."""
    return build(text, {maker.__name__: maker for maker in ALL})


__all__ = ["ALL", "atr", "bollinger", "ema", "indicator", "macd", "rsi", "sma"]
