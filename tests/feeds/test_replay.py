"""Recorded files as feeds."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from core.errors import BadInput
from core.events import TIME, TRADE, Batch, Symbols, joined, kind
from feeds.replay import ReplayFeed

FRAMES = Path(__file__).parent / "frames/binance.txt"


async def played(path: Path, **options: float) -> tuple[list[Batch], ReplayFeed, Symbols]:
    symbols = Symbols(grows=True)
    feed = ReplayFeed(path, symbols, **options)  # type: ignore[arg-type]
    return [batch async for batch in feed], feed, symbols


def count(batches: list[Batch], what: str) -> int:
    return sum(len(batch) for batch in batches if kind(batch) == what)


async def test_recorded_frames_play_and_what_is_no_frame_is_counted() -> None:
    batches, feed, symbols = await played(FRAMES)
    assert (count(batches, "trades"), count(batches, "quotes")) == (3, 2)
    assert (feed.stats.frames, feed.stats.bad_frames, feed.stats.refused) == (9, 1, {"not_used": 2})
    assert symbols.names == ["BTCUSDT", "ETHUSDT"]
    assert feed.stats.received == {"trades": 3, "quotes": 2}


async def test_gzip_is_seen_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    path = tmp_path / "session.frames"
    path.write_bytes(gzip.compress(FRAMES.read_bytes()))
    assert count((await played(path))[0], "trades") == 3


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("times", ["number", "datetime", "text"])
async def test_tables_of_trades_play(tmp_path: Path, suffix: str, times: str) -> None:
    stamps = pl.Series("ts_event", [1_700_000_000_000_000_001 + i * 10**9 for i in range(4)])
    if times != "number":
        stamps = pl.from_epoch(stamps, time_unit="ns").dt.replace_time_zone("UTC")
    if times == "text":
        stamps = stamps.dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")
    frame = pl.DataFrame([stamps, pl.Series("symbol", list("ABAB")), pl.Series("price", [1.5, 2.5, 3.5, 4.5])])
    frame = frame.with_columns(size=pl.lit(10), side=pl.lit(-1), trade_id=pl.int_range(4))
    path = tmp_path / f"trades.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    batches, _, symbols = await played(path)
    trades = joined([batch for batch in batches if batch.dtype is TRADE])
    assert trades["ts_event"].tolist() == [1_700_000_000_000_000_001 + i * 10**9 for i in range(4)]
    assert [symbols.names[i] for i in trades["symbol"]] == list("ABAB")
    assert trades["price"].tolist() == [1.5, 2.5, 3.5, 4.5]
    assert trades["side"].tolist() == [-1] * 4
    assert any(batch.dtype is TIME for batch in batches)


async def test_tables_of_quotes_play(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text("ts_event,symbol,bid,bid_size,ask,ask_size\n1700000000000000000,A,1,2,3,4\n")
    batches, _, _ = await played(path)
    assert batches[0][0].item()[3:] == (1.0, 2.0, 3.0, 4.0, 0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "found no file"),
        ("empty.txt", "", "found an empty file"),
        ("x.csv", "ts_event,symbol,price,size\n", "a table without rows"),
        ("x.csv", "time,price\n1,2\n", "missing ts_event, symbol, size"),
        ("x.csv", "ts_event,symbol,price,size\nsoon,A,1,2\n", "column ts_event: expected nanoseconds"),
        ("x.csv", "ts_event,symbol,price,size\n1,A,high,2\n", "column price: expected numbers"),
        ("x.parquet", "not parquet", "not a readable parquet"),
        ("x.txt", "no stamp here\n", "line 1: expected a receive time"),
    ],
)
async def test_a_file_it_cannot_read_is_answered_with_a_sentence(
    tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadInput, match=sentence):
        await played(path)


async def test_a_file_cut_in_the_middle_is_said(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(FRAMES.read_bytes())[:-40])
    with pytest.raises(BadInput, match="ends in the middle or is damaged"):
        await played(path)


async def test_the_original_pace_is_kept_and_a_multiple_is_faster() -> None:
    for speed, expected in ((1.0, 1.0), (4.0, 0.25)):
        slept: list[float] = []

        async def sleep(seconds: float, slept: list[float] = slept) -> None:
            slept.append(seconds)

        feed = ReplayFeed(FRAMES, Symbols(grows=True), speed=speed, sleep=sleep)
        async for _ in feed:
            pass
        assert max(slept) == pytest.approx(expected, abs=0.02)
