"""Names and numbers in the database: the ids behind a catalogue's names, the last number given on each channel."""

import numpy as np
import psycopg
from numpy.typing import NDArray

from core.errors import StoreDown, one_line
from core.ports import Catalogue
from core.schema import migrate, query
from core.tables import Ids, Positions


def last_numbers(url: str, catalogue: Catalogue) -> dict[tuple[str, str], int]:
    """The last number given per (channel, symbol), as the database knows it; of all symbols of the source
    when the catalogue has none yet."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            migrate(connection)
            given = {"source": catalogue.source, "names": list(catalogue.symbols)}
            found = connection.execute(query("positions"), given).fetchall()
    except psycopg.OperationalError as error:
        raise StoreDown(f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL") from None
    return {(channel, symbol): seq for channel, symbol, seq in found}


def reached(url: str, source: str) -> int:
    """The newest moment, by the venue's clock, of which the database has a trade or quote; 0 when it has none."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            found = connection.execute(query("stream_reached"), {"source": source}).fetchone()
    except psycopg.OperationalError as error:
        raise StoreDown(f"cannot reach the database: {one_line(error)}; check CANDELA__STORE__URL") from None
    return int(found[0]) if found and found[0] is not None else 0


def advance(cursor: psycopg.Cursor, positions: Positions, symbol_ids: NDArray[np.int64]) -> None:
    """Write the numbers that were reached."""
    changed = list(positions.changed())
    if changed:
        channels, symbols, seqs = zip(*changed, strict=True)
        ids = [int(symbol_ids[symbol]) for symbol in symbols]
        cursor.execute(query("advance_positions"), {"channels": list(channels), "symbol_ids": ids, "seqs": list(seqs)})


def interned(cursor: psycopg.Cursor, catalogue: Catalogue) -> Ids:
    """The database's ids of the catalogue's names, given now where they are new."""

    def ids(kinds: str, singular: str, names: list[str], source: str = "") -> NDArray[np.int64]:
        cursor.execute(query(f"intern_{kinds}"), {"names": names, "source": source})
        cursor.execute(query(f"{singular}_ids"), {"names": names, "source": source})
        found: dict[str, int] = dict(cursor.fetchall())
        return np.array([found[name] for name in names], dtype=np.int64)

    outputs = [name for each in catalogue.indicators for name in each.outputs]
    return Ids(
        catalogue,
        symbols=ids("symbols", "symbol", list(catalogue.symbols), catalogue.source),
        strategies=ids("strategies", "strategy", [each.name for each in catalogue.strategies]),
        indicators=ids("indicators", "indicator", outputs),
    )
