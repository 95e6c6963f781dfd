"""Frame strategies: rules over whole columns, for research; they can be backtested and checked, not run live.

`@frame_strategy def name(bars, period: int = 20)` is called once a symbol with all its closed bars (COLUMNS). It
answers a side for each of them (−1 to 1; 0 or null: nothing new), given at its close, or a frame of signals: ts_event,
side and maybe strength. A signal counts from the first close at or behind its ts_event on. Such a function sees the
whole history at once, so nothing keeps it from looking ahead: `candela check lookahead` finds out.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import BadInput
from core.events import SIGNAL, Batch
from core.imported import pointed
from core.making import checked
from strategies.backtest import Account, Run
from strategies.terms import Terms

Rule: TypeAlias = Callable[..., Any]  # Any: a Series or a DataFrame, which is looked at
Sides: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]  # when, side, strength

COLUMNS = ("ts_open", "ts_close", "symbol", "open", "high", "low", "close", "volume", "vwap", "trades")
_TIME = pl.Datetime("us", "UTC")  # as polars' own durations are: nanoseconds joined with them are another type


def frame_strategy(function: Rule) -> Rule:
    """Mark a function of bars and parameters as a frame strategy."""
    vars(function)["makes"] = "frames"
    return function


@dataclass(frozen=True, eq=False)
class FrameStrategy:
    """A frame strategy with its parameters; `call` is how a person asks for it."""

    rule: Rule
    parameters: dict[str, Any]  # Any: as their annotations say
    call: str

    @property
    def file(self) -> Path:
        return Path(inspect.getfile(self.rule))

    def __call__(self, bars: Batch, symbol: str) -> Sides:
        """The signals of one symbol's bars, in order of time, those without a side left out; BadInput."""
        try:
            answer = self.rule(framed(bars, symbol), **self.parameters)
        except Exception as error:
            raise pointed(error, self.file) from error
        try:
            return _signals(answer, bars)
        except BadInput as error:
            raise BadInput(f"{self.call} for {symbol}: {error}") from None


def with_parameters(rule: Rule, name: str, given: Sequence[Any], named: dict[str, Any]) -> FrameStrategy:
    """A frame strategy, by the `name` a person gave it, with numbers; BadInput. Any: numbers and texts."""
    signature, hints = inspect.signature(rule), get_type_hints(rule, include_extras=True)
    try:
        bound = signature.bind(None, *given, **named)
    except TypeError as error:
        raise BadInput(str(error)) from None
    bound.apply_defaults()
    values = dict(list(bound.arguments.items())[1:])
    found = {key: checked(key, value, hints[key]) if key in hints else value for key, value in values.items()}
    return FrameStrategy(rule, found, f"{name}({', '.join(f'{key}={value!r}' for key, value in found.items())})")


