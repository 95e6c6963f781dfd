"""Sessions: the days of real calendars, stretches within them, and a feed whose venue closes."""

import asyncio
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import MISSED, NEVER, SECOND, TIME, Symbols, rows
from feeds import ALPACA, BINANCE
from feeds.clock import VenueClock
from feeds.gaps import Gaps
from feeds.sessions import Sessions, sessions
from tests.feeds.test_gaps import covers, gaps, listening, until

NEW_YORK = ZoneInfo("America/New_York")


def at(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("calendar", "day", "opens", "closes"),
    [
        ("NYSE", "2026-10-30", "04:00", "20:00"),  # summer time
        ("NYSE", "2026-11-02", "04:00", "20:00"),  # winter time
        ("NYSE", "2026-11-27", "04:00", "17:00"),  # the day after Thanksgiving
        ("IEX", "2026-11-25", "08:00", "17:00"),
    ],
)
def test_a_day_begins_and_ends_when_the_exchange_says(calendar: str, day: str, opens: str, closes: str) -> None:
    found = sessions(calendar, at("2026-11-20T12:00"))
    first, last = at(f"{day}T{opens}"), at(f"{day}T{closes}")
    assert [found.open_at(moment) for moment in (first - 1, first, last - 1, last)] == [False, True, True, False]


def test_nights_weekends_and_holidays_are_closed() -> None:
    found = sessions("NYSE", at("2026-11-20T12:00"))
    for moment in ("2026-11-20T23:00", "2026-11-21T12:00", "2026-11-26T12:00", "2026-12-25T10:00"):
        assert not found.open_at(at(moment)), moment


def test_a_venue_without_a_calendar_and_days_that_are_not_known_are_open() -> None:
    assert sessions("", 0).open_at(at("2026-11-21T12:00"))
    found = sessions("NYSE", at("2026-11-20T12:00"))
    assert found.open_at(at("2020-01-01T00:00"))
    assert found.open_at(at("2030-01-01T00:00"))


def test_stocks_of_alpaca_have_a_calendar_and_what_trades_all_day_has_none() -> None:
    hosts = "wss://stream.data.alpaca.markets"
    named = {name: ALPACA.calendar(f"{hosts}/{name}") for name in ("v2/iex", "v2/sip", "v1beta1/overnight")}
    assert named == {"v2/iex": "IEX", "v2/sip": "NYSE", "v1beta1/overnight": ""}
    assert BINANCE.calendar("wss://stream.binance.com:9443/stream") == ""


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=12, unique=True).filter(lambda cuts: len(cuts) % 2 == 0),
    st.integers(-3, 63),
    st.integers(1, 30),
)
def test_what_is_within_goes_from_the_first_open_moment_to_the_last(cuts: list[int], start: int, length: int) -> None:
    cuts = sorted(cuts)
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    known = range(spans[0][0], spans[-1][1])
    opened = [m for m in range(start, start + length) if m not in known or any(a <= m < b for a, b in spans)]
    first, last = Sessions(spans).within(start, start + length)
    assert list(range(first, last)) == (list(range(opened[0], opened[-1] + 1)) if opened else [])


def noted(broke: int, back: int, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The gaps in trades that are told when a connection breaks and when it is back; seconds."""
    found = Gaps(
        Symbols(["A"]), ("trades",), VenueClock(), sessions=Sessions([(a * SECOND, b * SECOND) for a, b in spans])
    )
    told = [*found.lost(broke * SECOND, 0, broke * SECOND)]
    for now in range(broke, back):
        told += found.due(now * SECOND)
    told += found.found([rows(TIME, [(back * SECOND, 0)])], back * SECOND)
    assert not found.open
    rowed = [batch for batch in told if batch.dtype is MISSED]
    return [(row["from_ts"][0] // SECOND, row["to_ts"][0] // SECOND) for row in rowed]


DAYS = [(0, 100), (200, 300), (400, 500)]
UNTIL_WHENEVER = NEVER // SECOND


@pytest.mark.parametrize(
    ("broke", "back", "expected"),
    [
        (110, 190, []),  # at night, and back before morning
        (50, 60, [(50, UNTIL_WHENEVER), (50, 60)]),
        (50, 150, [(50, UNTIL_WHENEVER), (50, 100)]),  # it ended with the day
        (110, 250, [(200, UNTIL_WHENEVER), (200, 250)]),  # it began with the next
        (50, 250, [(50, UNTIL_WHENEVER), (50, 250)]),
    ],
)
def test_a_gap_is_what_was_missed_of_sessions(broke: int, back: int, expected: list[tuple[int, int]]) -> None:
    assert noted(broke, back, DAYS) == expected


async def test_a_socket_that_is_silent_since_the_venue_closed_is_left_alone_until_it_opens() -> None:
    began = time.time_ns()
    closes, opens = began + 2 * SECOND, began + 6 * SECOND
    days = Sessions([(began, closes), (opens, opens + 60 * SECOND), (opens + 90 * SECOND, opens + 99 * SECOND)])
    async with listening(silence_s=0.5, sessions=days) as (venue, feed, got):
        await until(lambda: feed.stats.received["trades"] > 10)
        await asyncio.sleep((closes + SECOND // 2 - time.time_ns()) / SECOND)
        venue.mute = True  # the connection is dead, and nobody can know
        await asyncio.sleep((opens - SECOND // 2 - time.time_ns()) / SECOND)
        assert feed.stats.connections == 1
        assert not gaps(got)
        venue.lost.clear()
        await until(lambda: feed.stats.connections == 2 and len(gaps(got)) == 2)
    begun, ended = gaps(got)
    assert begun["from_ts"][0] >= opens - SECOND // 5
    assert covers(ended, [moment for moment in venue.lost if moment >= opens])
