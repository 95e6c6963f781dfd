"""Pictures of sweeps."""

import xml.etree.ElementTree as ET

import numpy as np
import polars as pl
import pytest

from services.trading.sweeps.picture import mattering, picture

SVG = "{http://www.w3.org/2000/svg}"


def made(**columns: object) -> pl.DataFrame:
    return pl.DataFrame(columns)


def cells(text: str) -> list[tuple[float, float, str, str]]:
    """Left, bottom (as a height), colour and what it says, of each cell."""
    return [
        (float(each.get("x", "")), -float(each.get("y", "")), each.get("fill", ""), title.text or "")
        for each in ET.fromstring(text).iter(f"{SVG}rect")
        if (title := each.find(f"{SVG}title")) is not None
    ]


def test_each_point_of_two_parameters_is_a_cell_in_its_place() -> None:
    table = made(fast=[5, 5, 10, 10], slow=[20, 50, 20, 50], sharpe=[0.0, 1.0, 2.0, 3.0])
    found = cells(picture(table, ["fast", "slow"], "sharpe"))
    assert len(found) == 4
    by = {each[3].partition(":")[0]: each for each in found}
    assert by["fast=5, slow=20"][0] < by["fast=10, slow=20"][0]  # fast matters more: it goes across
    assert by["fast=5, slow=20"][1] < by["fast=5, slow=50"][1]
    assert (by["fast=10, slow=50"][2], by["fast=5, slow=20"][2]) == ("#fde725", "#440154")


def test_of_three_the_two_that_matter_are_drawn_and_the_third_is_at_its_best() -> None:
    random = np.random.default_rng(1)
    a, b, c = (each.ravel() for each in np.meshgrid(np.arange(6), np.arange(5), np.arange(4)))
    sharpe = a * 1.0 + b * 0.5 + random.normal(0, 0.05, len(a))
    table = made(a=a, c=c, b=b, sharpe=sharpe)
    assert mattering(table, "a", "sharpe") > mattering(table, "b", "sharpe") > 0.1 > mattering(table, "c", "sharpe")
    text = picture(table, ["c", "b", "a"], "sharpe")
    found = cells(text)
    assert (len(found), "others at their best" in text) == (30, True)
    for each in found:
        said = dict(part.split("=") for part in each[3].partition(":")[0].split(", "))
        same = table.filter((pl.col("a") == int(said["a"])) & (pl.col("b") == int(said["b"])))
        assert int(said["c"]) == same["c"][same["sharpe"].arg_max() or 0]


def test_values_that_hardly_repeat_share_cells_and_do_not_matter_by_that() -> None:
    random = np.random.default_rng(2)
    table = made(mult=random.random(200), luck=random.random(200), sharpe=random.random(200))
    table = table.with_columns(sharpe=pl.col("mult") + pl.col("sharpe") * 0.1)
    assert mattering(table, "mult", "sharpe") > 0.8
    assert abs(mattering(table, "luck", "sharpe")) < 0.2
    found = cells(picture(table, ["luck", "mult"], "sharpe"))
    assert 60 < len(found) <= 196
    assert len({each[0] for each in found}) <= 15


def test_one_parameter_is_a_row_and_what_is_not_known_is_left_out() -> None:
    table = made(period=[4, 5, 6], max_drawdown=[0.3, 0.1, None])
    found = cells(picture(table, ["period"], "max_drawdown"))
    assert [(each[2], each[3]) for each in found] == [
        ("#440154", "period=4: max_drawdown 0.3"),
        ("#fde725", "period=5: max_drawdown 0.1"),  # less of a fall is better
    ]
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("choices", [["<flag>", "hold"], ["a&b", "c"]])
def test_texts_are_written_as_texts(choices: list[str]) -> None:
    table = made(on_gap=choices, sharpe=[1.0, 1.0])
    assert [each[3].partition(":")[0] for each in cells(picture(table, ["on_gap"], "sharpe"))] == [
        f"on_gap={each}" for each in choices
    ]
