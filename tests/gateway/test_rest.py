"""REST over a real database."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pyarrow as pa
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.config import load
from core.errors import BadInput, ConfigError
from gateway.address import check_address
from gateway.asking import timeframe_of
from tests.core.made import T0
from tests.running import Start, signals, trades


async def get(url: str, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        return await client.get(path)


async def test_bars_come_by_symbol_and_page_by_cursor(start: Start) -> None:
    gateway = await start(stored=True)
    told = (await get(gateway.url, "/api/bars?symbols=AAPL,MSFT&timeframe=1m&limit=4")).json()
    assert {name: [row["seq"] for row in rows] for name, rows in told["bars"].items()} == {
        "AAPL": [99, 100],
        "MSFT": [99, 100],
    }
    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        path = (
            f"/api/bars?symbols=AAPL&timeframe=1Min&start=1970-01-01T00:00:00Z&limit=30{cursor and '&cursor=' + cursor}"
        )
        told = (await get(gateway.url, path)).json()
        seen += [row["seq"] for row in told["bars"]["AAPL"]]
        cursor = told["next_cursor"]
    assert seen == list(range(1, 101))


async def test_every_question_has_an_answer_of_its_shape(start: Start) -> None:
    gateway = await start(stored=True)
    for path, key, size in (
        ("/api/symbols", "symbols", 3),
        ("/api/indicators", "running", 2),
        ("/api/strategies", "strategies", 2),
        ("/api/indicators/AAPL?timeframe=1m", "values", 100),
        ("/api/indicators/BTC/USD?timeframe=1m&limit=7", "values", 7),
        ("/api/signals?limit=50", "signals", 50),
        ("/api/trades/latest", "trades", 3),
        ("/api/trades?symbols=AAPL,MSFT&limit=150", "trades", 150),
        ("/api/trades?limit=10000", "trades", 300),
        ("/api/quotes", "quotes", 300),
        (f"/api/trades/latest?symbols=AAPL,MSFT&at={T0}", "trades", 1),
        (f"/api/trades/latest?symbols=AAPL,MSFT&at={T0 - 1}", "trades", 0),
        ("/api/signals?symbols=AAPL&strategy=reversal", "signals", 100),
        (f"/api/signals?start={T0}&end={T0 + 3_000_003}", "signals", 3),
    ):
        told = (await get(gateway.url, path)).json()
        assert len(told[key]) == size, path
    assert (await get(gateway.url, "/api/symbols")).json()["symbols"][0] == {
        "symbol": "AAPL", "source": "test", "live": True,
    }  # fmt: skip
    analysis = (await get(gateway.url, "/api/trading/analysis/BTC/USD?timeframe=1m")).json()
    assert analysis.keys() >= {"symbol", "price", "change", "trend", "signals", "confidence", "timestamp", "evidence"}
    assert analysis["symbol"] == "BTC/USD"


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/api/bars?symbols=AAPL&timeframe=7x", 400, "bad_input", "expected a timeframe such as 1m"),
        ("/api/bars?symbols=AAPL&timeframe=400d", 400, "bad_input", "at most 366d"),
        ("/api/indicators/AAPL?timeframe=7m", 400, "bad_input", "expected a timeframe out of"),
        ("/api/trades?limit=20000", 400, "bad_input", "more with Accept: application/vnd.apache.arrow.stream"),
        ("/api/bars", 400, "bad_input", "symbols: expected names"),
        ("/api/bars?symbols=AAPL&limit=0", 400, "bad_input", "limit"),
        ("/api/bars?symbols=AAPL&start=soon", 400, "bad_input", "expected RFC 3339"),
        ("/api/bars?symbols=AAPL&start=2026-01-01T00:00:00", 400, "bad_input", "expected a time zone"),
        ("/api/bars?symbols=AAPL&start=--5", 400, "bad_input", "expected RFC 3339"),
        ("/api/bars?symbols=AAPL&start=%C2%B2", 400, "bad_input", "expected RFC 3339"),
        ("/api/bars?symbols=AAPL&start=99999999999999999999", 400, "bad_input", "expected RFC 3339"),
        ("/api/bars?symbols=%00", 400, "bad_input", "cannot look for that"),
        ("/api/bars?symbols=AAPL&cursor=xyz", 400, "bad_input", "next_cursor"),
        ("/api/trading/analysis/NONE", 404, "not_found", "no symbol 'NONE'"),
        ("/api/trading/analysis/MSTF", 404, "not_found", "no symbol 'MSTF' from this source, did you mean 'MSFT'?"),
        (
            "/api/trades/latest?symbols=APPL",
            404,
            "not_found",
            "no symbol 'APPL' from this source, did you mean 'AAPL'?",
        ),
        ("/api/trades/latest?symbols=AAPL,NONE", 404, "not_found", "'NONE' from this source; GET /api/symbols lists"),
        (f"/api/trades/latest?symbols=MSTF&at={T0}", 404, "not_found", "did you mean 'MSFT'?"),
        ("/api/trades/latest?symbols=AAPL&source=none", 404, "not_found", "'AAPL' from this source; GET /api/symbols"),
        ("/api/trades?symbols=APPL", 404, "not_found", "did you mean 'AAPL'?"),
        ("/api/quotes?symbols=AAPL,APPL", 404, "not_found", "did you mean 'AAPL'?"),
        ("/api/bars?symbols=APPL&timeframe=7m", 404, "not_found", "did you mean 'AAPL'?"),
        ("/nowhere", 404, "not_found", "/docs lists"),
    ],
)
async def test_a_wrong_question_is_answered_with_a_problem(
    start: Start, path: str, status: int, code: str, words: str
) -> None:
    gateway = await start(stored=True)
    answer = await get(gateway.url, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("path", ["trades?symbols=AAPL", "quotes?symbols=AAPL", "bars?symbols=AAPL&timeframe=1m"])
async def test_arrow_answers_are_the_same_pages(start: Start, path: str) -> None:
    gateway = await start(stored=True)
    for more in ("&limit=7", "&start=0&limit=40", "&limit=5000"):
        told = (await get(gateway.url, f"/api/{path}{more}")).json()
        plain = told[path.partition("?")[0]]
        answer = await get(gateway.url, f"/api/{path}{more}", accept="application/vnd.apache.arrow.stream")
        assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
        assert answer.headers.get("x-next-cursor") == told["next_cursor"]
        table = pa.ipc.open_stream(answer.content).read_all()
        assert table.schema.field("ts_event").type == pa.timestamp("ns", "UTC")
        columns = pl.from_arrow(table)
        assert isinstance(columns, pl.DataFrame)
        rows = columns.with_columns(pl.col("^ts_.*$").to_physical()).to_dicts()
        assert rows == (plain["AAPL"] if isinstance(plain, dict) else plain)
    refused = await get(gateway.url, f"/api/{path}&cursor=xyz", accept="application/vnd.apache.arrow.stream")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_input")


async def test_health_names_the_part_that_does_not_answer(start: Start) -> None:
    gateway = await start()
    assert (await get(gateway.url, "/health/live")).status_code == 200
    silent = await get(gateway.url, "/health/ready")
    assert (silent.status_code, silent.json()["parts"]["market"]) == (503, "connected, silent")
    gateway.bus.tell({"ticks": 1})
    await asyncio.sleep(0.1)
    answer = await get(gateway.url, "/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    gateway.bus.close()
    await gateway.bus.drain()
    await asyncio.sleep(0.1)
    assert (await get(gateway.url, "/health")).json()["parts"]["market"] == "not connected"


async def test_metrics_can_be_read_by_prometheus(start: Start) -> None:
    gateway = await start()
    gateway.bus.put(trades(1, 5))
    gateway.bus.put(signals(4))
    figures = {"received": {"trades": 5}, "stored": {"trades": 5}, "breaks": {"trades_missed": 3}}
    gateway.bus.tell({**figures, "bars": 2, "signals": 4, "late": 0, "venue_lag_us": -1500.0})
    await asyncio.sleep(0.1)
    page = (await get(gateway.url, "/metrics")).text
    samples = {sample.name: sample for family in text_string_to_metric_families(page) for sample in family.samples}
    assert samples["candela_tick_to_gateway_seconds_count"].value == 5
    assert samples["candela_signal_to_gateway_seconds_count"].value == 4
    assert samples["candela_market_signals_total"].value == 4
    assert samples["candela_market_stored_rows_total"].value == 5
    assert (samples["candela_market_breaks_total"].labels, samples["candela_market_breaks_total"].value) == (
        {"kind": "trades_missed"},
        3,
    )
    assert samples["candela_gateway_market_connected"].value == 1
    assert samples["candela_market_venue_lag_seconds"].value == -0.0015


async def test_the_page_its_files_and_the_documentation_are_served(start: Start) -> None:
    gateway = await start()
    page = (await get(gateway.url, "/")).text
    for link in ("/web/page.css", "/web/page.js", "/docs", "/api/symbols", "/metrics", "/health"):
        assert link in page
        assert (await get(gateway.url, link)).status_code in (200, 503)
    assert "http" not in (await get(gateway.url, "/docs")).text.replace("http-equiv", "")
    paths = (await get(gateway.url, "/openapi.json")).json()["paths"]
    assert "/api/trading/analysis/{symbol}" in paths


async def test_a_token_guards_rest_but_not_health(start: Start) -> None:
    gateway = await start(token="right")
    refused = await get(gateway.url, "/api/symbols")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert (await get(gateway.url, "/api/symbols", authorization="Bearer wrong")).status_code == 401
    assert (await get(gateway.url, "/api/symbols", authorization="Bearer right")).status_code == 200
    assert (await get(gateway.url, "/health/live")).status_code == 200


def test_listening_to_the_world_needs_a_token_and_a_taken_port_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CANDELA__GATEWAY__TOKEN"):
        check_address(load(flags={"gateway": {"host": "0.0.0.0", "port": 0}}))
    check_address(load(flags={"gateway": {"host": "0.0.0.0", "port": 0, "token": "x"}}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            BadInput, match=f"port {port} on 127.0.0.1 cannot be used .*choose another port with --port"
        ):
            check_address(load(flags={"gateway": {"port": port}}))


@pytest.mark.parametrize(
    ("text", "name"), [("1m", "1m"), ("1Min", "1m"), ("5Min", "5m"), ("1Hour", "1h"), ("1Day", "1d")]
)
def test_timeframes_are_understood_as_others_spell_them(text: str, name: str) -> None:
    assert timeframe_of(text) == name
