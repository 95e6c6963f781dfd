"""The page of a backtest: one HTML file with all that is in it, which needs no server and no network."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.events import Batch
from services.trading.backtests import Report
from strategies.backtest import rounds

_BUCKETS = 2_000  # of a curve on the page: of each its lowest and its highest point are kept
_SYMBOLS, _TRADES, _FILLS = 8, 500, 50_000
_MS = 10**6

Numbers = NDArray[np.float64]
Told = dict[str, Any]  # Any: JSON


def page(report: Report, figures: Mapping[str, str], terms: str) -> str:
    """The whole page. `figures`: in words, by name."""
    web = files("dashboards") / "web"
    text = (web / "backtest.html").read_text()
    for mark, file in (("/* page.css */", "page.css"), ("/* backtest.js */", "backtest.js")):
        text = text.replace(mark, (web / file).read_text())
    symbols = report.history.symbols
    trades = list(rounds(report.run.fills))
    shown = sorted(sorted(trades, key=lambda trade: -abs(trade[4]))[:_TRADES])
    about = [f"{report.history.timeframe} bars of {figures['symbols']}", figures.get("from, to", "")]
    told = {
        "strategy": report.strategy, "terms": terms, "rounds": len(trades), "about": " · ".join(filter(None, about)),
        "figures": [(name, figure) for name, figure in figures.items() if name not in {"symbols", "from, to"}],
        "curve": _curve(report), "prices": dict(_prices(report)),
        "trades": [
            (symbols[symbol], begun // _MS, ended // _MS, most, profit)
            for symbol, begun, ended, most, profit in sorted(shown, key=lambda trade: trade[1])
        ],
    }  # fmt: skip
    data = json.dumps(told, separators=(",", ":")).replace("</", "<\\/")  # nothing in it ends the script
    return text.replace('id="told">null<', f'id="told">{data}<')


def _curve(report: Report) -> Told:
    points = report.run.points
    equity = points["equity"]
    peak = np.maximum.accumulate(np.maximum(equity, report.run.terms.cash))
    kept = _kept(equity)
    columns = {"equity": equity, "held": _worth(report), "drawdown": 1 - equity / peak}
    return {"ts": _milliseconds(points["ts_event"][kept])} | {
        name: _short(column[kept]) for name, column in columns.items()
    }


def _worth(report: Report) -> Numbers:
    """What equal parts of all symbols are worth at each moment, bought at their first open and kept."""
    moments, bars = report.run.points["ts_event"], report.history.bars
    worth = np.zeros(len(moments))
    for own in _by_symbol(bars):
        newest = np.searchsorted(own["ts_event"], moments, side="right") - 1
        worth += np.where(newest >= 0, own["close"][np.maximum(newest, 0)] / own["open"][0], 1.0)
    found: Numbers = report.run.terms.cash * worth / max(len(np.unique(bars["symbol"])), 1)
    return found


def _by_symbol(bars: Batch) -> Iterator[Batch]:
    order = np.argsort(bars["symbol"], kind="stable")
    yield from np.split(bars[order], np.flatnonzero(np.diff(bars["symbol"][order])) + 1)


def _prices(report: Report) -> Iterator[tuple[str, Told]]:
    """Closes and fills of the symbols that were traded most."""
    bars, fills = report.history.bars, report.run.fills
    traded, count = np.unique(fills["symbol"], return_counts=True)
    chosen = traded[np.argsort(-count, kind="stable")][:_SYMBOLS] if len(traded) else np.unique(bars["symbol"])[:1]
    for symbol in chosen.tolist():
        own, ours = bars[bars["symbol"] == symbol], fills[fills["symbol"] == symbol][:_FILLS]
        kept = _kept(own["close"])
        yield report.history.symbols[symbol], {
            "ts": _milliseconds(own["ts_event"][kept]), "close": _short(own["close"][kept]),
            "fills": {
                "ts": _milliseconds(ours["ts_event"]), "price": _short(ours["price"]),
                "quantity": _short(ours["quantity"]),
            },
        }  # fmt: skip


def _kept(values: Numbers) -> NDArray[np.int64]:
    """The places of the points that a curve keeps: the ends, and the extremes of each bucket."""
    count = len(values)
    if count <= 2 * _BUCKETS:
        return np.arange(count)
    parts = np.array_split(values, _BUCKETS)
    first = np.cumsum([0, *map(len, parts[:-1])])
    extremes = [first + [int(choose(part)) for part in parts] for choose in (np.argmin, np.argmax)]
    return np.unique(np.concatenate([[0, count - 1], *extremes]))


def _milliseconds(ts: NDArray[np.int64]) -> list[int]:
    found: list[int] = (ts // _MS).tolist()
    return found


def _short(values: Numbers) -> list[float]:
    """Seven digits are more than a screen shows."""
    return [float(f"{value:.7g}") for value in values.tolist()]
