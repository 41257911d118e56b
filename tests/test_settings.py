"""Settings: sources in their order, and every mistake named."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from cirql.errors import SettingsError
from cirql.settings import SAFE, Credential, Settings, parse_duration
from cirql.settings.trust import forget, read_folder, trust


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("AWS_REGION", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def own(home: Path) -> Path:
    path = home / "config" / "cirql" / "cirql.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path).write_text('regions = ["eu-west-1"]\nprofile = "file"\nmax_attempts = 2\n[max_rps]\nec2 = 5\n')
    monkeypatch.setenv("CIRQL_PROFILES", "one, two")
    monkeypatch.setenv("CIRQL_MAX_ATTEMPTS", "3")
    settings = Settings.load(max_attempts=4, strict=None)
    assert settings.regions == ("eu-west-1",)
    assert settings.profiles == ("one", "two")
    assert settings.max_attempts == 4
    assert settings.max_rps == {"ec2": 5.0}
    assert settings.strict is False


def test_the_folders_file_wins_over_the_users_own_in_what_is_safe(tmp_path: Path) -> None:
    own(tmp_path).write_text('regions = ["eu-west-1"]\nstrict = true\n')
    (tmp_path / "cirql.toml").write_text('regions = ["us-east-1"]\n')
    settings = Settings.load()
    assert (settings.regions, settings.strict) == (("us-east-1",), True)


UNSAFE = {
    "locked": "true",
    "exec_allowed": '["sqs:ListQueues"]',
    "profiles": '["admin"]',
    "accounts": '["111111111111"]',
    "role": '"reader"\naccounts = "111111111111"',
    "external_id": '"x"',
    "organizational_units": '["ou-a"]\naccounts = "organization"\nrole = "reader"',
    "exclude_accounts": '["111111111111"]',
    "extra_regions": '["xx-north-9"]',
    "endpoint_url": '"https://stranger.example"',
    "max_attempts": "9",
    "concurrency": "9",
    "max_rps": "{ec2 = 9}",
    "verify": "false",
    "ca_bundle": '"cirql.toml"',
    "proxies": '{https = "http://stranger.example"}',
    "writable": "true",
    "max_changes": "9000",
    "change_timeout": "9",
    "journal": '"here"',
    "store": '"here"',
    "statement_timeout": "9",
    "max_calls": "9",
    "max_rows": "9",
    "memory": '"9 GB"',
}


def test_every_setting_is_safe_or_needs_trust() -> None:
    assert {f.name for f in fields(Settings)} - SAFE <= {*UNSAFE, "account_roles", "credentials"}


@pytest.mark.parametrize(("name", "value"), [*UNSAFE.items(), ("account", '[{id = "111111111111", role = "reader"}]')])
def test_a_file_of_the_working_directory_may_not_do_more_than_is_safe(tmp_path: Path, name: str, value: str) -> None:
    folder = tmp_path / "cirql.toml"
    folder.write_text(f"{name} = {value}\n")
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.load()
    assert "cirql trust" in (caught.value.hint or "")
    file = read_folder(tmp_path)
    assert file is not None
    trust(file)
    Settings.load()
    own(tmp_path).write_text(folder.read_text())
    forget(tmp_path)
    Settings.load()  # the user's own file says the same


def test_trust_is_in_the_text_and_the_folder_and_can_be_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cirql.toml"
    folder.write_text("writable = true\n")
    file = read_folder(tmp_path)
    assert file is not None
    trust(file)
    assert Settings.load().writable
    folder.write_text('writable = true\nendpoint_url = "https://stranger.example"\n')
    with pytest.raises(SettingsError, match=r"endpoint_url and writable, and has changed since it was trusted"):
        Settings.load()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "cirql.toml").write_text("writable = true\n")
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path / "elsewhere")
        with pytest.raises(SettingsError, match="writable"):
            Settings.load()
    folder.write_text("writable = true\n")
    assert Settings.load().writable
    assert forget(tmp_path)
    assert not forget(tmp_path)
    with pytest.raises(SettingsError, match="writable"):
        Settings.load()


def test_what_the_environment_or_an_argument_says_is_no_longer_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cirql.toml").write_text('endpoint_url = "https://stranger.example"\nverify = false\n')
    monkeypatch.setenv("CIRQL_VERIFY", "true")
    settings = Settings.load(endpoint_url="http://127.0.0.1:1")
    assert (settings.endpoint_url, settings.verify) == ("http://127.0.0.1:1", True)


def test_a_record_of_trust_that_cannot_be_read_trusts_nothing(tmp_path: Path) -> None:
    (tmp_path / "cirql.toml").write_text("writable = true\n")
    (own(tmp_path).parent / "trusted.json").write_text("[1")
    with pytest.raises(SettingsError, match="writable"):
        Settings.load()


def test_the_record_of_trust_is_the_users_alone(tmp_path: Path) -> None:
    (tmp_path / "cirql.toml").write_text("writable = true\n")
    file = read_folder(tmp_path)
    assert file is not None
    trust(file)
    assert (tmp_path / "config" / "cirql" / "trusted.json").stat().st_mode & 0o777 == 0o600


def test_origins_say_what_comes_from_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path).write_text("strict = true\n")
    (tmp_path / "cirql.toml").write_text("writable = true\n")
    monkeypatch.setenv("CIRQL_DIALECT", "ddsql")
    found = {o.name: (o.value, o.source, o.refused is not None) for o in Settings.origins(region="us-east-1")}
    assert found.pop("proxies", None) == ({}, "AWS's variables", False)
    assert found == {
        "strict": (True, str(own(tmp_path)), False),
        "writable": (True, "cirql.toml", True),
        "dialect": ("ddsql", "the environment", False),
        "regions": (("us-east-1",), "the arguments", False),
    }


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
