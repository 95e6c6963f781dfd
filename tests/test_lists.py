"""What must be listed is listed; what must not be there is not."""

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import feeds

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "feeds", "indicators", "strategies", "services", "gateway", "dashboards")
FILES = [path for name in (*PACKAGES, "tests", "benchmarks") for path in (ROOT / name).rglob("*.py")]


def test_every_venue_is_listed_under_its_own_name() -> None:
    assert {name: venue.name for name, venue in feeds.VENUES.items()} == {name: name for name in feeds.VENUES}
    assert {"alpaca", "alpaca_crypto", "binance", "coinbase"} == set(feeds.VENUES)


def test_no_installed_package_has_one_of_our_names() -> None:
    others = {
        name: owners
        for name, owners in importlib.metadata.packages_distributions().items()
        if name in PACKAGES and set(owners) != {"candela"}
    }
    assert others == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_within_their_budgets(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= (250 if "tests" not in path.parts else 350)  # a test file may list more cases
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            most = 40 if "tests" in path.parts else 30  # a test tells one story
            assert (node.end_lineno or 0) - node.lineno + 1 <= most, node.name
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module begins with one sentence that says what it is"


def test_layers_are_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout
