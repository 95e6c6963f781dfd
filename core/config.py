"""Where settings come from: one value, built in a composition root from flags, environment, file and defaults."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from core.errors import ConfigError
from core.settings import Group, Section, Settings

PREFIX = "CANDELA__"
Nested = dict[str, dict[str, Any]]


def load(
    *,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
    environ: Mapping[str, str] | None = None,
    text: str = "",
) -> Settings:
    """Settings from flags over environment over the text of a candela.toml over defaults."""
    return layered(flags=flags, environ=environ, text=text)[0]


def layered(
    *,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
    environ: Mapping[str, str] | None = None,
    text: str = "",
) -> tuple[Settings, dict[str, str]]:
    """The settings, and for each `section.key` that is not a default where it came from."""
    merged: Nested = {}
    origin: dict[str, str] = {}
    layers = (
        ("file", _from_file(text)),
        ("environment", _from_environment(environ or {})),
        ("flag", {name: dict(keys) for name, keys in (flags or {}).items()}),
    )
    for source, layer in layers:
        for section, key, value in _checked(layer, source):
            merged.setdefault(section, {})[key] = value
            origin[f"{section}.{key}"] = source
    try:
        return Settings.model_validate(merged), origin
    except ValidationError as error:
        raise ConfigError(_sentence(error, origin)) from None


def _from_file(text: str) -> Nested:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"candela.toml is not valid TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> Nested:
    nested: Nested = {}
    for name, value in environ.items():
        if name.startswith(PREFIX):
            section, _, key = name.removeprefix(PREFIX).lower().partition("__")
            nested.setdefault(section, {})[key] = _value(section, key, value)
    return nested


def _value(section: str, key: str, text: str) -> Any:  # Any: a setting may be of any type
    field = _keys(section).get(key)
    is_list = field is not None and str(field.annotation).startswith("tuple")
    return tuple(part.strip() for part in _split(text)) if is_list else text


def _split(text: str) -> Iterator[str]:
    """Parts of a comma list, commas inside parentheses left alone: `ema(12),macd(12, 26, 9)`."""
    depth, part = 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    if part.strip():
        yield part


def _keys(section: str) -> dict[str, FieldInfo]:
    """The keys a section has; none when there is no such section."""
    field = Settings.model_fields.get(section)
    kind = field.annotation if field else None
    return dict(kind.model_fields) if isinstance(kind, type) and issubclass(kind, Section) else {}


def _checked(layer: Nested, source: str) -> Iterator[tuple[str, str, Any]]:
    for section, keys in layer.items():
        known = _keys(section)
        if not known:
            raise ConfigError(_unknown(section, Settings.model_fields, source))
        if not isinstance(keys, dict):
            raise ConfigError(f"expected a section [{section}] with keys, found {keys!r} (from {source})")
        for key, value in keys.items():
            if key not in known:
                names = [f"{section}.{name}" for name in known]
                raise ConfigError(_unknown(f"{section}.{key}", names, source))
            yield section, key, value


def _unknown(name: str, known: Iterable[str], source: str) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"unknown setting {name!r} (from {source}); did you mean {near[0]!r}?"


def _sentence(error: ValidationError, origin: Mapping[str, str]) -> str:
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")  # of a misspelt key, not its lack
    setting, name = (".".join(map(str, part)) for part in (first["loc"][:2], first["loc"]))
    source = origin.get(setting, "default")
    if first["type"] == "extra_forbidden":  # in a group: the other sections are looked at one by one
        return _unknown(name, [name.rpartition(".")[0] + f".{key}" for key in Group.model_fields], source)
    found = "" if name.endswith(("secret", "password", "token", "url")) else f", found {first['input']!r}"
    return f"bad setting {name} (from {source}): {first['msg']}{found}"
