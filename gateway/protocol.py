"""The stream's messages: what a client may ask, what the server answers, as PROTOCOL has them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct

from core.events import BACKFILLS, CHANNELS, COMPLETE, DONE, NEVER, ORIGINS, QUALITIES, REASONS, TIMEFRAME_NAMES
from core.ports import Catalogue

VERSION = 1
JSON = "candela.json"

Fields = Mapping[str, Any]  # Any: JSON
_encoder = msgspec.json.Encoder()  # writes NaN as null


class Refusal(Exception):
    """A request that is answered with an error frame; the connection goes on."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class Request(Struct, forbid_unknown_fields=True):
    """One message of a client."""

    op: Literal["subscribe", "unsubscribe", "auth", "ping"]
    id: int | str | None = None
    channel: str = ""
    symbols: list[str] = []
    snapshot: bool = False
    mode: Literal["lossless", "latest"] = "lossless"
    from_seq: int | None = None
    max_rate_hz: float | None = None
    sid: int = 0
    token: str = ""


class _Identified(Struct):
    id: int | str | None = None


_request = msgspec.json.Decoder(Request)
_identified = msgspec.json.Decoder(_Identified)


def parsed(message: str | bytes) -> Request:
    """The request in a message; Refusal 400 in words otherwise."""
    try:
        return _request.decode(message)
    except msgspec.ValidationError as error:
        raise Refusal(400, "bad_request", f"this request cannot be understood: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "bad_json", f"expected a JSON object with an op, found something else: {error}") from None


def id_of(message: str | bytes) -> int | str | None:
    """The id of a message that is otherwise wrong, if it has one."""
    try:
        return _identified.decode(message).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def frame(kind: str, **fields: object) -> bytes:
    """A frame that is no data: welcome, subscribed, heartbeat, error…"""
    return _encoder.encode({"type": kind, **fields})


def refused(error: Refusal, request_id: int | str | None) -> bytes:
    return frame("error", code=error.code, reason=error.reason, message=str(error), id=request_id)


def head(kind: str, sid: int) -> bytes:
    """What differs between clients; the body that follows is shared."""
    return b'{"type":"%s","sid":%d,' % (kind.encode(), sid)


def body(channel: str, symbol: str, seq: int, times: tuple[int, int], data: Fields) -> bytes:
    """The shared rest of a data frame, without its opening brace."""
    fields = {"channel": channel, "seq": seq, "symbol": symbol, "ts_event": times[0], "ts_recv": times[1]}
    return _encoder.encode({**fields, "ts_out": time.time_ns(), "data": data})[1:]


def data_of(kind: str, row: np.void, catalogue: Catalogue) -> Fields:
    """A row's own fields, with names instead of numbers."""
    fields = dict(zip(row.dtype.names or (), row.item(), strict=True))
    if kind == "values":
        outputs = (name for each in catalogue.indicators for name in each.outputs)
        return {**_coded(fields), "values": {name: fields[name] for name in outputs}}
    if kind == "gaps":
        to = None if fields["to_ts"] == NEVER else fields["to_ts"]
        return {
            "from_ts": fields["from_ts"],
            "to_ts": to,
            "reason": REASONS[fields["reason"]],
            "backfill": BACKFILLS[fields["backfill"]],
        }
    data = {name: fields[name] for name in _OWN[kind]}
    if kind == "bars":
        return {**data, **_coded(fields), "closed": bool(fields["closed"]), "origin": ORIGINS[fields["origin"]]}
    if kind == "signals":
        return {"strategy": catalogue.strategies[fields["strategy"]].name, **data, **_coded(fields)}
    return data


_OWN = {
    "trades": ("price", "size", "side", "trade_id"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "bars": ("ts_open", "ts_close", "open", "high", "low", "close", "volume", "vwap", "trades"),
    "signals": ("side", "strength", "price"),
}


def _coded(fields: Fields) -> Fields:
    return {"timeframe": TIMEFRAME_NAMES[fields["timeframe"]], "quality": QUALITIES[fields["quality"]]}


def touches(missed: np.void, channel: str) -> bool:
    """Whether what a channel has is missing, or made of what is missing."""
    name = CHANNELS[missed["channel"]]
    made = name == "trades" and channel.partition(".")[0] in ("bars", "indicators", "signals")
    return channel == name or made


def doubtful(row: np.void, missed: np.void) -> bool:
    """Whether a bar, or what was made at its close, was made in a gap without knowing of it."""
    names = row.dtype.names or ()
    return (
        "quality" in names
        and missed["backfill"] != DONE
        and row["quality"] == COMPLETE
        and row["ts_event"] > missed["from_ts"]
        and row["ts_event"] <= missed["to_ts"]
    )


def channels(catalogue: Catalogue) -> Sequence[str]:
    """Every channel of an engine; `signals.*` is one of its own, numbered over all strategies."""
    return (
        "trades",
        "quotes",
        *(f"{kind}.{name}" for kind in ("bars", "indicators") for name in catalogue.timeframes),
        "signals.*",
        *(f"signals.{each.name}" for each in catalogue.strategies),
        "system",
    )
