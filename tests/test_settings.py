"""Settings: sources in their order, and every mistake named."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from cirql.errors import SettingsError
from cirql.settings import Credential, Settings, parse_duration


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cirql.toml").write_text('regions = ["eu-west-1"]\nprofile = "file"\nmax_attempts = 2\n[max_rps]\nec2 = 5\n')
    monkeypatch.setenv("CIRQL_PROFILES", "one, two")
    monkeypatch.setenv("CIRQL_MAX_ATTEMPTS", "3")
    settings = Settings.load(max_attempts=4, strict=None)
    assert settings.regions == ("eu-west-1",)
    assert settings.profiles == ("one", "two")
    assert settings.max_attempts == 4
    assert settings.max_rps == {"ec2": 5.0}
    assert settings.strict is False


def test_a_named_file_is_read_and_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.toml"
    monkeypatch.setenv("CIRQL_CONFIG", str(other))
    with pytest.raises(SettingsError, match="not there"):
        Settings.load()
    other.write_text("strict = true\n")
    assert Settings.load().strict is True
    other.write_text("strict = = true\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        Settings.load()


def test_the_environment_of_aws_gives_region_bundle_and_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    settings = Settings.load()
    assert (settings.regions, settings.ca_bundle, settings.proxies["https"]) == (("eu-north-1",), str(bundle), "http://proxy:3128")
    assert Settings.load(region="us-east-1").regions == ("us-east-1",)


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"regoins": "x"}, "unknown setting 'regoins'", "regions"),
        ({"max_attempts": 0}, "at least 1", None),
        ({"max_attempts": "many"}, "a number is needed", None),
        ({"max_attempts": 2.5}, "a whole number", None),
        ({"read_timeout": 0}, "positive", None),
        ({"read_timeout": math.inf}, "positive", None),
        ({"accounts": "123"}, "account id", "12-digit"),
        ({"accounts": [123456789012]}, "text is needed", None),
        ({"regions": "*,us-east-1"}, "alone", None),
        ({"endpoint_url": "localhost:4566"}, "not an http", "http://"),
        ({"endpoint_url": "http://[::1"}, "not an http", None),
        ({"endpoint_url": "http://host:99999"}, "not an http", None),
        ({"dialect": "stackqll"}, "unknown dialect", "stackql"),
        ({"max_age": "soon"}, "a duration", None),
        ({"max_age": -1}, "negative", None),
        ({"max_rps": {"ec2": 0}}, "positive", None),
        ({"max_rps": "ec2"}, "a number is needed", None),
        ({"strict": "perhaps"}, "true or false", None),
        ({"ca_bundle": "/no/such/file"}, "not there", None),
        ({"region": "a", "regions": "b"}, "twice", None),
        ({"credentials": ["x"]}, "Credential", None),
        ({"credentials": [Credential("a", "b", "c"), Credential("a", "b", "c")]}, "same name", None),
        ({"credentials": [Credential("a", "b", "c")], "profile": "p"}, "combined", None),
    ],
)
def test_a_mistake_is_named(given: dict[str, Any], message: str, hint: str | None) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        Settings.load(**given)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_mistake_names_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRQL_REGOIN", "x")
    with pytest.raises(SettingsError, match=r"CIRQL_REGOIN.*the environment") as caught:
        Settings.load()
    assert "CIRQL_REGION" in (caught.value.hint or "")
    monkeypatch.delenv("CIRQL_REGOIN")
    (tmp_path / "cirql.toml").write_text('credentials = "AKIA"\n')
    with pytest.raises(SettingsError, match=r"cirql\.toml") as caught:
        Settings.load()
    assert "profile" in (caught.value.hint or "")


def test_secrets_are_never_shown() -> None:
    settings = Settings(credentials=(Credential("a", "AKIA", "hush", token="quiet"),), proxies={"https": "http://u:hush@proxy"})
    assert "AKIA" in repr(settings)
    assert "hush" not in repr(settings)
    assert "quiet" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), (90, 90), ("15 minutes", 900), ("1h", 3600), ("2 days", 172800), ("1.5 hours", 5400), ("unlimited", math.inf), ("live", 0)],
)
def test_durations_are_read(text: Any, seconds: float) -> None:
    assert parse_duration(text) == seconds
