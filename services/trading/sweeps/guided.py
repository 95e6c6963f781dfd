"""Guided search: Optuna's tree-structured Parzen estimator, in rounds of a fixed size, so that all cores have work.

The rounds depend on the seed and on what their points were worth, not on how many cores there are or how long each
took: the same search asks for the same points. Source: Bergstra, Bardenet, Bengio, Kégl, Algorithms for Hyper-Parameter
Optimization, NIPS (2011); Optuna's `constant_liar` keeps the points of a round apart.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, Unavailable
from services.trading.sweeps.family import Point
from services.trading.sweeps.search import Refusal
from services.trading.sweeps.space import Dimension, Space

if TYPE_CHECKING:
    import optuna

_ROUND = 16
_AGAIN = 400  # suggestions of a round, with those that are refused or known: there is hardly anything new


class Guided:
    """So many points of a space, those of a round not known before."""

    def __init__(self, space: Space, count: int, seed: int, refusal: Refusal) -> None:
        self._optuna = _imported()
        sampler = self._optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True)
        self._study = self._optuna.create_study(direction="maximize", sampler=sampler)
        self._space, self._left, self._refusal = space, count, refusal
        self.left_out: Counter[str] = Counter()
        self._seen: set[tuple[object, ...]] = set()
        self._worths: dict[tuple[object, ...], float] = {}
        self._round: dict[tuple[object, ...], optuna.Trial] = {}

    def ask(self) -> Sequence[Point]:
        found: list[Point] = []
        wanted, tries = min(_ROUND, self._left), 0
        while len(found) < wanted and tries < _AGAIN and not self._space.size == len(self._seen) > 0:
            tries += 1
            trial = self._study.ask()
            point = {each.name: _suggested(trial, each) for each in self._space.dimensions}
            key = tuple(point.values())
            self._seen.add(key)
            if key in self._worths:
                self._end(trial, self._worths[key])
            elif key in self._round:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            elif reason := self._refusal(point):
                self.left_out[reason] += 1
                self._study.tell(trial, -math.inf)  # told as failed it would be suggested again and again
            else:
                self._round[key] = trial
                found.append(point)
        self._left -= len(found)
        if not (found or self._worths):
            raise BadInput(f"expected parameters there is a strategy for, found none: {self._most_common()}")
        return found

    def _most_common(self) -> str:
        return self.left_out.most_common(1)[0][0] if self.left_out else "no points were asked for"

    def tell(self, worths: Sequence[float]) -> None:
        for (key, trial), worth in zip(self._round.items(), worths, strict=True):
            self._worths[key] = worth
            self._end(trial, worth)
        self._round.clear()

    def _end(self, trial: "optuna.Trial", worth: float) -> None:
        """One that never trades has no Sharpe ratio: it is worse than all that have."""
        self._study.tell(trial, worth if math.isfinite(worth) else -math.inf)


def _suggested(trial: "optuna.Trial", dimension: Dimension) -> Any:  # Any: an int, a float or a text
    """Numbers as their places among all there are, so that steps, factors and lists are as even as they are written."""
    if dimension.values and not isinstance(dimension.values[0], str):
        return dimension.values[trial.suggest_int(dimension.name, 0, len(dimension.values) - 1)]
    if dimension.values:
        return trial.suggest_categorical(dimension.name, dimension.values)
    if dimension.whole:
        return trial.suggest_int(dimension.name, round(dimension.low), round(dimension.high), log=dimension.log)
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)


def _imported() -> Any:  # Any: a module that may not be there
    try:
        import optuna  # noqa: PLC0415 an extra
    except ImportError:
        raise Unavailable(
            "--search optuna needs Optuna: pip install 'candela[optuna]', or take --search random"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
