"""Whatever befalls a feed of the local exchange, in the end all is as if nothing had, or it is marked."""

import random
from pathlib import Path

import pytest

from core.events import (
    GAP,
    IMPOSSIBLE,
    PARTIAL,
    PENDING,
    SECOND,
    SEQUENCE,
)
from feeds import BINANCE, filling
from feeds.exchange import Exchange
from feeds.history import History
from tests.feeds.made import NAMES
from tests.services.disturbed import Asked, Nothing, Run, alike, disturbed, made, undisturbed

FAULTS = {
    "none": [],
    "drop": ["drop@8s", "drop@21s"],
    "mute": ["mute@7s+18s"],
    "slow": ["slow@6s+4s"],
    "restart": ["restart@9s+4s"],
    "dup": ["dup=0.1"],
    "reorder": ["reorder=0.1"],
    "late": ["late=0.05:3s"],
    "corrupt": ["corrupt=0.02"],
    "cancel": ["cancel=0.1:2s"],
    "correct": ["correct=0.1:2s"],
    "cancel, correct and a gap": ["cancel=0.1:2s", "correct=0.1:1s", "drop@8s", "late=0.05:3s"],
    "clock-skew": ["clock-skew=-700ms", "drop@8s"],
    "429": ["429=2", "drop@8s"],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_what_a_fault_did_is_undone(kernels: Path, faults: list[str]) -> None:
    run, venue = await disturbed(kernels, faults)
    alike(run, venue, kernels)


def mixed(seed: int) -> list[str]:
    chance = random.Random(seed)
    at, span, share = chance.randint, chance.randint, chance.uniform
    lasting = [
        f"drop@{at(3, 20)}s",
        f"mute@{at(3, 10)}s+{span(16, 20)}s",
        f"slow@{at(3, 20)}s+{span(1, 4)}s",
        f"restart@{at(3, 16)}s+{span(1, 4)}s",
    ]
    rates = [
        f"dup={share(0.001, 0.1):.3f}",
        f"reorder={share(0.001, 0.1):.3f}",
        f"late={share(0.001, 0.05):.3f}:{span(100, 4000)}ms",
        f"corrupt={share(0.001, 0.01):.3f}",
        f"cancel={share(0.01, 0.1):.3f}:{span(100, 4000)}ms",
        f"correct={share(0.01, 0.1):.3f}:{span(100, 4000)}ms",
        f"clock-skew={chance.choice(('', '-'))}{span(1, 900)}ms",
    ]
    return chance.sample(lasting, chance.randint(1, 2)) + chance.sample(rates, chance.randint(1, 4))


@pytest.mark.parametrize("seed", range(50))
async def test_mixed_faults_are_undone(kernels: Path, seed: int) -> None:
    run, venue = await disturbed(kernels, mixed(seed), seed)
    alike(run, venue, kernels, late=4 * SECOND)


@pytest.mark.parametrize("faults", ["drop@8s", "corrupt=0.02", "late=0.03:2s dup=0.05 restart@9s+3s"])
async def test_the_same_with_a_venue_that_numbers_its_trades(kernels: Path, faults: str) -> None:
    run = Run(made(kernels), BINANCE)
    venue = run.exchange(faults.split())
    await run.of(venue, lambda venue: Asked(venue, "binance"))
    alike(run, venue, kernels, late=2 * SECOND)
    if "corrupt=0.02" in faults:
        assert {int(row["reason"]) for row in run.gaps} >= {SEQUENCE}


async def test_a_process_that_asks_fills_as_well(kernels: Path) -> None:
    def past(venue: Exchange) -> History:
        return History("alpaca", NAMES, url=venue.url("alpaca"), key="key", secret="secret")

    run, venue = await disturbed(kernels, ["drop@9s", "late=0.02:2s"], past=past)
    assert run.engine.counts["backfilled"] > 20
    alike(run, venue, kernels, late=2 * SECOND)


async def test_what_no_history_fills_stays_marked(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "_AGAIN_S", (0.05,))
    run, venue = await disturbed(kernels, ["drop@9s", "mute@20s+18s"], past=Nothing)
    whole, seen = undisturbed(venue, kernels), run.seen
    assert {each[8] for each in seen.gaps} == {PENDING, IMPOSSIBLE}
    wrong = [key for key in {*whole.bars, *seen.bars} if whole.bars.get(key) != seen.bars.get(key)]
    assert len(wrong) > 20
    there = [key for key in wrong if key in seen.bars]
    assert {seen.quality["bars", *key] for key in there} <= {GAP, PARTIAL}
    gaps = [each for each in seen.gaps if each[5] == 0 and each[8] == IMPOSSIBLE and not each[6]]
    for symbol, _, closes in (key for key in wrong if key not in seen.bars):  # nothing came: no bar is invented
        assert any(each[3] < closes and each[4] > closes - 5 * SECOND for each in gaps), (symbol, closes)
