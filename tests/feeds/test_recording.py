"""Recorded frames: how lines are stamped, and whose frames a file holds."""

from contextlib import suppress
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import BadInput
from core.events import TRADE
from feeds import BINANCE, COINBASE
from feeds.recording import lines, reader, venue_of
from tests.feeds.test_replay import played

FRAMES = Path(__file__).parent / "frames"
MATCH = (FRAMES / "coinbase.txt").read_text().splitlines()[2].partition(" ")[2]
DUMP = f"""configuration: {{'coinbase': ['matches']}}
wss://ws-feed.pro.coinbase.com <-> 1618677816.8434298
wss://ws-feed.pro.coinbase.com <- 1618677817.020616: {{"type":"subscribe","channels":["matches"]}}
https://api.pro.coinbase.com/products -> 1618677817.03: [{{"id":"BTC-USD"}}]
1618677817.061845: {MATCH}

1618677818.5: {MATCH.replace('"trade_id":10', '"trade_id":11')}
"""


@pytest.mark.parametrize(("name", "venue"), [("binance.txt", BINANCE), ("coinbase.txt", COINBASE)])
def test_a_file_says_whose_it_is(name: str, venue: object) -> None:
    frames = [frame for _, frame in lines(FRAMES / name)]
    assert venue_of(Path(name), frames) is venue
    assert venue_of(Path(name), [b"", b"damaged", b"[]", *frames]) is venue


async def test_a_dump_of_cryptofeeds_plays_what_was_received_alone(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_text(DUMP)
    assert [stamp for stamp, _ in lines(path)] == [1618677817061845000, 1618677818500000000]
    batches, feed, symbols = await played(path)
    trades = [row for batch in batches if batch.dtype is TRADE for row in batch["trade_id"].tolist()]
    assert (trades, symbols.names, feed.stats.frames, feed.stats.bad_frames) == ([10, 11], ["BTC-USD"], 2, 0)


async def test_recorded_coinbase_frames_play_and_what_is_no_frame_is_counted() -> None:
    _, feed, symbols = await played(FRAMES / "coinbase.txt")
    assert feed.stats.received == {"trades": 2, "quotes": 2}
    assert (feed.stats.frames, feed.stats.bad_frames) == (13, 1)
    assert feed.stats.refused == {"not_used": 3, "unknown_type": 1}
    assert symbols.names == ["BTC-USD", "ETH-USD"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'1 [{"T":"t","S":"AAPL"}]\n2 hello\n', "expected frames of alpaca, .*coinbase, found none among the first"),
        (b"1 " + msgpack.packb([{"T": "success", "msg": "connected"}]) + b"\n", "may be alpaca or alpaca_crypto"),
        (b"wss://feed <-> 1618677816.5\n\n", "found an empty file"),
        (b"1618677816.5: {}\n1618677816 {}\n", "line 2: expected a receive time in seconds, a colon and a frame"),
        (b"1 {}\n\n", "line 2: expected a receive time in nanoseconds, a space and a frame"),
    ],
)
async def test_a_file_that_is_nobodys_or_anybodys_is_answered_with_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "frames.txt"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        await played(path)


@given(line=some.binary(max_size=80))
def test_any_line_is_a_frame_or_none_or_a_value_error(line: bytes) -> None:
    for read in (reader(b"1618677816.5: {}"), reader(b"1 {}")):
        with suppress(ValueError):
            stamped = read(line)
            assert stamped is None or (stamped[0] >= 0 and stamped[1] in line)
