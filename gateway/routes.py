"""REST: how the platform is, what it computes, what it makes of it."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from core.errors import StoreDown, Unavailable
from core.ports import Described
from gateway.asking import HistoryDep, HubDep, Rows, TelemetryDep, timeframe_of
from gateway.auth import authenticated
from gateway.catalogue import as_json, entries
from gateway.hub import Hub
from services.trading.analysis import Analysis, analysis

_TOLD_WITHIN_S = 5.0

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


@api.get("/trading/analysis/{symbol:path}", tags=["trading"])
async def trading_analysis(symbol: str, history: HistoryDep, timeframe: str | None = None) -> Analysis:
    """Price, change, trend with its evidence, signals and confidence of one symbol."""
    return await analysis(symbol, history, time.time_ns, timeframe_of(timeframe) if timeframe else None)
