"""What stands between a statement and AWS: read-only sessions, limits, WHERE, the question, EXPLAIN, transactions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cirql import errors
from cirql.changes.plan import ChangePlan
from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.changes.conftest import REGION, Connect
from tests.changes.test_statements import IMAGE, insert, sent

GROUP = "INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('{}', '" + REGION + "')"
VERSION = f"region = '{REGION}' AND image_version_arn = 'arn:aws:sagemaker:{REGION}:111111111111:image-version/{IMAGE}/1'"

# Every way in which a statement might change something: statements, functions, hints, EXEC, files, settings.
ATTEMPTS = [
    GROUP.format("g"),
    GROUP.format("g").replace("INSERT", "INSERT /*+ AWAIT, WRITE, YES */"),
    "/*+ writable */ " + GROUP.format("g"),
    f"INSERT INTO aws.logs.log_groups (log_group_name, region) SELECT image_name, '{REGION}' FROM aws.sagemaker_image",
    f"WITH x AS (SELECT 'g' AS n) INSERT INTO aws.logs.log_groups (log_group_name, region) SELECT n, '{REGION}' FROM x",
    f"UPDATE aws.sagemaker.image_versions SET vendor_guidance = 'ARCHIVED' WHERE {VERSION}",
    f"UPDATE aws.sagemaker.image_versions SET aliases = '[\"x\"]' WHERE {VERSION}",
    f"UPDATE aws.sagemaker.image_versions SET data__PatchDocument = '[]' WHERE {VERSION}",
    f"DELETE FROM aws.sagemaker.image_versions WHERE {VERSION}",
    f"DELETE FROM awscc.sagemaker.image_version WHERE {VERSION} RETURNING *",
    "DELETE FROM aws.sagemaker.image_versions",
    f"SELECT * FROM (DELETE FROM aws.sagemaker.image_versions WHERE {VERSION} RETURNING *) AS x",
    f"WITH gone AS (DELETE FROM aws.sagemaker.image_versions WHERE {VERSION} RETURNING *) SELECT * FROM gone",
    f"SELECT 1; DELETE FROM aws.sagemaker.image_versions WHERE {VERSION}",
    f"EXPLAIN ANALYZE DELETE FROM aws.sagemaker.image_versions WHERE {VERSION}",
    f"EXPLAIN DELETE FROM aws.sagemaker.image_versions WHERE {VERSION}",
    f"EXPLAIN EXEC aws.sqs.create_queue @QueueName = 'q', @region = '{REGION}'",
    f"EXEC aws.sqs.create_queue @QueueName = 'q', @region = '{REGION}'",
    f"EXEC /*+ SHOWRESULTS, AWAIT */ aws.ec2.instances.run_instances @region = '{REGION}' @@json = '{{\"MinCount\": 1, \"MaxCount\": 1}}'",
    f"EXECUTE aws.iam.create_user @UserName = 'u', @region = '{REGION}'",
    f"EXEC aws.sagemaker.delete_image @ImageName = '{IMAGE}', @region = '{REGION}'",
    f"EXEC aws.sagemaker.update_image_version @ImageName = '{IMAGE}', @Version = 1, @region = '{REGION}'",
    f"EXEC aws.cloudcontrol.delete_resource @TypeName = 'AWS::S3::Bucket', @Identifier = 'b', @region = '{REGION}'",
    f"EXEC aws.redshift.get_cluster_credentials @DbUser = 'u', @ClusterIdentifier = 'c', @AutoCreate = true, @region = '{REGION}'",
    "MERGE INTO aws.logs.log_groups USING (SELECT 1 AS a) AS s ON FALSE WHEN NOT MATCHED THEN INSERT (log_group_name) VALUES ('g')",
    "TRUNCATE aws.logs.log_groups",
    "DROP TABLE aws.logs.log_groups",
    "ALTER TABLE aws.logs.log_groups ADD COLUMN x int",
    "CREATE TABLE aws.logs.mine (a int)",
    "CALL delete_image('x')",
    "SET writable = true",
    "SET cirql.writable = 'true'",
    "SET max_changes = 1000",
    "SET journal = '{folder}/made.sqlite'",
    "COPY (SELECT 1) TO '{folder}/made.csv'",
    "COPY (SELECT 1) TO '{folder}/made.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{folder}/made'",
    "ATTACH '{folder}/made.duckdb' AS made",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA enable_profiling",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{folder}/made')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/made.csv''')",
    "SELECT * FROM enable_profiling(save_location := '{folder}/made.json')",
    "SELECT write_log('x')",
    "SELECT pg_write_file('{folder}/made', 'x')",
    "SELECT lo_export(1, '{folder}/made')",
    "SELECT current_setting('writable'), set_config('writable', 'true', false)",
    "SELECT * INTO made FROM aws.sagemaker_image",
    "VACUUM",
    "CHECKPOINT",
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_read_only_session_changes_nothing(
    connect: Connect, cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    session = connect(writable=False)
    try:
        session.execute(attempt.replace("{folder}", str(folder))).fetchall()
    except errors.Error as error:
        assert not isinstance(error, errors.Internal)
    with pytest.raises(errors.AccessDenied, match="read-only"):
        session.execute(GROUP.format("after"))
    reads = ("Get", "List", "Describe")
    assert [c.operation for c in cloud.calls if not c.operation.startswith(reads) or c.operation == "GetClusterCredentials"] == []
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_a_transaction_does_not_open_a_read_only_session(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(writable=False)
    session.execute("BEGIN")
    with pytest.raises(errors.AccessDenied):
        session.execute(GROUP.format("g"))
    session.execute("COMMIT")
    assert sent(cloud) == []


def test_reading_calls_are_allowed_in_a_read_only_session(connect: Connect) -> None:
    assert connect(writable=False).execute(f"EXEC aws.sagemaker.list_images @region = '{REGION}'").fetchall()


def test_more_changes_than_allowed_are_refused_as_a_whole(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(max_changes=2)
    rows = ", ".join(f"('g{n}', '{REGION}')" for n in range(3))
    with pytest.raises(errors.InvalidStatement, match="3 changes and max_changes is 2"):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES {rows}")
    assert sent(cloud) == []


def test_without_where_the_limit_must_be_raised_on_purpose(connect: Connect, cloud: LocalCloud) -> None:
    cautious, bold = connect(), connect(max_changes=50)
    for session in (cautious, bold):
        session.execute(GROUP.format(f"g-{id(session)}"))
    groups = len(cautious.execute("SELECT log_group_name FROM aws.logs.log_groups_list_only").fetchall())
    for statement in ("DELETE FROM aws.logs.log_groups", "UPDATE aws.logs.log_groups SET retention_in_days = 7"):
        with pytest.raises(errors.InvalidStatement, match="without WHERE"):
            cautious.execute(statement)
    assert len(bold.execute("UPDATE aws.logs.log_groups SET retention_in_days = 7").fetchall()) == groups
    assert len(bold.execute("DELETE FROM aws.logs.log_groups").fetchall()) == groups


def test_a_plan_that_is_not_confirmed_changes_nothing(connect: Connect, cloud: LocalCloud) -> None:
    shown: list[ChangePlan] = []

    def refuse(plan: ChangePlan) -> bool:
        shown.append(plan)
        return False

    with pytest.raises(errors.Cancelled, match="nothing was changed"):
        connect(confirm=refuse).execute(GROUP.format("g"))
    assert [c.table for c in shown[0].changes] == ["aws.logs.log_group"]
    assert sent(cloud) == []


def test_rows_that_could_not_all_be_found_are_not_changed(connect: Connect, cloud: LocalCloud) -> None:
    from cirql.localcloud.faults import Rule

    session = connect(regions=(REGION, "us-west-2"), max_changes=100)
    cloud.faults.add(Rule(region="us-west-2", kind="access_denied"))
    with pytest.raises(errors.Error, match="us-west-2"):
        session.execute("UPDATE aws.sagemaker.image_versions SET vendor_guidance = 'ARCHIVED' WHERE image_name = 'xgboost-inference'")
    assert sent(cloud) == []


# -- EXPLAIN


def explain(session: Session, style: str, statement: str) -> str:
    return "\n".join(line for (line,) in session.execute(f"EXPLAIN (FORMAT {style}) {statement}"))


def test_explain_shows_the_change_and_makes_none(connect: Connect, cloud: LocalCloud) -> None:
    arn = insert(connect(), release_notes="old")
    cloud.calls.clear()
    session = connect(writable=False)
    statement = f"UPDATE aws.sagemaker.image_versions SET release_notes = 'new' WHERE image_version_arn = '{arn}'"
    text = explain(session, "TEXT", statement)
    assert "1 to update" in text and 'ReleaseNotes: "old" -> "new"' in text and "cloudcontrol:UpdateResource x1" in text
    markdown = explain(session, "MARKDOWN", statement)
    assert '| ReleaseNotes | `"old"` | `"new"` |' in markdown
    policy = json.loads(explain(session, "POLICY", statement))
    assert "sagemaker:UpdateImageVersion" in policy["Statement"][0]["Action"]
    assert sent(cloud) == []


def test_secrets_are_masked_wherever_a_change_is_shown(session: Session, journal: Path) -> None:
    statement = f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, region) VALUES ('s', 'tops3cret-value', '{REGION}')"
    shown = explain(session, "TEXT", statement) + explain(session, "JSON", statement) + explain(session, "MARKDOWN", statement)
    assert "tops3cret" not in shown and "***" in shown
    session.execute(statement)
    audit = session.execute("SELECT statement, differences FROM cirql.changes").fetchall()
    assert "tops3cret" not in str(audit) and "***" in str(audit)
    session.close()
    assert b"tops3cret" not in journal.read_bytes()


def test_a_changed_secret_is_masked_before_and_after_it_was_changed(session: Session, journal: Path) -> None:
    made = session.execute(
        f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, region) VALUES ('s', 'first-value', '{REGION}') RETURNING Identifier"
    ).fetchone()
    assert made is not None
    update = f"UPDATE aws.secretsmanager.secrets SET secret_string = 'other-value', description = 'd' WHERE data__Identifier = '{made[0]}'"
    shown = explain(session, "TEXT", update)
    assert 'SecretString: "***"' in shown and "other-value" not in shown
    session.execute(update)
    differences = [d for (d,) in session.execute("SELECT differences FROM cirql.changes WHERE operation = 'update'")]
    assert {"property": "SecretString", "old": None, "new": "***"} in differences[0]
    assert {"property": "Description", "old": None, "new": "d"} in differences[0]
    session.close()
    assert b"other-value" not in journal.read_bytes()


def test_an_invalid_secret_is_not_quoted_in_the_error(session: Session) -> None:
    with pytest.raises(errors.InvalidProperty) as caught:
        session.execute(f"INSERT INTO aws.secretsmanager.secrets (name, secret_string, region) VALUES ('s', '{'x' * 70000}', '{REGION}')")
    assert "xxx" not in str(caught.value)


# -- transactions


def test_a_transaction_shows_one_plan_and_is_made_in_the_order_of_its_references(connect: Connect, cloud: LocalCloud) -> None:
    plans: list[ChangePlan] = []

    def agree(plan: ChangePlan) -> bool:
        plans.append(plan)
        return True

    session = connect(confirm=agree)
    role = "arn:aws:iam::111111111111:role/images"
    session.execute("BEGIN")
    session.execute(
        f"INSERT INTO aws.sagemaker.image_versions (image_name, base_image, region) VALUES ('fresh', 'example.com/b:1', '{REGION}')"
    )
    session.execute(f"INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES ('fresh', '{role}', '{REGION}')")
    assert sent(cloud) == []
    rows = session.execute("COMMIT").fetchall()
    assert len(plans) == 1
    assert [(r[1], r[5]) for r in rows] == [("aws.sagemaker.image", "succeeded"), ("aws.sagemaker.image_version", "succeeded")]

    session.execute("BEGIN")
    session.execute(f"DELETE FROM aws.sagemaker.images WHERE image_name = 'fresh' AND region = '{REGION}'")
    session.execute(f"DELETE FROM aws.sagemaker.image_versions WHERE image_name = 'fresh' AND region = '{REGION}'")
    rows = session.execute("COMMIT").fetchall()
    assert [(r[1], r[5]) for r in rows] == [("aws.sagemaker.image_version", "succeeded"), ("aws.sagemaker.image", "succeeded")]


def test_rollback_sends_nothing(session: Session, cloud: LocalCloud) -> None:
    session.execute("BEGIN")
    session.execute(GROUP.format("g"))
    assert "1 to create" in "\n".join(line for (line,) in session.execute("EXPLAIN COMMIT"))
    assert session.execute("ROLLBACK").notices == ("1 changes dropped",)
    session.close()
    assert sent(cloud) == []


def test_a_savepoint_forgets_what_came_after_it(session: Session, cloud: LocalCloud) -> None:
    session.execute("BEGIN")
    session.execute(GROUP.format("first"))
    session.execute('SAVEPOINT "Then"')
    session.execute(GROUP.format("second"))
    session.execute("SAVEPOINT later")
    session.execute(GROUP.format("third"))
    assert session.execute('ROLLBACK TO SAVEPOINT "Then"').notices == ("2 changes dropped",)
    with pytest.raises(errors.UnknownSavepoint):
        session.execute("RELEASE later")
    session.execute(GROUP.format("fourth"))
    session.execute('RELEASE SAVEPOINT "Then"')
    with pytest.raises(errors.UnknownSavepoint):
        session.execute('ROLLBACK TO "Then"')
    assert len(session.execute("COMMIT").fetchall()) == 2
    names = session.execute("SELECT log_group_name FROM aws.logs.log_groups WHERE log_group_name IN ('first', 'second', 'third', 'fourth')")
    assert sorted(names) == [("first",), ("fourth",)]


@pytest.mark.parametrize("statement", ["SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"])
def test_savepoints_are_for_transactions(session: Session, statement: str) -> None:
    with pytest.raises(errors.NoTransaction):
        session.execute(statement)


def test_a_failure_says_what_was_done_what_was_not_and_what_would_undo_it(session: Session, cloud: LocalCloud) -> None:
    role = "arn:aws:iam::111111111111:role/images"
    session.execute("BEGIN")
    session.execute(GROUP.format("kept"))
    session.execute(f"INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES ('{IMAGE}', '{role}', '{REGION}')")
    session.execute(f"INSERT INTO aws.sagemaker.image_versions (image_name, base_image, region) VALUES ('{IMAGE}', 'b', '{REGION}')")
    with pytest.raises(errors.ChangeFailed) as caught:
        session.execute("COMMIT")
    text = str(caught.value)
    assert "1 of 3 changes did not come through; 1 were made, 1 were not begun" in text
    assert "failed:    create aws.sagemaker.image" in text and "done:      create aws.logs.log_group kept" in text
    assert "not begun: create aws.sagemaker.image_version" in text
    assert "DELETE FROM aws.logs.log_groups WHERE region = 'us-east-1'" in str(caught.value.hint)
    assert session.execute("SELECT log_group_name FROM aws.logs.log_group WHERE data__Identifier = 'kept'").fetchall() == [("kept",)]
    assert sorted(r[0] for r in session.execute("SELECT state FROM cirql.changes")) == ["failed", "skipped", "succeeded"]


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "EXPLAIN COMMIT", "EXPLAIN BEGIN"])
def test_there_is_nothing_to_end_where_nothing_has_begun(session: Session, statement: str) -> None:
    with pytest.raises(errors.InvalidStatement):
        session.execute(statement)


def test_undo_statements_undo(session: Session) -> None:
    """What a failure offers is run here by hand, and puts everything back."""
    from cirql.changes.undo import compensation

    session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, region) VALUES ('g', 7, '{REGION}')")
    where = "WHERE data__Identifier = 'g'"
    read = f"SELECT retention_in_days FROM aws.logs.log_group {where}"
    for statement, there in (
        (f"UPDATE aws.logs.log_groups SET retention_in_days = 30 {where}", [(30,)]),
        (f"DELETE FROM aws.logs.log_groups {where}", []),
    ):
        session.execute(statement)
        assert session.execute(read).fetchall() == there
        entry = session.writer.past.entries[-1]
        plan = ChangePlan(
            (),
            (),
            {entry.change.table: session.catalog.find(entry.change.table).table},
            {entry.change.type_name: session.catalog.rules(entry.change.type_name)},
        )
        undo = compensation(entry, plan)
        assert undo is not None
        session.execute(undo.rstrip(";"))
        assert session.execute(read).fetchall() == [(7,)]
