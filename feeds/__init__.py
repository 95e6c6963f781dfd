"""Where market data comes in: one file per venue, one socket loop, replay and simulation."""

from core.ports import Venue
from feeds.alpaca import ALPACA
from feeds.alpaca_crypto import ALPACA_CRYPTO
from feeds.binance import BINANCE
from feeds.coinbase import COINBASE

VENUES: dict[str, Venue] = {venue.name: venue for venue in (ALPACA, ALPACA_CRYPTO, BINANCE, COINBASE)}

__all__ = ["ALPACA", "ALPACA_CRYPTO", "BINANCE", "COINBASE", "VENUES"]
