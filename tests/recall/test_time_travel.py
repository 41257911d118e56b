"""The past, from SQL: AS OF on a table, history, differences, and the log of scans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cirql import errors
from cirql.localcloud import REGIONS, LocalCloud
from cirql.session import Session
from tests.recall.conftest import Connect, opener, rows

TABLE = "aws.sagemaker.image_versions"
NOTES = f"SELECT image_version_arn, release_notes FROM {TABLE} WHERE region = 'us-east-1'"
ARN = "arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2"


@dataclass(frozen=True)
class Past:
    """A session after one change, and the moments around it."""

    session: Session
    before: datetime
    old: list[tuple[Any, ...]]


def moment() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def past(running: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A change takes seconds: one does for all that only look back at it."""
    opened: list[Session] = []
    session = opener(running, tmp_path_factory.mktemp("past") / "store", opened)(writable=True, max_age=0)
    old = rows(session, NOTES)
    before = moment()
    note = f"note of {before.isoformat()}"
    session.execute(f"UPDATE aws.sagemaker.image_version SET release_notes = '{note}' WHERE data__identifier = '{ARN}'").fetchall()
    assert (ARN, note) in rows(session, NOTES)
    yield Past(session, before, old)
    session.close()


def as_of(sql: str, when: object) -> str:
    return sql.replace(TABLE, f"{TABLE} FOR SYSTEM_TIME AS OF TIMESTAMP '{when}'")


def test_a_table_as_of_a_moment_is_as_it_was(past: Past, cloud: LocalCloud) -> None:
    cloud.calls.clear()
    assert rows(past.session, as_of(NOTES, past.before)) == past.old
    assert rows(past.session, as_of(NOTES, moment())) != past.old
    assert cloud.calls.counts() == {}


def test_a_time_ago_and_the_short_form(past: Past) -> None:
    sql = NOTES.replace(TABLE, f"{TABLE} AS OF '0 seconds ago'")
    assert rows(past.session, sql) == rows(past.session, as_of(NOTES, moment()))
    with pytest.raises(errors.NotInInventory, match="as of"):
        rows(past.session, NOTES.replace(TABLE, f"{TABLE} AS OF '1 day ago' v"))
    with pytest.raises(errors.NotInInventory):
        rows(past.session, NOTES.replace(TABLE, f"{TABLE} FOR SYSTEM_TIME AS OF now() - INTERVAL '2 hours'"))


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("AS OF $1", "aware"),
        ("AS OF $1 AS v", "naive"),
        ("AS OF :moment v", "text"),
        ("AS OF %(moment)s", "aware"),
        ("AS OF %s", "text"),
        ("FOR SYSTEM_TIME AS OF :moment", "naive"),
    ],
)
def test_a_moment_may_be_a_parameter(past: Past, form: str, value: str) -> None:
    given = {"aware": past.before.replace(tzinfo=UTC), "naive": past.before, "text": past.before.isoformat()}[value]
    found = past.session.execute(NOTES.replace(TABLE, f"{TABLE} {form}"), {"moment": given} if "moment" in form else [given]).fetchall()
    assert sorted(found, key=repr) == past.old


@pytest.mark.parametrize(
    "expression",
    [
        "TIMESTAMP '{0}' AT TIME ZONE 'UTC'",
        "'{0}+00:00'::timestamptz",
        "TIMESTAMP '{0}' + interval '1 month' - interval '1 month'",
        "CAST('{0}' AS timestamp)",
        "'{0} UTC'",
    ],
)
def test_a_moment_may_be_any_expression_without_columns(past: Past, expression: str) -> None:
    assert rows(past.session, NOTES.replace(TABLE, f"{TABLE} FOR SYSTEM_TIME AS OF {expression.format(past.before)}")) == past.old


@pytest.mark.parametrize("form", ["AS OF now()", "AS OF CURRENT_TIMESTAMP AS v", "AS OF 'now'"])
def test_the_present_without_asking(past: Past, cloud: LocalCloud, form: str) -> None:
    cloud.calls.clear()
    assert rows(past.session, NOTES.replace(TABLE, f"{TABLE} {form}")) == rows(past.session, as_of(NOTES, moment()))
    assert cloud.calls.counts() == {}


