"""What the machine code of a bank's entries says."""

import re

from core.bank import Bank


def counted(bank: Bank) -> dict[str, int]:
    """How often each entry counts a reference, calls of others included; AssertionError without machine code."""
    found = {}
    for name in bank.entries:
        assembly = "\n".join(getattr(bank.kernel, name).inspect_asm().values())
        functions = re.split(r"^(?=_ZN\S+:$)", assembly, flags=re.MULTILINE)[1:]
        native = [text.split("\n.Lfunc_end")[0] for text in functions if not text.startswith("_ZN7cpython")]
        assert any(len(text.splitlines()) > 40 for text in native)
        found[name] = sum(text.count("NRT_incref") for text in native)
    return found
