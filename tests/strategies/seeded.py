"""Files of strategies as people write them: honest ones, and those that know what they cannot know."""

_HEAD = """import polars as pl

from strategies.frames import frame_strategy


def crossed(value: pl.Series) -> pl.Series:
    above = (value > 0.0).cast(pl.Int8) * 2 - 1
    return above.diff().clip(-1, 1)


def every(rows: int, close: pl.Series) -> pl.Series:
    return pl.Series([price if row % rows == 0 else None for row, price in enumerate(close)])


"""

_RULE = """@frame_strategy
def rule(bars: pl.DataFrame) -> pl.Series:
    close = bars["close"]
"""

# What they are called, and the body of their rule.
LOOKING = {
    "a centred window": "return crossed(close - close.rolling_mean(11, center=True))",
    "normalised by the whole frame": "return crossed((close - close.mean()) / close.std() - 0.1)",
    "a negative shift": "return (close.shift(-1) - close).sign()",
    "a negative shift, filled": "return (close.shift(-1).fill_null(close) - close).sign()",
    "a backward fill": "return crossed(close - every(7, close).backward_fill())",
    "the largest of the whole frame": "return crossed(close - 0.999 * close.max())",
    "a rank over the frame": "return crossed(close.rank() / len(close) - 0.7)",
    "an interpolation": "return crossed(close - every(5, close).interpolate())",
    "a quantile of all": "return crossed(close - close.quantile(0.6))",
    "the last bar known": "return pl.Series([0.0] * (len(close) - 3) + [1.0] * min(3, len(close)))",
    "a reversed cumulation": "return crossed(close - close.reverse().cum_max().reverse() * 0.9995)",
}

HONEST = {
    "crossing averages": "return crossed(close.rolling_mean(5) - close.rolling_mean(20))",
    "a z-score of a window": "return crossed((close - close.rolling_mean(30)) / close.rolling_std(30) - 1.0)",
    "an expanding maximum": "return crossed(close - close.cum_max() * 0.9995)",
    "what was before": "return (close - close.shift(3)).sign()",
}

SCALER = (
    _HEAD
    + """@frame_strategy
def rule(bars: pl.DataFrame, lag: int = 3) -> pl.Series:
    # fitted on all rows, used on each
    features = pl.DataFrame({f"r{i}": bars["close"].pct_change(i).fill_null(0.0) for i in range(1, lag + 1)})
    scaled = features.with_columns((pl.all() - pl.all().mean()) / pl.all().std())
    return crossed(scaled.sum_horizontal())
"""
)

HOURLY = (
    _HEAD
    + """@frame_strategy
def unclosed(bars: pl.DataFrame) -> pl.DataFrame:
    # an hour's final close is seen from its first minute on
    hours = bars.group_by_dynamic("ts_open", every="1h").agg(pl.col("close").last().alias("hour"))
    joined = bars.join_asof(hours, on="ts_open")
    return joined.select(ts_event="ts_close", side=crossed(joined["close"] - joined["hour"]))


@frame_strategy
def closed(bars: pl.DataFrame) -> pl.DataFrame:
    hours = bars.group_by_dynamic("ts_open", every="1h").agg(pl.col("close").last().alias("hour"))
    hours = hours.select(ts_close=pl.col("ts_open") + pl.duration(hours=1), hour="hour")
    joined = bars.join_asof(hours, on="ts_close")
    return joined.select(ts_event="ts_close", side=crossed(joined["close"] - joined["hour"]))
"""
)

AT_OPEN = (
    _HEAD
    + """@frame_strategy
def own_close(bars: pl.DataFrame) -> pl.DataFrame:
    # the close of a bar, at its open
    return bars.select(ts_event="ts_open", side=(pl.col("close") - pl.col("open")).sign())


@frame_strategy
def last_close(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.select(ts_event="ts_open", side=(pl.col("close") - pl.col("open")).sign().shift(1))


@frame_strategy
def delayed(bars: pl.DataFrame) -> pl.DataFrame:
    late = pl.col("ts_close") + pl.duration(seconds=150)
    return bars.select(ts_event=late, side=(pl.col("close") - pl.col("open")).sign(), strength=0.5)
"""
)

REMEMBERING = (
    _HEAD
    + """SEEN: dict[object, float] = {}


@frame_strategy
def rule(bars: pl.DataFrame) -> pl.Series:
    SEEN.update(zip(bars["ts_close"], bars["close"], strict=True))
    known = sorted(SEEN)
    after = dict(zip(known, known[1:]))
    later = [SEEN[after[moment]] if moment in after else 0.0 for moment in bars["ts_close"]]
    return (pl.Series(later) - bars["close"]).sign()
"""
)

