"""What the compiler does not like in a user's step, as one sentence with the line, instead of a page.

The compiler's own text names the place where it has one; where it has none (a name that is not there, a wrong number of
outputs) the innermost step that it speaks of is looked through for the name.
"""

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from numba.core.registry import CPUDispatcher

from core.errors import BadInput
from core.imported import origin, shown, source_of

_LOCATION = re.compile(r'File "([^"]+)", line (\d+)')
_CALLEE = re.compile(r"CPUDispatcher\(<function (\w+) at")
_NAME = re.compile(r"'(\w+)'")
_OUTPUTS = ("wrong tuple length", "failed to unpack", "assign 1 value")
_MARKS = re.compile(r"[()'$]")
_LONGEST = 200  # letters


def explained(error: Exception, kernel: Any) -> BadInput | None:
    """The sentence, or None when no step of a user's file is to blame. Any: a kernel's module."""
    steps = {alias: step for alias, step in vars(kernel).items() if isinstance(step, CPUDispatcher) and _own(step)}
    if not steps:
        return None
    text, cause = str(error), _cause(error)
    innermost = text.partition("During: resolving callee")[0]
    files = {inspect.getfile(step.py_func) for step in steps.values()}
    for place in _LOCATION.finditer(innermost):
        file = str(Path(place[1]).resolve())
        if file in files:
            return _said(file, int(place[2]), cause)
    named = [step for alias, step in steps.items() if alias in text] or list(steps.values())
    found = _CALLEE.search(text)
    inner = [getattr(sys.modules[step.py_func.__module__], found[1], None) for step in named] if found else []
    suspects = [step for step in inner if isinstance(step, CPUDispatcher) and _own(step)] or named
    if any(sign in cause for sign in _OUTPUTS):
        suspects = named
        cause = f"it must return a number for each output ({_MARKS.sub('', cause)})"
    name = _NAME.search(cause)
    lines = {step: line for step in suspects if name and (line := _line_of(step, name[1]))}
    step = next(iter(lines), suspects[0])
    return _said(inspect.getfile(step.py_func), lines.get(step) or _line_of(step), cause)


def _own(step: Any) -> bool:  # Any: a compiled function
    return origin(step.py_func.__module__) is not None


def _said(file: str, line: int, cause: str) -> BadInput:
    return BadInput(f"{shown(Path(file))}:{line}: this cannot be compiled: {cause}")


def _cause(error: Exception) -> str:
    if isinstance(error, KeyError):  # what numba 0.6x makes of a field that a record does not have
        return f"there is no {error.args[0]!r} in the state or the constants"
    lines = [line.strip() for line in str(error).splitlines()]
    first = next((line for line in lines if line and not line.startswith("Failed in")), type(error).__name__)
    if first.endswith(":"):  # what it has no function for comes behind it
        first += next((f" {line.removeprefix('>>>').strip()}" for line in lines if line.startswith(">>>")), "")
    return re.sub(r"Record\(.*?\d, True\)", "a record", first)[:_LONGEST]


def _line_of(step: Any, name: str = "") -> int:  # Any: a compiled function
    """Where a step uses a name, 0 if it does not; without a name, where it is defined."""
    for node in ast.walk(ast.parse(source_of(sys.modules[step.py_func.__module__]))):
        if isinstance(node, ast.FunctionDef) and node.name == step.py_func.__name__:
            return _used(node, name) if name else node.lineno
    return 0


def _used(function: ast.FunctionDef, name: str) -> int:
    for node in ast.walk(function):
        if (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name):
            return node.lineno
    return 0
