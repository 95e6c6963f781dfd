"""Long work over REST: what asks for it answers 202 at once, and a job says how far it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from core.errors import BadInput
from core.events import TIMEFRAMES
from core.moments import parsed
from core.settings import Settings
from gateway.asking import HubDep, Rows, timeframe_of
from gateway.auth import authenticated
from services.jobs import Jobs
from strategies import strategy
from strategies.terms import terms

jobs = APIRouter(prefix="/api", dependencies=[Depends(authenticated)])


class Backtest(BaseModel):
    """A strategy over the bars that are stored."""

    model_config = ConfigDict(extra="forbid")

    strategy: str = Field(max_length=1_000, examples=["crossover(12, 26)"])
    symbols: list[str] = Field(min_length=1, max_length=1_000, examples=[["AAPL"]])
    timeframe: str = "1m"
    start: str | int | None = Field(None, description="RFC 3339, or nanoseconds since 1970; without, all there is")
    end: str | int | None = None
    terms: str = Field("", max_length=1_000, examples=["commission=2bps, shorts=no"])
    source: str | None = Field(None, description="whose symbols; without it, those of the live feed")


def _jobs(request: Request) -> Jobs:
    found: Jobs = request.app.state.jobs
    return found


JobsDep = Annotated[Jobs, Depends(_jobs)]


def _question(asked: Backtest, request: Request, hub: HubDep) -> Rows:
    """What the process is asked; BadInput now rather than in the job."""
    settings: Settings = request.app.state.settings
    strategy(asked.strategy)
    terms(asked.terms)
    timeframe = timeframe_of(asked.timeframe)
    if timeframe not in TIMEFRAMES:
        raise BadInput(f"expected a timeframe out of {', '.join(TIMEFRAMES)}; found {asked.timeframe!r}")
    start, end = (
        None if moment is None else parsed(name, str(moment))
        for name, moment in (("start", asked.start), ("end", asked.end))
    )
    return {
        "strategy": asked.strategy, "terms": asked.terms, "symbols": asked.symbols, "timeframe": timeframe,
        "start": start, "end": end, "source": hub.catalogue.source if asked.source is None else asked.source,
        "url": settings.store.url.get_secret_value(), "archive": str(settings.archive_folder or ""),
        "kernels": str(settings.kernel_folder),
    }  # fmt: skip


@jobs.post("/trading/backtests", status_code=202, tags=["trading"])
async def backtests(
    question: Annotated[Rows, Depends(_question)],
    response: Response,
    waiting: JobsDep,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Rows:
    """A backtest of a built-in strategy; what comes of it is in the job."""
    job = waiting.submit("services.trading.working", question, idempotency_key)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job.told


@jobs.get("/jobs/{id}", tags=["jobs"])
async def job(id: str, waiting: JobsDep) -> Rows:  # noqa: A002 it is called so
    """How a job stands: waiting, running, done with its result, or failed with an error."""
    return waiting.find(id).told
