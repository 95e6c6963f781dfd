"""What kernels are made of: the typed decorators, records at an address, fused multiply-add, and steps as plain Python.

Numba reaches hand-written C only without reference counting: kernels find what lives long (states, positions) by
address, through `record`, and take only the rows that come and go as arrays.
"""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from types import FunctionType
from typing import Any, TypeVar

import numba
import numpy as np
from numba import types
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])

_FLAGS = {"error_model": "numpy", "fastmath": False}  # exact arithmetic, C-like division


def step(function: F) -> F:
    """Compile a step: not cached by itself, it is compiled into a kernel, and that is what is cached."""
    compiled: F = numba.njit(forceinline=True, **_FLAGS)(function)
    return compiled


def shared(function: F) -> F:
    """The same for a large function that several entries call: one copy of it, at the price of a call."""
    compiled: F = numba.njit(**_FLAGS)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile an entry: a loop over rows that Python calls; cached on disk beside its file."""
    compiled: F = numba.njit(cache=True, **_FLAGS)(function)
    return compiled


def entry(function: Any, signature: tuple[Any, ...]) -> Callable[..., int]:  # Any: a compiled function, numba types
    """The machine code of `function` for `signature`, to be called without numba's dispatch (0.1 µs for 0.3 µs).

    It checks an argument's item type and not its dimensions: give it what the signature says.
    """
    with _depth():
        function.compile(signature)
    found: Callable[..., int] = function.overloads[signature].entry_point
    return found


@contextmanager
def _depth() -> Iterator[None]:
    """Let the compiler recurse: it descends once a branch, and a kernel of 400 nodes has more of them than 1,000."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def compilations(function: Any) -> int:  # Any: a compiled function
    """How often `function` was compiled in this process rather than loaded from the cache."""
    return sum(function.stats.cache_misses.values())


def constants(**values: Any) -> np.void:  # Any: an int, a float or an array
    """A record of constants; used as a global in compiled code its fields become literals."""
    fields = [(name, *_field(value)) for name, value in values.items()] or [("nothing", "i8", ())]
    record = np.zeros((), dtype=np.dtype(fields, align=True))
    for name, value in values.items():
        record[name] = value
    scalar: np.void = record[()]  # type: ignore[assignment]  # of no dimension it is a scalar
    return scalar


def _field(value: Any) -> tuple[str, tuple[int, ...]]:  # Any: an int, a float or an array
    array = np.asarray(value)
    return ("i8" if array.dtype.kind in "iub" else "f8"), array.shape


@intrinsic
def record(_context: Any, _address: Any, _index: Any, of: Any) -> Any:  # Any: numba types
    """`record(address, index, DTYPE)`: the record `index` places after `address`, as a view without a count."""
    row = of.dtype

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        offset = builder.mul(arguments[1], context.get_constant(types.int64, row.size))
        return builder.inttoptr(builder.add(arguments[0], offset), context.get_value_type(row))

    return row(types.int64, types.int64, of), generate


@intrinsic
def address(_context: Any, array: Any) -> Any:  # Any: numba types
    """Where an array's items are; `array.ctypes.data` counts a reference."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(found.data, context.get_value_type(types.int64))

    return types.int64(array), generate


@intrinsic
def _fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:  # Any: numba types
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


def fma(a: float, b: float, c: float) -> float:
    """a · b + c rounded once, as the processor does it (Python has it only from 3.13 on)."""
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    return float(Fraction(a) * Fraction(b) + Fraction(c))


@overload(fma, strict=False)
def _compiled_fma(a: Any, b: Any, c: Any) -> Any:  # Any: numba types
    return lambda a, b, c: _fma(a, b, c)  # noqa: PLW0108 numba compiles the lambda


def interpreted(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same step as plain Python, the compiled functions it calls as well."""
    plain: FunctionType = function.py_func if isinstance(function, CPUDispatcher) else function  # type: ignore[assignment]
    names = {
        name: interpreted(value)
        for name, value in plain.__globals__.items()
        if name in plain.__code__.co_names and isinstance(value, CPUDispatcher)
    }
    return FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__)


LINE = 64  # bytes of a cache line


def padded(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """The same record in whole cache lines: one that begins amid a line costs a line more, 1.2 times a row of six."""
    fields = dict(dtype.fields or {})
    formats, offsets = [field[0] for field in fields.values()], [field[1] for field in fields.values()]
    size = -(-dtype.itemsize // LINE) * LINE
    return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": size}, align=True)


def aligned(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Memory for records that begins with a cache line."""
    count = math.prod(shape) * dtype.itemsize
    raw = np.empty(count + LINE, dtype=np.uint8)
    first = -raw.ctypes.data % LINE
    return raw[first : first + count].view(dtype).reshape(shape)
