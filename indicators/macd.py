"""Moving average convergence divergence: a fast average minus a slow one, its own average, and their difference.

Both averages give their first value at the same bar: each is seeded with the simple mean of its own last `fast` or
`slow` values up to value `slow`. The signal line is seeded with the mean of the first `signal` differences, and nothing
is given before it is there. Source: Appel, Technical Analysis (2005); TA-Lib 0.8 `MACD` for the seeds.

>>> from core.plain import over
>>> over(macd(1, 2, 1), close=[1.0, 3.0])
[(nan, nan, nan), (1.0, 1.0, 0.0)]
"""

from core.errors import BadInput
from core.making import LongPeriod, Period, Series, indicator
from core.node import Constants, Node, State, fma, nan, step


@step
def _macd(s: State, p: Constants, value: float) -> tuple[float, float, float]:
    s.n += 1
    if s.n <= p.slow:
        s.slow += value
        if s.n > p.slow - p.fast:
            s.fast += value
        if s.n < p.slow:
            return nan, nan, nan
        s.slow /= p.slow
        s.fast /= p.fast
    else:
        s.fast = fma(p.fast_weight, value - s.fast, s.fast)
        s.slow = fma(p.slow_weight, value - s.slow, s.slow)
    line = s.fast - s.slow
    ready = s.n - p.slow + 1
    if ready <= p.signal:
        s.signal += line
        if ready < p.signal:
            return nan, nan, nan
        s.signal /= p.signal
    else:
        s.signal = fma(p.signal_weight, line - s.signal, s.signal)
    return line, s.signal, line - s.signal


@indicator
def macd(fast: Period = 12, slow: LongPeriod = 26, signal: Period = 9, of: Series = "close") -> Node:
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    weights = {
        "fast_weight": 2 / (fast + 1),
        "slow_weight": 2 / (slow + 1),
        "signal_weight": 2 / (signal + 1),
    }
    return Node(
        step=_macd,
        inputs=(of,),
        state={"fast": 0.0, "slow": 0.0, "signal": 0.0, "n": 0},
        constants={"fast": fast, "slow": slow, "signal": signal, **weights},
        outputs=("line", "signal", "histogram"),
        warmup=slow + signal - 2,
    )
