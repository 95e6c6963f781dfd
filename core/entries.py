"""The entries of a kernel: their signatures, and the machine code that Python calls."""

import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

from core.compiled import entry
from core.events import BAR, QUOTE, SIGNAL, TRADE
from core.explained import explained

_I, _F = types.int64, types.float64


def compiled(kernel: Any) -> dict[str, Callable[..., int]]:  # Any: a module with the names of core.kernel
    """The machine code of a kernel's entries, compiled or loaded from its cache; BadInput when a step of a user's file
    cannot be compiled."""
    signals, values = _array(SIGNAL), _array(kernel.VALUE)
    fields = list(inspect.signature(kernel.update.py_func).parameters)[1:]
    numbers = tuple(_I if BAR[name].kind == "i" else _F for name in fields)
    signatures = {
        "take": (_I, _array(TRADE, "A"), _I, _I, _array(TRADE), _array(BAR), values, signals),
        "note": (_I, _array(QUOTE, "A"), _array(QUOTE)),
        "check": (_I, _array(BAR, "A")),
        "run": (_I, _array(BAR, "A"), values, signals),
        "update": (_I, *numbers),
    }
    try:
        return {name: entry(getattr(kernel, name), signature) for name, signature in signatures.items()}
    except Exception as error:
        said = explained(error, kernel)
        if said is None:
            raise
        raise said from error


def _array(dtype: np.dtype[np.void], layout: str = "C") -> types.Array:
    """The type of rows: "C" for our own, which lie one after another, "A" for those that others give."""
    return types.Array(numba.from_dtype(dtype), 1, layout)
