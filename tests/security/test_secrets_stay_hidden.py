"""Canaries in every kind of secret parameter: in no output, error, file or store once the change has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cirql import errors
from cirql.changes.masking import named_secrets, told_statement, without_secrets
from cirql.changes.model import Change, ChangeKind
from cirql.cli.report import excerpt
from cirql.cloud.target import Target
from cirql.completion.confidential import may_hold_secrets, without_texts
from cirql.errors import without_user
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from cirql.settings import Credential, Settings

CANARY = "Canary-7f3a'\"\\x/é"
PLACE = f"@region = '{REGIONS[0]}', @account_id = '{ACCOUNTS[0]}'"
Connect = Callable[..., Session]


def sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def connect(cloud: LocalCloud, home: Path) -> Iterator[Connect]:
    with ExitStack() as stack:

        def opened(**more: Any) -> Session:
            known = {
                "credentials": (Credential(ACCOUNTS[0], ACCOUNTS[0], "local", account=ACCOUNTS[0]),),
                "regions": (REGIONS[0],),
                "endpoint_url": cloud.endpoint_url,
                "journal": str(home / "changes.sqlite"),
                "store": str(home / "inventory"),
            }
            return stack.enter_context(Session(Settings(**{**known, "writable": True, **more})))

        yield opened


def kept(home: Path, canary: str = CANARY) -> list[str]:
    """The files that have the canary in them, as it is or as JSON or SQL writes it."""
    forms = {canary, json.dumps(canary)[1:-1], json.dumps(canary, ensure_ascii=False)[1:-1], canary.replace("'", "''"), canary[:11]}
    return [p.name for p in home.rglob("*") if p.is_file() and any(form.encode() in p.read_bytes() for form in forms)]


CALLS = (
    f"aws.iam.create_login_profile @UserName = 'u', @Password = {sql(CANARY)}",
    f"aws.iam.create_login_profile @@json = {sql(json.dumps({'UserName': 'u', 'Password': CANARY}))}",
    f'aws.iam.update_login_profile @@json = \'{{"UserName": "u", "Password": "{CANARY[:11]}", "Password": "second"}}\'',
    f"aws.secretsmanager.create_secret @@json = {sql(json.dumps({'Name': 's', 'SecretString': CANARY}))}",
    f"aws.secretsmanager.put_secret_value @SecretId = 's', @SecretString = {sql(CANARY)}",
    f"aws.ssm.put_parameter @Name = 'p', @Type = 'SecureString', @Value = {sql(CANARY)}",
    f"aws.rds.create_db_instance @DBInstanceIdentifier = 'd', @DBInstanceClass = 'x', @MasterUserPassword = {sql(CANARY)}",
    f"aws.cognito_idp.admin_set_user_password @UserPoolId = 'u', @Username = 'n', @Password = {sql(CANARY)}",
    f"aws.redshift.modify_cluster @ClusterIdentifier = 'c', @MasterUserPassword = {sql(CANARY)}",
    f"aws.ds.create_directory @Name = 'd.example.com', @Size = 'Small', @Password = {sql(CANARY)}",
)


@pytest.mark.parametrize("call", CALLS, ids=lambda c: c.split()[0])
def test_what_exec_was_told_is_shown_and_kept_without_its_secrets(call: str, connect: Connect, home: Path) -> None:
    session = connect()
    shown = [str(row) for row in session.execute(f"EXPLAIN EXEC {call}, {PLACE}").fetchall()]
    shown += [str(row) for row in session.execute(f"EXPLAIN (FORMAT JSON) EXEC {call}, {PLACE}").fetchall()]
    try:
        session.execute(f"EXEC {call}, {PLACE}").fetchall()
    except errors.Error as error:  # the local AWS does not have every service: the change has ended all the same
        shown += [str(error), str(error.hint), str(error.failure)]
    shown += [str(row) for row in session.execute("SELECT * FROM cirql.changes").fetchall()]
    assert session.execute("SELECT count(*) FROM cirql.changes WHERE state IN ('succeeded', 'failed', 'unknown')").fetchone() == (1,)
    assert not [line for line in shown if CANARY[:11] in line]
    assert kept(home) == []


def test_an_error_that_quotes_a_secret_is_kept_without_it(connect: Connect, cloud: LocalCloud, home: Path) -> None:
    session = connect()
    message = f"Value '{CANARY}' at 'password' failed to satisfy constraint"
    cloud.faults.add(Rule(operation="CreateLoginProfile", kind="error", code="ValidationError", message=message))
    with pytest.raises(errors.ChangeFailed) as caught:
        session.execute(f"EXEC {CALLS[0]}, {PLACE}")
    assert CANARY not in str(caught.value) and "failed to satisfy" in str(caught.value)
    assert kept(home) == []


WAYS = (
    sql(CANARY),
    "'Canary-7' || 'f3a'",
    "upper('cAnary-7f3a')",
    "E'\\x43anary-7f3a'",
    "$$Canary-7f3a$$",
    "U&'\\0043anary-7f3a'",
    "replace('Danary-7f3a', 'D', 'C')",
    "(SELECT string_agg(p, '') FROM (VALUES ('Canary'), ('-7f3a')) AS v(p))",
)


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_of_a_resource_leaves_with_the_end_of_its_change_however_it_was_written(way: str, connect: Connect, home: Path) -> None:
    session = connect()
    name = f"hidden-{WAYS.index(way)}"
    insert = f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, region) VALUES ('{name}', {way}, '{REGIONS[0]}')"
    shown = [str(row) for row in session.execute(f"EXPLAIN {insert}").fetchall()]
    session.execute(insert)
    shown += [str(row) for row in session.execute("SELECT * FROM cirql.changes").fetchall()]
    for line in shown:
        for piece in ("anary-7f3a", "CANARY-7F3A", "-7f3a", "Canary-7", "x43anary"):
            assert piece not in line, line
    for piece in ("anary-7f3a", "CANARY-7F3A", "x43anary"):
        assert kept(home, piece) == []


def test_properties_that_are_named_so_are_masked_though_no_schema_says_it(connect: Connect) -> None:
    session = connect()
    given = json.dumps({"ConnectionType": "JDBC", "ConnectionProperties": {"PASSWORD": CANARY, "USERNAME": "u"}})
    insert = (
        f"INSERT INTO aws.glue.connections (catalog_id, connection_input, region) VALUES ('{ACCOUNTS[0]}', {sql(given)}, '{REGIONS[0]}')"
    )
    shown = [str(row) for row in session.execute(f"EXPLAIN {insert}").fetchall()]
    assert any("***" in line for line in shown)
    assert not [line for line in shown if CANARY[:11] in line]


@pytest.mark.parametrize(
    "name",
    [
        "Password",
        "masterUserPassword",
        "SecretString",
        "clientSecret",
        "authToken",
        "PrivateKey",
        "OAuthToken",
        "api_key",
        "SecretAccessKey",
        "PlatformCredential",
    ],
)
def test_a_name_says_that_something_is_secret(name: str) -> None:
    assert list(named_secrets({"a": [{name: "x", "NextToken": "y", "SecretArn": "z", "SecretId": "i"}]})) == [("a", "*", name)]


def _change(body: dict[str, Any], secrets: tuple[tuple[str, ...], ...]) -> Change:
    target = Target(ACCOUNTS[0], REGIONS[0], "c")
    return Change("id", ChangeKind.CALL, "aws.x.y", "x:Y", target, None, json.dumps(body), secrets=secrets)


def test_a_statement_without_the_secret_itself_loses_all_of_its_texts() -> None:
    change = _change({"Password": "abcdef"}, (("Password",),))
    assert without_secrets("f(x => 'abc' || 'def', 'n')", (change,)) == "f(x => '***' || '***', '***')"
    assert without_secrets("f('abcdef', 'n')", (replace(change, operation=ChangeKind.CREATE),)) == "f('***', 'n')"
    assert without_secrets("f('first', 'abcdef')", (change,)) == "f('***', '***')"
    assert without_secrets("f('abc", (change,)) == "f('***'"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pa%20ss@host:8/x?a=b@c", "https://…@host:8/x?a=b@c"),
        ("http://us@er:p@host", "http://…@host"),
        ("proxies: http=socks5://u:p@h, https://h2", "proxies: http=socks5://…@h, https://h2"),
        ("https://host/a@b", "https://host/a@b"),
        ("no url: a@b ://", "no url: a@b ://"),
    ],
)
def test_urls_are_shown_without_user_and_password(url: str, shown: str) -> None:
    assert without_user(url) == shown
    assert str(errors.SettingsError(url)) == shown


def test_credentials_in_the_url_of_an_endpoint_stand_in_no_error(connect: Connect) -> None:
    session = connect(endpoint_url="http://user:canary-pw@127.0.0.1:9", max_attempts=1)
    with pytest.raises(errors.Unreachable) as caught:
        session.execute("SELECT * FROM aws.sagemaker_image").fetchall()
    assert "…@127.0.0.1" in str(caught.value) and "canary-pw" not in f"{caught.value} {caught.value.hint} {caught.value.failure}"


def test_messages_are_bounded_in_length() -> None:
    error = errors.InvalidText("x" * 1_000_000, hint="y" * 1_000_000)
    assert len(str(error)) < 20_000 and len(error.hint or "") < 10_000


SECRET = "hunter2"
TOLD = (
    f"EXEC aws.ssm.put_parameter @Name = 'p', @Type = 'SecureString', @Value = '{SECRET}'",
    f'EXEC aws.iam.create_login_profile @Password = "{SECRET}"',
    f"EXEC aws.iam.create_login_profile @Password = $q${SECRET}$q$ /* not {SECRET} /* {SECRET} */ */",
    "EXEC aws.iam.create_login_profile @Password = 471147",
    f'exec aws.iam.create_login_profile @@json = \'{{"Password": "{SECRET}"}}\'',
    f"EXECUTE p('{SECRET}')",
    f"PREPARE p AS INSERT INTO aws.ssm.parameters (name, value) VALUES ($1, '{SECRET}')",
    f"INSERT INTO aws.ssm.parameters (name, value) VALUES ('a', U&'{SECRET}'), ('b', E'\\'{SECRET}'), ('c', $a$'$a$), ('d', '{SECRET}')",
    f"INSERT INTO aws.ssm.parameters (value) VALUES ('never closed {SECRET}",
    f"WITH s AS (SELECT '{SECRET}' AS v) INSERT INTO aws.ssm.parameters (name, value) SELECT 'a', v FROM s",
    f"EXPLAIN UPDATE aws.ssm.parameters SET value = '{SECRET}' -- was {SECRET}\nWHERE name = 'a'",
    f"BEGIN; DELETE FROM aws.ssm.parameters WHERE value = '{SECRET}'",
    f"SELECT set_config('x.y', '{SECRET}', false)",
)


@pytest.mark.parametrize("statement", TOLD)
def test_what_is_kept_of_a_statement_that_writes_has_none_of_its_texts(statement: str) -> None:
    """In the logs of servers, in the shell's history and in the page's past; which parameters are secrets nobody knows there."""
    for kept in (told_statement(statement), without_texts(statement) if may_hold_secrets(statement) else statement):
        assert SECRET not in kept and "471147" not in kept
        assert kept.split()[0] == statement.split()[0]


@pytest.mark.parametrize("statement", ["SELECT name FROM aws.s3_bucket WHERE name = 'a' LIMIT 10", 'SELECT "name" FROM t -- said so'])
def test_a_statement_that_only_reads_is_kept_as_it_is(statement: str) -> None:
    assert told_statement(statement) == statement
    assert not may_hold_secrets(statement)


def test_an_error_points_at_its_place_and_shows_no_text_of_a_statement_that_writes() -> None:
    sql = f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, nosuch) VALUES ('p', '{SECRET}', 1) -- {SECRET}"
    line, caret = excerpt(sql, sql.index("nosuch"))
    assert SECRET not in line
    assert line[caret.index("^") :].startswith("nosuch") and "'*******'" in line
    read = "SELECT nosuch FROM aws.s3_bucket WHERE name = 'a'"
    assert excerpt(read, read.index("nosuch"))[0] == f"LINE 1: {read}"
