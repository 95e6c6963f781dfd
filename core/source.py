"""The source of a bank's kernel: core/kernel.py with the nodes' lines written in.

One line a node (`bank.source` prints them). Generating these lines is the one clever place in the system; names are
checked identifiers, and no user text reaches it but the path of a user's file, quoted. An interpreter over a table of
operations, which needs no compile, was measured too: a third slower, and every indicator would be written twice.
"""

import functools
import inspect
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core import kernel
from core.errors import BadInput
from core.events import BAR, VALUE_HEADER
from core.imported import origin
from core.node import FIELDS, STORED, Group, Kind, Node, Output, Past, Value, fields_of, ordered, reads, rings

_RESERVED = {
    "x", "s", "t", "v", "g", "r", "nan", "record", "signals", "abs", "forming", "now", "seq", "trades", "quotes",
    "groups", "ts_price", "trade_id", "closed_to", "missed_to", *(name for name, _ in VALUE_HEADER),
}  # fmt: skip

# A strategy's line: a row of signals where its side is not 0 (NaN compares unequal to 0, so ask for size).
_SIGNAL = """    if abs({side}) > 0.0{unless}:
        t.signals += 1
        t.seq.{name} += 1
        r = record(signals, g, SIGNAL)
        g += 1
        r.ts_event, r.ts_recv, r.seq, r.seq_all = x.ts_event, x.ts_recv, t.seq.{name}, t.signals
        r.side, r.strength, r.price = {side}, {strength}, x.close
        r.symbol, r.strategy, r.timeframe, r.quality = x.symbol, {index}, x.timeframe, x.quality
"""

_WHOLE = "x.quality != GAP"
_MOST_GROUPS = 62  # bits of a signed integer
_NOTHING = [("nothing", "f8")]  # a record needs a field


@dataclass(frozen=True)
class Plan:
    """What a kernel is to compute: all nodes in order, those asked for, and the columns people see."""

    nodes: tuple[Node, ...]
    indicators: tuple[Node, ...]  # asked for, or read by a strategy asked for
    strategies: tuple[Node, ...]
    wanted: Mapping[str, int] = field(default_factory=dict)  # nodes of groups only: a bit for each group that wants it
    adjustable: bool = False  # constants are not literals: they lie beside the states, as `p_` and the node's name

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(column for node in (*self.indicators, *self.strategies) for column in node.columns)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a bar that are read."""
        read = {name for node in self.nodes if node.on == "bars" for name in node.series if isinstance(name, str)}
        read |= {"close", "ts_close"} if self.strategies else set()
        return tuple(name for name in FIELDS["bars"] if name in read)


def planned(everyone: Sequence[Node], groups: Sequence[Group] = ()) -> Plan:
    """The plan for the nodes of every symbol and those of groups; BadInput when names clash."""
    if len(groups) > _MOST_GROUPS:
        raise BadInput(f"expected at most {_MOST_GROUPS} groups of symbols, found {len(groups)}")
    asked = [*everyone, *(node for group in groups for node in group.nodes)]
    if any(not node.name for node in asked):
        raise BadInput("a node needs a name: make it with a factory (@indicator, @strategy) or give it one")
    nodes = ordered(asked)
    seen = {node.name for node in asked} | {
        need.name for node in asked if node.kind == "strategy" for need in node.needs
    }
    columns = [column for node in nodes for column in node.columns]
    for column in columns:
        if column in _RESERVED or column.startswith("_") or columns.count(column) > 1:
            raise BadInput(
                f"two columns of the nodes would be called {column!r}, or it means something else; rename one"
            )
    return Plan(
        nodes,
        tuple(node for node in nodes if node.kind == "indicator" and node.name in seen),
        tuple(node for node in nodes if node.kind == "strategy"),
        _wanted(everyone, groups),
    )


def _wanted(everyone: Sequence[Node], groups: Sequence[Group]) -> dict[str, int]:
    always, wanted = {node.name for node in ordered(everyone)}, dict[str, int]()
    for index, group in enumerate(groups):
        for name in {node.name for node in ordered(group.nodes)} - always:
            wanted[name] = wanted.get(name, 0) | 1 << index
    return wanted


def written(plan: Plan, lanes: int) -> str:
    """The kernel's source, for as many timeframes as there are `lanes`: a number it knows is a loop unrolled."""
    blocks = {
        "layouts": "".join(_layouts(plan)) + f"LANES = {lanes}\n",
        "trades": "".join(_ticks(plan, "trades")),
        "quotes": "".join(_ticks(plan, "quotes")),
        "bars": "".join(_bars(plan)),
        "fields": "".join(f"    {name},\n" for name in plan.fields),
        "given": "".join(_given(plan)),
    }
    text = inspect.getsource(kernel)
    for name, block in blocks.items():
        before, rest = re.split(rf" *# -- nodes: {name}\n", text, maxsplit=1)
        text = before + block + re.split(r" *# -- end\n", rest, maxsplit=1)[1]
    return text


