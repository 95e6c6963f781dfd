"""The store process beside its main work: old rows are moved as the settings say."""

import asyncio
from contextlib import suppress
from pathlib import Path

import polars as pl

from core.config import load
from core.events import QUOTE, TRADE
from services.storing import upkeep
from tests.core.made import carried, filled


async def test_old_rows_are_moved_without_being_asked(database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(carried, database, tmp_path, [filled(TRADE, 30), filled(QUOTE, 30)])
    environ = {
        "CANDELA__STORE__URL": database,
        "CANDELA__ARCHIVE__FOLDER": str(tmp_path / "archive"),
        "CANDELA__ARCHIVE__TRADES_DAYS": "7",
    }
    working = asyncio.create_task(upkeep(load(environ=environ)))
    while not (found := await asyncio.to_thread(lambda: list(tmp_path.glob("archive/*/*/*.parquet")))):
        assert not working.done()
        await asyncio.sleep(0.02)
    assert [path.parts[-3] for path in found] == ["trades"]
    assert len(pl.read_parquet(found[0])) == 30
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def test_without_such_a_setting_nothing_is_looked_for() -> None:
    await upkeep(load(environ={"CANDELA__STORE__URL": "postgresql://localhost:1/none"}))
