"""The bulk encoder against PostgreSQL itself."""

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.copying import Layout, timestamptz

_LONG = some.integers(-(2**63), 2**63 - 1)
_NUMBERS = some.lists(some.tuples(_LONG, some.integers(-(2**31), 2**31 - 1), some.floats(width=64)), max_size=30)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=_NUMBERS)
def test_what_is_encoded_is_what_postgresql_reads(server: str, values: list[tuple[int, int, float]]) -> None:
    layout = Layout("encoded", {"long": "bigint", "word": "integer", "real": "double precision", "short": "smallint"})
    columns = {
        "long": np.array([value[0] for value in values], dtype=np.int64),
        "word": np.array([value[1] for value in values], dtype=np.int64),
        "real": np.array([value[2] for value in values], dtype=np.float64),
        "short": np.full(len(values), -7),
    }
    with psycopg.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE encoded (long bigint, word integer, real double precision, short smallint)")
        with cursor.copy(layout.statement) as copy:
            for piece in layout.encode(columns, len(values)):
                copy.write(piece)
        found = cursor.execute("SELECT * FROM encoded").fetchall()
        with cursor.copy("COPY encoded TO STDOUT (FORMAT BINARY)") as copy:
            read = layout.decode(b"".join(copy))
        connection.rollback()
    np.testing.assert_array_equal([row[2] for row in found], columns["real"])
    assert [(row[0], row[1], row[3]) for row in found] == [(a, b, -7) for a, b, _ in values]
    for name, column in columns.items():
        np.testing.assert_array_equal(read[name], column)


def test_rows_of_other_columns_are_not_decoded(server: str) -> None:
    layout = Layout("encoded", {"long": "bigint", "word": "integer"})
    with psycopg.connect(server) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT 1::bigint, NULL::integer) TO STDOUT (FORMAT BINARY)") as copy:
            rows = b"".join(copy)
        with pytest.raises(ValueError, match="more: a NULL, or other columns"):
            layout.decode(rows)


@given(nanoseconds=some.integers(0, 2**62))
def test_a_time_is_the_microsecond_it_lies_in(nanoseconds: int) -> None:
    microseconds = timestamptz(np.array([nanoseconds]))[0] + 946_684_800_000_000
    assert microseconds * 1000 <= nanoseconds < (microseconds + 1) * 1000
