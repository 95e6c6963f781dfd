"""Known symbols: a name the store has never met is said, with the nearest that it has."""

from collections.abc import Sequence

from core.errors import NotFound, nearest
from core.ports import Reads


async def expect_known(symbols: Sequence[str], reads: Reads) -> None:
    """NotFound, when the store has never met one of `symbols`; one that merely has no rows is known."""
    if not symbols:
        return
    met = await reads.has_symbols(symbols)
    unknown = [name for name in symbols if name not in met]
    if unknown:
        every = await reads.has_symbols([row["symbol"] for row in await reads.symbols()])  # of this source only
        raise NotFound(" ".join(_sentence(name, every) for name in unknown))


def _sentence(name: str, every: set[str]) -> str:
    return f"no symbol {name!r} from this source{nearest(name, sorted(every)) or '; GET /api/symbols lists all'}"
