"""Strategies from a file: found by what is asked for, never taken for an older text, and wrong at a line."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.bank import Bank
from core.change import prepared
from core.engine import Engine
from core.errors import BadInput, CandelaError
from core.events import SECOND, Batch, Symbols
from core.node import Node
from core.plain import together
from core.settings import Market
from services.market import nodes
from strategies.files import asked, strategy
from strategies.frames import FrameStrategy, signals
from tests.strategies.seeded import AT_OPEN, STEP, rule

pytestmark = pytest.mark.timeout(400)  # kernels are compiled

MakeBars = Callable[..., Batch]


def node(text: str) -> Node:
    found = asked(text)
    assert isinstance(found, Node)
    return found


@pytest.fixture
def mine(tmp_path: Path) -> Callable[[str], str]:
    """A file with this text; what it is called."""

    def write(text: str) -> str:
        (tmp_path / "mine.py").write_text(text)
        return str(tmp_path / "mine.py")

    return write


def test_a_strategy_is_asked_for_by_file_name_and_numbers(mine: Callable[[str], str]) -> None:
    path = mine(STEP)
    assert node(path).call == node(f"{path}:breakout").call == node(f"{path}:breakout()").call
    assert node(path).call == f"{path}:breakout(20, 0.5)"
    other = node(f"{path}:breakout(30, width=1)")
    assert (other.call, other.name) == (f"{path}:breakout(30, 1.0)", "breakout_30_1")
    assert node(other.call).same(other)
    assert node("crossover(12, 26)").call == "crossover(12, 26)"


def test_compiled_it_says_what_it_says_as_plain_python(
    mine: Callable[[str], str], kernels: Path, make_bars: MakeBars
) -> None:
    found, bars = node(mine(STEP)), make_bars(400, seed=3)
    bank = Bank((found,), ("1s",), kernels)
    bank.grow(1)
    values, signals = bank(bars)
    right = together((found,), {name: bars[name].tolist() for name in ("open", "high", "low", "close")})
    for column in found.columns:
        np.testing.assert_array_equal(values[column], right[column])
    assert len(signals) > 5


def test_an_edited_file_is_another_strategy_at_once(
    mine: Callable[[str], str], kernels: Path, make_bars: MakeBars
) -> None:
    """In one process and in others, by the same folder of kernels, however quick the edit was."""
    program = (
        "import sys, json; from pathlib import Path; import numpy as np; from core.bank import Bank;"
        "from core.events import BAR; from strategies.files import strategy;"
        "bank = Bank((strategy(sys.argv[1]),), ('1s',), Path(sys.argv[2])); bank.grow(1);"
        "bars = np.frombuffer(bytearray(sys.stdin.buffer.read()), dtype=BAR);"
        "print(json.dumps([bank.name, bank(bars)[1]['side'].tolist(), bank.compiled]))"
    )
    bars, told = make_bars(200, seed=5), []
    for text in (STEP, STEP.replace("return side, 1.0", "return -side, 1."), STEP):
        path = mine(text)
        done = subprocess.run(
            [sys.executable, "-c", program, path, str(kernels)], input=bars.tobytes(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        name, sides, compiled = json.loads(done.stdout)
        bank = Bank((strategy(path),), ("1s",), kernels)
        bank.grow(1)
        assert (bank.name, bank(bars)[1]["side"].tolist()) == (name, sides)
        told.append((name, sides, compiled))
    assert told[1][1] == [-side for side in told[0][1]]
    assert told[2][:2] == told[0][:2]
    assert (told[0][2] > 0, told[2][2]) == (True, 0)


def test_a_constant_that_comes_from_elsewhere_is_part_of_the_kernels_name(
    mine: Callable[[str], str], kernels: Path, tmp_path: Path
) -> None:
    text = STEP.replace(
        "@step\ndef _breakout",
        "from pathlib import Path\n\nBIAS = float(Path(__file__).with_name('b').read_text())\n\n\n@step\ndef _breakout",
    )
    text, found = text.replace("close > top", "close > top + BIAS"), []
    for number in ("0.0", "5.0"):
        (tmp_path / "b").write_text(number)
        path = mine(text + f"# {number}\n" * 0)
        sys.modules.pop(node(path).step.__module__, None)  # as in another process
        found.append(Bank((node(path),), ("1s",), kernels).name)
    assert found[0] != found[1]


async def test_a_running_engine_takes_it_from_another_process(
    mine: Callable[[str], str], kernels: Path, make_bars: MakeBars
) -> None:
    path = mine(STEP)
    engine = Engine(Symbols(["A"]), ("1s",), (), kernels, bars="venue")
    found = strategy(f"{path}:breakout(7)")
    engine.change(await prepared(engine, (found,)))
    assert [each.call for each in engine.catalogue.strategies] == [f"{path}:breakout(7, 0.5)"]
    assert engine.bank.compiled == 0
    found = strategy(f"{path}:breakout(8)")
    mine(STEP + "\n# edited\n")
    with pytest.raises(CandelaError, match=r"mine\.py was edited since it was read: start again"):
        await prepared(engine, (found,))


def test_settings_name_it_like_any_other(mine: Callable[[str], str]) -> None:
    path = mine(STEP)
    asked_for = Market(indicators=(), strategies=("crossover(12, 26)", f"{path}:breakout(20)"))
    assert [each.name for each in nodes(asked_for)] == ["crossover_12_26", "breakout_20_0p5"]
    with pytest.raises(BadInput, match="is a frame strategy: it wants the whole history at once and cannot run live"):
        nodes(Market(indicators=(), strategies=(mine(rule("return close * 0")),)))


SOME = "from core.making import Period, indicator, strategy\nfrom core.node import Constants, Node, State, step\n"
NODE = "    return Node(step=_rule, inputs=('close',), outputs=('side', 'strength'))\n"
TEXT = (
    SOME + "\n\n@step\ndef _rule(s: State, p: Constants, close: float) -> tuple[float, float]:\n    return 1.0, 1.0\n"
)
FACTORY = "\n\n@strategy\ndef rule(period: Period = 20) -> Node:\n"
FRAME = rule("return close")

TWO = TEXT + TEXT.removeprefix(SOME).replace("_rule", "__rule") + FACTORY
TWO += "    own = Node(step=__rule, inputs=('close',), outputs=('a', 'b'), name='own')\n" + NODE.replace(
    "'close'", "own['a']"
)

WRONG = {
    "not Python": (SOME + "def broken(:\n    pass\n", "", r"mine\.py:3: invalid syntax: def broken\(:"),
    "an error as it is run": (SOME + "x = 1\ny = x / 0\n", "", r"mine\.py:4: ZeroDivisionError: division by zero"),
    "an error in what it calls": (SOME + "import json\njson.loads('{')\n", "", r"mine\.py:4: JSONDecodeError:"),
    "a module that is not there": (SOME + "import nothere\n", "", r"mine\.py:3: ModuleNotFoundError: No module named"),
    "it ends the program": ("raise SystemExit(3)\n", "", r"mine\.py:1: SystemExit: 3"),
    "no strategy": (TEXT, "", r"mine\.py has no strategy: expected a function with @strategy or @frame_strategy"),
    "only one that was imported": (SOME + "from strategies import crossover\n", "", "has no strategy"),
    "several": (STEP + FRAME, "", r"has several strategies \(breakout, rule\): say which, as in .*:breakout"),
    "an unknown one": (STEP, "brakeout(3)", r"has no strategy 'brakeout', did you mean 'breakout'\?; it has breakout"),
    "a bad number": (STEP, "breakout(1)", r"mine\.py:28: period must be a whole number from 2 to 100000, was 1"),
    "too many numbers": (STEP, "breakout(20, 2.0, 3)", r"mine\.py:28: .*too many positional arguments"),
    "no call": (STEP, "breakout(20", r"mine\.py:28: expected a name with numbers, such as rule\(20, 2\.0\), found"),
    "no annotation": (TEXT + FACTORY.replace(": Period", "") + NODE, "", r"mine\.py:10: period has no annotation"),
    "an error in the factory": (TEXT + FACTORY + "    {}['x']\n" + NODE, "", r"mine\.py:12: KeyError: 'x'"),
    "no step": (TEXT.replace("@step\n", "") + FACTORY + NODE, "", r"mine\.py:5: _rule is no step: write @step"),
    "a step inside": (
        SOME + FACTORY + "    @step\n    def _rule(s, p, close):\n        return 1.0, 1.0\n" + NODE, "",
        r"mine\.py:7: the step _rule must stand at the file's top level",
    ),
    "arguments that do not fit": (
        TEXT.replace("close: float)", "close: float, more: float)") + FACTORY + NODE, "",
        r"mine\.py:5: _rule takes 4 arguments and would be given 3: s, p, close",
    ),
    "other outputs": (
        TEXT + FACTORY + NODE.replace("('side', 'strength')", "('side',)"), "",
        r'mine\.py:10: expected outputs=\("side", "strength"\), found \(\'side\',\)',
    ),
    "an unknown input": (TEXT + FACTORY + NODE.replace("'close'", "'clse'"), "", r"mine\.py:12: expected a field"),
    "names that clash": (TWO, "", r"two steps are called 'rule' but for an underscore"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file_is_said_with_its_line(name: str, mine: Callable[[str], str]) -> None:
    text, call, sentence = WRONG[name]
    path = mine(text)
    with pytest.raises(BadInput, match=sentence):
        asked(f"{path}:{call}" if call else path)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(BadInput, match=r"nowhere\.py cannot be read: .*No such file"):
        asked("./nowhere.py:rule")


COMPILED = {
    "a field that is not there": ("    return s.nope, close\n", r"mine\.py:7: .*no 'nope' in the state"),
    "a name that is not there": (
        "    x = 1.0\n    return undefined + x, close\n",
        r"mine\.py:8: .*'undefined' is not defined",
    ),
    "a text and a number": (
        "    y = 'a' + close\n    return 1.0, 1.0\n",
        r"mine\.py:7: .*add\(Literal\[str\]\(a\), float64\)",
    ),
    "three numbers": ("    return 1.0, 1.0, close\n", r"mine\.py:6: .*a number for each output .*expected 2, got 3"),
    "one number": ("    return close\n", r"mine\.py:6: .*a number for each output .*unpack float64"),
}


@pytest.mark.parametrize("name", COMPILED)
def test_a_step_that_cannot_be_compiled_is_said_with_its_line(
    name: str, mine: Callable[[str], str], kernels: Path
) -> None:
    body, sentence = COMPILED[name]
    node_ = NODE.replace("'close',)", "'close',), state={'n': 0}")
    found = node(mine(TEXT.replace("    return 1.0, 1.0\n", body) + FACTORY + node_))
    with pytest.raises(BadInput, match=sentence) as raised:
        Bank((found,), ("1s",), kernels)
    assert "\n" not in str(raised.value)


ANSWERS = {
    "an error": ("return close + bars['cloze']", r"mine\.py:18: ColumnNotFoundError"),
    "too few": ("return close[1:]", r"expected a side for each of the 50 bars, found 49"),
    "too large": ("return close * 0 + 2", r"expected a side from -1 to 1, found 2 in row 0"),
    "a list": ("return [1.0]", r"expected a polars Series of sides or a DataFrame of signals, found list"),
    "words": ("return bars['symbol']", r"expected numbers as side, found String"),
    "no moments": ("return bars.select(side='close')", r"expected the columns ts_event and side, found side"),
    "strange moments": (
        "return bars.select(ts_event='symbol', side='close')",
        r"expected moments in ts_event .*String",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_wrong_with_an_answer_is_said(name: str, mine: Callable[[str], str], make_bars: MakeBars) -> None:
    body, sentence = ANSWERS[name]
    found = asked(mine(rule(body)))
    assert isinstance(found, FrameStrategy)
    with pytest.raises(BadInput, match=sentence):
        found(make_bars(50), "A")


def test_signals_count_from_the_first_close_at_or_behind_their_moment(
    mine: Callable[[str], str], make_bars: MakeBars
) -> None:
    path, bars = mine(AT_OPEN), make_bars(40, symbols=2, seed=1)
    own = bars["symbol"] == 1
    side = np.sign(bars["close"] - bars["open"])[own]
    sides = {}
    for name in ("own_close", "delayed"):
        found = asked(f"{path}:{name}")
        assert isinstance(found, FrameStrategy)
        said, where = signals(found, bars, ("A", "B"))
        assert (np.diff(where) >= 0).all()
        assert said["ts_event"].tolist() == bars["ts_close"][where].tolist()
        assert said["seq"][said["symbol"] == 1].tolist() == list(range(1, int((said["symbol"] == 1).sum()) + 1))
        sides[name] = said[said["symbol"] == 1]
    closes = bars["ts_close"][own]
    moments = {"own_close": bars["ts_open"][own], "delayed": closes + 150 * SECOND}
    for name, when in moments.items():
        at = np.searchsorted(closes, when)
        assert sides[name]["ts_event"].tolist() == closes[at[at < len(closes)]].tolist()
        assert sides[name]["side"].tolist() == side[at < len(closes)].tolist()
    assert set(sides["own_close"]["strength"]) == {1.0}
