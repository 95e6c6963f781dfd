"""A venue whose clock is wrong: on the wire, in its history, and in the lag that is told."""

import asyncio

import numpy as np
import pytest

from core.events import SECOND, joined, kind
from feeds.exchange import Exchange
from tests.feeds.made import Received, exchange, source, until

_EARLY_S = 0.002  # what is due within two milliseconds is shown at once


async def session(venue: Exchange) -> Received:
    """What a feed has of the whole session."""
    await venue.start()
    async with Received(venue) as got:
        await asyncio.wait_for(venue.finished.wait(), 30)
        await until(lambda: got.rows()["trades"] >= venue.sent["trades"])
    await venue.stop()
    return got


async def test_a_skewed_clock_is_wrong_on_the_wire_and_in_the_history() -> None:
    venue = exchange(3, faults=["clock-skew=-1500ms"])
    got = await session(venue)
    truth = joined([batch for m in source(3) for batch in m.batches if kind(batch) == "trades"])
    trades = joined([batch for batch in got.batches if kind(batch) == "trades"])
    assert (trades["ts_event"] == truth["ts_event"] - 1_500_000_000).all()
    kept = np.sort(joined([venue.ledger.rows("trades", at, 0, 2**62) for at in range(8)])["ts_event"])
    assert kept.tolist() == np.sort(trades["ts_event"]).tolist()
    assert venue.figures["faults"] == {"clock-skew": 1}


@pytest.mark.parametrize("skew_s", [0, 5, -5])
async def test_what_the_clocks_differ_by_is_in_the_lag_that_is_told(skew_s: int) -> None:
    venue = exchange(20, speed=1.0, rebase=True, faults=[f"clock-skew={skew_s}s"] if skew_s else [])
    await venue.start()
    async with Received(venue) as got:
        assert np.isnan(got.feed.stats.clock.lag)
        await until(lambda: got.rows()["trades"] > 200)
        lag_s = got.feed.stats.clock.lag / SECOND
    await venue.stop()
    assert -_EARLY_S <= lag_s + skew_s < 2
