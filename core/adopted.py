"""From one bank to the next: what a bank of other nodes takes over, so that what both have goes on."""

from core.bank import Bank
from core.events import Batch
from core.past import carried


def adopted(old: Bank, new: Bank) -> None:
    """Carry all that `old` knows into `new`, a bank of other nodes on the same timeframes."""
    new.clear(len(old.ticks))
    new.lane[:], new.refused[:], new.forming[:] = old.lane, old.refused, old.forming
    new.book["born"], new.book["known"] = old.book["born"], old.book["known"]
    known = {node.name: node for node in old.nodes}
    gone = [node for node in new.nodes if node.name not in known or not known[node.name].same(node)]
    names = {node.name for node in gone} | {column for node in gone for column in node.columns}
    for before, after in ((old.state, new.state), (old.ticks, new.ticks)):
        _carry(before, after, names)


def _carry(before: Batch, after: Batch, gone: set[str]) -> None:
    """Copy the fields both have, but those of nodes that are not the same any more."""
    for name in set(before.dtype.names or ()) & set(after.dtype.names or ()) - gone:
        if name.startswith("past_"):
            if name.removeprefix("past_") not in gone:
                carried(before[name], after[name])
        elif name in {"now", "seq"}:
            _carry(before[name], after[name], gone if name == "now" else set())  # a channel's numbers always go on
        else:
            after[name] = before[name]
