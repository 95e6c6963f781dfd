"""Making nodes: factories that check their parameters by their annotations, and nodes from the text a person writes.

A factory says everything once: `def ema(period: Period = 20, of: Series = "close") -> Node`. The decorator checks what
it was given against the ranges, and gives the node its name ("ema_12"), its call ("ema(12)") and its first line.
"""

import ast
import functools
import inspect
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, ParamSpec, TypeAlias, get_args, get_origin, get_type_hints

from core.errors import BadInput, nearest
from core.node import FIELDS, Input, Node, Output

P = ParamSpec("P")
Maker: TypeAlias = Callable[..., Node]


@dataclass(frozen=True)
class Range:
    """What a number may be, ends included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


LONGEST = 100_000  # rows in a window: what TA-Lib allows; each costs 8 bytes a symbol and timeframe
Period: TypeAlias = Annotated[int, Range(1, LONGEST)]
LongPeriod: TypeAlias = Annotated[int, Range(2, LONGEST)]
Lag: TypeAlias = Annotated[int, Range(0, LONGEST)]
Factor: TypeAlias = Annotated[float, Range(0.0, 1000.0)]
Positive: TypeAlias = Annotated[float, Range(1e-9, 1000.0)]
PerYear: TypeAlias = Annotated[float, Range(1.0, 1e9)]
Share: TypeAlias = Annotated[float, Range(0.0, 1.0)]
Series: TypeAlias = Annotated[Input, "series"]
Seed: TypeAlias = Literal["sma", "first"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a factory, in words for people: `allowed` is a range, the choices, or "a series"."""

    name: str
    type: str
    default: Any  # a number, a text or a node's call
    allowed: str


def indicator(function: Callable[P, Node]) -> Callable[P, Node]:
    """Make a factory of an indicator: checked parameters, and a node with its name, call and first line."""
    return _maker(function, "indicator")


def strategy(function: Callable[P, Node]) -> Callable[P, Node]:
    """The same for a strategy, whose outputs are side and strength."""
    return _maker(function, "strategy")


def _maker(function: Callable[P, Node], kind: Literal["indicator", "strategy"]) -> Callable[P, Node]:
    signature, hints = inspect.signature(function), get_type_hints(function, include_extras=True)
    about = documentation(function)[0]

    @functools.wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> Node:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            bound.arguments[name] = checked(name, value, hints.get(name))
        node = function(*bound.args, **bound.kwargs)
        given = [_Given(name, value, signature.parameters[name].default) for name, value in bound.arguments.items()]
        return replace(
            node, name=_name(function.__name__, given), call=_call(function.__name__, given), about=about, kind=kind
        )

    vars(make)["makes"] = kind
    return make


def makes(maker: Any) -> str:  # Any: whatever a module has
    """What a factory makes, "indicator" or "strategy"; "" when it is none."""
    return str(vars(maker).get("makes", "")) if inspect.isfunction(maker) else ""


def checked(name: str, value: Any, hint: Any) -> Any:  # Any: what a person gave, and its annotation
    """The value of a parameter, if it may have it; BadInput."""
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise BadInput(f"{name} must be one of {', '.join(get_args(hint))}, was {value!r}")
        return value
    type_, said = _allowed(name, hint)
    if said == "series":
        return _series(name, value)
    kind = "a whole number" if type_ is int else "a number"
    right = isinstance(value, int if type_ is int else (int, float)) and not isinstance(value, bool)
    if not right or not said.low <= value <= said.high:
        raise BadInput(f"{name} must be {kind} from {said}, was {value!r}")
    return type_(value)


def _allowed(name: str, hint: Any) -> Any:  # Any: an annotation; a type, and a range or "series"
    if hint is int or hint is float:
        return hint, Range(-math.inf, math.inf)
    if get_origin(hint) is not Annotated or not (get_args(hint)[1] == "series" or isinstance(get_args(hint)[1], Range)):
        raise BadInput(f"{name} has no annotation that says what it may be: write {name}: Period, or int, or float")
    return get_args(hint)


def _series(name: str, value: Any) -> Input:  # Any: what a person gave
    if isinstance(value, Node) and value.outputs:
        choices = ", ".join(f"{value.call}.{output}" for output in value.outputs)
        raise BadInput(f"{name}: {value.call} has several outputs; expected one of {choices}")
    if isinstance(value, str | Node | Output):
        return value
    raise BadInput(f"{name} must be a field of a row, such as close, or an indicator, was {value!r}")