@pytest.mark.parametrize("form", ["AS OF DATE '2020-01-01'", "AS OF '1 month ago'", "AS OF date_trunc('year', now())", "AS OF 'yesterday'"])
def test_before_the_first_scan_the_error_says_since_when(past: Past, form: str) -> None:
    with pytest.raises(errors.NotInInventory, match=r"known there since \d{4}-\d\d-\d\dT.*Z") as caught:
        rows(past.session, NOTES.replace(TABLE, f"{TABLE} {form}"))
    since = str(caught.value.message).rsplit(" ", 1)[1]
    assert rows(past.session, NOTES.replace(TABLE, f"{TABLE} AS OF '{since}'")) == past.old


def test_of_as_an_alias_is_still_one(past: Past) -> None:
    sql = f"SELECT of.release_notes, ' AS OF $1' AS t FROM {TABLE} AS of WHERE of.region = 'us-east-1' AND of.version = 1 /* AS OF 'now' */"
    assert {t for _, t in past.session.execute(sql).fetchall()} == {" AS OF $1"}


def test_a_view_is_read_as_of_a_moment_with_all_its_tables(past: Past) -> None:
    past.session.execute(f"CREATE VIEW notes AS WITH v AS ({NOTES}) SELECT * FROM v")
    assert rows(past.session, f"SELECT * FROM notes AS OF '{past.before}'") == past.old
    assert rows(past.session, "SELECT * FROM notes AS OF 'now' n") != past.old
    past.session.execute(f"CREATE VIEW old_notes AS {as_of(NOTES, past.before)}")
    assert rows(past.session, "SELECT * FROM old_notes AS OF 'now'") == past.old, "a table's own moment stays"


def test_joined_tables_are_read_at_different_times(past: Past) -> None:
    sql = (
        f"SELECT new.image_version_arn FROM {TABLE} FOR SYSTEM_TIME AS OF '{past.before}' AS old "
        f"JOIN {TABLE} AS new ON new.image_version_arn = old.image_version_arn AND new.region = old.region "
        "WHERE old.region = 'us-east-1' AND old.release_notes IS DISTINCT FROM new.release_notes"
    )
    assert rows(past.session, sql) == [(ARN,)]


def test_columns_that_were_not_known_then_are_not_null_but_missing(past: Past) -> None:
    with pytest.raises(errors.NotInInventory, match="with these columns"):
        rows(past.session, as_of(f"SELECT container_image FROM {TABLE} WHERE region = 'us-east-1'", "2020-01-01"))


@pytest.mark.parametrize(
    "when",
    ["'next week'", "'2999-01-01'", "'1 fortnight ago'", "''", "NULL", "5", "now() + interval '1 day'", "(SELECT now())", "version", "$1"],
)
def test_a_moment_that_is_none_is_an_error(connect: Connect, when: str) -> None:
    with pytest.raises(errors.InvalidText, match=r"AS OF takes a moment|lies in the future"):
        connect().execute(f"SELECT * FROM {TABLE} FOR SYSTEM_TIME AS OF {when}")


def test_a_stretch_of_time_is_not_supported(connect: Connect) -> None:
    with pytest.raises(errors.NotSupported, match="only AS OF") as caught:
        connect().execute(f"SELECT * FROM {TABLE} FOR SYSTEM_TIME BETWEEN '2020-01-01' AND 'now'")
    assert "cirql.history" in str(caught.value.hint)


def test_only_cloud_tables_have_a_past(connect: Connect) -> None:
    session = connect()
    session.execute("CREATE TABLE mine AS SELECT 1 AS a")
    for name in ("mine", "cirql.tables"):
        with pytest.raises(errors.NotSupported, match="only cloud tables"):
            session.execute(f"SELECT * FROM {name} FOR SYSTEM_TIME AS OF '1 day ago'")


def test_an_error_after_a_short_as_of_points_at_its_place(connect: Connect) -> None:
    sql = f"SELECT nothing FROM {TABLE} AS OF '1 day ago' v WHERE v.nowhere = 1"
    with pytest.raises(errors.UnknownColumn) as caught:
        connect().execute(sql)
    assert caught.value.position in (sql.index("nothing"), sql.index("nowhere"))


