"""The newest rows of a channel, and batches by what their rows belong to."""

from collections.abc import Iterator

import numpy as np

from core.events import Batch


def by(batch: Batch, field: str) -> Iterator[tuple[int, Batch]]:
    """The batch's parts by the value of a field."""
    values = batch[field].tolist()
    if len(set(values)) == 1:  # nearly always
        yield values[0], batch
        return
    for value in sorted(set(values)):
        yield value, batch[batch[field] == value]


class Latest:
    """The newest row of a channel per symbol, and its number."""

    def __init__(self, dtype: np.dtype[np.void], symbols: int) -> None:
        self.rows = np.zeros(symbols, dtype=dtype)
        self.seq = np.zeros(symbols, dtype=np.int64)
