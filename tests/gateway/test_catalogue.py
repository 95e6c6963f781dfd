"""The catalogue: complete, true, and readable in the terminal, over REST and in the browser."""

import json
import math
from pathlib import Path

import httpx
import pytest

import indicators
from core.catalogue import entry, preview, sparkline
from core.errors import BadInput
from gateway.catalogue import asked, document, entries
from tests.command import run
from tests.running import Start

PAGE = Path(__file__).parents[2] / "dashboards" / "web" / "indicators.html"


@pytest.mark.parametrize("one", entries(), ids=lambda one: one.name)
def test_every_entry_says_all_there_is_to_say(one: object) -> None:
    found = entry(indicators.NAMED[one.name])  # type: ignore[attr-defined]
    assert found.title.endswith(".")
    assert len(found.source) > 10
    assert found.inputs
    assert found.outputs
    assert all(each.allowed for each in found.parameters)
    drawn = preview(indicators.NAMED[found.name](), 20)
    assert set(drawn) == set(found.outputs)
    assert all(math.isfinite(value) for values in drawn.values() for value in values)


def test_a_call_is_shown_with_its_own_warm_up_and_memory() -> None:
    short, long = asked("ema(5)")[0], asked("ema(50)")[0]
    assert (short.warmup, long.warmup) == (4, 49)
    assert asked("sma(1000)")[0].bytes > 1000 * 8 > asked("sma(10)")[0].bytes
    assert asked("ema(9, of=rsi(14))")[0].warmup == 14 + 8
    assert asked("macd")[0].inputs == ("close",)


def test_an_unknown_one_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(BadInput, match=r"no indicator 'emma', did you mean 'ema'"):
        asked("emma(3)")


def test_a_sparkline_rises_with_its_numbers() -> None:
    assert sparkline([1.0, 2.0, 3.0, 8.0], 4) == "▁▂▃█"
    assert sparkline([5.0] * 10, 5) == "▄▄▄▄▄"
    assert sparkline([math.nan] * 3) == ""


def test_the_command_lists_all_and_shows_one() -> None:
    listed = run("indicators")
    assert f"{len(indicators.ALL)} indicators" in listed.stdout
    assert "Average true range" in listed.stdout
    shown = run("indicators", "bollinger(10, 1.5)")
    assert "bollinger_10_1p5_upper" in shown.stdout
    assert "█" in shown.stdout
    told = json.loads(run("indicators", "rsi", "--json").stdout)
    assert (told["call"], told["warmup"], told["outputs"]) == ("rsi(14)", 14, ["rsi_14"])
    wrong = run("indicators", "emma")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean 'ema'" in wrong.stderr


def test_exporting_to_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    wrong = run("dashboards", "export", str(tmp_path / "none"))
    assert wrong.returncode == 2
    assert "expected a folder to write to" in wrong.stderr


async def test_rest_gives_the_whole_catalogue(start: Start) -> None:
    gateway = await start(stored=True)
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        told = (await client.get("/api/indicators")).json()
        page = await client.get("/indicators")
    by_name = {each["name"]: each for each in told["indicators"]}
    assert set(by_name) == set(indicators.NAMED)
    macd = by_name["macd"]
    assert [each["name"] for each in macd["parameters"]] == ["fast", "slow", "signal", "of"]
    assert macd["parameters"][0] == {"name": "fast", "type": "int", "default": 12, "allowed": "1 to 100000"}
    assert (macd["warmup"], macd["cost"], macd["on"]) == (33, "O(1)", "bars")
    assert page.status_code == 200


def test_the_page_is_what_the_code_says_now() -> None:
    assert PAGE.read_text() == document(), "run `candela dashboards export`"
