"""Settings: one frozen value built in a composition root from flags, environment, file and defaults."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo

from core.errors import ConfigError
from core.events import TIMEFRAMES

PREFIX = "CANDELA__"
Nested = dict[str, dict[str, Any]]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _home() -> Path:
    """As root, PostgreSQL runs as another user, who could not reach a folder inside root's own home."""
    return Path("/var/lib/candela") if os.geteuid() == 0 else Path("~/.local/share/candela")


class Data(Section):
    """Where Candela keeps what it owns: the embedded database, compiled kernels, sockets."""

    folder: Path = Field(default_factory=_home)

    @field_validator("folder")
    @classmethod
    def _expand(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()


class Feed(Section):
    """Which venue to listen to. `exchange` is the local exchange that `candela up` starts."""

    venue: Literal["exchange", "alpaca", "binance"] = "exchange"
    url: str = ""
    symbols: tuple[str, ...] = ()
    channels: tuple[Literal["trades", "quotes", "bars"], ...] = ("trades", "quotes")
    key: str = ""
    secret: SecretStr = SecretStr("")


class Group(Section):
    """Indicators and strategies for some symbols only; * in a name stands for anything."""

    symbols: tuple[str, ...] = Field(min_length=1)
    indicators: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()


class Market(Section):
    """What the market process computes."""

    timeframes: tuple[str, ...] = ("1s", "1m", "5m", "15m", "1h", "1d")
    indicators: tuple[str, ...] = (
        "ema(12)",
        "ema(26)",
        "sma(20)",
        "rsi(14)",
        "macd(12, 26, 9)",
        "bollinger(20, 2.0)",
        "atr(14)",
    )
    strategies: tuple[str, ...] = ("crossover(12, 26)", "rsi_reversal(14, 30.0, 70.0)")
    groups: dict[str, Group] = {}  # in candela.toml: [market.groups.majors]
    bars: Literal["trades", "venue"] = "trades"
    close_delay_ms: int = Field(default=100, ge=0, le=60_000)
    realtime: bool = True  # priority for the loop, where the system allows it

    @field_validator("timeframes")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in TIMEFRAMES:
                raise ValueError(f"expected timeframes out of {', '.join(TIMEFRAMES)}; found {name!r}")
        return names


class Exchange(Section):
    """The local exchange: a simulated session over a venue's real wire protocol."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)  # 0: any free port
    symbols: int = Field(default=50, ge=1, le=10_000)
    seed: int = 7
    rate: float = Field(default=2_000.0, gt=0)  # messages a second, on average
    speed: float = Field(default=1.0, ge=0)  # 0: as fast as the reader takes it
    key: str = "candela-local"
    secret: SecretStr = SecretStr("candela-local")


class Store(Section):
    """PostgreSQL or TimescaleDB; without a URL, one that Candela runs in the data folder."""

    url: SecretStr = SecretStr("")
    flush_ms: int = Field(default=50, ge=1, le=60_000)


class Journal(Section):
    """Where every row is durable before it is in the database: below the data folder."""

    sync_ms: float = Field(default=5.0, gt=0, le=60_000)
    file_mb: int = Field(default=64, ge=1, le=4_096)
    limit_gb: float = Field(default=20.0, gt=0)  # of rows waiting for the database before rows are dropped and counted


class Bus(Section):
    """Market process to gateways; without a URL, a Unix socket in the data folder."""

    url: str = ""
    capacity: int = Field(default=64 << 20, ge=1 << 16)  # bytes waiting for one gateway


class Gateway(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    token: SecretStr = SecretStr("")
    client_queue: int = Field(default=10_000, ge=16)  # messages waiting for one WebSocket client
    heartbeat_s: float = Field(default=1.0, gt=0)


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(Section):
    data: Data = Data()
    feed: Feed = Feed()
    market: Market = Market()
    exchange: Exchange = Exchange()
    store: Store = Store()
    journal: Journal = Journal()
    bus: Bus = Bus()
    gateway: Gateway = Gateway()
    log: Log = Log()


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
    found = "" if name.endswith(("secret", "token", "url")) else f", found {first['input']!r}"
    return f"bad setting {name} (from {source}): {first['msg']}{found}"
