"""Code: what a sweep's rows depend on besides data, as one hash."""

import hashlib
import inspect

from services.trading.sweeps import combined, evaluated
from services.trading.sweeps.family import Family, Point
from strategies import backtest, execution, following, machine, performance, tallying, through, together

_MODULES = (backtest, execution, following, machine, performance, tallying, through, together, evaluated, combined)


def code_of(family: Family, point: Point) -> str:
    """Of the strategy with all it reads, of execution, and of the figures. `point`: any there is a strategy for."""
    texts = [family.source(point), *map(inspect.getsource, _MODULES)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
