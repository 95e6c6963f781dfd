"""`candela record`: a live feed's frames into a file, exactly as they came."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from core import log
from core.loop import run_until_complete
from core.settings import Settings
from feeds.recording import Recorder
from feeds.socket import SocketFeed
from gateway.flags import AsJson, ConfigFile, SymbolList, loaded, split
from gateway.running import asked_to_stop, out, tell
from services.market import live_feed


def record(
    *,
    file: Annotated[Path, typer.Option("--out", help="A new file, gzip.")],
    feed: Annotated[str | None, typer.Option("--feed", help="alpaca, binance, or exchange (local).")] = None,
    symbols: SymbolList = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="For how long; until Ctrl-C without.")] = None,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """A live feed's frames into a file, exactly as they came: for `candela replay` and `candela exchange`.

    Example: candela record --out btc.gz --feed binance --symbols BTCUSDT --seconds 3600
    """
    settings, _ = loaded(config_file, {"feed": {"venue": feed, "symbols": split(symbols)}})
    log.configure(settings.log.level, "record")
    raise typer.Exit(run_until_complete(_run(settings, file, seconds, as_json=as_json)))


async def _run(settings: Settings, file: Path, seconds: float | None, *, as_json: bool) -> int:
    recorder = Recorder(file, settings.feed.channels)
    feed, _ = live_feed(settings, recorder.hearing)
    began = time.monotonic()
    writing = asyncio.create_task(recorder.run())
    closing = asyncio.create_task(_close_in_time(feed, writing, seconds))
    try:
        async for _ in feed:
            pass
    finally:
        closing.cancel()
        recorder.close()
        await writing
    stats = feed.stats
    told = {"file": str(file), "frames": recorder.frames, "bytes": recorder.bytes, "received": dict(stats.received)}
    told |= {"refused": dict(stats.refused), "bad_frames": stats.bad_frames, "connections": stats.connections}
    told["seconds"] = round(time.monotonic() - began, 2)
    if as_json:
        tell(told)
        return 0
    rows = ", ".join(f"{count:,} {what}" for what, count in stats.received.items()) or "no rows"
    out.print(f"{file}: {recorder.frames:,} frames, {recorder.bytes:,} bytes; in them {rows}")
    out.print(f"[dim]candela replay {file}, candela exchange {file}[/]")
    return 0


async def _close_in_time(feed: SocketFeed, writing: asyncio.Task[None], seconds: float | None) -> None:
    """Close the feed when asked to stop, when the time is over, or when nothing more can be written."""
    asked = asyncio.create_task(asked_to_stop().wait())
    await asyncio.wait({asked, writing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    feed.close()
