"""REST: what the store and the live engine know, as JSON."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from core.errors import BadInput, StoreDown, Unavailable
from core.history import History
from core.moments import parsed
from core.ports import Described, Reads
from gateway.auth import authenticated
from gateway.catalogue import as_json, entries
from gateway.hub import Hub
from gateway.telemetry import Telemetry
from services.trading.analysis import Analysis, analysis

Rows = dict[str, Any]  # Any: JSON

_TOLD_WITHIN_S = 5.0
_ALIASES = {"sec": "s", "min": "m", "hour": "h", "day": "d"}


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def _reads(
    request: Request,
    source: str | None = Query(None, description="whose symbols; without it, those of the live feed"),
) -> Reads:
    history: History = request.app.state.history
    return history.of(_hub(request).catalogue.source if source is None else source)


def _telemetry(request: Request) -> Telemetry:
    telemetry: Telemetry = request.app.state.telemetry
    return telemetry


def _names(symbols: str = Query("", description="names, separated by commas", examples=["AAPL,MSFT"])) -> list[str]:
    return [name.strip() for name in symbols.split(",") if name.strip()]


def _span(
    start: str | None = Query(None, description="RFC 3339, or nanoseconds since 1970"), end: str | None = Query(None)
) -> tuple[int | None, int | None]:
    return parsed("start", start), parsed("end", end)


def timeframe_of(timeframe: str) -> str:
    """`1m` as it is, `1Min` and the like as Alpaca spells them."""
    digits = timeframe.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = timeframe[len(digits) :]
    return digits + _ALIASES.get(unit.lower(), unit)


HistoryDep = Annotated[Reads, Depends(_reads)]
HubDep = Annotated[Hub, Depends(_hub)]
TelemetryDep = Annotated[Telemetry, Depends(_telemetry)]
Names = Annotated[list[str], Depends(_names)]
Span = Annotated[tuple[int | None, int | None], Depends(_span)]
Limit = Annotated[int, Query(ge=1, le=10_000)]

health = APIRouter(tags=["health"])
api = APIRouter(prefix="/api", dependencies=[Depends(authenticated)])


@health.get("/health/live")
async def live() -> Rows:
    """Whether this process answers."""
    return {"status": "live"}


@health.get("/health")
@health.get("/health/ready")
async def ready(history: HistoryDep, hub: HubDep) -> JSONResponse:
    """Whether every part answers: 200, or 503 with the part that does not."""
    age = time.monotonic() - hub.told_at if hub.told_at else None
    told = hub.connected and age is not None and age < _TOLD_WITHIN_S
    silent = "not connected" if not hub.connected else "connected, silent"
    parts = {"store": "ready", "market": "ready" if told else silent}
    try:
        await history.ping()
    except StoreDown as error:
        parts["store"] = str(error)
    fine = set(parts.values()) == {"ready"}
    return JSONResponse({"status": "ready" if fine else "not ready", "parts": parts}, 200 if fine else 503)


@health.get("/metrics")
async def metrics(telemetry: TelemetryDep) -> Response:
    return Response(telemetry.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


@api.get("/symbols", tags=["market"])
async def symbols(history: HistoryDep, hub: HubDep) -> Rows:
    """Every symbol the store has met, and whether it is live now."""
    live_now = set(hub.catalogue.symbols)
    return {"symbols": [{**row, "live": row["symbol"] in live_now} for row in await history.symbols()]}


@api.get("/trades/latest", tags=["market"])
async def latest(
    history: HistoryDep,
    symbols: Names,
    at: str | None = Query(None, description="as of this moment: RFC 3339, or nanoseconds since 1970"),
) -> Rows:
    """The last trade of each symbol, or as it was at a moment; of all symbols when none is named."""
    moment = parsed("at", at)
    return {"trades": await history.last_trades(symbols, end=None if moment is None else moment + 1)}


@api.get("/bars", tags=["market"])
async def bars(
    *,
    history: HistoryDep,
    symbols: Names,
    span: Span,
    timeframe: str = "1m",
    limit: Limit = 1000,
    cursor: str | None = None,
    origin: str = Query("engine", pattern="^(engine|venue)$"),
) -> Rows:
    """Closed bars by symbol, oldest first. Without `start` the newest; `next_cursor` continues where a page ended."""
    if not symbols:
        raise BadInput("symbols: expected names, such as symbols=AAPL,MSFT; GET /api/symbols lists all")
    start, end = span
    page = await history.bars(
        symbols, timeframe_of(timeframe), start=start, end=end, limit=limit, cursor=cursor, origin=origin
    )
    found: dict[str, list[Rows]] = {name: [] for name in symbols}
    for row in page.rows:
        found[row["symbol"]].append(row)
    return {"bars": found, "next_cursor": page.next_cursor}


def _catalogue(described: tuple[Described, ...]) -> list[Rows]:
    return [{"name": each.name, "call": each.call, "outputs": each.outputs, "about": each.about} for each in described]


def _running(hub: HubDep) -> Hub:
    if not hub.catalogue.timeframes:
        raise Unavailable("the market process has not been heard yet; try again in a moment")
    return hub


RunningDep = Annotated[Hub, Depends(_running)]


@api.get("/indicators", tags=["market"])
async def indicators(hub: HubDep) -> Rows:
    """The catalogue: formula, parameters and ranges, inputs, outputs, warm-up, cost and source of every indicator;
    and which are computed now, on which timeframes."""
    return {
        "indicators": [as_json(one) for one in entries()],
        "running": _catalogue(hub.catalogue.indicators),
        "timeframes": hub.catalogue.timeframes,
    }


@api.get("/strategies", tags=["market"])
async def strategies(hub: RunningDep) -> Rows:
    """The strategies the engine runs now."""
    return {"strategies": _catalogue(hub.catalogue.strategies)}


@api.get("/indicators/{symbol:path}", tags=["market"])
async def values(
    *,
    symbol: str,
    history: HistoryDep,
    span: Span,
    timeframe: str = "1m",
    limit: Limit = 100,
    cursor: str | None = None,
) -> Rows:
    """Indicator values of a symbol, a row a bar, oldest first."""
    start, end = span
    page = await history.values(symbol, timeframe_of(timeframe), start=start, end=end, limit=limit, cursor=cursor)
    return {"symbol": symbol, "values": page.rows, "next_cursor": page.next_cursor}


@api.get("/signals", tags=["market"])
async def signals(
    *,
    history: HistoryDep,
    symbols: Names,
    span: Span,
    strategy: str | None = None,
    limit: Limit = 100,
    cursor: str | None = None,
) -> Rows:
    """Signals, oldest first, of all symbols or some."""
    start, end = span
    page = await history.signals(symbols, strategy=strategy, start=start, end=end, limit=limit, cursor=cursor)
    return {"signals": page.rows, "next_cursor": page.next_cursor}


@api.get("/trading/analysis/{symbol:path}", tags=["trading"])
async def trading_analysis(symbol: str, history: HistoryDep, timeframe: str | None = None) -> Analysis:
    """Price, change, trend with its evidence, signals and confidence of one symbol."""
    return await analysis(symbol, history, time.time_ns, timeframe_of(timeframe) if timeframe else None)
