"""The gateway process: REST, the stream and the page, on one port."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files

import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from core.history import History
from core.log import logger
from core.loop import settle
from core.settings import Settings
from gateway import jobs, live, pages, problems, routes
from gateway.address import bound_to, check_address
from gateway.auth import Door
from gateway.hub import Hub
from gateway.telemetry import Telemetry
from services.jobs import Jobs

_GOODBYE_S = 0.2  # for the shutdown notice to reach clients before their sockets close


def create_app(settings: Settings, history: History, hub: Hub) -> FastAPI:
    """The application over a store and a bus; both are opened and closed with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await history.open()
        following = asyncio.create_task(hub.run())
        following.add_done_callback(_stop_at_a_fault)
        settle()
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await app.state.jobs.close()
        await history.close()

    # no page of the framework's: it loads its scripts from another host, and this must work without one
    app = FastAPI(title="Candela", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings, app.state.history, app.state.hub = settings, history, hub
    app.state.door, app.state.telemetry = Door(settings.gateway.token), Telemetry(hub)
    app.state.jobs = Jobs()
    problems.install(app)
    for router in (routes.health, routes.api, jobs.jobs, pages.pages, live.router):
        app.include_router(router)
    _add_pages(app)
    return app


def _add_pages(app: FastAPI) -> None:
    web = str(files("dashboards") / "web")
    app.mount("/web", StaticFiles(directory=web), name="web")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(f"{web}/index.html")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(f"{web}/docs.html")

    @app.get("/indicators", include_in_schema=False)
    async def catalogue() -> FileResponse:
        return FileResponse(f"{web}/indicators.html")


def _stop_at_a_fault(following: asyncio.Task[None]) -> None:
    """A gateway that no longer hears the market must not go on as if it did: end, and be started again."""
    if not following.cancelled() and following.exception() is not None:
        logger().critical("hub_failed", exc_info=following.exception())
        os.kill(os.getpid(), signal.SIGTERM)


async def serve(settings: Settings, hub: Hub, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Serve until `stop` is set; then clients are told before their sockets close. `ready` gets the address."""
    check_address(settings)
    history = History(settings.store.url.get_secret_value(), settings.archive_folder)
    bound = bound_to(settings.gateway.host, settings.gateway.port)
    config = uvicorn.Config(
        create_app(settings, history, hub),
        ws="websockets-sansio",
        http="httptools",
        ws_per_message_deflate=False,
        ws_max_size=64 << 10,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([bound]))  # noqa: SLF001 `serve` would take the signals, which are ours
    while not server.started and not serving.done():  # noqa: ASYNC110 uvicorn has no event for it
        await asyncio.sleep(0.01)
    host, port = bound.getsockname()[:2]
    ready(f"http://{host}:{port}")
    await asyncio.wait([serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    hub.shut_down()
    await asyncio.sleep(_GOODBYE_S)
    server.should_exit = True
    await serving
