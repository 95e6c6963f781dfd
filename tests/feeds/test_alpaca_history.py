"""Alpaca's trades of the past: crypto by its own client, and which of the stocks' updates are trades of the stream."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from core.errors import Unavailable
from core.events import SECOND, TRADE, Symbols
from feeds.alpaca_crypto import decode
from feeds.alpaca_history import _all, parsed
from feeds.history import History
from feeds.inquiry import Question
from tests.feeds.answering import Answer, answering

NAMES = ["ETH/USD", "BTC/USD"]
START = 1_700_000_000
COUNT = 25_000


def trade(number: int) -> dict[str, Any]:
    """To the nanosecond; numbers that are not whole in binary; a taker who is known, or not."""
    when = datetime.fromtimestamp(START + number // 1000, UTC)
    told = {"i": number, "p": 1_850 + number / 100, "s": number * 1e-9, "tks": ("B", "S", "")[number % 3]}
    return {**told, "t": f"{when:%Y-%m-%dT%H:%M:%S}.{number % 1000 * 1_000_001:09d}Z".replace(".000000000Z", "Z")}


def venue(path: str, query: dict[str, str], headers: Mapping[str, str]) -> Answer:
    """Each page ten thousand of all symbols' trades, by symbol and time."""
    assert path == "/v1beta3/crypto/us/trades"
    assert headers["APCA-API-KEY-ID"] == "key"
    assert query["start"] == "2023-11-14T22:13:21+00:00"
    names = sorted(query["symbols"].split(","))
    rows = [(name, trade(number)) for name in names for number in range(1_000, COUNT)]
    first, limit = int(query.get("page_token", 0)), int(query["limit"])
    page: dict[str, list[dict[str, Any]]] = {}
    for name, each in rows[first : first + limit]:
        page.setdefault(name, []).append(each)
    more = str(first + limit) if first + limit < len(rows) else None
    return Answer({"trades": page, "next_page_token": more})


async def test_cryptos_are_those_of_the_stream_with_who_took() -> None:
    with answering(venue) as url:
        history = History("alpaca_crypto", NAMES, url=f"{url}/v1beta3/crypto/us", key="key", secret="secret")
        found = await history.trades(NAMES, (START + 1) * SECOND, (START + 20) * SECOND)
    frame = msgspec.msgpack.encode(
        [{"T": "t", "S": name, **trade(number)} for number in range(1_000, 20_000) for name in NAMES]
    )
    (expected,) = decode(frame, Symbols(NAMES), int(found["ts_recv"][0])).batches
    expected = expected[np.lexsort((expected["symbol"], expected["trade_id"], expected["ts_event"]))]
    assert len(found) == 38_000
    assert found.dtype is TRADE
    assert found.tobytes() == expected.tobytes()
    assert set(found["side"].tolist()) == {-1, 0, 1}


def test_what_was_taken_back_since_has_no_price_and_what_a_correction_brought_is_a_trade() -> None:
    told = {"t": "2022-10-21T20:19:03.752176Z", "x": "D", "p": 129.88, "s": 5, "c": [" ", "T", "I"], "z": "A"}
    trades = [{**told, "i": 1, "u": "canceled"}, {**told, "i": 2, "u": "incorrect"}, {**told, "i": 3, "u": "corrected"}]
    found = parsed({"AAPL": trades}, {"AAPL": 4})
    assert found["trade_id"].tolist() == [1, 2, 3]
    assert np.isnan(found["price"]).tolist() == [True, True, False]
    assert found["size"].tolist() == [0.0, 0.0, 5.0]
    assert found[2].item() == (1666383543752176000, 0, 0, 3, 129.88, 5.0, 4, 0)
    with pytest.raises(Unavailable, match="trades that are none"):
        parsed({"AAPL": [{**told, "p": "much"}]}, {"AAPL": 4})


def test_more_than_can_be_held_is_asked_for_in_parts() -> None:
    question = Question("alpaca", {"A": 0, "B": 1}, 0, 1, "", "key", "secret", 0.0)
    assert len(_all(question, lambda _: {"A": range(499_999)})["A"]) == 499_999
    with pytest.raises(Unavailable, match="there are 500,000 trades or more; ask for a shorter range"):
        _all(question, lambda _: {"A": range(400_000), "B": range(100_000)})


async def test_an_answer_that_is_none_is_refused() -> None:
    for told, words in (
        ({"trades": None, "next_page_token": None}, "it answered with no page of trades"),
        ({"snapshots": 1, "trades": {}}, "it answered with no page of trades"),
        ({"trades": {"BTC/USD": [{"t": "soon", "p": 1, "s": 1}]}, "next_page_token": None}, "trades that are none"),
    ):
        with answering(lambda *_, told=told: Answer(told)) as url, pytest.raises(Unavailable, match=words):
            await History("alpaca_crypto", NAMES, url=f"{url}/v1beta3/crypto/us").trades(["BTC/USD"], 0, 1)
