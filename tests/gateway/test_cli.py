"""The platform as a person runs it: the real command, its processes, its database, its exit codes."""

import asyncio
import gzip
import json
import os
import signal
import socket
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import websockets

from core.events import Symbols
from feeds import ALPACA
from feeds.scanner import Scanner
from tests.command import Up, counted, run

ROOT = Path(__file__).parents[2]
FRAMES = ROOT / "tests/feeds/frames/binance.txt"
OWN = {"CANDELA__STORE__URL": "postgresql://127.0.0.1:1/x"}
DATA = ROOT.parent / "shared/data"


async def watch(url: str, wanted: int) -> dict[str, list[dict[str, Any]]]:
    """A plain client of the stream: subscribes, and reads until `wanted` signals have come."""
    frames: dict[str, list[dict[str, Any]]] = defaultdict(list)
    async with websockets.connect(url) as connection:
        for number, channel in enumerate(("signals.*", "bars.1s")):
            await connection.send(json.dumps({"op": "subscribe", "id": number, "channel": channel, "symbols": ["*"]}))
        while len(frames["signals.*"]) < wanted:
            told = json.loads(await asyncio.wait_for(connection.recv(), 60))
            for frame in told if isinstance(told, list) else [told]:
                frames[frame.get("channel", "") if frame["type"] == "update" else frame["type"]].append(frame)
    return frames


async def test_signals_come_out_live_and_every_tick_sent_is_stored(folder: Path) -> None:
    with Up(folder, CANDELA__EXCHANGE__RATE="4000") as platform:
        addresses = platform.told("addresses")
        frames = await watch(addresses["gateway"].replace("http", "ws") + "/api/stream", 25)
        symbol = frames["signals.*"][0]["symbol"]
        async with httpx.AsyncClient(base_url=addresses["gateway"]) as client:
            health = await client.get("/health")
            analysis = (await client.get(f"/api/trading/analysis/{symbol}")).json()
            stored = (await client.get(f"/api/signals?symbols={symbol}")).json()["signals"]
        summary = platform.stop()
    for channel in ("signals.*", "bars.1s"):
        by_symbol: dict[str, list[int]] = defaultdict(list)
        for frame in frames[channel]:
            by_symbol[frame["symbol"]].append(frame["seq"])
        assert len(by_symbol) > 5
        for numbers in by_symbol.values():
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert frames["welcome"][0]["protocol"] == 1
    assert not frames["gap"]
    assert not frames["error"]
    assert (health.status_code, health.json()["status"]) == (200, "ready")
    assert analysis["timeframe"] == "1s"
    assert {"strategy", "side", "strength", "price", "seq"} <= set(stored[0])
    ticks, quotes, signals = counted(folder, "ticks", "quotes", "signals")
    assert ticks + quotes == summary["sent_by_exchange"] == summary["received"] == summary["stored"]
    assert signals == summary["signals"] >= 25
    assert summary["balanced"]
    assert summary["dropped"] == {}


async def test_a_killed_market_process_comes_back_and_goes_on_numbering(folder: Path) -> None:
    with Up(folder, CANDELA__LOG__LEVEL="info") as platform:
        stream = platform.told("addresses")["gateway"].replace("http", "ws") + "/api/stream"
        async with websockets.connect(stream) as connection:
            for number, channel in enumerate(("bars.1s", "system")):
                await connection.send(
                    json.dumps({"op": "subscribe", "id": number, "channel": channel, "symbols": ["AAPL"]})
                )
            seqs: list[int] = []
            events: list[str] = []
            while len(seqs) < 8:
                told = json.loads(await asyncio.wait_for(connection.recv(), 60))
                for frame in told if isinstance(told, list) else [told]:
                    if frame.get("channel") == "bars.1s" and frame["type"] == "update":
                        seqs.append(frame["seq"])
                        if len(seqs) == 3:
                            platform.child("market").kill()
                    if frame["type"] == "update" and frame["data"].get("event", "stats") != "stats":
                        events.append(frame["data"]["event"])
        platform.stop()
        platform.log.seek(0)
        log = platform.log.read()
    assert seqs == sorted(set(seqs))
    assert events == ["market_gone", "market_connected"]
    assert '"event": "child_died"' in log
    assert '"event": "child_recovered"' in log


