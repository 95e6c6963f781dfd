"""Settings: who wins over whom, and what a wrong one is told."""

import tomllib
from pathlib import Path

import pytest

from core.config import layered, load
from core.errors import ConfigError
from core.settings import Settings

ROOT = Path(__file__).parents[2]


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default() -> None:
    text = "[gateway]\nport = 1\nhost = 'file'\nheartbeat_s = 9.0\n"
    environ = {"CANDELA__GATEWAY__PORT": "2", "CANDELA__GATEWAY__HOST": "environment", "HOME": "elsewhere"}
    settings, origin = layered(flags={"gateway": {"port": 3}}, environ=environ, text=text)
    assert (settings.gateway.port, settings.gateway.host, settings.gateway.heartbeat_s) == (3, "environment", 9.0)
    assert settings.gateway.client_queue == Settings().gateway.client_queue
    assert origin == {"gateway.port": "flag", "gateway.host": "environment", "gateway.heartbeat_s": "file"}


def test_a_list_in_the_environment_is_split_at_commas_outside_parentheses() -> None:
    market = load(environ={"CANDELA__MARKET__INDICATORS": "ema(12), macd(12, 26, 9)"}).market
    assert market.indicators == ("ema(12)", "macd(12, 26, 9)")


@pytest.mark.parametrize(
    ("environ", "text", "sentence"),
    [
        ({"CANDELA__STORE__URI": "x"}, "", "unknown setting 'store.uri' (from environment); did you mean 'store.url'?"),
        ({"CANDELA__STOER__URL": "x"}, "", "unknown setting 'stoer' (from environment); did you mean 'store'?"),
        ({}, "[market]\ntimeframe = ['1s']", "unknown setting 'market.timeframe' (from file); did you mean"),
        ({}, "[market]\ntimeframes = ['7m']", "bad setting market.timeframes (from file)"),
        ({"CANDELA__GATEWAY__PORT": "high"}, "", "bad setting gateway.port (from environment)"),
        ({"CANDELA__FEED__VENUE": "nyse"}, "", "bad setting feed.venue (from environment)"),
        ({}, "port = 3", "unknown setting 'port' (from file)"),
        ({}, "gateway = 3", "expected a section [gateway] with keys, found 3 (from file)"),
        ({}, "[gateway", "not valid TOML"),
        (
            {},
            "[market.groups.majors]\nsymbol = ['A']",
            "unknown setting 'market.groups.majors.symbol' (from file); did you mean 'market.groups.majors.symbols'?",
        ),
        ({}, "[store]\nhost = ''", "bad setting store.host (from file)"),
        ({}, "[market.groups.majors]\nsymbols = []", "bad setting market.groups.majors.symbols (from file)"),
    ],
)
def test_a_wrong_setting_is_answered_with_one_sentence(environ: dict[str, str], text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ=environ, text=text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_secret_is_never_printed() -> None:
    settings = load(environ={"CANDELA__FEED__SECRET": "s3cret", "CANDELA__STORE__URL": "postgresql://u:s3cret@h/d"})
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()


def test_a_secret_that_is_wrong_is_not_printed_either() -> None:
    for section, key in (("feed", "secret"), ("store", "url"), ("store", "reader_password"), ("gateway", "token")):
        with pytest.raises(ConfigError) as caught:
            load(text=f"[{section}]\n{key} = 471147")
        assert f"bad setting {section}.{key} (from file)" in str(caught.value)
        assert "471147" not in str(caught.value)


def test_the_example_file_shows_every_setting_at_its_default() -> None:
    text = (ROOT / "candela.example.toml").read_text()
    assert load(text=text) == Settings()
    shown = {f"{section}.{key}" for section, keys in tomllib.loads(text).items() for key in keys}
    secret = {
        "feed.key",
        "feed.secret",
        "exchange.key",
        "exchange.secret",
        "store.url",
        "store.reader_password",
        "gateway.token",
        "feed.url",
    }  # and folders, which depend on the user
    every = {
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in field.annotation.model_fields  # type: ignore[union-attr]
    }
    assert shown == every - secret - {"data.folder", "archive.folder"}
