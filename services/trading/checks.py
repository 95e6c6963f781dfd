"""Checks of a strategy over history: does it look ahead, and how much history does it need."""

from dataclasses import replace
from pathlib import Path

from core.bank import Bank
from core.node import Node
from services.trading.backtests import History
from strategies import incremental, lookahead
from strategies.files import anew, asked
from strategies.verdicts import Tell, Verdict
from strategies.warming import Warmth, declared, of_bank, of_frames, warmth


def lookahead_of(text: str, history: History, folder: Path, most: int, tell: Tell) -> Verdict:
    """The verdict on the strategy a person asks for, at every bar or, on a frame strategy, at the first `most` of each
    symbol; BadInput."""
    found, load, bars, symbols = asked(text), anew(text), history.bars, history.symbols
    if not isinstance(found, Node):
        return lookahead.checked(load, bars, symbols, most, tell)
    bank = Bank((found,), (history.timeframe,), folder)
    return incremental.checked(bank, load, bars, symbols, tell)


def warmth_of(text: str, history: History, folder: Path, tell: Tell) -> Warmth:
    """How many rows of history the strategy needs that a person asks for; BadInput."""
    found, bars = asked(text), history.bars
    if not isinstance(found, Node):
        return warmth(found.call, of_frames(found, history.symbols), ("side", "strength"), bars, tell)
    bank, symbols = Bank((found,), (history.timeframe,), folder), len(history.symbols)
    side, strength = found.columns
    result = warmth(found.call, of_bank(bank, symbols), (side, strength), bars, tell)
    rows = declared(bank, bars, symbols)
    result.columns = [
        replace(each, declared=rows[each.column][0], found=rows[each.column][1]) for each in result.columns
    ]
    return result
