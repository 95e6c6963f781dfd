"""Silence: the limit follows the stream."""

import pytest

from core.events import SECOND
from feeds.sessions import Sessions
from feeds.silence import Silence

MS = 1_000_000


@pytest.mark.parametrize(("pause", "limit"), [(10 * MS, 5 * SECOND), (SECOND, 20 * SECOND), (30 * SECOND, 60 * SECOND)])
def test_the_limit_follows_the_stream(pause: int, limit: int) -> None:
    silence = Silence(60 * SECOND)
    silence.opened(0)
    assert silence.limit == 60 * SECOND
    now = 0
    for _ in range(50):
        now += pause
        silence.heard(now)
    assert silence.limit == pytest.approx(limit, rel=0.1)
    assert not silence.overdue(now + silence.limit, now)
    assert silence.overdue(now + silence.limit + 1, now)


def test_a_market_that_sleeps_is_asked_less_and_less_often_and_at_once_when_it_wakes() -> None:
    silence = Silence(60 * SECOND)
    silence.opened(0)
    silence.heard(10 * MS)
    limits = []
    for now in range(1, 4):
        limits.append(silence.limit // SECOND)
        silence.given_up()
        silence.opened(now * 3600 * SECOND)
    assert limits == [5, 10, 20]
    silence.heard(4 * 3600 * SECOND)
    assert silence.limit <= 60 * SECOND


def test_a_long_pause_is_forgotten() -> None:
    silence = Silence(60 * SECOND)
    silence.opened(0)
    silence.heard(2 * SECOND)
    now = 2 * SECOND
    for _ in range(3600):
        now += SECOND // 10
        silence.heard(now)
    assert silence.limit < 30 * SECOND


def test_a_closed_venue_may_be_silent_and_when_it_opens_its_yesterday_is_no_measure() -> None:
    closes, opens = 100 * SECOND, 1000 * SECOND
    silence = Silence(60 * SECOND, Sessions([(0, closes), (opens, 2 * opens), (3 * opens, 4 * opens)]))
    silence.opened(0)
    for now in range(0, closes, 10 * MS):
        silence.heard(now)
    assert silence.limit == 5 * SECOND
    assert not any(silence.overdue(now, now) for now in range(closes, opens, SECOND))
    assert not silence.overdue(opens + 59 * SECOND, opens + 59 * SECOND)
    assert silence.overdue(opens + 61 * SECOND, opens + 61 * SECOND)
