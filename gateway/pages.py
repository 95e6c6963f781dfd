"""REST of rows: what was stored, a page at a time, as JSON or as Arrow columns."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from core.errors import BadInput
from core.history import History
from core.known import expect_known
from core.moments import parsed
from core.paging import Ask, following
from gateway.arrow import MEDIA_TYPE, arrow_of
from gateway.asking import HistoryDep, HubDep, Names, Rows, Span, timeframe_of
from gateway.auth import authenticated
from gateway.hub import Hub

_MOST = 10_000  # rows as JSON
_ARROW: dict[int | str, Rows] = {
    200: {"content": {MEDIA_TYPE: {}}, "description": f"JSON, or with `Accept: {MEDIA_TYPE}` columns"}
}

Limit = Annotated[int, Query(ge=1, le=_MOST)]
LongLimit = Annotated[int, Query(ge=1, le=1_000_000, description=f"more than {_MOST:,} as Arrow columns only")]
Cursor = Annotated[str | None, Query(description="the next_cursor of the page before")]


@dataclass(frozen=True)
class Wanted:
    """Which page of rows, and in which form."""

    hub: HubDep
    symbols: Names
    span: Span
    limit: LongLimit = 1000
    cursor: Cursor = None
    accept: Annotated[str, Header(include_in_schema=False)] = ""

    @property
    def asked(self) -> tuple[list[str], tuple[int | None, int | None], int, str | None]:
        return self.symbols, self.span, self.limit, self.cursor


WantedDep = Annotated[Wanted, Depends()]

_encoder = msgspec.json.Encoder()  # rows are plain: the framework would look through them for models first

pages = APIRouter(prefix="/api", tags=["market"], dependencies=[Depends(authenticated)])


@pages.get("/trades/latest")
async def latest(
    history: HistoryDep,
    hub: HubDep,
    symbols: Names,
    at: str | None = Query(None, description="as of this moment: RFC 3339, or nanoseconds since 1970"),
) -> Rows:
    """The last trade of each symbol, or as it was at a moment; of all symbols when none is named.

    A symbol without a trade by then is left out; one that neither the store nor the live feed has is 404.
    """
    moment = parsed("at", at)
    trades = await history.last_trades(symbols, end=None if moment is None else moment + 1)
    await _expect_known(symbols, (row["symbol"] for row in trades), hub, history)
    return {"trades": trades}


@pages.get("/trades", responses=_ARROW)
async def trades(history: HistoryDep, wanted: WantedDep) -> Response:
    """Trades, oldest first, of all symbols or some. Without `start` the newest. With a `seq` below 0: from history."""
    return await _answered(history, history.ask("trades", *wanted.asked), wanted)


@pages.get("/quotes", responses=_ARROW)
async def quotes(history: HistoryDep, wanted: WantedDep) -> Response:
    """Best bids and asks, oldest first, of all symbols or some. Without `start` the newest."""
    return await _answered(history, history.ask("quotes", *wanted.asked), wanted)


@pages.get("/bars", responses=_ARROW)
async def bars(
    history: HistoryDep,
    wanted: WantedDep,
    timeframe: str = "1m",
    origin: str = Query("engine", pattern="^(engine|venue)$"),
) -> Response:
    """Closed bars by symbol, oldest first, of any timeframe: 1m, 7m, 2h, 3d; those that are not stored are made of
    shorter ones that are. Without `start` the newest; `next_cursor` continues where a page ended."""
    if not wanted.symbols:
        raise BadInput("symbols: expected names, such as symbols=AAPL,MSFT; GET /api/symbols lists all")
    ask = history.ask("bars", *wanted.asked, timeframe=timeframe_of(timeframe), origin=origin)
    return await _answered(history, ask, wanted)


async def _answered(history: History, ask: Ask, wanted: Wanted) -> Response:
    """A page under the name of its kind, bars by symbol; as Arrow where that is asked for, the cursor in a header."""
    if MEDIA_TYPE in wanted.accept:
        frame = await history.frame(ask)
        if len(frame) < ask.limit:
            await _expect_known(ask.symbols, frame["symbol"].unique(), wanted.hub, history)
        cursor = following(ask, frame.row(-1, named=True) if len(frame) else None, len(frame))
        headers = {"X-Next-Cursor": cursor} if cursor else None
        return Response(await asyncio.to_thread(arrow_of, frame), media_type=MEDIA_TYPE, headers=headers)
    if ask.limit > _MOST:
        raise BadInput(
            f"limit: expected {_MOST:,} at most as JSON, found {ask.limit:,}; more with Accept: {MEDIA_TYPE}"
        )
    page = await history.page(ask)
    rows: Any = page.rows
    if len(rows) < ask.limit:
        await _expect_known(ask.symbols, (row["symbol"] for row in rows), wanted.hub, history)
    if ask.kind == "bars":
        rows = {symbol: [] for symbol in ask.symbols}
        for row in page.rows:
            rows[row["symbol"]].append(row)
    return Response(_encoder.encode({ask.kind: rows, "next_cursor": page.next_cursor}), media_type="application/json")


async def _expect_known(named: Sequence[str], found: Iterable[str], hub: Hub, history: History) -> None:
    """Names without rows are looked at once more: NotFound for one nobody knows, with the nearest that is known."""
    live = hub.catalogue.symbols if history.source in ("", hub.catalogue.source) else ()
    await expect_known(sorted({*named}.difference(found, live)), history)


@pages.get("/indicators/{symbol:path}")
async def values(
    *,
    symbol: str,
    history: HistoryDep,
    span: Span,
    timeframe: str = "1m",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Rows:
    """Indicator values of a symbol, a row a bar, oldest first."""
    start, end = span
    page = await history.values(symbol, timeframe_of(timeframe), start=start, end=end, limit=limit, cursor=cursor)
    return {"symbol": symbol, "values": page.rows, "next_cursor": page.next_cursor}


@pages.get("/signals")
async def signals(
    *,
    history: HistoryDep,
    symbols: Names,
    span: Span,
    strategy: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Rows:
    """Signals, oldest first, of all symbols or some."""
    start, end = span
    page = await history.signals(symbols, strategy=strategy, start=start, end=end, limit=limit, cursor=cursor)
    return {"signals": page.rows, "next_cursor": page.next_cursor}
