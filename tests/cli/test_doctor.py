"""`cirql doctor`: each line says what is there, or what is broken and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud, Rule
from tests.cli.conftest import Cirql


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(demo=False) as running:
        yield running


def account(cloud: LocalCloud, **extra: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "a-secret-that-stays-one",
        "AWS_REGION": "us-east-1",
        **extra,
    }


def test_a_working_set_up_is_all_ok(cirql: Cirql, cloud: LocalCloud) -> None:
    run = cirql("doctor", "--region", "us-east-1", "--region", "eu-west-1", env=account(cloud))
    assert run.code == 0, run.stdout
    assert all(line.startswith("ok    ") for line in run.stdout.splitlines())
    for words in ("cirql 0.", "duckdb 2.0", "botocore 1.", "catalog: ", "credentials 'default': found, from env", "accounts: 111111111111"):
        assert words in run.stdout
    assert "regions: us-east-1, eu-west-1" in run.stdout
    assert "111111111111/eu-west-1: sts:GetCallerIdentity answered in" in run.stdout
    assert run.stderr == ""


def test_the_secret_is_never_shown(cirql: Cirql, cloud: LocalCloud) -> None:
    run = cirql("doctor", env=account(cloud, AWS_SESSION_TOKEN="a-token-that-stays-secret"))
    assert "stays" not in run.stdout + run.stderr


def test_missing_credentials_and_regions_are_named_with_what_to_do(cirql: Cirql) -> None:
    run = cirql("doctor")
    assert run.code == 1
    assert "FAIL  credentials 'default': no usable AWS credentials" in run.stdout
    assert "AWS_PROFILE" in run.stdout
    assert "FAIL  accounts and regions:" in run.stdout


def test_a_profile_names_its_source(cirql: Cirql, cloud: LocalCloud, tmp_path: Path) -> None:
    secrets = tmp_path / "credentials"
    secrets.write_text("[audit]\naws_access_key_id = 222222222222\naws_secret_access_key = hidden\n")
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(secrets), "AWS_ENDPOINT_URL": cloud.endpoint_url}
    run = cirql("doctor", "--profile", "audit", "--region", "eu-west-1", env=env)
    assert run.code == 0, run.stdout
    assert "credentials 'audit': found, from shared-credentials-file" in run.stdout
    assert "222222222222/eu-west-1" in run.stdout


def test_an_endpoint_that_refuses_is_broken(cirql: Cirql) -> None:
    with LocalCloud(demo=False) as gone:
        settings = account(gone)
    run = cirql("doctor", env=settings)
    assert run.code == 1
    assert "FAIL  111111111111/us-east-1:" in run.stdout


def test_expired_keys_are_broken(cirql: Cirql, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="expired_token"))
    run = cirql("doctor", env=account(cloud))
    assert run.code == 1
    assert "FAIL  111111111111/us-east-1: " in run.stdout


def test_a_region_that_does_not_exist_is_broken(cirql: Cirql, cloud: LocalCloud) -> None:
    run = cirql("doctor", "--region", "us-esat-1", env=account(cloud))
    assert run.code == 1
    assert "us-east-1" in run.stdout


def test_an_unusable_setting_is_broken(cirql: Cirql) -> None:
    run = cirql("doctor", env={"CIRQL_CONCURRENCY": "many"})
    assert run.code == 1
    assert "FAIL  settings:" in run.stdout


def test_settings_are_shown_with_their_sources_and_a_folders_are_refused_until_it_is_trusted(
    cirql: Cirql, cloud: LocalCloud, tmp_path: Path
) -> None:
    env = account(cloud, XDG_CONFIG_HOME=str(tmp_path / "config"), CIRQL_STRICT="yes")
    (tmp_path / "cirql.toml").write_text('endpoint_url = "http://user:hush@127.0.0.1:9"\nregions = ["eu-west-1"]\n')
    run = cirql("doctor", env=env)
    assert run.code == 1
    assert "ok    setting strict = True, from the environment" in run.stdout
    assert "ok    setting regions = eu-west-1, from cirql.toml" in run.stdout
    assert "FAIL  setting endpoint_url = http://…@127.0.0.1:9, from cirql.toml: refused" in run.stdout
    refused = cirql("query", "SELECT 1", env=env)
    assert refused.code == 1
    assert "sets endpoint_url" in refused.stderr
    assert "cirql trust" in refused.stderr
    said = cirql("trust", env=env)
    assert said.code == 0
    assert said.stdout.splitlines()[0] == f"trusted: {tmp_path / 'cirql.toml'}"
    assert cirql("trust", "--list", env=env).stdout == f"{tmp_path / 'cirql.toml'}\n"
    assert cirql("query", "SELECT 1", env=env).code == 0
    assert cirql("trust", "--forget", env=env).stdout == "forgotten\n"
    assert cirql("query", "SELECT 1", env=env).code == 1
    everything = run.stdout + refused.stderr + said.stdout
    assert "hush" not in everything


def test_a_folder_without_a_file_cannot_be_trusted(cirql: Cirql, tmp_path: Path) -> None:
    run = cirql("trust", env={"XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert run.code == 2
    assert "there is no cirql.toml" in run.stderr


def test_it_says_where_settings_were_looked_for_and_which_were_read(cirql: Cirql, tmp_path: Path) -> None:
    folder, home = tmp_path / "a folder", tmp_path / "config" / "cirql"
    folder.mkdir()
    home.mkdir(parents=True)
    (home / "cirql.toml").write_text('dialect = "ddsql"\n')
    run = cirql("doctor", env={"XDG_CONFIG_HOME": str(tmp_path / "config")}, cwd=folder)
    assert f"settings file {home / 'cirql.toml'}: read" in run.stdout
    assert f"settings file {folder / 'cirql.toml'}: not there" in run.stdout


def test_the_embedded_aws_is_checked_without_anything_of_the_users(cirql: Cirql) -> None:
    run = cirql("doctor", "--local")
    assert run.code == 0, run.stdout
    assert "accounts: 111111111111, 222222222222" in run.stdout
    assert "222222222222/eu-west-1: sts:GetCallerIdentity answered in" in run.stdout
    assert "FAIL" not in run.stdout