def framed(bars: Batch, symbol: str) -> pl.DataFrame:
    """One symbol's bars as a frame strategy sees them; BadInput."""
    if (bars["ts_close"] % 1000).any():
        raise BadInput(f"expected bars of {symbol} that close at whole microseconds, for a frame strategy")
    found = {name: np.ascontiguousarray(bars[name]) for name in COLUMNS if name != "symbol"}
    times = [pl.Series(name, found.pop(name) // 1000).cast(_TIME) for name in ("ts_open", "ts_close")]
    names = pl.repeat(symbol, len(bars), dtype=pl.String, eager=True).alias("symbol")
    return pl.DataFrame([*times, names, *(pl.Series(name, values) for name, values in found.items())])


def _signals(answer: Any, bars: Batch) -> Sides:  # Any: what a user's function gave
    if isinstance(answer, pl.Series):
        if len(answer) != len(bars):
            raise BadInput(f"expected a side for each of the {len(bars)} bars, found {len(answer)}")
        when, side, strength = bars["ts_close"], _numbers(answer, "side", 0.0), np.ones(len(bars))
    elif isinstance(answer, pl.DataFrame):
        when, side, strength = _dated(answer)
    else:
        raise BadInput(f"expected a polars Series of sides or a DataFrame of signals, found {type(answer).__name__}")
    for name, values, low in (("side", side, -1.0), ("strength", strength, 0.0)):
        if not ((values >= low) & (values <= 1.0)).all():
            row = int(np.argmin((values >= low) & (values <= 1.0)))
            raise BadInput(f"expected a {name} from {low:g} to 1, found {values[row]:g} in row {row}")
    said = np.flatnonzero(side)
    said = said[np.argsort(when[said], kind="stable")]
    return when[said], side[said], strength[said]


def _dated(answer: pl.DataFrame) -> Sides:
    missing = [name for name in ("ts_event", "side") if name not in answer.columns]
    if missing:
        raise BadInput(f"expected the columns ts_event and side, found {', '.join(answer.columns) or 'none'}")
    moments = answer["ts_event"]
    if moments.dtype == pl.Datetime:
        moments = moments.dt.replace_time_zone("UTC") if moments.dtype.time_zone is None else moments  # type: ignore[attr-defined]  # a Datetime has one
        moments = moments.cast(pl.Datetime("ns", "UTC")).cast(pl.Int64)
    if moments.dtype != pl.Int64 or moments.null_count():
        raise BadInput(f"expected moments in ts_event (datetimes, or nanoseconds), found {answer['ts_event'].dtype}")
    side = _numbers(answer["side"], "side", 0.0)
    strength = _numbers(answer["strength"], "strength", 1.0) if "strength" in answer.columns else np.ones(len(side))
    return moments.to_numpy(), side, strength


def _numbers(series: pl.Series, name: str, nothing: float) -> NDArray[np.float64]:
    if not (series.dtype.is_numeric() or series.dtype in {pl.Boolean, pl.Null}):
        raise BadInput(f"expected numbers as {name}, found {series.dtype}")
    found: NDArray[np.float64] = series.cast(pl.Float64).fill_nan(None).fill_null(nothing).to_numpy()
    return found


def signals(strategy: FrameStrategy, bars: Batch, symbols: Sequence[str]) -> tuple[Batch, NDArray[np.int64]]:
    """What it says of each symbol, at the bars from whose close on it counts, in their order, and which those are;
    BadInput."""
    said, place = [np.empty(0, dtype=SIGNAL)], [np.empty(0, dtype=np.int64)]
    for symbol, name in enumerate(symbols):
        own = np.flatnonzero(bars["symbol"] == symbol)
        if not len(own):
            continue
        when, side, strength = strategy(bars[own], name)
        at = np.searchsorted(bars["ts_close"][own], when)  # the first close at or behind it
        known = at < len(own)
        found = np.zeros(int(known.sum()), dtype=SIGNAL)
        found["side"], found["strength"] = side[known], strength[known]
        found["seq"] = found["seq_all"] = np.arange(1, len(found) + 1)
        said.append(found)
        place.append(own[at[known]])
    where = np.concatenate(place)
    order = np.argsort(where, kind="stable")
    rows, where = np.concatenate(said)[order], where[order]
    followed = bars[where]
    for name, of in (("ts_event", "ts_close"), ("ts_recv", "ts_recv"), ("price", "close"), ("symbol", "symbol")):
        rows[name] = followed[of]
    rows["timeframe"], rows["quality"] = followed["timeframe"], followed["quality"]
    return np.frombuffer(bytearray(rows.tobytes()), dtype=SIGNAL), where


def tried(strategy: FrameStrategy, bars: Batch, symbols: Sequence[str], terms: Terms, folder: Path) -> Run:
    """A backtest of it, on the same terms and by the same account as any other."""
    terms.checked()
    said, _ = signals(strategy, bars, symbols)
    account = Account(len(symbols), terms, folder)
    account.follow(np.ascontiguousarray(bars), said)
    return Run(terms, len(bars), said, account.fills(), account.points())
