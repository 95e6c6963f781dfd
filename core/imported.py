"""Modules from files of a user's own, under a name made of where they are and of what is in them.

A kernel imports its steps by the name of their module, in this process and in others, and is kept on disk. An edited
file is a module of another name, so nothing that was compiled of an older text can be taken for it. What goes wrong in
such a file is said with its line.
"""

import hashlib
import importlib.abc
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

from core.errors import BadInput, one_line


class Text(importlib.abc.ExecutionLoader):
    """Runs a text that was read once: no bytecode is kept, for that of an edit within a second might be an old one."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002 it has one module
        return False

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 it has one module
        return str(self.path)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 it has one module
        return self.text


def imported(path: str | Path, digest: str = "") -> ModuleType:
    """The module of a file, run once for each text it has had; BadInput, with the line that is wrong.

    With a `digest` only a file of just this text will do: what a kernel was made of.
    """
    file = Path(path).resolve()
    known = sys.modules.get(_name(file, digest))
    if digest and known is not None:
        return known
    text = _read(file)
    found = hashlib.sha256(f"{file}\0{text}".encode()).hexdigest()[:12]
    if digest not in ("", found):
        raise BadInput(f"{shown(file)} was edited since it was read: start again")
    return sys.modules.get(_name(file, found)) or run(file, text, _name(file, found))


def run(file: Path, text: str, name: str) -> ModuleType:
    """Run a file's text as a module of this name; BadInput."""
    spec = importlib.util.spec_from_loader(name, Text(file, text))
    if spec is None or spec.loader is None:
        raise BadInput(f"cannot make a module of {shown(file)}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass or a factory in it asks for its module as it is made
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise pointed(error, file) from error
    return module


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise BadInput(f"expected a file of Python, {shown(file)} cannot be read: {one_line(error)}") from None


def _name(file: Path, digest: str) -> str:
    return f"file_{re.sub(r'[^A-Za-z0-9]', '_', file.stem)}_{digest}"


def origin(module: str) -> tuple[str, str] | None:
    """What `imported` takes to give a module again, if it comes from a file of a user's."""
    loader = getattr(sys.modules.get(module), "__loader__", None)
    return (str(loader.path), module.rpartition("_")[2]) if isinstance(loader, Text) else None


def source_of(module: ModuleType) -> str:
    """A module's text: of a user's file the one that was run, which may be another by now."""
    return module.__loader__.text if isinstance(module.__loader__, Text) else inspect.getsource(module)


def shown(file: Path) -> str:
    """A path as short as it can be said here."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def pointed(error: BaseException, file: Path, line: int = 0) -> BadInput:
    """What went wrong in a file, with its last line that was run, or else the one that is given."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        said = (error.text or "").strip()
        return BadInput(f"{shown(file)}:{error.lineno}: {error.msg}{f': {said}' if said else ''}")
    at: BaseException | None = error
    while at is not None:
        lines = _lines(at, file)
        if lines:
            return BadInput(f"{shown(file)}:{lines[-1]}: {_sentence(at)}")
        at = at.__cause__ or at.__context__
    return BadInput(f"{shown(file)}{f':{line}' if line else ''}: {_sentence(error)}")


def _lines(error: BaseException, file: Path) -> list[int]:
    found, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            found.append(trace.tb_lineno)
        trace = trace.tb_next
    return found


def _sentence(error: BaseException) -> str:
    return str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {one_line(error)}"
