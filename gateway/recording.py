"""`candela record`: a live feed's frames into a file, exactly as they came."""

import asyncio
import time
from pathlib import Path

from core.settings import Settings
from feeds.recorder import Recorder
from feeds.socket import SocketFeed
from gateway.running import asked_to_stop, out, tell
from services.market import live_feed


async def run_record(settings: Settings, file: Path, seconds: float | None, *, as_json: bool) -> int:
    """Until asked to stop, or the time is over."""
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
