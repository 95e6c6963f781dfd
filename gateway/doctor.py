"""`candela doctor`: what is there, what is missing, what to do about it."""

import asyncio
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psycopg
from rich.table import Table

from core.errors import BadInput, CandelaError, one_line
from core.mark import STORED, Mark
from core.priority import may_hurry, possible
from core.reader import address, reader_of
from core.schema import newest, query
from core.settings import Settings, Store
from gateway.running import database

State = Literal["good", "note", "bad"]
_LOW = 2 << 30  # bytes of free disk that are too few


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, in words, and what to do if it is not good."""

    name: str
    state: State
    said: str
    advice: str = ""


async def examined(settings: Settings) -> list[Finding]:
    """Everything, the database started for as long as it takes if it is ours and does not run."""
    found = [_python(), _priority(settings), *_folder(settings.data.folder), _kernels(settings), _venue(settings)]
    try:
        async with database(settings) as with_store:
            url = with_store.store.url.get_secret_value()
            found += await asyncio.to_thread(lambda: list(_database(url, settings.store)))
    except CandelaError as error:
        advice = "" if isinstance(error, BadInput) else "start it, or unset CANDELA__STORE__URL for our own"
        found.append(Finding("database", "bad", one_line(error), advice))
    return [*found, *_journals(settings.journal_folder)]


def table(found: list[Finding]) -> Table:
    shown = Table(box=None, show_header=False)
    colours = {"good": "green", "note": "yellow", "bad": "red"}
    for each in found:
        said = each.said + (f"\n[dim]→ {each.advice}[/]" if each.advice else "")
        shown.add_row(f"[{colours[each.state]}]{each.state}[/]", each.name, said)
    return shown


def as_json(found: list[Finding]) -> dict[str, list[dict[str, str]]]:
    return {"findings": [asdict(each) for each in found]}


def _python() -> Finding:
    said = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", "good" if sys.version_info >= (3, 11) else "bad", said)


def _priority(settings: Settings) -> Finding:
    if not settings.market.realtime:
        return Finding("priority", "note", "ordinary, as market.realtime says: expect stalls of some milliseconds")
    if not possible():
        return Finding("priority", "note", "ordinary: real-time priority needs Linux and two cores")
    if may_hurry():
        return Finding("priority", "good", "the loop may have real-time priority")
    advice = (
        "let the user have it: LimitRTPRIO=1 in a systemd unit, rtprio 1 in limits.conf, cap_add SYS_NICE in Docker"
    )
    return Finding(
        "priority", "note", "ordinary: while the processor is busy, signals may be milliseconds late", advice
    )


def _folder(folder: Path) -> Iterator[Finding]:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{folder}: {free / (1 << 30):,.0f} GB free"
    yield Finding("data folder", "bad" if free < _LOW else "good", said, "make room" if free < _LOW else "")


def _kernels(settings: Settings) -> Finding:
    count = len(list(settings.kernel_folder.glob("kernel_*.py")))
    said = f"{count} compiled kernels in {settings.kernel_folder}"
    return Finding("kernels", "good" if count else "note", said, "" if count else "candela warmup compiles them now")


def _venue(settings: Settings) -> Finding:
    feed = settings.feed
    if feed.venue.startswith("alpaca") and not (feed.key and feed.secret.get_secret_value()):
        advice = "set CANDELA__FEED__KEY and CANDELA__FEED__SECRET"
        return Finding("venue", "bad", f"{feed.venue} without a key", advice)
    return Finding("venue", "good", {"exchange": "the local exchange"}.get(feed.venue, feed.venue))


def _database(url: str, store: Store) -> Iterator[Finding]:
    embedded = not store.url.get_secret_value()
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:

        def value(name: str) -> str:
            found = connection.execute(query(name)).fetchone()
            return str(found[0]) if found and found[0] is not None else ""

        whose = "embedded PostgreSQL" if embedded else "PostgreSQL"
        where = f", while it runs at {url}" if embedded else ""  # the URL of one's own may hold a password
        yield Finding("database", "good", f"{whose} {value('server_version')}, {value('database_size')}{where}")
        if embedded:
            yield _listening(value, store)
        yield _timescale(value)
        version = int((value("schema_table") and value("schema_version")) or 0)
        said = f"version {version} of {newest()}"
        advice = "" if version == newest() else "the next start brings it up to date"
        yield Finding("schema", "good" if not advice else "note", said, advice)


def _listening(value: Callable[[str], str], store: Store) -> Finding:
    """Where the embedded server listens, which may not be where the settings say: it is not started again for them."""
    reader = reader_of(store)
    wanted = reader.address if reader else ""
    listens = address(value("listen_addresses"), value("port")) if value("listen_addresses") else ""
    said = f"on {listens} as well, for the user reader alone" if listens else "on a Unix socket only"
    if listens == wanted:
        return Finding("listening", "good", said)
    advice = f"the settings say {wanted or 'a Unix socket only'}: end what runs it, then start again"
    return Finding("listening", "note", said, advice)


def _timescale(value: Callable[[str], str]) -> Finding:
    installed, offered = value("timescale_installed"), value("timescale_offered")
    if installed:
        return Finding("timescaledb", "good", f"{installed}: tables are hypertables, old chunks are compressed")
    if offered:
        return Finding("timescaledb", "note", f"{offered} is offered", "the first start on an empty database uses it")
    return Finding("timescaledb", "note", "not offered by this server: plain tables of the same names")


def _journals(root: Path) -> Iterator[Finding]:
    for folder in sorted(path.parent for path in root.glob("*/mark")):
        mark, stored = Mark.read(folder), Mark.read(folder, STORED)
        if mark is None:
            continue
        waiting = mark.total - (stored.total if stored is not None and stored.stream == mark.stream else 0)
        size = sum(path.stat().st_size for path in folder.glob("*.journal"))
        damaged = list(folder.glob("*.damaged"))
        said = f"{folder.name}: {mark.total:,} rows, {waiting:,} not in the database yet, {size >> 20:,} MB of files"
        if damaged:
            advice = f"{len(damaged)} files could not be read whole and were set aside: look at {damaged[0]}"
            yield Finding("journal", "bad", said, advice)
        else:
            yield Finding("journal", "note" if waiting else "good", said, "candela up carries them" if waiting else "")
