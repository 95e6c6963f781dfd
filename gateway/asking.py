"""What routes ask with: the parts of the running gateway, and what a person wrote, understood."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request

from core.history import History
from core.moments import parsed
from gateway.hub import Hub
from gateway.telemetry import Telemetry

Rows = dict[str, Any]  # Any: JSON

_ALIASES = {"sec": "s", "min": "m", "hour": "h", "day": "d"}


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def _reads(
    request: Request,
    source: str | None = Query(None, description="whose symbols; without it, those of the live feed"),
) -> History:
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


HistoryDep = Annotated[History, Depends(_reads)]
HubDep = Annotated[Hub, Depends(_hub)]
TelemetryDep = Annotated[Telemetry, Depends(_telemetry)]
Names = Annotated[list[str], Depends(_names)]
Span = Annotated[tuple[int | None, int | None], Depends(_span)]
