"""Execution against the same rules written down a second time, and the rules themselves on small cases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core.bank import Bank
from core.errors import BadInput
from core.events import BAR, GAP, SECOND, SIGNAL, Batch
from core.node import Node
from indicators import ema
from strategies import ALL, crossover
from strategies.backtest import Account, backtest, rounds
from strategies.terms import Terms
from tests.strategies.plain import YEAR, Plain

T0 = 1_700_000_000 * SECOND


def made(*rows: tuple[float, float, float, float], symbols: int = 1, volume: float = 1e9) -> Batch:
    """Bars of a second from open, high, low and close, the symbols in turn."""
    bars = np.zeros(len(rows), dtype=BAR)
    for name, column in zip(("open", "high", "low", "close"), np.array(rows).T, strict=True):
        bars[name] = column
    number = np.arange(len(rows))
    bars["symbol"], bars["volume"] = number % symbols, volume
    bars["ts_open"] = T0 + number // symbols * SECOND
    bars["ts_event"] = bars["ts_close"] = bars["ts_open"] + SECOND
    return bars


def said(bars: Batch, *sides: tuple[int, float]) -> Batch:
    """Signals at the closes of these bars."""
    signals = np.zeros(len(sides), dtype=SIGNAL)
    for signal, (at, side) in zip(signals, sides, strict=True):
        signal["ts_event"], signal["symbol"], signal["side"] = bars["ts_event"][at], bars["symbol"][at], side
    return signals


def flat(*prices: float) -> list[tuple[float, float, float, float]]:
    return [(price, price, price, price) for price in prices]


@pytest.fixture
def account(kernels: Path) -> Callable[..., Account]:
    return lambda terms, symbols=1: Account(symbols, terms, kernels)


def test_an_order_is_filled_at_the_next_open_and_pays_spread_slippage_and_fees(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 11, 12, 13))
    ours = account(Terms(cash=1000.0, units=10, spread=0.02, slippage=0.01, commission=0.001, per_share=0.1, least=2.0))
    ours.follow(bars, said(bars, (0, 1.0), (2, -1.0)))
    bought, sold = ours.fills().tolist()
    assert bought[:3] == (bars["ts_open"][1], 10.0, pytest.approx(11 * 1.02))
    assert bought[3] == 2.0  # the least
    assert sold[:3] == (bars["ts_open"][3], -20.0, pytest.approx(13 * 0.98))
    assert sold[3] == pytest.approx(20 * (13 * 0.98 * 0.001 + 0.1))
    cash = 1000 - 10 * 11 * 1.02 - 2 + 20 * 13 * 0.98 - sold[3]
    assert ours.points()["cash"].tolist()[-1] == pytest.approx(cash)
    assert ours.points()["equity"].tolist()[-1] == pytest.approx(cash - 10 * 13)
    assert ours.points()["ts_event"].tolist() == bars["ts_event"].tolist()


def test_latency_skips_the_bars_that_open_too_early(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 11, 12, 13))
    ours = account(Terms(units=1, latency_s=1.5))
    ours.follow(bars, said(bars, (0, 1.0)))
    assert ours.fills()["ts_event"].tolist() == [bars["ts_open"][3]]


def test_no_more_than_a_share_of_the_volume_is_traded_and_the_rest_waits(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 10, 10, 10, 10), volume=40.0)
    ours = account(Terms(units=25, participation=0.25, lot=1.0))
    ours.follow(bars, said(bars, (0, 1.0)))
    assert ours.fills()["quantity"].tolist() == [10, 10, 5]
    assert ours.fills()["left"].tolist() == [15, 5, 0]


def test_cash_and_leverage_bound_what_is_bought_and_sold_short(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 10, 10, 10))
    for leverage, quantity in ((1.0, 100.0), (2.5, 250.0)):
        for side in (1.0, -1.0):
            ours = account(Terms(cash=1000.0, units=1e6, leverage=leverage))
            ours.follow(bars, said(bars, (0, side)))
            assert ours.fills()["quantity"].tolist() == [side * quantity]
    ours = account(Terms(cash=1000.0, shorts=False))
    ours.follow(bars, said(bars, (0, -1.0), (1, 1.0), (2, -1.0)))
    assert ours.fills()["quantity"].tolist() == [100.0, -100.0]


@pytest.mark.parametrize(
    ("bar", "price", "reason"),
    [
        ((10, 10.4, 9.6, 10), None, None),
        ((10, 10.4, 9.4, 10), 9.5, 1),  # the stop
        ((9.2, 9.4, 9.0, 9.1), 9.2, 1),  # it opened beyond it
        ((10, 10.6, 9.6, 10), 10.5, 2),  # the target
        ((10.8, 10.9, 10.7, 10.8), 10.8, 2),
        ((10, 10.6, 9.4, 10), 9.5, 1),  # both: the worse one
    ],
)
def test_a_stop_and_a_target_within_a_bar(
    account: Callable[..., Account], bar: tuple[float, float, float, float], price: float | None, reason: int | None
) -> None:
    for side in (1.0, -1.0):
        rows = [*flat(10, 10), bar if side > 0 else tuple(20 - bar[i] for i in (0, 2, 1, 3)), *flat(10)]
        bars = made(*rows)  # type: ignore[arg-type]  # four numbers
        ours = account(Terms(units=10, stop=0.05, target=0.05))
        ours.follow(bars, said(bars, (0, side)))
        out = ours.fills()[1:]
        at = None if price is None else price if side > 0 else 20 - price
        assert out["quantity"].tolist() == ([] if at is None else [-10 * side])
        assert out["price"].tolist() == ([] if at is None else [pytest.approx(at)])
        assert out["reason"].tolist() == ([] if at is None else [reason])


def test_what_is_sold_short_costs_its_borrowing(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 10, 10))
    ours = account(Terms(cash=1000.0, units=10, borrow=0.5))
    ours.follow(bars, said(bars, (0, -1.0)))
    points = ours.points()
    assert points["equity"][1] == 1000.0 - 100 * 0.5 * SECOND / YEAR  # from the close before it on
    assert points["equity"][2] == pytest.approx(1000.0 - 2 * 100 * 0.5 * SECOND / YEAR, rel=1e-15)


def test_who_has_nothing_left_is_out(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 10, 25, 25, 5))
    ours = account(Terms(cash=1000.0, units=1e6))
    ours.follow(bars, said(bars, (0, -1.0), (2, 1.0), (3, -1.0)))
    assert ours.fills()["reason"].tolist() == [0, 3]
    assert ours.points()["equity"].tolist()[2:] == [-500.0] * 3
    assert ours.points()["gross"].tolist()[2:] == [0.0] * 3


def zero_or(most: float) -> some.SearchStrategy[float]:
    return some.one_of(some.just(0.0), some.floats(most / 100, most))


TERMS = some.builds(
    Terms, cash=some.floats(100, 1e5), share=some.floats(0.1, 1.5), units=zero_or(50), shorts=some.booleans(),
    leverage=some.floats(0.5, 3), commission=zero_or(0.01), per_share=zero_or(0.05), least=zero_or(2),
    spread=zero_or(0.02), slippage=zero_or(0.01), participation=zero_or(0.5), borrow=zero_or(1), lot=zero_or(3),
    stop=zero_or(0.05), target=zero_or(0.05), latency_s=some.sampled_from([0.0, 1.0, 2.5]),
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms=TERMS, seed=some.integers(0, 10**6), symbols=some.integers(1, 4))
def test_what_is_traded_is_what_the_plain_rules_trade(kernels: Path, terms: Terms, seed: int, symbols: int) -> None:
    bars, signals = walk(seed, symbols)
    ours = Account(symbols, terms, kernels)
    ours.follow(bars, signals)
    plain, moments = Plain(terms, terms.cash), np.unique(bars["ts_event"])
    for ts in moments:
        of_then = [dict(zip(BAR.names or (), x.item(), strict=True)) for x in bars[bars["ts_event"] == ts]]
        plain.moment(of_then, {s["symbol"].item(): s["side"].item() for s in signals[signals["ts_event"] == ts]})
    fills = ours.fills()
    names = ["ts_event", "symbol", "quantity", "price", "fee", "reason"]
    assert fills[names][["ts_event", "symbol", "reason"]].tolist() == [(f[0], f[1], f[5]) for f in plain.fills]
    for place, name in ((2, "quantity"), (3, "price"), (4, "fee")):
        np.testing.assert_allclose(fills[name], [f[place] for f in plain.fills], rtol=1e-9, atol=1e-9)
    points = ours.points()
    assert points["ts_event"].tolist() == moments.tolist()
    np.testing.assert_allclose(points["equity"], [*plain.noted, plain.equity], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("shorts", [False, True])
def test_costs_never_take_more_than_the_leverage_allows(account: Callable[..., Account], shorts: bool) -> None:
    bars = made(*[(price, price, price, price) for price in 20 * 1.01 ** (np.arange(60) % 7)])
    terms = Terms(commission=0.0005, spread=0.001, slippage=0.0003, least=3.0, shorts=shorts)
    ours = account(terms)
    ours.follow(bars, said(bars, *[(at, 1.0 if at % 10 < 5 else -1.0) for at in range(0, 59, 5)]))
    points, fills = ours.points(), ours.fills()
    assert len(fills) > 10
    at = np.searchsorted(bars["ts_open"], fills["ts_event"])  # all prices of a bar are one here
    assert (points["gross"][at] <= points["equity"][at] * (1 + 1e-12)).all()
    assert points["cash"].min() > -1e-6


def test_who_has_all_it_may_trades_no_dust(account: Callable[..., Account]) -> None:
    bars = made(*flat(*([10.0, 10.0] * 30)))
    ours = account(Terms(commission=0.0005))
    ours.follow(bars, said(bars, *[(at, 1.0) for at in range(59)]))
    assert len(ours.fills()) == 1


def test_several_symbols_do_not_depend_on_their_order(kernels: Path) -> None:
    """But for who is first where there is not enough for all: here there is."""
    bars, signals = walk(11, 3, 300)
    terms = Terms(share=0.2, commission=0.001, stop=0.02, target=0.03, participation=0.9)
    other = np.concatenate([part[::-1] for part in np.split(bars, 100)])
    place = {(s["ts_event"].item(), s["symbol"].item()): s for s in signals}
    told = [place[key] for x in other if (key := (x["ts_event"].item(), x["symbol"].item())) in place]
    accounts = Account(3, terms, kernels), Account(3, terms, kernels)
    accounts[0].follow(bars, signals)
    accounts[1].follow(other, np.array(told, dtype=SIGNAL))
    one, two = (np.sort(each.fills(), order=["ts_event", "symbol"]) for each in accounts)
    assert len(one) > 50
    assert one[["ts_event", "symbol", "reason"]].tolist() == two[["ts_event", "symbol", "reason"]].tolist()
    np.testing.assert_allclose(one["quantity"], two["quantity"], rtol=1e-12)
    np.testing.assert_allclose(accounts[0].points()["equity"], accounts[1].points()["equity"], rtol=1e-12)


def walk(seed: int, symbols: int, count: int = 120) -> tuple[Batch, Batch]:
    """Random bars of several symbols, and random signals."""
    random = np.random.default_rng(seed)
    close = 20 * np.exp(np.cumsum(random.normal(0, 0.02, count)))
    opened = close * (1 + random.normal(0, 0.01, count))
    high, low = np.maximum(opened, close) * (1 + random.random(count) / 50), np.minimum(opened, close) * 0.99
    bars = made(*zip(opened.tolist(), high.tolist(), low.tolist(), close.tolist(), strict=True), symbols=symbols)
    bars["volume"] = random.integers(0, 200, count)
    at = np.flatnonzero(random.random(count) < 0.2)
    sides = random.choice([-1.0, -0.5, 0.5, 1.0], len(at))
    return bars, said(bars, *zip(at.tolist(), sides.tolist(), strict=True))


def test_what_comes_later_changes_nothing_that_was_traded(kernels: Path) -> None:
    bars, signals = walk(7, 3)
    terms = Terms(stop=0.03, target=0.04, participation=0.3, latency_s=1.0)
    whole = Account(3, terms, kernels)
    whole.follow(bars, signals)
    for end in range(0, len(bars), 3):
        part = Account(3, terms, kernels)
        part.follow(bars[:end].copy(), signals[signals["ts_event"] <= (bars["ts_event"][end - 1] if end else 0)])
        fills = part.fills()
        assert fills.tobytes() == whole.fills()[: len(fills)].tobytes()
        assert part.points().tobytes() == whole.points()[: len(part.points())].tobytes()


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_a_backtest_is_the_signals_of_the_bank_followed(
    kernels: Path, make_bars: Callable[..., Batch], make: Callable[[], Node]
) -> None:
    bars, bank = make_bars(6_000, symbols=3, seed=4), Bank((make(),), ("1s",), kernels)
    bars["quality"][::50] = GAP
    bank.clear(3)
    terms = Terms(share=0.3, commission=0.0005, stop=0.02)
    account, said = Account(3, terms, kernels), []
    for first in range(0, len(bars), 777):
        part = bars[first : first + 777].copy()
        said.append(bank(part)[1])
        account.follow(part, said[-1])
    whole = backtest(make(), bars, 3, terms, kernels)
    assert whole.signals.tobytes() == np.concatenate(said).tobytes()
    assert whole.fills.tobytes() == account.fills().tobytes()
    assert whole.points.tobytes() == account.points().tobytes()


def test_who_may_not_sell_short_only_buys(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    bars, terms = make_bars(20_000, symbols=3, seed=4), Terms(share=0.3)
    both = backtest(crossover(3, 8), bars, 3, terms, kernels)
    assert len(both.fills) > 500
    assert {np.sign(most) for _, _, _, most, _ in rounds(both.fills)} == {1.0, -1.0}
    long = backtest(crossover(3, 8), bars, 3, terms._replace(shorts=False), kernels)
    assert {np.sign(most) for _, _, _, most, _ in rounds(long.fills)} == {1.0}
    assert not len(backtest(crossover(3, 8), bars[:0], 3, terms, kernels).signals["side"])


@pytest.mark.parametrize("seed", range(5))
def test_the_profits_of_all_round_trips_are_that_of_the_account(account: Callable[..., Account], seed: int) -> None:
    bars, signals = walk(seed, 2)
    end = said(bars, (len(bars) - 4, 0.0), (len(bars) - 3, 0.0))
    ours = account(Terms(share=0.4, commission=0.001, spread=0.002, stop=0.05), 2)
    ours.follow(bars, np.concatenate([signals[signals["ts_event"] < end["ts_event"][0]], end]))
    made_of = list(rounds(ours.fills()))
    assert len(made_of) > 5
    assert sum(profit for *_, profit in made_of) == pytest.approx(ours.points()["equity"][-1] - 100_000.0)
    assert all(begun <= ended for _, begun, ended, _, _ in made_of)


def test_an_account_has_no_place_for_other_symbols(account: Callable[..., Account]) -> None:
    bars = made(*flat(10, 11), symbols=2)
    with pytest.raises(BadInput, match="expected bars of symbols below 1, found 0 to 1"):
        account(Terms()).follow(bars, said(bars))


def test_what_cannot_be_tested_is_refused(kernels: Path, make_bars: Callable[..., Batch]) -> None:
    bars = make_bars(5_000)
    late, strange, endless = bars.copy(), bars.copy(), bars.copy()
    late[[3000, 3001]] = late[[3001, 3000]]
    strange["timeframe"][4000], endless["close"][2] = 4, np.inf
    for wrong, said in (
        (late, "bar 3001 closes before the one in front of it: sort them"),
        (
            strange,
            "bar 4000 cannot be taken: expected a symbol below 1, bars of 1s as the first is, and finite numbers",
        ),
        (endless, "bar 2 cannot be taken"),
    ):
        with pytest.raises(BadInput, match=said):
            backtest(crossover(3, 8), wrong, 1, Terms(), kernels)
    with pytest.raises(BadInput, match="expected one strategy, found 0: indicators only"):
        backtest(ema(3), bars, 1, Terms(), kernels)
    reads = replace(crossover(3, 8), inputs=(ema(3), ema(3, of="price"), ema(9)), name="ticks", call="ticks()")
    with pytest.raises(
        BadInput, match=r"ticks\(\) reads ema\(3, of=price\), which is made of trades; a backtest has bars"
    ):
        backtest(reads, bars, 1, Terms(), kernels)
    with pytest.raises(BadInput, match="cash must be a number of 0 or more"):
        backtest(crossover(3, 8), bars, 1, Terms(cash=-1.0), kernels)
