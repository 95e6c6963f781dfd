"""The past: the last values of a series, kept once for all nodes that look back on it.

Every windowed node of a bank shares one ring a series, as long as the longest of them needs (a power of two, so that
a place in it is a mask and not a division). The bank pushes a value before the nodes that read it run.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.compiled import step

if TYPE_CHECKING:
    from core.node import Input


class Past:
    """As an input of a node: the last `length` values of the series `of`, which is a field of the row or a node."""

    def __init__(self, of: "Input", length: int) -> None:
        self.of = of
        self.length = length

    @property
    def series(self) -> str:
        return self.of if isinstance(self.of, str) else self.of.columns[0]

    @property
    def name(self) -> str:
        """Where the ring is found in a bank's state."""
        return f"past_{self.series}"


def room(lengths: list[int]) -> int:
    """How long a ring is that serves all these lengths."""
    return 1 << (max(lengths) - 1).bit_length()


@step
def push(past: Any, value: float) -> None:
    """Any: a record of a count and a ring."""
    past.ring[past.n & (len(past.ring) - 1)] = value
    past.n += 1


@step
def ago(past: Any, rows: int) -> float:
    """The value `rows` rows ago, 0 being the newest. Any: a record of a count and a ring."""
    return past.ring[(past.n - 1 - rows) & (len(past.ring) - 1)]


def carried(old: Any, new: Any) -> None:
    """Copy the newest values from one ring to another, of another length maybe. Any: records of arrays."""
    count = min(old["ring"].shape[-1], new["ring"].shape[-1])
    places = old["n"][..., None] - 1 - np.arange(count)
    values = np.take_along_axis(old["ring"], places & (old["ring"].shape[-1] - 1), axis=-1)
    np.put_along_axis(new["ring"], places & (new["ring"].shape[-1] - 1), values, axis=-1)
    new["n"] = old["n"]