def _layouts(plan: Plan) -> Iterator[str]:
    yield from _imports(plan)
    yield "\n"
    for node in plan.nodes:
        if node.constants and not plan.adjustable:
            given = ", ".join(f"{name}={_text(value)}" for name, value in node.constants.items())
            yield f"p_{node.name} = constants({given})\n"
    now = [(column, "f8") for node in plan.nodes if node.on != "bars" for column in node.columns]
    seq = [(node.name, "i8") for node in plan.strategies]
    groups = ("groups",) if plan.wanted else ()
    state: list[str] = []
    tick = [
        f'("{name}", "i8")'
        for name in ("trades", "quotes", "signals", "ts_price", "trade_id", "closed_to", "missed_to", *groups)
    ] + ['("price", "f8")']
    tick += [f'("seq", {seq or _NOTHING})', f'("now", {now or _NOTHING})']
    for node in plan.nodes:
        kept = ((node.name, node.state), (f"p_{node.name}", node.constants if plan.adjustable else {}))
        own = [f'("{name}", {fields_of(values)})' for name, values in kept if values]
        (state if node.on == "bars" else tick).extend(own)
    for kind in FIELDS:
        for past, size in rings([node for node in plan.nodes if node.on == kind]):
            (state if kind == "bars" else tick).append(f'("{past.name}", [("n", "i8"), ("ring", "f8", ({size},))])')
    yield f"STATE = padded(np.dtype([{', '.join(state) or str(_NOTHING)[1:-1]}], align=True))\n"
    yield f"TICK = np.dtype([{', '.join(tick)}], align=True)\n"
    yield f"VALUE = value_dtype({plan.outputs})\n"


def _imports(plan: Plan) -> Iterator[str]:
    """Of the steps; files of a user's own are put where their import finds them, in whatever process this is loaded."""
    files = {found for node in plan.nodes if (found := origin(node.step.__module__))}
    yield from ["from core.imported import imported\n"] if files else []
    yield from sorted(f"imported({path!r}, {digest!r})\n" for path, digest in files)
    steps = {(node.step.__module__, node.step.__name__, _alias(node)) for node in plan.nodes}
    yield from sorted(f"from {module} import {name} as {alias}\n" for module, name, alias in steps)


def _text(value: Value) -> str:
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def _alias(node: Node) -> str:
    return f"{node.step.__module__.replace('.', '_')}_{node.step.__name__.lstrip('_')}"


def _ticks(plan: Plan, kind: Kind) -> Iterator[str]:
    own = [node for node in plan.nodes if node.on == kind]
    yield from _lines(own, "t", plan)
    for node in own:
        yield from (f"    t.now.{column} = {column}\n" for column in node.columns)


