"""What the machine code of a bank's entries says."""

import re
from typing import Any

from core.bank import Bank


def counted(bank: Bank) -> dict[str, int]:
    """How often each entry counts a reference, calls of others included; AssertionError without machine code."""
    return {name: references(getattr(bank.kernel, name)) for name in bank.entries}


def references(function: Any) -> int:  # Any: a compiled function
    """How often a function counts a reference, calls of others included; AssertionError without machine code."""
    assembly = "\n".join(function.inspect_asm().values())
    functions = re.split(r"^(?=_ZN\S+:$)", assembly, flags=re.MULTILINE)[1:]
    native = [text.split("\n.Lfunc_end")[0] for text in functions if not text.startswith("_ZN7cpython")]
    assert any(len(text.splitlines()) > 40 for text in native)
    return sum(text.count("NRT_incref") for text in native)
