"""What candlestick patterns are made of: the parts of a candle, gaps between them, and averages to call them long by.

Long and short, near and equal are meant beside the candles before: the mean body, range or shadow of the 10 (or 5) that
came before the candle in question, in TA-Lib's proportions. The four means are shared by all patterns.
Source: Nison, Japanese Candlestick Charting Techniques, 2nd ed. (2001); TA-Lib 0.8 candle settings.

>>> from core.plain import over
>>> over(shadows(), open=[10.0], high=[13.0], low=[9.0], close=[11.0])
[1.5]
"""

from core.making import Period, Series, indicator
from core.node import Constants, Node, Past, State, Step, ago, nan, step
from indicators.adr import reach
from indicators.ma import late

_DEEP = 5  # candles back that a pattern looks


@step
def up(o: State, c: State, k: int) -> bool:
    return ago(c, k) >= ago(o, k)


@step
def body(o: State, c: State, k: int) -> float:
    return abs(ago(c, k) - ago(o, k))


@step
def top(o: State, c: State, k: int) -> float:
    return max(ago(o, k), ago(c, k))


@step
def bottom(o: State, c: State, k: int) -> float:
    return min(ago(o, k), ago(c, k))


@step
def upper(h: State, o: State, c: State, k: int) -> float:
    """The upper shadow."""
    return ago(h, k) - max(ago(o, k), ago(c, k))


@step
def lower(l: State, o: State, c: State, k: int) -> float:
    """The lower shadow."""
    return min(ago(o, k), ago(c, k)) - ago(l, k)


@step
def gap_up(o: State, c: State, k: int, before: int) -> bool:
    """Whether the body is wholly above the one before."""
    return bottom(o, c, k) > top(o, c, before)


@step
def gap_down(o: State, c: State, k: int, before: int) -> bool:
    return top(o, c, k) < bottom(o, c, before)


@step
def signed(rising: bool, size: float) -> float:
    return size if rising else -size


@step
def _body_size(_s: State, _p: Constants, open_: float, close: float) -> float:
    return abs(close - open_)


@indicator
def body_size() -> Node:
    """From open to close, without sign."""
    return Node(step=_body_size, inputs=("open", "close"))


@step
def _shadows(_s: State, _p: Constants, open_: float, high: float, low: float, close: float) -> float:
    return ((high - max(open_, close)) + (min(open_, close) - low)) / 2.0


@indicator
def shadows() -> Node:
    """The mean of a candle's two shadows."""
    return Node(step=_shadows, inputs=("open", "high", "low", "close"))


@step
def _mean_before(s: State, p: Constants, value: float, past: State) -> float:
    if s.n < p.period:
        s.n += 1
        s.total += value
        return nan
    mean = s.total / p.period
    s.total += value - ago(past, p.period)
    s.left -= 1
    if s.left <= 0:
        s.left = 32 * p.period
        s.total = 0.0
        for i in range(p.period):
            s.total += ago(past, p.period - 1 - i)
    return mean


@indicator
def mean_before(period: Period, of: Series) -> Node:
    """The mean of the `period` values before this one."""
    return Node(
        step=_mean_before,
        inputs=(of, Past(of, period + 1)),
        state={"total": 0.0, "n": 0, "left": 32 * period},
        constants={"period": period},
        warmup=period,
    )


def pattern(step_: Step, lookback: int, **constants: float) -> Node:
    """A pattern as a node: its step is given the last candles and the four means; it begins after `lookback` rows.

    o, h, l, c: the last prices; b: mean bodies, r: mean ranges, t: mean shadows (10 candles each); n: mean ranges of 5.
    """
    candles = tuple(Past(name, _DEEP + 1) for name in ("open", "high", "low", "close"))
    means = (
        mean_before(10, body_size()),
        mean_before(10, reach()),
        mean_before(10, shadows()),
        mean_before(5, reach()),
    )
    needed = means if lookback >= 10 else means[3:] if lookback >= 5 else ()
    return Node(
        step=step_,
        inputs=(late(lookback, "close"), *candles, *(Past(mean, _DEEP) for mean in needed)),
        constants=constants,
    )
