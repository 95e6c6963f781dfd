"""Strategies as people ask for them: by the name of a built-in one, or from a file of theirs.

"./mine.py:breakout(20, 2.0)" is what `breakout` of that file makes with these numbers; "./mine.py:breakout" with its
defaults, and "./mine.py" does where the file has one strategy only. A path is taken from where the command is run. The
file is a program of its owner's and runs with all rights of whoever runs Candela: a text from elsewhere must not come
here (`strategies.strategy` knows the built-in ones only).
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.core.registry import CPUDispatcher

import strategies
from core.errors import BadInput, nearest
from core.imported import imported, origin, pointed, run, shown, source_of
from core.making import build, makes
from core.node import Node, ordered, reads
from indicators import NAMED
from strategies.frames import FrameStrategy, with_parameters

_TEXT = re.compile(r"(?P<path>.+?\.py)\s*(?::(?P<call>.*))?", re.DOTALL)
_KINDS = ("strategy", "frames")

Factory = Callable[..., Any]  # Any: a node, or what a frame strategy answers


@dataclass(frozen=True)
class Asked:
    """A file, and what of it is asked for."""

    path: str  # as it was written
    call: str

    @property
    def name(self) -> str:
        return self.call.partition("(")[0].strip()


def of_file(text: str) -> Asked | None:
    """What a text asks of a file; None when it names a built-in strategy."""
    found = _TEXT.fullmatch(text.strip())
    return Asked(found["path"], (found["call"] or "").strip()) if found else None


def strategy(text: str) -> Node:
    """A strategy that can run live; BadInput."""
    found = asked(text)
    if isinstance(found, FrameStrategy):
        raise BadInput(
            f"{text} is a frame strategy: it wants the whole history at once and cannot run live; write its rule as a"
            " @step and a @strategy, or backtest it"
        )
    return found


def asked(text: str) -> Node | FrameStrategy:
    """The strategy that a person asks for; BadInput, with the line of the file where there is one."""
    asked_for = of_file(text)
    if asked_for is None:
        return strategies.strategy(text)
    return made(asked_for, imported(Path(asked_for.path).expanduser()))


def made(wanted: Asked, module: ModuleType) -> Node | FrameStrategy:
    """What is asked for, of a file that has been run."""
    file = Path(str(module.__file__))
    own = {name: each for name, each in vars(module).items() if makes(each) and each.__module__ == module.__name__}
    factory = _chosen(wanted, {name: each for name, each in own.items() if makes(each) in _KINDS}, file)
    name, call = factory.__name__, wanted.call or factory.__name__
    line = inspect.unwrap(factory).__code__.co_firstlineno
    try:
        tree = _parsed(call)
        if makes(factory) == "frames":
            return with_parameters(factory, f"{wanted.path}:{name}", *_numbers(tree))
        steps = {key: each for key, each in own.items() if makes(each) != "frames"}
        node = build(call, {**NAMED, **steps, name: factory})
    except Exception as error:
        raise pointed(error, file, line) from error
    _check(node, file, line)
    return replace(node, call=f"{wanted.path}:{node.call}")


def _chosen(wanted: Asked, factories: Mapping[str, Factory], file: Path) -> Factory:
    if not factories:
        raise BadInput(f"{shown(file)} has no strategy: expected a function with @strategy or @frame_strategy above it")
    names = ", ".join(factories)
    if not wanted.name and len(factories) > 1:
        raise BadInput(
            f"{shown(file)} has several strategies ({names}): say which, as in {wanted.path}:{min(factories)}"
        )
    if wanted.name and wanted.name not in factories:
        near = nearest(wanted.name, factories)
        raise BadInput(f"{shown(file)} has no strategy {wanted.name!r}{near}; it has {names}")
    return factories[wanted.name or names]


def _parsed(call: str) -> ast.Call | ast.Name:
    try:
        tree = ast.parse(call, mode="eval").body
    except (SyntaxError, ValueError):
        tree = None
    if not isinstance(tree, ast.Call | ast.Name):
        raise BadInput(f"expected a name with numbers, such as rule(20, 2.0), found {call!r}")
    return tree


def _numbers(tree: ast.Call | ast.Name) -> tuple[list[Any], dict[str, Any]]:  # Any: numbers and texts
    if isinstance(tree, ast.Name):
        return [], {}
    try:
        named = {str(each.arg): ast.literal_eval(each.value) for each in tree.keywords}
        return [ast.literal_eval(each) for each in tree.args], named
    except ValueError:
        raise BadInput(f"expected numbers and texts as parameters, found {ast.unparse(tree)!r}") from None


def _check(node: Node, file: Path, line: int) -> None:
    """BadInput when a kernel could not be made of it. `line`: of its factory."""
    if node.outputs != ("side", "strength"):
        raise BadInput(f'{shown(file)}:{line}: expected outputs=("side", "strength"), found {node.outputs}')
    names: dict[str, Any] = {}
    for each in ordered((node,)):
        if origin(getattr(each.step, "__module__", "")) is None:
            continue
        wrong = _wrong(each, names.setdefault(each.step.__name__.lstrip("_"), each.step))
        if wrong:
            code = getattr(each.step, "py_func", each.step).__code__
            raise BadInput(f"{shown(Path(code.co_filename))}:{code.co_firstlineno}: {wrong}")


def _wrong(node: Node, namesake: Any) -> str:  # Any: a step
    """What is wrong with a step of a user's, "" when nothing is."""
    step, name, given = node.step, node.step.__name__, [*reads(node)]
    if not isinstance(step, CPUDispatcher):
        return f"{name} is no step: write @step above it"
    if getattr(sys.modules[step.__module__], name, None) is not step:
        return f"the step {name} must stand at the file's top level; what it needs to know are constants of its node"
    if namesake is not step:
        return f"two steps are called {name.lstrip('_')!r} but for an underscore: rename one"
    wants = len(inspect.signature(step.py_func).parameters)
    if wants != len(given) + 2:
        return f"{name} takes {wants} arguments and would be given {len(given) + 2}: s, p, {', '.join(given)}"
    return ""


def anew(text: str) -> Callable[[], Any]:  # Any: a node or a frame strategy, as `asked` gives it
    """What gives the strategy of a text again, its file run anew each time, which is not read again."""
    wanted = of_file(text)
    if wanted is None:
        return lambda: strategies.strategy(text)
    module = imported(Path(wanted.path).expanduser())
    file, source, name = Path(str(module.__file__)), source_of(module), f"{module.__name__}_anew"
    return lambda: made(wanted, run(file, source, name))
