"""The local exchange's history over HTTP, as its venues answer: pure, a request in, an answer out.

Alpaca: GET /v2/stocks/trades, quotes and bars, of several symbols. Source: Alpaca documentation, "Historical trades",
"Historical quotes", "Historical bars": `start` and `end` are included, rows come by symbol and then by time, `limit`
counts those of all symbols. A day begins at midnight UTC here. Binance: GET /api/v3/trades, historicalTrades,
aggTrades, time and ping. Source: Binance documentation, "Market Data endpoints".
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from core.errors import BadInput
from core.events import SECOND, Batch, Symbols
from core.moments import EVER
from feeds import wire
from feeds.ledger import Ledger

Asked = Mapping[str, str]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+ -]\d\d:\d\d))?", re.ASCII)
_MS = 1_000_000
_DAY = 86_400 * SECOND
_WIDTH = {"trades": 0, "quotes": 0, "bars": 60 * SECOND}  # a bar is asked for by its start and kept by its end
_LAST_MS = EVER[1] // _MS
_BY_ID = {"fromId": EVER[1]}  # what may be asked beside symbol and limit, and how much at most
_TAKES = {"trades": {}, "historicalTrades": _BY_ID, "aggTrades": {**_BY_ID, "startTime": _LAST_MS, "endTime": _LAST_MS}}
_KEYS = ("APCA-API-KEY-ID", "APCA-API-SECRET-KEY")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class History:
    """What a ledger holds, for whoever asks as a venue's client would."""

    def __init__(self, ledger: Ledger, symbols: Symbols, account: tuple[str, str]) -> None:
        self._ledger, self._symbols, self._account = ledger, symbols, account

    def answer(self, target: str, headers: Mapping[str, str], now: int) -> Answer | None:
        """None for what is no request for history; `now` is the session's time."""
        address = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        folder, _, what = address.path.rpartition("/")
        if folder == "/v2/stocks" and what in _WIDTH:
            return self._alpaca(what, asked, headers, now)
        if folder == "/api/v3" and what in ("ping", "time"):
            return _answer(200, {"serverTime": now // _MS} if what == "time" else {})
        if folder == "/api/v3" and what in _TAKES:
            return self._binance(what, asked)
        return None

    def _alpaca(self, what: str, asked: Asked, headers: Mapping[str, str], now: int) -> Answer:
        if tuple(headers.get(name, "") for name in _KEYS) != self._account:
            return _answer(403, {"message": "forbidden."})
        try:
            return _answer(200, self._page(what, _Query.of(what, asked, now)))
        except BadInput as error:
            return _answer(400, {"message": str(error)})

    def _page(self, what: str, query: "_Query") -> wire.Message:
        """Rows by symbol, as many as the limit allows, and where the next page begins."""
        found: dict[str, list[wire.Message]] = {}
        left, place = query.limit, query.place
        numbers = {name: number for number, name in enumerate(self._symbols.names)}
        for name in query.names:
            if name not in numbers or name < place.name:
                continue
            rows = query.remaining(self._ledger.rows(what, numbers[name], query.start, query.end), name)
            given = rows[:left]
            if len(given):
                messages = wire.alpaca(given, self._symbols.names, binary=False)
                found[name] = [
                    {key: value for key, value in each.items() if key not in ("T", "S")} for each in messages
                ]
                if what == "trades" and self._ledger.updates:
                    self._note_updates(numbers[name], found[name])
                place = _Place(name, int(given["ts_event"][-1]), int(given["seq"][-1]))
                left -= len(given)
            if len(rows) > len(given):
                return {what: found, "next_page_token": place.token}
        return {what: found, "next_page_token": None}

    def _note_updates(self, symbol: int, messages: list[wire.Message]) -> None:
        for each in messages:
            update = self._ledger.updates.get((symbol, each["i"]))
            if update:
                each["u"] = update

    def _binance(self, what: str, asked: Asked) -> Answer:
        """A symbol's newest trades; by id, those from `fromId` on; aggregates by time as well."""
        name = asked.get("symbol", "")
        if name not in self._symbols.names:
            return _answer(400, {"code": -1121, "msg": "Invalid symbol."})
        try:
            limit = _whole("limit", asked, 500, (1, 1_000))
            given = {key: _whole(key, asked, 0, (0, most)) for key, most in _TAKES[what].items() if key in asked}
        except BadInput as error:
            return _answer(400, {"code": -1100, "msg": str(error)})
        if "fromId" in given and len(given) > 1:
            return _answer(400, {"code": -1128, "msg": "Combination of optional parameters invalid."})
        start, end = given.get("startTime", 0) * _MS, given.get("endTime", _LAST_MS) * _MS + _MS - 1
        rows = self._ledger.original(self._symbols.names.index(name), start, end)
        rows = rows[np.argsort(rows["trade_id"], kind="stable")]
        rows = rows[np.searchsorted(rows["trade_id"], given.get("fromId", 0)) :]
        oldest_first = "fromId" in given or "startTime" in given
        tell = wire.binance_aggregates if what == "aggTrades" else wire.binance_trades
        return _answer(200, tell(rows[:limit] if oldest_first else rows[-limit:]))


TOO_MANY = Answer(429, b'{"code":-1003,"msg":"Too many requests.","message":"too many requests."}')  # for both venues


class _Place(NamedTuple):
    """The row behind which a page begins."""

    name: str = ""
    ts_event: int = 0
    seq: int = 0

    @property
    def token(self) -> str:
        return base64.urlsafe_b64encode(f"{self.name}|{self.ts_event}|{self.seq}".encode()).decode()

    @classmethod
    def of(cls, token: str) -> "_Place":
        try:
            name, ts_event, seq = base64.urlsafe_b64decode(token).decode().split("|")
            return cls(name, int(ts_event), int(seq))
        except ValueError:  # the codecs' errors as well
            raise BadInput("invalid page_token: expected a next_page_token of an answer before") from None


@dataclass(frozen=True, slots=True)
class _Query:
    """What an Alpaca client asks for."""

    names: list[str]
    start: int
    end: int
    limit: int
    newest_first: bool
    place: _Place

    @classmethod
    def of(cls, what: str, asked: Asked, now: int) -> "_Query":
        names = sorted({name for name in asked.get("symbols", "").split(",") if name})
        if not names:
            raise BadInput("symbols is required: names, separated by commas")
        if what == "bars" and asked.get("timeframe") not in ("1Min", "1T"):
            raise BadInput(f"invalid timeframe: this exchange keeps bars of 1Min, found {asked.get('timeframe')!r}")
        if asked.get("sort", "asc") not in ("asc", "desc"):
            raise BadInput(f"invalid sort: expected asc or desc, found {asked['sort']!r}")
        start, end = (_nanoseconds(name, asked, at) for name, at in (("start", now - now % _DAY), ("end", EVER[1])))
        limit = _whole("limit", asked, 1_000, (1, 10_000))
        place = _Place.of(asked["page_token"]) if "page_token" in asked else _Place()
        width = _WIDTH[what]
        return cls(names, start + width, end + width, limit, asked.get("sort") == "desc", place)

    def remaining(self, rows: Batch, name: str) -> Batch:
        """Of a symbol's rows those that are on this page or later ones, in the order asked for."""
        rows = rows[::-1] if self.newest_first else rows
        if name != self.place.name:
            return rows
        sign = -1 if self.newest_first else 1
        beyond, numbers = (rows["ts_event"] - self.place.ts_event) * sign, (rows["seq"] - self.place.seq) * sign
        later: Batch = rows[(beyond > 0) | ((beyond == 0) & (numbers > 0))]
        return later


def _whole(name: str, asked: Asked, default: int, bounds: tuple[int, int]) -> int:
    text = asked.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and bounds[0] <= int(text) <= bounds[1]):
        raise BadInput(f"invalid {name}: expected a number from {bounds[0]} to {bounds[1]}, found {text!r}")
    return int(text)


def _nanoseconds(name: str, asked: Asked, default: int) -> int:
    """RFC 3339 to the nanosecond, or a day."""
    if name not in asked:
        return default
    found = _TIME.fullmatch(asked[name])
    day, clock, fraction, zone = found.groups() if found else ("", "", "", "")
    try:
        whole = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{(zone or 'Z').upper().replace(' ', '+')}")
    except ValueError:
        raise BadInput(
            f"invalid {name}: expected RFC 3339 such as 2026-01-31T14:30:00Z or a day such as 2026-01-31, "
            f"found {asked[name]!r}"
        ) from None
    return int(whole.timestamp()) * SECOND + int((fraction or "0").ljust(9, "0"))


def _answer(status: int, told: Any) -> Answer:  # Any: JSON
    return Answer(status, msgspec.json.encode(told))