def test_history_has_every_version_and_what_changed(past: Past) -> None:
    sql = (
        "SELECT release_notes, event, changed, valid_from, valid_to, deleted, region "
        f"FROM cirql.history('aws.sagemaker.image_version') WHERE data__identifier = '{ARN}' ORDER BY valid_from"
    )
    versions = past.session.execute(sql).fetchall()
    assert [v[1] for v in versions] == ["created", "changed"]
    assert versions[1][2] == ["release_notes"]
    assert versions[0][4] == versions[1][3] > past.before
    assert versions[1][4] is None
    assert not any(v[5] for v in versions)
    assert {v[6] for v in versions} == {"us-east-1"}


def test_diff_has_old_and_new_values(past: Past) -> None:
    sql = f"SELECT * FROM cirql.diff('aws.sagemaker.image_version', TIMESTAMP '{past.before}', 'now')"
    found = past.session.execute(sql).fetchall()
    assert [f[:2] for f in found] == [("changed", ARN)]
    _, _, account, region, changed, old, new = found[0]
    assert (account, region, changed) == ("111111111111", "us-east-1", ["release_notes"])
    assert old == {"release_notes": dict(past.old)[ARN]}
    assert str(new["release_notes"]).startswith("note of")


def test_a_deletion_is_in_the_history_and_in_the_difference(connect: Connect) -> None:
    session = connect(writable=True, max_age=0)
    sql = "SELECT repository_name FROM aws.ecr.repositories WHERE region = 'us-east-1'"
    session.execute(
        "INSERT INTO aws.ecr.repository (region, account_id, repository_name) VALUES ('us-east-1', '111111111111', 'short-lived')"
    ).fetchall()
    assert ("short-lived",) in rows(session, sql)
    then = moment()
    session.execute("DELETE FROM aws.ecr.repository WHERE region = 'us-east-1' AND data__identifier = 'short-lived'").fetchall()
    assert ("short-lived",) not in rows(session, sql)
    diff = rows(session, f"SELECT change, _key, new FROM cirql.diff('aws.ecr.repository', TIMESTAMP '{then}')")
    assert ("deleted", "short-lived", None) in diff
    history = rows(session, "SELECT deleted FROM cirql.history('aws.ecr.repository') WHERE repository_name = 'short-lived'")
    assert history[-1] == (True,)


def test_the_log_says_what_was_read_and_why_it_is_not_complete(connect: Connect) -> None:
    session = connect(max_age=3600)
    rows(session, "SELECT * FROM aws.sagemaker_image")
    rows(session, "SELECT _key FROM aws.sagemaker_image_version WHERE version > 1")
    log = rows(session, "SELECT table_name, complete, reason, region, calls > 0 FROM cirql.scans")
    assert {r[3] for r in log} == set(REGIONS)
    assert {r[1] for r in log if r[0] == "aws.sagemaker_image"} == {True}
    narrowed = [r for r in log if r[0] == "aws.sagemaker_image_version"]
    assert all(not r[1] and "version" in str(r[2]) for r in narrowed)
    assert {r[4] for r in log} == {True}
    assert rows(session, "SELECT count(*) FROM cirql.scans WHERE table_name = 'aws.sagemaker_image'")[0][0] == 6


def test_a_table_that_was_never_read_has_no_history_to_show(connect: Connect) -> None:
    session = connect()
    with pytest.raises(errors.NotInInventory, match=r"aws\.ecr_repository is not in the inventory: it was never read"):
        session.execute("SELECT count(*) FROM cirql.history('aws.ecr_repository')").fetchall()
    session.execute("SELECT * FROM aws.ecr_repository").fetchall()
    assert rows(session, "SELECT count(*) > 0 FROM cirql.history('aws.ecr_repository')") == [(True,)]
    assert rows(session, "SELECT count(*) FROM cirql.history('aws.ecr_repository') WHERE _key = 'none'") == [(0,)]


def test_a_function_that_does_not_exist_is_an_error(connect: Connect) -> None:
    with pytest.raises(errors.UnknownFunction, match=r"cirql\.nothing"):
        connect().execute("SELECT * FROM cirql.nothing('aws.ec2_vpc')")
    with pytest.raises(errors.UnknownTable):
        connect().execute("SELECT * FROM cirql.history('aws.no_such_table')")
    with pytest.raises(errors.InvalidStatement):
        connect().execute("SELECT * FROM cirql.diff('aws.ec2_vpc')")
    with pytest.raises(errors.InvalidStatement, match="earlier moment first"):
        connect().execute("SELECT * FROM cirql.diff('aws.ec2_vpc', now(), date_trunc('year', now()))")
