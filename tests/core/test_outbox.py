"""The outbox never waits, never loses count."""

import threading
from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from core.events import QUOTE, TRADE, Batch, kind
from core.outbox import Outbox
from tests.core.made import empty


@given(sizes=some.lists(some.integers(1, 40), max_size=60), capacity=some.integers(1, 200), every=some.integers(1, 9))
def test_put_is_taken_plus_waiting_plus_dropped(sizes: list[int], capacity: int, every: int) -> None:
    box = Outbox(capacity)
    taken = Counter[str]()
    for number, size in enumerate(sizes):
        box.put(empty(TRADE if number % 2 else QUOTE, size))
        assert box.waiting <= capacity
        if number % every == 0:
            for batch in box.take():
                taken[kind(batch)] += len(batch)
        if number == 50:
            box.close()
    for batch in box.take():
        taken[kind(batch)] += len(batch)
    assert box.put_rows == taken + box.dropped
    assert sum(box.put_rows.values()) == sum(sizes)


def test_a_batch_that_does_not_fit_is_dropped_whole_and_order_is_kept() -> None:
    box = Outbox(10)
    batches = [empty(TRADE, size) for size in (4, 7, 6)]
    for batch in batches:
        box.put(batch)
    taken = box.take()
    assert [len(batch) for batch in taken] == [4, 6]
    assert taken[0] is batches[0]
    assert box.dropped == {"trades": 7}


def test_a_taker_in_another_thread_gets_every_row_once() -> None:
    box = Outbox(1_000_000)
    taken: list[Batch] = []

    def work() -> None:
        closed = False
        while not closed:
            closed = box.wait(0.0001)
            taken.extend(box.take())

    thread = threading.Thread(target=work)
    thread.start()
    for number in range(2_000):
        batch = empty(TRADE, 3)
        batch["seq"] = number
        box.put(batch)
    box.close()
    thread.join()
    assert [int(batch["seq"][0]) for batch in taken] == list(range(2_000))
    box.put(empty(TRADE, 1))
    assert box.dropped == {"trades": 1}
