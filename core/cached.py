"""Kernels on disk: a file named by a hash of everything that shapes the machine code, compiled and cached beside it.

Numba's own cache does not see an edit to a function in another file, nor a change of flags, and never hits for source
that was only exec-ed. With the name, stale code cannot be loaded: a new hash is a new file.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.registry import CPUDispatcher

from core.errors import BadInput
from core.events import BAR, QUOTE, SIGNAL, TRADE
from core.imported import source_of
from core.node import Step

_CONSTANTS = (bool, int, float, complex, str, tuple, np.ndarray, np.generic)


def digest(source: str, steps: Iterable[Step]) -> str:
    """A hash of everything that shapes the machine code."""
    seen: dict[str, str] = {}
    for name in ("core.events", "core.bars", "core.checks", "core.compiled", "core.past"):
        seen[name] = inspect.getsource(importlib.import_module(name))
    for step in steps:
        _modules(step, seen)
    layouts = [str(dtype) for dtype in (TRADE, QUOTE, BAR, SIGNAL)]
    parts = [source, *layouts, numba.__version__, np.__version__, sys.version]
    parts += [f"{name}\n{text}" for name, text in sorted(seen.items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _modules(function: Step, seen: dict[str, str]) -> None:
    """The source of every module whose code or constants end up in the kernel, through the functions it calls, and the
    values of the constants, which a module may have from elsewhere."""
    plain = getattr(function, "py_func", function)
    module = sys.modules[plain.__module__]
    if plain.__module__ not in seen:
        seen[plain.__module__] = source_of(module)
    for name in plain.__code__.co_names:
        known = plain.__globals__.get(name)
        if isinstance(known, CPUDispatcher) and known is not function:
            _modules(known, seen)
        elif isinstance(known, _CONSTANTS):
            raw = known.tobytes() if isinstance(known, np.ndarray) else repr(known).encode()
            seen[f"{plain.__module__}.{name}"] = hashlib.sha256(raw).hexdigest()


def placed(name: str, source: str, folder: Path) -> Path:
    """The kernel's file, written if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists():
        partial = path.with_suffix(f".{id(source)}.partial")
        partial.write_text(source)
        partial.replace(path)  # two processes may start at once: a reader sees all of the file or none
    return path


def loaded(name: str, source: str, folder: Path) -> Any:  # Any: a module with the names of core.kernel
    """The kernel's module, from its file in `folder`, written if it is not there."""
    path = placed(name, source, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"cannot load the kernel {path}; remove the folder {folder} and start again")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba looks the module up by name when it loads its cache
    spec.loader.exec_module(module)
    return module
