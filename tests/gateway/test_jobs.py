"""Long work over REST, done by real processes over a real database."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.events import GAP, TIMEFRAME_NAMES, Batch
from core.frames import Frames
from services.jobs import Jobs
from services.trading import backtests, stored
from strategies.terms import terms
from tests.core.made import CATALOGUE, carried
from tests.running import Running, Start

ASKED: dict[str, Any] = {
    "strategy": "momentum(5)", "symbols": list(CATALOGUE.symbols[:2]), "timeframe": "1Min", "terms": "share=30%",
}  # fmt: skip


async def asked(gateway: Running, more: dict[str, Any], **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers) as client:
        return await client.post("/api/trading/backtests", json=ASKED | more)


async def ended(gateway: Running, address: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for _ in range(600):
            job: dict[str, Any] = (await client.get(address)).json()
            if job["status"] in {"done", "failed"}:
                return job
            assert job["status"] in {"waiting", "running"}, job
            await asyncio.sleep(0.1)
    raise AssertionError(f"not done after a minute: {job}")


async def test_a_backtest_of_what_is_stored(
    start: Start, database: str, kernels: Path, tmp_path: Path, make_bars: Callable[..., Batch]
) -> None:
    bars = make_bars(400, symbols=2, seed=5)
    bars["timeframe"], bars["quality"][::9] = TIMEFRAME_NAMES.index("1m"), GAP
    await asyncio.to_thread(carried, database, tmp_path / "before", [bars])
    gateway = await start()
    answer = await asked(gateway, {}, **{"Idempotency-Key": "one"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "waiting"
    job = await ended(gateway, answer.headers["Location"])
    assert job["status"] == "done", job["error"]
    assert job["asked_at"] <= job["began_at"] <= job["ended_at"]
    with Frames(database, "test") as frames:
        history = stored.stored(frames, ASKED["symbols"], "1m", (None, None))
    for name in ("ts_event", "ts_open", "symbol", "open", "close", "vwap", "quality", "timeframe"):
        assert history.bars[name].tolist() == bars[name].tolist(), name
    report = backtests.tested("momentum(5)", history, terms("share=30%"), kernels)
    assert report.figures["fills"] > 10
    trades = job["result"].pop("trade_list")
    assert len(trades) == report.figures["trades"]
    assert job["result"] == {**report.told, "terms": job["result"]["terms"], "symbols": ASKED["symbols"]}
    again = await asked(gateway, {}, **{"Idempotency-Key": "one"})
    assert again.headers["Location"] == answer.headers["Location"]
    other = await asked(gateway, {"terms": ""}, **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (400, "bad_input")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"strategy": "crosover(3)"}, "did you mean 'crossover'?"),
        ({"strategy": "./mine.py"}, "expected"),
        ({"terms": "comission=1"}, "did you mean 'commission'?"),
        ({"timeframe": "7x"}, "expected a timeframe out of"),
        ({"start": "soon"}, "start: expected RFC 3339"),
        ({"symbols": []}, "symbols"),
        ({"stratgy": ""}, "stratgy"),
    ],
)
async def test_a_wrong_question_is_refused_at_once(start: Start, more: dict[str, Any], words: str) -> None:
    answer = await asked(await start(), more)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert words in answer.json()["detail"]


async def test_what_cannot_be_done_fails_in_words_and_what_never_was_is_not_found(start: Start) -> None:
    gateway = await start()
    job = await ended(gateway, (await asked(gateway, {})).headers["Location"])
    assert (job["status"], job["result"]) == ("failed", None)
    assert job["error"] == f"expected bars of 1m of {', '.join(ASKED['symbols'])}, found none stored in that time"
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        assert (await client.get("/api/jobs/none")).status_code == 404


async def test_a_process_that_dies_is_said_and_the_next_job_is_done(tmp_path: Path) -> None:
    jobs = Jobs()
    lost, next_one = jobs.submit("no.such.module", {}), jobs.submit("json.tool", {"result": {"a": 1}})
    for _ in range(600):
        if next_one.ended_at:
            break
        await asyncio.sleep(0.1)
    assert lost.status == "failed"
    assert "its process ended with 1" in lost.error
    assert (next_one.status, next_one.result) == ("done", {"a": 1})
    await jobs.close()
