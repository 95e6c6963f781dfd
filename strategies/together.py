"""Together: many strategies that differ in their numbers only, through one compiled kernel.

Their constants lie in memory beside the states instead of in the code, and windows are as long as the longest needs, so
nothing is compiled for a point of a parameter space. What has another shape (an average of another kind, a window of
one row, two averages that are one and the same) is another kernel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.events import Batch
from core.node import Input, Node, Output, Past, Value, fields_of
from core.past import room
from core.source import Plan, planned
from strategies.backtest import checked
from strategies.machine import Machine, Passage, accounts_of, finish
from strategies.tallying import tallies_of
from strategies.terms import Terms

_LEAST = 128  # rows of a window: that shorter ones need no kernel of their own

Shape = tuple[Any, ...]  # Any: names, kinds, places


def together(
    strategies: Sequence[Node], bars: Batch, symbols: int, terms: Terms, folder: Path, *, followed: int = 0
) -> Batch:
    """A TALLY row for each strategy: of what `backtest` would keep of it; BadInput. They see the bars before `followed`
    as well, and do not trade then."""
    bars = np.ascontiguousarray(bars)
    tallies = tallies_of(bars["ts_event"][followed:], terms.cash, len(strategies))
    plans = [planned((each,)) for each in strategies]
    for plan in plans:
        checked(plan.nodes, terms)
    for places, machine in machines(plans, folder):
        accounts, _holdings = accounts_of(terms, len(places), symbols)
        accounts["tally"] = tallies[places]
        passage = Passage(machine, bars, accounts, [plans[place].nodes for place in places], followed)
        while not passage.through:
            passage.more()
        finish(accounts, folder)
        tallies[places] = accounts["tally"]
    return tallies


def machines(plans: Sequence[Plan], folder: Path) -> Iterator[tuple[list[int], Machine]]:
    """Machines, and the places of the plans that each is for."""
    alike: dict[Shape, list[int]] = {}
    for place, plan in enumerate(plans):
        alike.setdefault(_shape(plan), []).append(place)
    for places in alike.values():
        yield places, Machine(_widest([plans[place] for place in places]), folder)


def _shape(plan: Plan) -> Shape:
    """What plans have in common that differ in numbers only."""
    places = {node.name: place for place, node in enumerate(plan.nodes)}
    return tuple(
        (
            (node.step, node.outputs, node.on_gap, node.ready_after > 0),
            (_kinds(node.state), _kinds(node.constants)),
            tuple(_read(given, places) for given in node.inputs),
        )
        for node in plan.nodes
    )


def _kinds(values: Mapping[str, Value]) -> Shape:
    return tuple((name, kind, shape[1:], len(shape)) for name, kind, shape in fields_of(values))


def _read(given: Input | Past, places: Mapping[str, int]) -> Shape:
    """What a node reads, by its place among the plan's."""
    if isinstance(given, Past):
        return "past", *_read(given.of, places)
    if isinstance(given, str):
        return (given,)
    node, output = (given.node, given.output) if isinstance(given, Output) else (given, "")
    return places[node.name], output


def _widest(plans: Sequence[Plan]) -> Plan:
    """A plan with room for what any of these needs, and to spare: few plans differ in it. Its nodes are numbered."""
    made = dict[str, Node]()
    for place, alike in enumerate(zip(*(plan.nodes for plan in plans), strict=True)):
        first = alike[0]
        inputs = tuple(_again(given, made) for given in zip(*(node.inputs for node in alike), strict=True))
        state, constants = (
            {name: _roomy([each[name] for each in values]) for name in values[0]}
            for values in ([node.state for node in alike], [node.constants for node in alike])
        )
        made[first.name] = replace(first, name=f"node{place}", call="", inputs=inputs, state=state, constants=constants)
    first_plan = plans[0]
    nodes, indicators, strategies = (
        tuple(made[node.name] for node in nodes)
        for nodes in (first_plan.nodes, first_plan.indicators, first_plan.strategies)
    )
    return replace(first_plan, nodes=nodes, indicators=indicators, strategies=strategies, adjustable=True)


def _roomy(values: Sequence[Value]) -> Value:
    """A number, or an array for the longest of these, as long as the next power of two."""
    if not isinstance(values[0], np.ndarray):
        return values[0]
    return np.zeros(room([_LEAST, *(np.size(each) for each in values)]), dtype=values[0].dtype)


def _again(given: Sequence[Input | Past], made: Mapping[str, Node]) -> Input | Past:
    """An input of the widest node, from the same of all."""
    first = given[0]
    if isinstance(first, Past):
        lengths = [each.length for each in given if isinstance(each, Past)]
        return Past(_same(first.of, made), room([_LEAST, *lengths]))
    return _same(first, made)


def _same(of: Input, made: Mapping[str, Node]) -> Input:
    if isinstance(of, Output):
        return made[of.node.name][of.output]
    return made[of.name] if isinstance(of, Node) else of
