"""Settings: every section and key there is, with its default and its bounds; `core.config` fills them in."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from core.events import TIMEFRAMES


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

    venue: Literal["exchange", "alpaca", "alpaca_crypto", "binance", "coinbase"] = "exchange"
    url: str = ""
    symbols: tuple[str, ...] = ()
    channels: tuple[Literal["trades", "quotes", "bars"], ...] = ("trades", "quotes")
    silence_s: float = Field(default=60.0, gt=0)  # the longest silence that is borne; of a busy stream much less
    conflate: bool = True  # of quotes that wait for too long only each symbol's newest go on, and that is said
    backfill_s: float = Field(default=2.0, ge=0, le=60)  # how long after a gap its trades are asked of the history
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
    lookback_s: float = Field(default=300.0, ge=0)  # how late a trade may come and its bars be corrected; 0: never
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
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=0, ge=0, le=65535)  # where our own also listens on TCP; 0: on a Unix socket only
    reader_password: SecretStr = SecretStr("")  # of the user `reader`, who alone may come in there
    flush_ms: int = Field(default=50, ge=1, le=60_000)


class _Days(Section):
    """Whole days that rows of each kind stay; 0: for ever."""

    trades_days: int = Field(default=0, ge=0, le=36_500)
    quotes_days: int = Field(default=0, ge=0, le=36_500)
    bars_days: int = Field(default=0, ge=0, le=36_500)
    values_days: int = Field(default=0, ge=0, le=36_500)
    signals_days: int = Field(default=0, ge=0, le=36_500)

    @property
    def days(self) -> dict[str, int]:
        """By kind, those that are limited."""
        found = {kind: getattr(self, f"{kind}_days") for kind in ("trades", "quotes", "bars", "values", "signals")}
        return {kind: days for kind, days in found.items() if days}


class Archive(_Days):
    """How long rows stay in the database, then where they go; without a folder, `archive` in the data folder."""

    folder: Path | None = None

    @field_validator("folder")
    @classmethod
    def _expand(cls, folder: Path | None) -> Path | None:
        return folder.expanduser().absolute() if folder else None


class Retention(_Days):
    """How long rows are kept at all, in the database or the archive."""


class Journal(Section):
    """Where every row is durable before it is in the database: below the data folder."""

    sync_ms: float = Field(default=5.0, gt=0, le=60_000)
    file_mb: int = Field(default=64, ge=1, le=4_096)
    snapshot_s: float = Field(
        default=60.0, ge=0
    )  # how often all that the engine knows is kept, for a restart; 0: never
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
    archive: Archive = Archive()
    retention: Retention = Retention()
    journal: Journal = Journal()
    bus: Bus = Bus()
    gateway: Gateway = Gateway()
    log: Log = Log()

    @property
    def archive_folder(self) -> Path:
        return self.archive.folder or self.data.folder / "archive"

    @property
    def journal_folder(self) -> Path:
        """Where the journals of all sources are, a folder each."""
        return self.data.folder / "journal"

    @property
    def kernel_folder(self) -> Path:
        """Where compiled kernels are kept."""
        return self.data.folder / "kernels"