@dataclass(frozen=True)
class _Given:
    """A parameter and what it was given; of nodes, the very same one is its default."""

    name: str
    value: Any  # a number, a choice, a field, a node or an output
    default: Any  # the same

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, int | float)

    @property
    def is_default(self) -> bool:
        return bool(self.value == self.default)

    @property
    def is_choice(self) -> bool:
        return isinstance(self.value, str) and not _is_field(self.value)

    @property
    def in_name(self) -> str:
        """Numbers and the series `of` as they are, the rest after its parameter: two nodes never share a name."""
        if self.is_number:
            digits = str(int(self.value)) if self.value == int(self.value) else repr(self.value)
            return digits.replace(".", "p").replace("-", "m").replace("+", "")
        value = self.value if isinstance(self.value, str) else self.value.columns[0]
        return value if self.name == "of" else f"{self.name}_{value}"


def _is_field(text: str) -> bool:
    return any(text in names for names in FIELDS.values())


def _name(function: str, given: list[_Given]) -> str:
    return "_".join([function, *(each.in_name for each in given if each.is_number or not each.is_default)])


def _call(function: str, given: list[_Given]) -> str:
    parts, plain = [], True
    for each in given:
        plain = plain and each.is_number
        if not each.is_number and each.is_default:
            continue
        fits = isinstance(each.value, str) and not each.is_choice
        text = (
            each.value if fits else repr(each.value) if not isinstance(each.value, Node | Output) else each.value.call
        )
        parts.append(text if plain else f"{each.name}={text}")
    return f"{function}({', '.join(parts)})"


def parameters(maker: Maker) -> tuple[Parameter, ...]:
    """What a factory may be given."""
    hints = _hints(maker)
    found = []
    for name, parameter in inspect.signature(maker).parameters.items():
        hint, default = hints[name], parameter.default
        said = " | ".join(get_args(hint)) if get_origin(hint) is Literal else str(get_args(hint)[1])
        type_ = {"series": "series"}.get(said, getattr(get_args(hint)[0], "__name__", "choice"))
        shown = default.call if isinstance(default, Node | Output) else default
        found.append(
            Parameter(
                name, "choice" if get_origin(hint) is Literal else type_, shown, said.replace("series", "a series")
            )
        )
    return tuple(found)


def _hints(maker: Maker) -> dict[str, Any]:  # Any: annotations
    return get_type_hints(inspect.unwrap(maker), include_extras=True)


def documentation(maker: Callable[..., Any]) -> tuple[str, str, str]:
    """A factory's first line, its formula and its source: from its docstring, or else its file's."""
    plain = inspect.unwrap(maker)
    text = inspect.cleandoc(plain.__doc__ or sys.modules[plain.__module__].__doc__ or "")
    body = text.split("\n>>>")[0]
    body, _, source = body.partition("Source: ")
    first, _, formula = body.partition("\n\n")
    return " ".join(first.split()), formula.strip(), " ".join(source.split())


def build(text: str, makers: Mapping[str, Maker]) -> Node:
    """The node a person asks for with `text`, such as "ema(12)" or "ema(9, of=rsi(14))"."""
    try:
        made = _built(ast.parse(text.strip(), mode="eval").body, makers)
    except KeyError as error:
        name = str(error.args[0])
        raise BadInput(f"there is no {name!r}{nearest(name, makers)}{_expected(text, makers)}") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        made = None
    except TypeError as error:
        raise BadInput(f"{text!r}: {error}") from None
    if not isinstance(made, Node):
        raise BadInput(f"that is no call of an indicator{_expected(text, makers)}")
    return made


def _expected(text: str, makers: Mapping[str, Maker]) -> str:
    names = ", ".join(makers) if len(makers) < 20 else f"the {len(makers)} names that `candela indicators` lists"
    return f'; expected one of {names}, with numbers, such as "{min(makers)}(20)"; found {text!r}'


def _built(tree: ast.expr, makers: Mapping[str, Maker]) -> Any:  # Any: a node, an output, a text or a number
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        maker = makers[tree.func.id]
        names = list(inspect.signature(maker).parameters)
        choices = {name for name, hint in _hints(maker).items() if get_origin(hint) is Literal}
        pairs = [*zip([*names, *[""] * len(tree.args)], tree.args, strict=False)]
        given = [_one(value, makers, is_choice=name in choices) for name, value in pairs]
        named = {each.arg or "": _one(each.value, makers, is_choice=each.arg in choices) for each in tree.keywords}
        return maker(*given, **named)
    if isinstance(tree, ast.Attribute):
        node = _built(tree.value, makers)
        if not isinstance(node, Node) or tree.attr not in node.outputs:
            raise KeyError(tree.attr)
        return node[tree.attr]
    if isinstance(tree, ast.Name):
        return makers[tree.id]() if tree.id in makers else tree.id
    return ast.literal_eval(tree)


def _one(tree: ast.expr, makers: Mapping[str, Maker], *, is_choice: bool) -> Any:  # Any: as above
    """An argument; a bare word for a choice is the choice, though an indicator may be called so."""
    return tree.id if is_choice and isinstance(tree, ast.Name) else _built(tree, makers)