def _bars(plan: Plan) -> Iterator[str]:
    own = [node for node in plan.nodes if node.on == "bars"]
    wanted = {need for node in own for need in node.needs if need.on != "bars"}
    wanted |= {node for node in plan.indicators if node.on != "bars"}
    for node in plan.nodes:
        if node in wanted:
            yield from (f"    {column} = t.now.{column}\n" for column in node.columns)
    yield from _lines(own, "s", plan)
    yield from (f"    v.{column} = {column}\n" for column in plan.outputs)
    for index, node in enumerate(plan.strategies):
        side, strength = node.columns
        unless = f" and {_WHOLE}" if node.on_gap == "hold" else ""
        yield _SIGNAL.format(side=side, strength=strength, index=index, name=node.name, unless=unless)


def _given(plan: Plan) -> Iterator[str]:
    numbers = [name for name in plan.fields if BAR[name].kind == "f"]
    if numbers:
        yield f"    if not abs({' + '.join(numbers)}) <= LARGEST:\n        return -1\n"
    for name in plan.fields:
        yield f"    x.{name} = {name}\n"
    if plan.strategies:
        yield "    x.ts_event = x.ts_recv = ts_close\n    x.timeframe = p.frame\n"


def _lines(nodes: Sequence[Node], state: str, plan: Plan) -> Iterator[str]:
    """`push(s.past_close, x.close)` before its first reader, and for each node, if its inputs are there and a group of
    the symbol's wants it: `ema_9 = indicators_ema_ema(s.ema_9, p_ema_9, x.close)`."""
    pushed, wanted, near = set[str](), plan.wanted, f"{state}." if plan.adjustable else ""
    for node in nodes:
        for past in (given for given in node.inputs if isinstance(given, Past)):
            if past.name not in pushed:
                pushed.add(past.name)
                readers = [wanted.get(each.name, 0) for each in nodes if past.name in reads(each)]
                yield _pushed(past, node, state, _any_of(readers))
        given_ = [_argument(node, name, state) for name in reads(node)]
        own = f"{state}.{node.name}" if node.state else "0"
        call = f"{_alias(node)}({', '.join([own, f'{near}p_{node.name}' if node.constants else '0', *given_])})"
        targets = ", ".join(node.columns)
        sure = _conditions(_unsure(node), wanted.get(node.name, 0), whole=node.on_gap == "skip")
        if not sure:
            yield f"    {targets} = {call}\n"
        else:
            yield f"    {' = '.join(node.columns)} = nan\n    if {sure}:\n        {targets} = {call}\n"


def _pushed(past: Past, reader: Node, state: str, mask: int) -> str:
    unsure = [name for name in _unsure(reader) if name == past.series]
    value = past.series if unsure or not isinstance(past.of, str) else _field(past.series)
    sure = _conditions(unsure, mask)
    line = f"    push({state}.{past.name}, {value})\n"
    return f"    if {sure}:\n    {line}" if sure else line


def _any_of(masks: Sequence[int]) -> int:
    """The groups that want something of these; 0, everyone, when one of them is for everyone."""
    return 0 if 0 in masks else functools.reduce(operator.or_, masks)


def _conditions(names: Sequence[str], mask: int, *, whole: bool = False) -> str:
    groups = [f"t.groups & {mask}"] if mask else []
    return " and ".join([*groups, *([_WHOLE] if whole else []), *(f"{name} == {name}" for name in names)])


def _unsure(node: Node) -> list[str]:
    """The columns it reads that may be NaN."""
    unsure = [given for given in node.series if not isinstance(given, str) and _may_miss(given, node)]
    return sorted({given.columns[0] for given in unsure})


def _may_miss(given: Node | Output, node: Node) -> bool:
    needed = given.node if isinstance(given, Output) else given
    return needed.on != node.on or needed.ready_after > 0


def _field(name: str) -> str:
    return f"x.{STORED.get(name, name)}"


def _argument(node: Node, name: str, state: str) -> str:
    if name in node.series:
        return _field(name)
    return f"{state}.{name}" if any(isinstance(given, Past) and given.name == name for given in node.inputs) else name