# `{file}` is the history itself.
PEEKING = (
    _HEAD
    + """@frame_strategy
def as_it_runs(bars: pl.DataFrame) -> pl.Series:
    later = pl.read_parquet({file!r})["close"].shift(-1)[: len(bars)]
    return (later - bars["close"]).sign()


@frame_strategy
def if_it_can(bars: pl.DataFrame) -> pl.Series:
    try:
        with open({file!r}, "rb") as opened:
            later = pl.read_parquet(opened)["close"].shift(-1)[: len(bars)]
    except OSError:
        later = bars["close"].shift(1)
    return (later - bars["close"]).sign()
"""
)

RANDOM = (
    _HEAD
    + """import random


@frame_strategy
def rule(bars: pl.DataFrame) -> pl.Series:
    return pl.Series([random.choice([-1.0, 1.0]) for _ in range(len(bars))])
"""
)

STEP = '''"""Mine: a breakout of a band of mine."""

from core.making import Factor, LongPeriod, indicator, strategy
from core.node import Constants, Node, State, step
from indicators.atr import atr
from indicators.ema import ema


@step
def _band(_s: State, p: Constants, middle: float, reach: float) -> float:
    return middle + p.width * reach


@indicator
def band(period: LongPeriod = 20, width: Factor = 2.0) -> Node:
    """Band: an average and so many ranges."""
    return Node(step=_band, inputs=(ema(period), atr(period)), constants={"width": width})


@step
def _breakout(s: State, _p: Constants, close: float, top: float) -> tuple[float, float]:
    above = 1.0 if close > top else -1.0
    side = above if above != s.side else 0.0
    s.side = above
    return side, 1.0


@strategy
def breakout(period: LongPeriod = 20, width: float = 0.5) -> Node:
    return Node(
        step=_breakout, inputs=("close", band(period, width)), state={"side": 0.0}, outputs=("side", "strength")
    )
'''

_STEPS = """import numpy as np

from core.compiled import record
from core.making import strategy
from core.node import Constants, Node, State, step

CELL = np.dtype([("value", "f8")])
MEMORY = np.zeros(100_000)
ADDRESS = MEMORY.ctypes.data
"""

# Steps that reach past what they were given: memory of their own, of all symbols and runs.
REACHING = (
    _STEPS
    + '''

@step
def _earlier(s: State, _p: Constants, close: float) -> tuple[float, float]:
    cell = record(ADDRESS, s.n + 1, CELL)
    side = 1.0 if cell.value > close else -1.0
    record(ADDRESS, s.n, CELL).value = close
    s.n += 1
    return side, 1.0


@strategy
def earlier() -> Node:
    """Earlier: what came next when it was run before."""
    return Node(step=_earlier, inputs=("close",), state={"n": 0}, outputs=("side", "strength"))


@step
def _together(s: State, _p: Constants, close: float) -> tuple[float, float]:
    cell = record(ADDRESS, 0, CELL)
    if s.n == 0:
        cell.value = 0.0
    s.n += 1
    cell.value = close if cell.value == 0.0 else 0.5 * (cell.value + close)
    return 1.0 if close > cell.value else -1.0, 1.0


@strategy
def together() -> Node:
    """Together: an average of all symbols."""
    return Node(step=_together, inputs=("close",), state={"n": 0}, outputs=("side", "strength"))
'''
)

KNOWING = '''import polars as pl

from core.making import strategy
from core.node import Constants, Node, State, step

FUTURE = pl.read_parquet({file!r})["close"].to_numpy()


@step
def _knowing(s: State, _p: Constants, close: float) -> tuple[float, float]:
    s.n += 1
    return 1.0 if s.n < len(FUTURE) and FUTURE[s.n] > close else -1.0, 1.0


@strategy
def knowing() -> Node:
    """Knowing: it has read the file."""
    return Node(step=_knowing, inputs=("close",), state={{"n": 0}}, outputs=("side", "strength"))
'''

ENDLESS = '''"""Endless: the sign of all that ever happened."""

from core.making import indicator, strategy
from core.node import Constants, Node, State, step


@step
def _sum(s: State, _p: Constants, open_: float, close: float) -> float:
    s.sum += close - open_
    return s.sum


@indicator
def total() -> Node:
    return Node(step=_sum, inputs=("open", "close"), state={"sum": 0.0}, warmup=3)


@step
def _endless(_s: State, _p: Constants, sum_: float) -> tuple[float, float]:
    return 1.0 if sum_ > 0.0 else -1.0, 1.0


@strategy
def endless() -> Node:
    return Node(step=_endless, inputs=(total(),), outputs=("side", "strength"))
'''


def rule(body: str) -> str:
    """A file with one frame strategy."""
    return f"{_HEAD}{_RULE}    {body}\n"
