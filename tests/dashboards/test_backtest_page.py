"""The page of a backtest in a real browser, from a file."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from core.events import Batch
from gateway.backtest_page import page as written
from services.trading.backtests import History, Report, held
from strategies import crossover
from strategies.backtest import backtest
from strategies.performance import performance
from strategies.terms import Terms

NAMES = ("ACME", "</script><script>x", "NONE")  # the last one is never traded


@pytest.fixture
def report(kernels: Path, make_bars: Callable[..., Batch]) -> Report:
    bars = make_bars(20_000, symbols=2, seed=4)
    history, node = History(bars, NAMES, "1s"), crossover(3, 8)
    run = backtest(node, bars, 3, Terms(share=0.4, commission=0.0001), kernels)
    return Report(node.call, history, run, performance(run) | {"buy_and_hold": held(bars)})


async def test_the_page_shows_figures_curves_and_trades_without_a_server(
    report: Report, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(written(report, {"symbols": "ACME", "sharpe": "1.25"}, "commission=1bps"))
    await page.goto((tmp_path / "page.html").as_uri())
    await expect(page.locator("h1")).to_have_text("crossover(3, 8)")
    await expect(page.locator(".figures div")).to_have_count(1)
    await expect(page.locator(".figures dd")).to_have_text("1.25")
    await expect(page.locator("#trades tr")).to_have_count(500)
    await expect(page.locator("#many")).to_contain_text("that won or lost most, of ")
    await expect(page.locator("#symbol option")).to_have_text(list(NAMES[:2]))
    legend = page.locator("#legend")
    whole = await legend.text_content()
    for canvas in ("price", "equity", "drawdown"):
        drawn = await page.evaluate(
            f"document.getElementById('{canvas}').getContext('2d').getImageData(0, 0, 800, 100).data.some((x) => x)"
        )
        assert drawn, canvas
    await page.locator("#equity").hover()
    await expect(legend).to_contain_text("below its peak")
    for _ in range(4):
        await page.mouse.wheel(0, -100)
    await page.locator("h1").hover()
    nearer = await legend.text_content()
    assert nearer != whole
    await page.locator("#trades tr").first.click()
    await expect(legend).not_to_have_text(str(nearer))
    await page.locator("#equity").dblclick()
    await page.locator("h1").hover()
    await expect(legend).to_have_text(str(whole))


def test_a_curve_keeps_its_extremes_and_says_what_was_held(report: Report) -> None:
    text = written(report, {"symbols": "two"}, "")
    found = json.loads(re.findall(r'id="told">(.*?)</script>', text)[0].replace("<\\/", "</"))
    curve, equity = found["curve"], report.run.points["equity"]
    assert 3_000 < len(curve["ts"]) <= 4_002
    assert curve["ts"] == sorted(curve["ts"])
    for kept, exact in ((min(curve["equity"]), equity.min()), (max(curve["equity"]), equity.max())):
        assert kept == pytest.approx(exact, rel=1e-6)
    assert max(curve["drawdown"]) == pytest.approx(report.figures["max_drawdown"], rel=1e-6)
    assert curve["held"][-1] == pytest.approx(100_000 * (1 + held(report.history.bars)), rel=1e-6)
    fills = report.run.fills
    assert {name: len(each["fills"]["ts"]) for name, each in found["prices"].items()} == {
        NAMES[symbol]: int(np.sum(fills["symbol"] == symbol)) for symbol in (0, 1)
    }
