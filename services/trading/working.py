"""The process of a backtest that was asked for: its question comes as JSON, bars from the store, its answer is JSON."""

import json
import sys
from pathlib import Path
from typing import Any

from core.errors import CandelaError
from core.frames import Frames
from services.trading.backtests import tested
from services.trading.stored import stored
from strategies.backtest import rounds
from strategies.terms import terms

_TRADES = 1_000

Told = dict[str, Any]  # Any: JSON


def answer(question: Told) -> Told:
    """A backtest's figures and its first round trips; or a sentence about what is wrong."""
    archive = Path(question["archive"]) if question["archive"] else None
    try:
        with Frames(question["url"], question["source"], archive=archive) as frames:
            history = stored(frames, question["symbols"], question["timeframe"], (question["start"], question["end"]))
        report = tested(question["strategy"], history, terms(question["terms"]), Path(question["kernels"]))
    except CandelaError as error:
        return {"error": str(error)}
    trades = [
        {"symbol": history.symbols[symbol], "from": begun, "to": ended, "position": most, "profit": profit}
        for symbol, begun, ended, most, profit in list(rounds(report.run.fills))[:_TRADES]
    ]
    return {"result": {**report.told, "trade_list": trades}}


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