async def test_a_killed_store_and_a_killed_database_cost_no_row_and_no_signal(folder: Path) -> None:
    with Up(folder, CANDELA__EXCHANGE__RATE="4000") as platform:
        stream = platform.told("addresses")["gateway"].replace("http", "ws") + "/api/stream"
        await watch(stream, 5)
        platform.child("store").kill()
        os.kill(int((folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        frames = await watch(stream, 25)  # while there is no database
        assert not frames["gap"]
        await asyncio.sleep(5)  # until it is back
        summary = platform.stop()
        platform.log.seek(0)
        log = platform.log.read()
    assert '"event": "database_died"' in log
    ticks, quotes, signals = counted(folder, "ticks", "quotes", "signals")
    assert ticks + quotes == summary["sent_by_exchange"] == summary["received"] == summary["stored"]
    assert signals == summary["signals"]
    assert summary["dropped"] == {}


def test_grafana_is_let_in_where_the_settings_say_also_after_a_kill(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reader = {"CANDELA__STORE__PORT": str(port), "CANDELA__STORE__READER_PASSWORD": "s3cret"}
    small = {"CANDELA__MARKET__INDICATORS": "ema(3)", "CANDELA__MARKET__STRATEGIES": ""}

    def symbols() -> int:
        """As soon as there are any."""
        for _ in range(200):
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(f"postgresql://reader@127.0.0.1:{port}/postgres", password="s3cret") as connection,
            ):
                found = len(connection.execute("SELECT DISTINCT symbol FROM market_trades").fetchall())
                if found:
                    return found
            time.sleep(0.2)
        return 0

    with Up(folder, **reader, **small) as platform:
        assert platform.told("addresses")["database"] == f"postgresql://reader@127.0.0.1:{port}/postgres"
        assert symbols()
        assert "s3cret" not in [*platform.child("store").environ().values()]
        shown = run("doctor", "--json", "--data", str(folder), **reader)
        findings = {each["name"]: each for each in json.loads(shown.stdout)["findings"]}
        assert findings["listening"]["state"] == "good"
        assert findings["listening"]["said"] == f"on 127.0.0.1:{port} as well, for the user reader alone"
        os.kill(int((folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert symbols()
        summary = platform.stop()
        platform.log.seek(0)
        log = platform.log.read()
    assert '"event": "database_died"' in log
    assert "s3cret" not in log + shown.stdout + shown.stderr
    assert summary["stored"] == summary["sent_by_exchange"]


def test_a_second_platform_on_the_same_folder_is_refused(folder: Path) -> None:
    with Up(folder) as platform:
        platform.told("addresses")
        second = run("up", "--json", "--port", "0", "--data", str(folder))
        assert (second.returncode, second.stdout) == (2, "")
        assert "another Candela is running on" in second.stderr
        platform.stop()


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "sentence"),
    [
        (["up"], {"CANDELA__GATEWAY__PROT": "1"}, 2, "did you mean 'gateway.port'?"),
        (["up", "--port", "99999"], {}, 2, "bad setting gateway.port (from flag)"),
        (["up", "--feed", "nyse"], {}, 2, "bad setting feed.venue (from flag)"),
        (["up", "--port", "0", "--feed", "alpaca", "--symbols", "AAPL"], {}, 2, "CANDELA__FEED__KEY"),
        (["up", "--port", "0", "--feed", "alpaca_crypto", "--symbols", "BTC/USD"], {}, 2, "CANDELA__FEED__KEY"),
        (["up", "--port", "0", "--feed", "binance"], {}, 2, "needs symbols"),
        (["up", "--port", "0", "--feed", "coinbase"], {}, 2, "needs symbols"),
        (["up", "--port", "0", "--host", "0.0.0.0"], {}, 2, "CANDELA__GATEWAY__TOKEN"),
        (["up", "--port", "0"], {"CANDELA__MARKET__INDICATORS": "emma(3)"}, 2, "did you mean 'ema'"),
        (["up", "--port", "0"], OWN, 3, "cannot reach the database"),
        (["up", "--port", "0"], {"CANDELA__STORE__PORT": "5433"}, 2, "set CANDELA__STORE__READER_PASSWORD"),
        (["replay", str(FRAMES)], {"CANDELA__STORE__PORT": "5433"}, 2, "set CANDELA__STORE__READER_PASSWORD"),
        (["up", "--port", "0"], {**OWN, "CANDELA__STORE__PORT": "5433"}, 2, "names a server of your own"),
        (["serve", "store"], {**OWN, "CANDELA__STORE__PORT": "5433"}, 2, "names a server of your own"),
        (["up", "--config", "none.toml"], {}, 2, "found no file none.toml"),
        (["replay", "none.gz"], {}, 2, "found no file"),
        (["backfill", "none.gz", "--source", "live"], {}, 2, "found no file"),
        (["backfill", str(FRAMES), "--source", "live", "--start", "soon"], {}, 2, "--start: expected RFC 3339"),
        (["backfill", str(FRAMES)], {}, 2, "Missing option '--source'"),
        (["exchange", "none.gz"], {}, 2, "found no file"),
        (["exchange", "--fault", "drp@1s"], {}, 2, "did you mean 'drop'?"),
        (["up", "--port", "0", "--fault", "mute@1s"], {}, 2, "expected mute@TIME+LENGTH, such as mute@20s+5s"),
        (["up", "--feed", "binance", "--symbols", "A", "--fault", "drop@1s"], {}, 2, "expected --feed exchange"),
        (["serve", "market"], {}, 2, "needs a store"),
        (["serve", "store"], {}, 2, "needs a database"),
        (["archive"], {}, 2, "say --older-than DAYS"),
        (["archive", "--older-than", "1", "--kinds", "trade"], {}, 2, "did you mean 'trades'?"),
        (["dance"], {}, 2, "No such command"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_exit_code(
    folder: Path, arguments: list[str], environ: dict[str, str], code: int, sentence: str
) -> None:
    done = run(*arguments, CANDELA__DATA__FOLDER=str(folder), **environ)
    said = " ".join(done.stderr.split())
    assert (done.returncode, sentence in said) == (code, True), said
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_said(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port), "--data", str(folder))
        assert done.returncode == 2
        assert f"port {port} on 127.0.0.1 cannot be used" in " ".join(done.stderr.split())
        reader = {"CANDELA__STORE__PORT": str(port), "CANDELA__STORE__READER_PASSWORD": "x"}
        done = run("up", "--port", "0", "--data", str(folder), **reader)
    assert done.returncode == 2
    assert f"PostgreSQL cannot listen on 127.0.0.1:{port}" in " ".join(done.stderr.split())


def test_a_recording_replays_into_the_store(folder: Path) -> None:
    done = run("replay", str(FRAMES), "--json", "--data", str(folder))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["received"], told["stored"], told["dropped"]) == (5, 5, {})
    assert told["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert counted(folder, "ticks", "quotes") == [3, 2]
    assert run("replay", str(FRAMES), "--json", "--data", str(folder)).returncode == 0  # goes on numbering
    assert counted(folder, "ticks", "(SELECT DISTINCT symbol_id, seq FROM ticks) t") == [6, 6]


def test_old_rows_are_archived_on_demand(folder: Path) -> None:
    assert run("replay", str(FRAMES), "--json", "--data", str(folder)).returncode == 0
    done = run("archive", "--older-than", "1", "--kinds", "trades,quotes", "--json", "--data", str(folder))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["moved"], told["deleted"]) == ({"trades": 3, "quotes": 2}, {})
    assert len(list(folder.glob("archive/*/*/*.parquet"))) == sum(told["files"].values())
    assert counted(folder, "ticks", "quotes") == [0, 0]
    again = run("archive", "--data", str(folder), CANDELA__ARCHIVE__TRADES_DAYS="1")
    assert "nothing is old enough" in again.stdout
    gone = run("archive", "--json", "--data", str(folder), CANDELA__RETENTION__QUOTES_DAYS="1")
    assert json.loads(gone.stdout)["deleted"] == {"quotes": 2}
    assert [path.parts[-3] for path in folder.glob("archive/*/*/*.parquet")] == ["trades"]


def test_a_history_is_merged_into_what_was_replayed_with_holes(folder: Path) -> None:
    lines = [f"{1_700_006_400_000_000_000 + i * 10**8},A,{100 + i % 7},1,{i + 1}" for i in range(400)]
    head = "ts_event,symbol,price,size,trade_id"
    for name, kept in (("whole", [head, *lines]), ("holed", [head, *lines[:50], *lines[80:120], *lines[121:]])):
        (folder / f"{name}.csv").write_text("\n".join(kept))
    (folder / "nameless.csv").write_text("\n".join(line.rpartition(",")[0] for line in (head, *lines)))
    assert run("replay", str(folder / "holed.csv"), "--json", "--data", str(folder)).returncode == 0
    done = run("backfill", str(folder / "nameless.csv"), "--source", "replay", "--data", str(folder))
    assert (done.returncode, "cannot be told from stored ones" in " ".join(done.stdout.split())) == (1, True), done
    ask = ("backfill", str(folder / "whole.csv"), "--source", "replay", "--data", str(folder))
    told = [json.loads(run(*ask, *more, "--json").stdout) for more in (["--dry-run"], [], [])]
    for each, inserted in zip(told, (31, 31, 0), strict=True):
        tally = each["symbols"]["A"]
        assert (tally["trades"], tally["inserted"], tally["refused"]) == (400, inserted, 0)
        assert tally["known"] + tally["inserted"] + tally["later"] == 400
    assert told[0] | {"dry_run": False, "seconds": 0} == told[1] | {"seconds": 0}
    assert told[1]["symbols"]["A"]["bars_new"] == 3
    assert counted(folder, "ticks", "gaps", "corrections WHERE open IS NULL") == [400, 1, 3]
    shown = run(*ask).stdout
    assert "known" in shown
    assert "run it again when the stream has gone on" in " ".join(shown.split())


@pytest.mark.skipif(not DATA.is_dir(), reason="the recorded sessions are not on this machine")
@pytest.mark.parametrize(
    ("name", "trade", "least"),
    [
        ("binance/spot_btcusdt_20240808.gz", b'"e":"trade"', 9_000),
        ("binance/usdm_btcusdt_20240808.gz", b'"e":"trade"', 9_000),
        ("coinbase/frames.txt", b'match","trade_id"', 100),
    ],
)
def test_a_recorded_session_is_stored_trade_by_trade(folder: Path, name: str, trade: bytes, least: int) -> None:
    done = run("replay", str(DATA / name), "--json", "--data", str(folder))
    assert done.returncode == 0, done.stderr
    written = (DATA / name).read_bytes()
    session = gzip.decompress(written) if name.endswith(".gz") else written
    assert counted(folder, "ticks")[0] == session.count(trade) > least
    told = json.loads(done.stdout)
    assert (told["balanced"], told["breaks"]) == (True, {})


def test_settings_can_be_looked_at_and_kernels_warmed(folder: Path) -> None:
    shown = run("config", "show", "--origin", CANDELA__GATEWAY__PORT="8123", CANDELA__FEED__SECRET="s3cret")
    assert "gateway.port = 8123  environment" in shown.stdout
    assert "s3cret" not in shown.stdout
    warmed = json.loads(run("warmup", "--json", "--data", str(folder)).stdout)
    assert "crossover_12_26" in warmed["nodes"]
    assert (folder / "kernels" / f"{warmed['kernel']}.py").is_file()
    assert Scanner(ALPACA.scanner, Symbols(), folder / "kernels").compiled == 0


@pytest.mark.parametrize(
    "verb",
    [
        "up",
        "replay",
        "backfill",
        "archive",
        "exchange",
        "record",
        "warmup",
        "config show",
        "serve market",
        "serve store",
        "serve gateway",
    ],
)
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    done = run(*verb.split(), "--help", COLUMNS="200")
    assert done.returncode == 0
    assert "Example:" in done.stdout
