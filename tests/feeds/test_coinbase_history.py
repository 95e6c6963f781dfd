"""Coinbase's trades of the past, paged as its documents say, are those of its stream."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from core.errors import Unavailable
from core.events import SECOND, TRADE, Batch, Symbols, joined
from feeds.coinbase import decode
from feeds.history import History
from tests.feeds.answering import Answer, answering

NAMES = ["BTC-USD", "ETH-USD"]
START = 1_700_000_000
COUNT = 30_000
Change = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def trade(number: int) -> dict[str, Any]:
    """Ten a second, in pairs of the same time; numbers that are not whole in binary."""
    when = datetime.fromtimestamp(START + number // 2 / 5, UTC)
    return {
        "trade_id": number, "side": "sell" if number % 3 else "buy", "size": f"{number * 1e-8:.8f}",
        "price": f"{37_000 + number / 100:.2f}", "time": f"{when:%Y-%m-%dT%H:%M:%S.%f}Z",
    }  # fmt: skip


class Venue:
    """Trades 1 to COUNT of each product; `change` is what goes wrong with a page."""

    def __init__(self, change: Change = lambda page: page, first: int = 1) -> None:
        self.asked: list[dict[str, str]] = []
        self._change, self._first = change, first
        self._busy = 1

    def __call__(self, path: str, query: dict[str, str], headers: Mapping[str, str]) -> Answer:
        """Newest first; CB-AFTER is the last one's id, `after` asks for those before it."""
        self.asked.append(query)
        assert headers["User-Agent"]
        if path.split("/")[2] not in NAMES:
            return Answer({"message": "NotFound"}, 404)
        if len(self.asked) == 2 and self._busy:
            self._busy = 0
            return Answer({"message": "Public rate limit exceeded"}, 429)
        newest = min(int(query.get("after", COUNT + 1)) - 1, COUNT)
        oldest = max(newest - int(query.get("limit", 1_000)) + 1, self._first)
        page = self._change([trade(number) for number in range(newest, oldest - 1, -1)])
        more = {"CB-AFTER": str(page[-1]["trade_id"])} if page and oldest > self._first else {}
        return Answer(page, headers={"CB-BEFORE": str(page[0]["trade_id"]), **more} if page else {})


def live(start: int, end: int) -> Batch:
    """What the stream's decoder makes of the same trades, of both products."""
    frames = [
        json.dumps({"type": "match", "product_id": name, **trade(number)}).encode()
        for number in range(1, COUNT + 1)
        for name in NAMES
    ]
    rows = joined([decode(frame, Symbols(NAMES), 7).batches[0] for frame in frames])
    rows = rows[(rows["ts_event"] >= start) & (rows["ts_event"] < end)]
    return rows[np.lexsort((rows["symbol"], rows["trade_id"], rows["ts_event"]))]


@pytest.mark.parametrize(
    ("start", "end", "most"),
    [
        (START + 2_800, START + 4_000, 2 * 4 + 1),  # of late: the newest pages
        (START + 500, START + 501, 2 * 9 + 1),  # long ago: found by halving
        (START - 100, START + 2, 2 * 9 + 1),  # from the first trade there was
        (START + 3_500, START + 3_600, 2 + 1),  # nothing
    ],
)
async def test_they_are_those_of_the_stream(start: int, end: int, most: int) -> None:
    venue = Venue()
    with answering(venue) as url:
        found = await History("coinbase", NAMES, url=url).trades(NAMES, start * SECOND, end * SECOND)
    expected = live(start * SECOND, end * SECOND)
    expected["ts_recv"] = found["ts_recv"][:1] if len(found) else 0
    assert found.dtype is TRADE
    assert found.tobytes() == expected.tobytes()
    assert len(venue.asked) <= most


async def test_what_cannot_be_whole_is_refused() -> None:
    def holed(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each for each in page if each["trade_id"] != COUNT - 500]

    for venue, words in (
        (Venue(holed), "leave ids out before"),
        (Venue(lambda page: page if page[0]["trade_id"] == COUNT else []), "leave ids out before 29000"),
        (Venue(first=COUNT - 4_000), "its history of BTC-USD begins within the range; ask for a younger one"),
        (
            Venue(lambda page: [{**each, "price": None} for each in page]),
            "it answered with trades that are none, .*price",
        ),
    ):
        with answering(venue) as url, pytest.raises(Unavailable, match=words):
            await History("coinbase", NAMES, url=url).trades(["BTC-USD"], START * SECOND, 2**62)
    with (
        answering(Venue()) as url,
        pytest.raises(Unavailable, match="it answered 404, NotFound; check that the symbols"),
    ):
        await History("coinbase", ["BTC-XYZ"], url=url).trades(["BTC-XYZ"], 0, 1)
