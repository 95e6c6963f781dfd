"""Yang-Zhang volatility: from gaps, bodies and ranges together; right in a trend and with gaps.

√ of var(ln(open / last close)) + k · var(ln(close / open)) + (1 − k) · Rogers-Satchell variance over `period` bars,
k = 0.34 / (1.34 + (period + 1) / (period − 1)), variances of the sample. `per_year` makes it annual.
Source: Yang, Zhang, Drift-Independent Volatility Estimation (2000).

>>> from core.plain import over
>>> over(yang_zhang(2), open=[1.5, 2.0, 4.5], high=[3.0, 5.0, 6.0], low=[1.0, 2.0, 4.0], close=[2.0, 4.0, 5.0])[-1:]
[0.38855545434862426]
"""

import math

from core.making import LongPeriod, PerYear, indicator
from core.node import Constants, Node, State, nan, step
from indicators.moments import moments
from indicators.rogers_satchell import rogers_satchell_of_bar
from indicators.rolling_sum import rolling_sum


@step
def _parts(s: State, _p: Constants, open_: float, close: float) -> tuple[float, float]:
    before = s.before
    s.before = close
    if not s.known:
        s.known = 1
        return nan, nan
    return math.log1p((open_ - before) / before), math.log1p((close - open_) / open_)


@indicator
def parts() -> Node:
    """The gap before a bar and its body, as log returns."""
    state = {"before": 0.0, "known": 0}
    return Node(step=_parts, inputs=("open", "close"), state=state, outputs=("gap", "body"), warmup=1)


@step
def _yang_zhang(_s: State, p: Constants, gap: float, body: float, ranges: float) -> float:
    whole = (gap + p.k * body) * p.sample + (1.0 - p.k) * ranges / p.period
    return math.sqrt(max(whole, 0.0) * p.per_year)


@indicator
def yang_zhang(period: LongPeriod = 20, per_year: PerYear = 1.0) -> Node:
    both = parts()
    ranges = rolling_sum(period, rogers_satchell_of_bar())
    return Node(
        step=_yang_zhang,
        inputs=(moments(period, both["gap"])["variance"], moments(period, both["body"])["variance"], ranges),
        constants={
            "k": 0.34 / (1.34 + (period + 1) / (period - 1)),
            "sample": period / (period - 1),
            "period": period,
            "per_year": per_year,
        },
    )
