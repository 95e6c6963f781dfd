"""Alpaca's crypto stream (v1beta3): the messages of its stock stream, and a trade's taker side beside them.

Same key and greeting, symbols such as BTC/USD; its bars are of trades and quotes' mids, so a bar may have no volume.
Source: Alpaca documentation, "Real-time Crypto Data".
"""

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from core.events import TRADE, Batch, Symbols
from core.ports import Decoded, Venue
from feeds import alpaca

SIDES = {"B": 1, "S": -1}
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Taker(Struct, tag_field="T", tag="t"):
    S: str
    i: int = 0
    tks: str = ""


_parts = msgspec.msgpack.Decoder(list[Raw])
_taker = msgspec.msgpack.Decoder(Taker)


def decode(frame: bytes, symbols: Symbols, ts_recv: int) -> Decoded:
    """The rows and notices of one frame, as of the stock stream; trades say who took."""
    decoded = alpaca.decode(frame, symbols, ts_recv)
    for batch in decoded.batches:
        if batch.dtype is TRADE:
            _set_sides(batch, frame, symbols)
    return decoded


def _set_sides(batch: Batch, frame: bytes, symbols: Symbols) -> None:
    """By symbol and id, for some of the frame's trades may have been refused."""
    sides = {(taker.S, taker.i): SIDES.get(taker.tks, 0) for taker in _takers(frame)}
    names = [symbols.names[symbol] for symbol in batch["symbol"]]
    batch["side"] = [sides.get(key, 0) for key in zip(names, batch["trade_id"].tolist(), strict=True)]


def _takers(frame: bytes) -> Iterator[Taker]:
    for part in _parts.decode(frame):
        try:
            yield _taker.decode(part)
        except _BROKEN:
            continue  # another kind of message, or a broken one that was counted already


ALPACA_CRYPTO = Venue(
    name="alpaca_crypto",
    url=lambda _: "wss://stream.data.alpaca.markets/v1beta3/crypto/us",
    hello=alpaca.hello,
    decode=decode,
    headers=alpaca.ALPACA.headers,
    ready=alpaca.ALPACA.ready,
)
