"""INSERT, UPDATE and DELETE as people write them, against the local AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cirql import errors
from cirql.localcloud import ACCOUNTS, LocalCloud
from cirql.localcloud.faults import Rule
from cirql.session import Session
from cirql.settings import Credential
from tests.changes.conftest import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, Connect

IMAGE = "xgboost-inference"
WRITES = ("CreateResource", "UpdateResource", "DeleteResource", "UpdateImageVersion")


def insert(session: Session, **more: str) -> str:
    columns = {"image_name": IMAGE, "base_image": "example.com/base:1", "region": REGION, **more}
    names, values = ", ".join(columns), ", ".join(f"'{v}'" for v in columns.values())
    row = session.execute(f"INSERT INTO aws.sagemaker.image_versions ({names}) VALUES ({values}) RETURNING image_version_arn").fetchone()
    assert row is not None
    return str(row[0])


def value(session: Session, arn: str, *columns: str) -> Any:
    rows = session.execute(f"SELECT {', '.join(columns)} FROM aws.sagemaker.image_version WHERE data__Identifier = '{arn}'").fetchall()
    assert len(rows) == 1
    return rows[0] if len(columns) > 1 else rows[0][0]


def sent(cloud: LocalCloud) -> list[str]:
    return [call.operation for call in cloud.calls if call.operation in WRITES]


# -- the seed page


def test_the_pages_of_the_seed_work_as_they_are_written(session: Session) -> None:
    made = session.execute(
        "INSERT INTO aws.sagemaker.image_versions (ImageName, BaseImage, region) "
        f"SELECT '{IMAGE}', 'example.com/base:1', '{REGION}' RETURNING Identifier, OperationStatus, RequestToken"
    ).fetchone()
    assert made is not None and made[1] == "SUCCESS" and made[2]
    arn = made[0]
    session.execute(
        "UPDATE aws.sagemaker.image_version SET data__PatchDocument = "
        """string('[{"op":"add","path":"/VendorGuidance","value":"STABLE"}]') """
        f"WHERE region = '{REGION}' AND data__Identifier = '{arn}';"
    )
    where = f"WHERE region = '{REGION}' AND data__Identifier = '{arn}'"
    select = f"SELECT region, image_name, vendor_guidance FROM aws.sagemaker.image_version {where};"
    assert session.execute(select).fetchall() == [(REGION, IMAGE, "STABLE")]
    session.execute(f"DELETE FROM aws.sagemaker.image_versions WHERE data__Identifier = '{arn}' AND region = '{REGION}';")
    assert session.execute(select).fetchall() == []


def test_older_and_newer_spellings_mean_the_same(session: Session) -> None:
    arn = insert(session)
    patch = '[{"op":"add","path":"/ReleaseNotes","value":"one"}]'
    session.execute(f"UPDATE awscc.sagemaker.image_versions SET PatchDocument = '{patch}' WHERE Identifier = '{arn}'")
    assert value(session, arn, "release_notes") == "one"
    state = json.dumps({"ImageName": IMAGE, "BaseImage": "example.com/base:2"})
    row = session.execute(
        "INSERT INTO aws.sagemaker.image_version (data__TypeName, data__DesiredState, region) "
        f"VALUES ('AWS::SageMaker::ImageVersion', '{state}', '{REGION}') RETURNING base_image AS b, Operation"
    ).fetchone()
    assert row == ("example.com/base:2", "CREATE")


def test_any_type_can_be_named_in_the_row(session: Session) -> None:
    table = "aws.cloud_control.resources"
    row = session.execute(
        f"INSERT INTO {table} (region, data__TypeName, data__DesiredState) "
        f"SELECT '{REGION}', 'AWS::Logs::LogGroup', string('{{\"LogGroupName\": \"generic\"}}') RETURNING Identifier, OperationStatus"
    ).fetchone()
    assert row == ("generic", "SUCCESS")
    where = f"WHERE region = '{REGION}' AND data__TypeName = 'AWS::Logs::LogGroup' AND data__Identifier = 'generic'"
    session.execute(f"""UPDATE {table} SET data__PatchDocument = '[{{"op":"add","path":"/RetentionInDays","value":7}}]' {where}""")
    assert session.execute("SELECT retention_in_days FROM aws.logs.log_group WHERE data__Identifier = 'generic'").fetchall() == [(7,)]
    assert len(session.execute(f"DELETE FROM {table} {where}").fetchall()) == 1
    assert (
        session.execute(f"SELECT operation_status FROM aws.cloud_control.resource_requests WHERE region = '{REGION}'").fetchall()
        == [("SUCCESS",)] * 3
    )
    with pytest.raises(errors.InvalidProperty, match="log_group_name"):
        session.execute(
            f"INSERT INTO {table} (region, data__TypeName, data__DesiredState) "
            f"VALUES ('{REGION}', 'AWS::Logs::LogGroup', '{{\"LogGroupName\": \"not fine!\"}}')"
        )


# -- INSERT


def test_insert_takes_several_rows_and_gives_them_back_in_order(session: Session) -> None:
    rows = session.execute(
        f"INSERT INTO aws.s3.buckets (bucket_name, region) VALUES ('first-made', '{REGION}'), ('second-made', '{REGION}') "
        "RETURNING bucket_name, arn"
    ).fetchall()
    assert [name for name, _ in rows] == ["first-made", "second-made"]
    assert all(arn for _, arn in rows)


def test_tags_are_taken_as_json_as_map_and_as_list(session: Session) -> None:
    for number, tags in enumerate(("""'{"env":"prod"}'""", "'env=>prod'::hstore", """'[{"Key":"env","Value":"prod"}]'""")):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, tags, region) VALUES ('g{number}', {tags}, '{REGION}')")
    found = session.execute(
        f"SELECT tags FROM aws.logs.log_group WHERE region = '{REGION}' AND data__Identifier IN ('g0', 'g1', 'g2')"
    ).fetchall()
    assert found == [([{"Key": "env", "Value": "prod"}],)] * 3


def test_texts_become_the_numbers_and_lists_that_the_schema_asks_for(session: Session) -> None:
    session.execute(f"INSERT INTO aws.logs.log_groups (LogGroupName, RetentionInDays, region) VALUES ('g', '7', '{REGION}')")
    assert session.execute("SELECT retention_in_days FROM aws.logs.log_group WHERE data__Identifier = 'g'").fetchall() == [(7,)]
    arn = insert(session, aliases='["a","b"]')
    other = insert(session, aliases="{c,d}")
    assert value(session, arn, "aliases") == ["a", "b"]
    assert value(session, other, "aliases") == ["c", "d"]


def test_insert_select_inserts_what_is_absent(session: Session) -> None:
    session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('one', '{REGION}')")
    wanted = "(VALUES ('one'), ('two'), ('three')) AS wanted(name)"
    statement = (
        "INSERT INTO aws.logs.log_groups (log_group_name, region) "
        f"SELECT wanted.name, '{REGION}' FROM {wanted} LEFT JOIN aws.logs.log_groups AS there "
        f"ON there.log_group_name = wanted.name AND there.region = '{REGION}' WHERE there.log_group_name IS NULL RETURNING log_group_name"
    )
    assert sorted(session.execute(statement).fetchall()) == [("three",), ("two",)]
    assert session.execute(statement).fetchall() == []


def test_null_and_default_are_values_that_are_not_given(session: Session) -> None:
    session.execute(
        f"INSERT INTO aws.logs.log_groups (log_group_name, retention_in_days, kms_key_id, region) VALUES ('g', NULL, DEFAULT, '{REGION}')"
    )
    assert session.execute("SELECT retention_in_days FROM aws.logs.log_group WHERE data__Identifier = 'g'").fetchall() == [(None,)]


def test_what_is_there_already_is_said_so(session: Session) -> None:
    statement = f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')"
    session.execute(statement)
    with pytest.raises(errors.AlreadyExists):
        session.execute(statement)


@pytest.mark.parametrize(
    ("columns", "values", "kind", "told"),
    [
        ("image_name, region", f"'x', '{REGION}'", errors.InvalidProperty, "base_image: a value is required"),
        ("image_name, base_image, version, region", f"'x', 'b', 3, '{REGION}'", errors.InvalidProperty, "version: AWS sets it"),
        (
            "image_name, base_image, vendor_guidance, region",
            f"'x', 'b', 'FINE', '{REGION}'",
            errors.InvalidProperty,
            "'FINE' is not one of",
        ),
        (
            "image_name, base_image, horovod, region",
            f"'x', 'b', 'perhaps', '{REGION}'",
            errors.InvalidProperty,
            "horovod: 'perhaps' is not of type boolean",
        ),
        ("image_name, base_image, release_notes, region", f"'x', 'b', '{'n' * 256}', '{REGION}'", errors.InvalidProperty, "at most 255"),
        ("image_name, base_image, region", f"'-x', 'b', '{REGION}'", errors.InvalidProperty, "does not match"),
        ("image_name, base_imag, region", f"'x', 'b', '{REGION}'", errors.UnknownColumn, "no column base_imag"),
        ("image_name, base_image, region", "'x', 'b', 'us-nowhere-1'", errors.InvalidText, "us-nowhere-1"),
        ("image_name, base_image, region", "'x', 'b'", errors.InvalidStatement, "3 columns are named and 2 values"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_before_anything_is_sent(
    session: Session, cloud: LocalCloud, columns: str, values: str, kind: type[errors.Error], told: str
) -> None:
    with pytest.raises(kind, match=None) as caught:
        session.execute(f"INSERT INTO aws.sagemaker.image_versions ({columns}) VALUES ({values})")
    assert told in str(caught.value)
    assert sent(cloud) == []


def test_one_bad_row_among_good_ones_stops_them_all(session: Session, cloud: LocalCloud) -> None:
    with pytest.raises(errors.InvalidProperty, match="log_group_name"):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('fine', '{REGION}'), ('not fine!', '{REGION}')")
    assert sent(cloud) == []


def test_where_a_row_goes_must_be_known(connect: Connect) -> None:
    accounts = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
    session = connect(credentials=accounts, regions=(REGION, OTHER_REGION))
    with pytest.raises(errors.MissingKey, match="accounts"):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}')")
    with pytest.raises(errors.MissingKey, match="regions"):
        session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, account_id) VALUES ('g', '{ACCOUNT}')")
    session.execute(
        f"INSERT INTO aws.logs.log_groups (log_group_name, account_id, region) VALUES ('g', '{OTHER_ACCOUNT}', '{OTHER_REGION}')"
    )
    rows = session.execute("SELECT account_id, region FROM aws.logs.log_group WHERE data__Identifier = 'g'").fetchall()
    assert rows == [(OTHER_ACCOUNT, OTHER_REGION)]


def test_inventory_tables_are_not_written_to(session: Session) -> None:
    with pytest.raises(errors.NotSupported) as caught:
        session.execute("DELETE FROM aws.sagemaker_image_version WHERE version = 3")
    assert caught.value.hint == "write to aws.sagemaker.image_versions"


# -- UPDATE


def test_update_sends_the_smallest_patch(session: Session) -> None:
    arn = insert(session, vendor_guidance="STABLE", release_notes="first")
    plan = json.loads(
        "\n".join(
            line
            for (line,) in session.execute(
                "EXPLAIN (FORMAT JSON) UPDATE aws.sagemaker.image_versions SET vendor_guidance = 'STABLE', release_notes = 'second', "
                f"programming_lang = 'Python 3.12' WHERE image_version_arn = '{arn}'"
            )
        )
    )
    assert plan["changes"][0]["differences"] == [
        {"property": "ProgrammingLang", "old": None, "new": "Python 3.12"},
        {"property": "ReleaseNotes", "old": "first", "new": "second"},
    ]


def test_expressions_read_what_is_there_now(session: Session) -> None:
    arn = insert(session, release_notes="good")
    session.execute(
        f"UPDATE aws.sagemaker.image_version SET release_notes = release_notes || ' (checked)' WHERE data__Identifier = '{arn}'"
    )
    assert value(session, arn, "release_notes") == "good (checked)"


def test_null_removes_a_property(session: Session) -> None:
    arn = insert(session, release_notes="good")
    session.execute(f"UPDATE aws.sagemaker.image_version SET release_notes = NULL WHERE data__Identifier = '{arn}'")
    assert value(session, arn, "release_notes") is None


def test_where_nothing_changes_nothing_is_sent(session: Session, cloud: LocalCloud) -> None:
    arn = insert(session, vendor_guidance="STABLE", aliases='["prod"]')
    cloud.calls.clear()
    result = session.execute(
        f"UPDATE aws.sagemaker.image_version SET vendor_guidance = 'STABLE', aliases = '[\"prod\"]' WHERE data__Identifier = '{arn}'"
    )
    assert result.fetchall() == []
    assert result.notices == ("1 resources are as wanted already; nothing was sent for them",)
    assert sent(cloud) == []


def test_aliases_become_exactly_the_set_that_is_named(session: Session, cloud: LocalCloud) -> None:
    arn = insert(session, aliases='["blue","green"]')
    cloud.calls.clear()
    session.execute(f"UPDATE aws.sagemaker.image_versions SET aliases = '[\"green\",\"prod\"]' WHERE image_version_arn = '{arn}'")
    assert sorted(value(session, arn, "aliases")) == ["green", "prod"]
    assert sent(cloud) == ["UpdateImageVersion"]
    session.execute(f"UPDATE aws.sagemaker.image_versions SET alias = 'only' WHERE image_version_arn = '{arn}'")
    assert value(session, arn, "alias", "aliases") == ("only", ["only"])
    session.execute(f"UPDATE aws.sagemaker.image_versions SET aliases = NULL WHERE image_version_arn = '{arn}'")
    assert value(session, arn, "aliases") in ([], None)


def test_rows_are_found_by_any_query(session: Session) -> None:
    arns = [insert(session, release_notes=note) for note in ("old one", "old two", "new")]
    session.execute(
        "UPDATE aws.sagemaker.image_versions AS v SET vendor_guidance = wanted.guidance "
        "FROM (VALUES ('old one', 'ARCHIVED'), ('old two', 'TO_BE_ARCHIVED')) AS wanted(note, guidance) "
        f"WHERE v.image_name = '{IMAGE}' AND v.region = '{REGION}' AND v.release_notes = wanted.note"
    )
    assert [value(session, arn, "vendor_guidance") for arn in arns] == ["ARCHIVED", "TO_BE_ARCHIVED", None]


def test_what_creation_fixed_is_refused_with_the_statement_that_would_replace_it(session: Session, cloud: LocalCloud) -> None:
    arn = insert(session)
    cloud.calls.clear()
    with pytest.raises(errors.InvalidProperty, match="create-only") as caught:
        session.execute(f"UPDATE aws.sagemaker.image_version SET base_image = 'example.com/other:1' WHERE data__Identifier = '{arn}'")
    assert "DELETE FROM aws.sagemaker.image_versions" in str(caught.value.hint)
    assert "INSERT INTO aws.sagemaker.image_versions (base_image" in str(caught.value.hint)
    assert sent(cloud) == []


@pytest.mark.parametrize(
    "patch", ["not json", "{}", '[{"op":"replace","path":"/ReleaseNotes","value":"x"}]', '[{"op":"add","path":"/BaseImage","value":"x"}]']
)
def test_a_patch_that_does_not_fit_is_refused_before_it_is_sent(session: Session, cloud: LocalCloud, patch: str) -> None:
    arn = insert(session)
    cloud.calls.clear()
    with pytest.raises(errors.DataError):
        session.execute(f"UPDATE aws.sagemaker.image_version SET data__PatchDocument = '{patch}' WHERE data__Identifier = '{arn}'")
    assert sent(cloud) == []


# -- DELETE


def test_delete_takes_an_in_list_and_returns_what_was_there(session: Session) -> None:
    arns = [insert(session) for _ in range(3)]
    listed = ", ".join(f"'{a}'" for a in arns[:2])
    rows = session.execute(
        f"DELETE FROM aws.sagemaker.image_versions WHERE region = '{REGION}' AND data__Identifier IN ({listed}) "
        "RETURNING image_version_arn, OperationStatus"
    ).fetchall()
    assert sorted(rows) == [(arn, "SUCCESS") for arn in sorted(arns[:2])]
    assert value(session, arns[2], "image_name") == IMAGE


def test_deleting_what_is_not_there_is_no_error_and_no_call(session: Session, cloud: LocalCloud) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:image-version/{IMAGE}/99"
    assert session.execute(f"DELETE FROM aws.sagemaker.image_versions WHERE data__Identifier = '{arn}'").fetchall() == []
    assert sent(cloud) == []


# -- RETURNING


def test_returning_takes_a_star_expressions_and_fields_of_the_event(session: Session) -> None:
    made = session.execute(
        f"INSERT INTO aws.logs.log_group (log_group_name, retention_in_days, region) VALUES ('g', 7, '{REGION}') "
        "RETURNING *, upper(log_group_name) AS shout, OperationStatus"
    )
    names = [c.name for c in made.columns]
    assert names[0] == "region" and "retention_in_days" in names and names[-2:] == ["shout", "OperationStatus"]
    assert made.fetchall()[0][-2:] == ("G", "SUCCESS")
    gone = session.execute(
        "DELETE FROM aws.logs.log_group WHERE data__Identifier = 'g' RETURNING *, retention_in_days + 1 AS more, Operation"
    )
    assert [c.name for c in gone.columns][-2:] == ["more", "Operation"]
    assert gone.fetchall()[0][-2:] == (8, "DELETE")


def test_a_wrong_name_in_returning_is_found_before_anything_is_sent(session: Session, cloud: LocalCloud) -> None:
    for returning in ("nonsense", "upper(nonsense)", "x.log_group_name"):
        with pytest.raises((errors.UnknownColumn, errors.UnknownTable)):
            session.execute(f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}') RETURNING {returning}")
    with pytest.raises(errors.NotSupported, match="NOWAIT"):
        session.execute(
            f"INSERT /*+ NOWAIT */ INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}') RETURNING retention_in_days"
        )
    assert sent(cloud) == []


def test_one_name_in_two_places_comes_back_twice(connect: Connect) -> None:
    session = connect(regions=(REGION, OTHER_REGION))
    rows = session.execute(
        f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{OTHER_REGION}'), ('g', '{REGION}') "
        "RETURNING region, log_group_name, RequestToken"
    ).fetchall()
    assert [row[:2] for row in rows] == [(OTHER_REGION, "g"), (REGION, "g")]
    assert rows[0][2] != rows[1][2]


def test_rows_that_cannot_be_read_back_were_made_all_the_same(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="GetResource", kind="access_denied"))
    made = session.execute(
        f"INSERT INTO aws.logs.log_groups (log_group_name, region) VALUES ('g', '{REGION}') RETURNING retention_in_days, Identifier"
    )
    rows = made.fetchall()
    assert "read back" in "".join(made.notices) or made.failures
    assert rows in ([(None, "g")], [])
    assert sent(cloud) == ["CreateResource"]


# -- NOWAIT, EXEC


def test_nowait_gives_the_request_token_and_leaves_the_rest_to_resume(session: Session) -> None:
    row = session.execute(
        f"INSERT /*+ NOWAIT */ INTO aws.logs.log_groups (log_group_name, region) VALUES ('slow', '{REGION}') "
        "RETURNING RequestToken, OperationStatus"
    ).fetchone()
    assert row is not None and row[0] and row[1] in ("PENDING", "IN_PROGRESS")
    assert [e.state.value for e in session.writer.past.resume()] == ["succeeded"]
    assert session.execute("SELECT log_group_name FROM aws.logs.log_group WHERE data__Identifier = 'slow'").fetchall() == [("slow",)]


def test_exec_reads_and_writes_with_the_services_own_calls(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute(
        f"EXEC aws.sagemaker.image_versions.list_image_versions @region='{REGION}' @@json='{{\"ImageName\": \"{IMAGE}\"}}'"
    )
    assert "image_version_arn" in [c.name for c in rows.columns]
    assert len(rows.fetchall()) == 3
    session.execute(f"EXEC aws.sqs.create_queue @QueueName = 'made-by-exec', @region = '{REGION}'")
    listed = session.execute(f"EXEC aws.sqs.list_queues @queue_name_prefix = 'made-by', @region = '{REGION}'").fetchall()
    assert "made-by-exec" in str(listed)
    assert [e.state.value for e in session.writer.past.entries] == ["succeeded"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("EXEC aws.sagemaker.nothing_like_it", "no operation nothing_like_it"),
        ("EXEC aws.nothing.at_all", "no service nothing"),
        ("EXEC aws.sagemaker.list_images @Nonsense = 1", "no parameter Nonsense"),
        ("EXEC aws.sagemaker", "names no operation"),
        ("EXEC aws.sagemaker.list_images nonsense", "@name = 'value'"),
    ],
)
def test_an_exec_that_makes_no_sense_is_refused(session: Session, cloud: LocalCloud, statement: str, told: str) -> None:
    with pytest.raises(errors.Error) as caught:
        session.execute(statement)
    assert told in str(caught.value) + str(caught.value.hint)
    assert len(cloud.calls.counts()) == 0


def test_a_call_goes_where_the_datasets_of_its_service_live(connect: Connect) -> None:
    session = connect(regions=(REGION, OTHER_REGION))
    shown = session.execute("EXPLAIN EXEC aws.networkmanager.create_global_network").fetchall()
    assert any(REGION in line for (line,) in shown)
    with pytest.raises(errors.MissingKey, match="several regions"):
        session.execute("EXPLAIN EXEC aws.sqs.create_queue @QueueName = 'q'")
