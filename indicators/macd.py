"""Moving average convergence divergence: a fast average minus a slow one, its own average, and their difference.

Both averages give their first value at the same bar: each is seeded with the simple mean of its own last `fast` or
`slow` closes up to bar `slow`. The signal line is seeded with the mean of the first `signal` differences, and nothing
is given before it is there. Source: Appel, Technical Analysis (2005); TA-Lib 0.8 `MACD` for the seeds.

>>> from core.node import fresh, interpreted
>>> from types import SimpleNamespace as Row
>>> node = macd(1, 2, 1); s, run = fresh(node), interpreted(node.step)
>>> [run(s, Row(close=c)) for c in (1.0, 3.0)]
[(nan, nan, nan), (1.0, 1.0, 0.0)]
"""

from core.errors import BadInput
from core.node import Node, Row, State, nan, step, whole


@step
def _macd(s: State, x: Row) -> tuple[float, float, float]:
    s.n += 1
    if s.n <= s.slow:
        s.slow_mean += x.close / s.slow
        if s.n > s.slow - s.fast:
            s.fast_mean += x.close / s.fast
        if s.n < s.slow:
            return nan, nan, nan
    else:
        s.fast_mean += s.fast_weight * (x.close - s.fast_mean)
        s.slow_mean += s.slow_weight * (x.close - s.slow_mean)
    line = s.fast_mean - s.slow_mean
    ready = s.n - s.slow + 1
    if ready <= s.signal:
        s.signal_mean += line / s.signal
        if ready < s.signal:
            return nan, nan, nan
    else:
        s.signal_mean += s.signal_weight * (line - s.signal_mean)
    return line, s.signal_mean, line - s.signal_mean


def macd(fast: int = 12, slow: int = 26, signal: int = 9) -> Node:
    whole("fast", fast)
    whole("slow", slow, at_least=2)
    whole("signal", signal)
    if fast >= slow:
        raise BadInput(f"fast must be less than slow ({slow}), was {fast}")
    weights = {
        "fast_weight": 2 / (fast + 1),
        "slow_weight": 2 / (slow + 1),
        "signal_weight": 2 / (signal + 1),
    }
    means = {"fast_mean": 0.0, "slow_mean": 0.0, "signal_mean": 0.0}
    return Node(
        name=f"macd_{fast}_{slow}_{signal}",
        step=_macd,
        state={"fast": fast, "slow": slow, "signal": signal, **weights, **means, "n": 0},
        outputs=("line", "signal", "histogram"),
        warmup=slow + signal - 2,
        call=f"macd({fast}, {slow}, {signal})",
        about="Moving average convergence divergence: line, signal line and histogram",
    )
