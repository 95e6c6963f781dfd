"""Strategies: one file each, every one listed in ALL. A strategy is a node whose outputs are side and strength."""

from core.making import build
from core.node import Node
from strategies.crossover import crossover
from strategies.rsi_reversal import rsi_reversal

ALL = (crossover, rsi_reversal)


def strategy(text: str) -> Node:
    """The strategy a person asks for, such as "crossover(12, 26)"; BadInput for anything else."""
    return build(text, {maker.__name__: maker for maker in ALL})


__all__ = ["ALL", "crossover", "rsi_reversal", "strategy"]
