"""The venue's clock from late, early and wrong arrivals."""

import numpy as np

from core.events import QUOTE, SECOND, TIME, TRADE, Batch, rows
from feeds.clock import VenueClock

NOW = 1_700_000_000 * SECOND
MS = 1_000_000


def trade(event: int, recv: int) -> Batch:
    return rows(TRADE, [(event, recv, 0, 0, 1.0, 1.0, 0, 0)])


def test_a_venue_whose_clock_is_ahead_of_ours_is_followed() -> None:
    clock = VenueClock(delay=100 * MS)
    for i in range(20):
        clock.observe(trade(NOW + i * MS + 1200 * MS, NOW + i * MS))
    row = clock.row(NOW + SECOND)
    assert row is not None
    assert row.dtype is TIME
    assert row["ts_event"].tolist() == [NOW + SECOND + 1200 * MS - 100 * MS]


def test_late_prints_and_one_wrong_time_do_not_move_it() -> None:
    clock = VenueClock()
    for i in range(40):
        late = 5 * SECOND if i % 4 == 0 else 0
        clock.observe(trade(NOW + i - late, NOW + i + 2 * MS))
    clock.observe(trade(NOW + 3600 * SECOND, NOW + 50))
    row = clock.row(NOW + SECOND)
    assert row is not None
    assert row["ts_event"].tolist() == [NOW + SECOND - 2 * MS]


def test_it_speaks_every_fifty_milliseconds_and_never_backwards() -> None:
    clock = VenueClock()
    assert clock.row(NOW) is None
    clock.observe(trade(NOW, NOW))
    first = clock.row(NOW + 60 * MS)
    assert clock.row(NOW + 100 * MS) is None
    for _ in range(64):
        clock.observe(trade(NOW, NOW + 10 * SECOND))
    second = clock.row(NOW + 200 * MS)
    assert first is not None
    assert second is not None
    assert second["ts_event"][0] >= first["ts_event"][0]


def test_quotes_teach_it_nothing() -> None:
    clock = VenueClock()
    clock.observe(rows(QUOTE, [(NOW, NOW, 0, 1.0, 1.0, 1.0, 1.0, 0)]))
    assert clock.row(NOW + SECOND) is None


def test_of_batches_that_came_together_the_newest_trades_teach_it() -> None:
    clock = VenueClock()
    quote = rows(QUOTE, [(NOW, NOW, 0, 1.0, 1.0, 1.0, 1.0, 0)])
    clock.learn([quote])
    assert np.isnan(clock.lag)
    clock.learn([trade(NOW, NOW + 9 * MS), trade(NOW, NOW + 4 * MS), quote])
    assert clock.lag == 4 * MS
