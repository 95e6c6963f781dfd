"""What a platform says in the end: every row that came is stored, or has a name."""

from gateway.up import summary


def test_damaged_rows_of_unknown_kind_are_not_said_to_be_stored() -> None:
    final = {
        "market": {
            "received": {"trades": 90, "quotes": 10},
            "journaled": {"trades": 90, "quotes": 10, "values": 7},
            "breaks": {"trades_missed": 2},
        },
        "store": {"lost": {"unknown": 3, "trades": 2}, "remaining": {"unknown": 1, "quotes": 4}},
    }
    told = summary(final)
    assert (told["received"], told["stored"], told["balanced"]) == (100, 90, True)
    assert told["dropped"] == {
        "not stored: trades": 2, "not stored: unknown": 3, "left in the journal: quotes": 4,
        "left in the journal: unknown": 1,
    }  # fmt: skip
    assert told["rows"] == {"trades": 88, "quotes": 6, "values": 7}
    assert told["breaks"] == {"trades_missed": 2}
