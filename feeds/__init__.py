"""Where market data comes in: one file per venue, one socket loop, replay and simulation."""

from core.ports import Venue
from feeds.alpaca import ALPACA
from feeds.binance import BINANCE

VENUES: dict[str, Venue] = {"alpaca": ALPACA, "binance": BINANCE}

__all__ = ["ALPACA", "BINANCE", "VENUES"]
