"""Ichimoku Kinko Hyo: where the price stands against the middles of its short, medium and long ranges.

conversion, base = midprice(conversion), midprice(base); span_a = (conversion + base) / 2 and span_b = midprice(span),
both as they were drawn `shift` bars ago, which is where they stand on the chart at this bar. The lagging line is the
close itself, drawn `shift` bars back, and so needs no column.
Source: Hosoda, Ichimoku Kinko Hyo (1969); Patel, Trading with Ichimoku Clouds (2010).

>>> from core.plain import over
>>> over(ichimoku(2, 2, 2, 1), high=[3.0, 5.0, 6.0, 5.0], low=[1.0, 2.0, 4.0, 3.0], close=[2.0, 4.0, 5.0, 3.5])
[(nan, nan, nan, nan), (nan, nan, nan, nan), (4.0, 4.0, 3.0, 3.0), (4.5, 4.5, 4.0, 4.0)]
"""

from core.making import LongPeriod, Period, indicator
from core.node import Constants, Node, Past, State, ago, nan, step
from indicators.midprice import midprice


@step
def _cloud(_s: State, _p: Constants, conversion: float, base: float) -> float:
    return (conversion + base) / 2.0


@indicator
def cloud(conversion: LongPeriod, base: LongPeriod) -> Node:
    """The first edge of the cloud, where it is made."""
    return Node(step=_cloud, inputs=(midprice(conversion), midprice(base)))


@step
def _ichimoku(
    s: State, p: Constants, conversion: float, base: float, a: State, b: State
) -> tuple[float, float, float, float]:
    if s.n < p.shift:
        s.n += 1
        return nan, nan, nan, nan
    return conversion, base, ago(a, p.shift), ago(b, p.shift)


@indicator
def ichimoku(conversion: LongPeriod = 9, base: LongPeriod = 26, span: LongPeriod = 52, shift: Period = 26) -> Node:
    edge = cloud(conversion, base)
    return Node(
        step=_ichimoku,
        inputs=(midprice(conversion), midprice(base), Past(edge, shift + 1), Past(midprice(span), shift + 1)),
        state={"n": 0},
        constants={"shift": shift},
        outputs=("conversion", "base", "span_a", "span_b"),
        warmup=shift,
    )
