"""Real recorded sessions: every trade, quote and book update, as plain json counts them, without a break."""

import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.events import TIME, TRADE, Batch, kind
from tests.feeds.test_replay import played

DATA = Path(__file__).parents[2].parent / "shared/data"
SPOT = ("spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz")  # the second goes on where the first ends
COINBASE = DATA / "coinbase/frames.txt"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded sessions are not on this machine")


@dataclass
class Tally:
    """What a session holds, by kind and symbol: rows, their sizes, the last row's prices."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    last: dict[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)

    def add(self, what: str, symbol: str, prices: tuple[Any, ...], sizes: tuple[Any, ...]) -> None:
        self.rows[what, symbol] += 1
        self.sizes[what, symbol] += map(float, sizes)
        self.last[what, symbol] = tuple(map(float, prices))

    def all_of(self, what: str) -> int:
        return sum(rows for (each, _), rows in self.rows.items() if each == what)

    def summed(self) -> dict[tuple[str, str], float]:
        return {key: math.fsum(sizes) for key, sizes in self.sizes.items()}


def binance(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        for line in file:
            yield json.loads(line.split(" ", 1)[1]).get("data", {})


def coinbase() -> Iterator[dict[str, Any]]:
    """What was received: a line that begins with a number."""
    with COINBASE.open() as file:
        for line in file:
            if line[0].isdigit():
                yield json.loads(line.split(": ", 1)[1])


def counted(events: Iterator[dict[str, Any]]) -> tuple[Tally, Counter[str]]:
    """The tally of a session, and its messages that become no row."""
    tally, others = Tally(), Counter[str]()
    for event in events:
        match event:
            case {"e": "trade"}:
                tally.add("trades", event["s"], (event["p"],), (event["q"],))
            case {"B": _, "A": _}:
                tally.add("quotes", event["s"], (event["b"], event["a"]), (event["B"], event["A"]))
            case {"type": "match" | "last_match"}:
                tally.add("trades", event["product_id"], (event["price"],), (event["size"],))
            case {"type": "ticker"}:
                sizes = (event.get("best_bid_size", 0), event.get("best_ask_size", 0))
                tally.add("quotes", event["product_id"], (event["best_bid"], event["best_ask"]), sizes)
            case _:
                others[event.get("e") or event.get("type") or "book"] += 1
    return tally, others


def tallied(batches: list[Batch], names: list[str]) -> Tally:
    tally = Tally()
    for batch in batches:
        if batch.dtype is TIME:
            continue
        prices, sizes = (("price",), ("size",)) if batch.dtype is TRADE else (("bid", "ask"), ("bid_size", "ask_size"))
        for row in batch:
            name = names[row["symbol"]]
            tally.add(kind(batch), name, tuple(row[each] for each in prices), tuple(row[each] for each in sizes))
    return tally


def assert_equal(found: Tally, expected: Tally) -> None:
    assert found.rows == expected.rows
    assert found.last == expected.last
    assert found.summed() == expected.summed()


@pytest.mark.parametrize("name", [*SPOT, "usdm_btcusdt_20240808.gz"])
async def test_a_binance_session_is_whole(name: str) -> None:
    expected, others = counted(binance(DATA / "binance" / name))
    batches, feed, symbols = await played(DATA / "binance" / name)
    assert_equal(tallied(batches, symbols.names), expected)
    trades, quotes = expected.all_of("trades"), expected.all_of("quotes")
    assert trades > 9_000
    assert (feed.stats.received, feed.stats.bad_frames) == ({"trades": trades, "quotes": quotes}, 0)
    assert feed.stats.refused == {"not_used": others.total()}
    assert others["depthUpdate"] > 3_000
    assert feed.stats.sequences.followed == {"book": others["depthUpdate"], "trades": trades}
    assert feed.stats.sequences.breaks == {}
    assert (np.diff(np.concatenate([batch["ts_recv"] for batch in batches])) >= 0).all()


async def test_two_sessions_in_a_row_are_whole_across_the_files(tmp_path: Path) -> None:
    path = tmp_path / "both.gz"
    path.write_bytes(b"".join((DATA / "binance" / name).read_bytes() for name in SPOT))
    feed = (await played(path))[1]
    assert feed.stats.sequences.breaks == {}
    assert feed.stats.sequences.followed["trades"] == sum(
        counted(binance(DATA / "binance" / name))[0].all_of("trades") for name in SPOT
    )


@pytest.mark.parametrize("name", [SPOT[0], "usdm_btcusdt_20240808.gz"])
async def test_a_trade_and_a_book_update_taken_out_are_found_missing(tmp_path: Path, name: str) -> None:
    path, seen = tmp_path / "holed.txt", Counter[str]()
    with gzip.open(DATA / "binance" / name, "rb") as file, path.open("wb") as holed:
        for line in file:
            what = "book" if b"depthUpdate" in line else "trades" if b'"e":"trade"' in line else ""
            seen[what] += 1
            if not what or seen[what] != 1_000:
                holed.write(line)
    feed = (await played(path))[1]
    assert feed.stats.sequences.breaks == {"book_missed": 1, "trades_missed": 1}
    assert feed.stats.sequences.followed == {"book": seen["book"] - 1, "trades": seen["trades"] - 1}


async def test_a_coinbase_session_is_whole() -> None:
    expected, others = counted(coinbase())
    batches, feed, symbols = await played(COINBASE)
    assert_equal(tallied(batches, symbols.names), expected)
    trades, quotes = expected.all_of("trades"), expected.all_of("quotes")
    assert trades > 100
    assert (feed.stats.received, feed.stats.bad_frames) == ({"trades": trades, "quotes": quotes}, 0)
    assert feed.stats.frames == trades + quotes + others.total()
    assert feed.stats.refused == {"not_used": others["l2update"] + others["snapshot"]}
    assert set(others) == {"l2update", "snapshot", "subscriptions"}
    assert feed.stats.sequences.followed == {"trades": trades}  # its level2 has no numbers
    assert feed.stats.sequences.breaks == {}
    assert (np.diff(np.concatenate([batch["ts_recv"] for batch in batches])) >= 0).all()


async def test_a_coinbase_trades_side_is_the_takers_of_its_ticker() -> None:
    batches, _, symbols = await played(COINBASE)
    trades = [
        row for batch in batches if batch.dtype is TRADE for row in batch[["symbol", "trade_id", "side"]].tolist()
    ]
    sides = {(symbols.names[symbol], number): side for symbol, number, side in trades}
    taken = {
        (event["product_id"], event["trade_id"]): {"buy": 1, "sell": -1}[event["side"]]
        for event in coinbase()
        if event["type"] == "ticker"
    }
    both = sides.keys() & taken.keys()
    assert len(both) > 50
    assert {key: sides[key] for key in both} == {key: taken[key] for key in both}
