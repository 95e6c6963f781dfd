"""The venue's own numbering: breaks in frames as the venues' documents show them, and in made-up sequences."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.events import TRADE, Batch, Symbols, rows
from core.ports import Decoded, Venue
from feeds import ALPACA, BINANCE, COINBASE
from feeds.sequence import Break, Holes, Sequences
from tests.feeds.test_replay import played

SPOT = {"e": "depthUpdate", "E": 1672515782136, "s": "BNBBTC", "U": 157, "u": 160, "b": [["0.0024", "10"]], "a": []}
FUTURES = {**SPOT, "T": 123456788, "s": "BTCUSDT", "pu": 149}
TRADED = {"e": "trade", "E": 1, "s": "BNBBTC", "t": 12345, "p": "0.001", "q": "100", "T": 1672515782136, "m": True}
MATCHED = {
    "type": "match", "trade_id": 10, "sequence": 50, "time": "2014-11-07T08:19:27.028459Z", "product_id": "BTC-USD",
    "size": "5.23512", "price": "400.23", "side": "sell",
}  # fmt: skip


def followed(venue: Venue, *messages: dict[str, object]) -> tuple[Sequences, list[Break]]:
    sequences, symbols, found = Sequences(), Symbols(grows=True), []
    for message in messages:
        decoded = venue.decode(json.dumps(message).encode(), symbols, 1)
        found += sequences.follow(decoded, numbered=venue.numbered)
    assert Counter(each.what for each in found) == sequences.breaks
    return sequences, found


def traded(*numbers: int, symbol: int = 0) -> Batch:
    return rows(TRADE, [(1, 1, 0, number, 1.0, 1.0, symbol, 0) for number in numbers])


def test_a_spot_book_goes_on_at_the_next_number() -> None:
    sequences, found = followed(BINANCE, SPOT, {**SPOT, "U": 161, "u": 161}, {**SPOT, "U": 162, "u": 170})
    assert (found, sequences.followed) == ([], {"book": 3})
    _, found = followed(BINANCE, SPOT, {**SPOT, "U": 162, "u": 165}, {**SPOT, "U": 166, "u": 170})
    assert found == [Break("book_missed", 0, 160, 161)]


def test_a_futures_book_says_which_update_came_before() -> None:
    _, found = followed(BINANCE, FUTURES, {**FUTURES, "U": 170, "u": 180, "pu": 160})
    assert found == []
    _, found = followed(BINANCE, FUTURES, {**FUTURES, "U": 190, "u": 199, "pu": 180})
    assert found == [Break("book_missed", 0, 160, 180)]


def test_a_book_that_comes_again_is_repeated_and_what_follows_is_no_break() -> None:
    _, found = followed(BINANCE, SPOT, {**SPOT, "U": 161, "u": 163}, SPOT, {**SPOT, "U": 164, "u": 164})
    assert found == [Break("book_repeated", 0, 163, 156)]


@pytest.mark.parametrize(
    ("venue", "message", "name", "symbol"),
    [(BINANCE, TRADED, "t", "s"), (COINBASE, MATCHED, "trade_id", "product_id")],
)
def test_trades_go_on_at_the_next_id_symbol_by_symbol(
    venue: Venue, message: dict[str, object], name: str, symbol: str
) -> None:
    def trade(number: int, of: str) -> dict[str, object]:
        return {**message, name: number, symbol: of}

    whole = [trade(7, "A"), trade(100, "B"), trade(8, "A"), trade(101, "B"), trade(9, "A")]
    sequences, found = followed(venue, *whole)
    assert (found, sequences.followed) == ([], {"trades": 5})
    _, found = followed(venue, *whole, trade(9, "A"), trade(103, "B"))
    assert found == [Break("trades_repeated", 0, 9, 8), Break("trades_missed", 1, 101, 102)]


def test_the_last_match_before_a_reconnect_tells_whether_trades_were_missed() -> None:
    again = {**MATCHED, "type": "last_match"}
    assert followed(COINBASE, MATCHED, again)[0].breaks == {"trades_repeated": 1}
    assert followed(COINBASE, MATCHED, {**again, "trade_id": 12})[1] == [Break("trades_missed", 0, 10, 11)]


def test_a_late_trade_is_a_hole_once_and_a_repetition_once() -> None:
    sequences = Sequences()
    sequences.follow(Decoded(batches=[traded(1, 2, 4, 3, 5)]), numbered=True)
    assert sequences.breaks == {"trades_missed": 1, "trades_repeated": 1}


def test_ids_of_a_venue_that_does_not_number_them_are_left_alone() -> None:
    sequences = Sequences()
    assert not ALPACA.numbered
    assert sequences.follow(Decoded(batches=[traded(3447222699101865076, 12)]), numbered=False) == []
    assert not sequences.followed


def test_books_of_unknown_symbols_and_other_messages_have_no_place() -> None:
    assert BINANCE.decode(json.dumps(SPOT).encode(), Symbols(["BTCUSDT"]), 1) == Decoded(refused={"not_used": 1})


@given(
    widths=some.lists(some.integers(1, 5), min_size=2, max_size=40),
    lost=some.sets(some.integers(0, 39)),
    futures=some.booleans(),
)
def test_each_hole_is_found_once(widths: list[int], lost: set[int], futures: bool) -> None:
    last, kept = 1_000, []
    for place, width in enumerate(widths):
        numbers = {"U": last + 1, "u": last + width}
        message = {**FUTURES, **numbers, "pu": last} if futures else {**SPOT, **numbers}
        if place not in lost:
            kept.append((place, last, message))
        last += width
    sequences, found = followed(BINANCE, *(message for _, _, message in kept))
    holes = [follows for (before, _, _), (place, follows, _) in pairwise(kept) if place != before + 1]
    assert [each.found for each in found] == holes
    assert sequences.followed["book"] == len(kept)


async def test_a_replay_counts_the_breaks_of_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "frames.txt"
    messages = [MATCHED, {**MATCHED, "trade_id": 11}, {**MATCHED, "trade_id": 14}]
    path.write_text("".join(f"{stamp} {json.dumps(message)}\n" for stamp, message in enumerate(messages, 10**18)))
    _, feed, _ = await played(path)
    assert feed.stats.sequences.breaks == {"trades_missed": 1}
    assert feed.stats.sequences.followed == {"trades": 3}


def trades(*rows_: tuple[int, int, int]) -> Batch:
    """(symbol, number, moment)."""
    return rows(TRADE, [(moment, moment, 0, number, 1.0, 1.0, symbol, 0) for symbol, number, moment in rows_])


def test_a_hole_reaches_from_the_trade_before_it_to_the_one_behind() -> None:
    holes = Holes()
    assert holes.of(trades((0, 7, 100), (1, 90, 100), (0, 8, 110)), 2) == []
    assert holes.of(trades((0, 9, 120), (1, 93, 130), (0, 12, 140)), 2) == [(0, 120, 140), (1, 100, 130)]
    assert holes.of(trades((0, 13, 150), (1, 94, 150)), 2) == []


def test_a_late_or_repeated_trade_makes_no_hole_and_one_moment_is_still_a_span() -> None:
    holes = Holes()
    assert holes.of(trades((0, 7, 100), (0, 9, 100)), 1) == [(0, 100, 101)]
    assert holes.of(trades((0, 8, 100)), 1) == []
    assert holes.of(trades((0, 9, 100), (0, 10, 100)), 1) == []
    holes.forget()
    assert holes.of(trades((0, 50, 200)), 1) == []
    assert holes.of(trades((3, 50, 200), (-1, 8, 200)), 1) == []
