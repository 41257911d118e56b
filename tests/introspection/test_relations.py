"""information_schema and cirql.tables, columns, methods, permissions: ordinary tables to any query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cirql.errors import UnknownColumn, UnknownTable
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud
from cirql.session import Session
from cirql.settings import Credential, Settings


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with LocalCloud() as cloud:
        credentials = tuple(Credential(a, a, "local", account=a) for a in ACCOUNTS)
        with Session(Settings(credentials=credentials, regions=tuple(REGIONS), endpoint_url=cloud.endpoint_url)) as opened:
            yield opened


def rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    return session.execute(sql).fetchall()


def test_datasets_are_in_schema_aws_and_resources_in_catalog_aws(session: Session) -> None:
    found = rows(session, "SELECT * FROM information_schema.tables WHERE table_name IN ('sagemaker_image_version', 'image_version')")
    assert sorted(found) == [
        ("aws", "sagemaker", "image_version", "BASE TABLE", "YES"),
        ("cirql", "aws", "sagemaker_image_version", "BASE TABLE", "NO"),
    ]
    schemata = rows(session, "SELECT catalog_name, schema_name FROM information_schema.schemata")
    assert {("cirql", "aws"), ("aws", "sagemaker"), ("cirql", "information_schema")} <= set(schemata)


def test_columns_are_those_of_select_star(session: Session) -> None:
    found = rows(
        session,
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'aws' AND table_name = 'sagemaker_image_version' ORDER BY ordinal_position",
    )
    assert found[0] == ("_key", "VARCHAR")
    assert ("tags", "hstore_csv") in found
    assert len(found) == 19


def test_hidden_columns_are_in_cirql_columns(session: Session) -> None:
    found = dict(
        rows(session, "SELECT column_name, is_hidden FROM cirql.columns WHERE table_name = 'aws.sagemaker.image_versions'"),
    )
    assert found["image_version_arn"] is False
    assert found["horovod"] is True
    assert found["data__identifier"] is True


def test_who_fills_a_column_and_what_a_verb_needs_is_told(session: Session) -> None:
    assert rows(
        session,
        "SELECT filled_by FROM cirql.columns WHERE table_name = 'aws.sagemaker_image_version' AND column_name = 'base_image'",
    ) == [(["sagemaker:DescribeImageVersion"],)]
    assert rows(
        session, "SELECT action FROM cirql.permissions WHERE table_name = 'aws.sagemaker.image_version' AND verb = 'update' ORDER BY 1"
    ) == [("sagemaker:DescribeImageVersion",), ("sagemaker:ListAliases",), ("sagemaker:UpdateImageVersion",)]
    assert rows(session, "SELECT method_name, verb FROM cirql.methods WHERE table_name = 'aws.sagemaker.image_versions'") == [
        ("create_resource", "INSERT"),
        ("delete_resource", "DELETE"),
        ("update_resource", "UPDATE"),
        ("list_resources", "SELECT"),
        ("get_resource", "SELECT"),
    ]


def test_they_join_one_another_and_tables_of_the_cloud(session: Session) -> None:
    assert rows(
        session,
        "SELECT count(*) > 0 FROM cirql.tables t JOIN cirql.columns c USING (table_name)"
        " WHERE t.service = 'kms' AND c.service = 'kms' AND c.column_name = 'key_id'",
    ) == [(True,)]
    result = session.execute(
        "SELECT DISTINCT t.title FROM aws.sagemaker.image i JOIN cirql.tables t ON t.table_name = 'aws.sagemaker.image'"
        " WHERE i.region = 'us-east-1'"
    )
    assert result.fetchall() == [("Image",)]


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("information_schema.tables", "table_schema IN ('kms', 'sqs')"),
        ("information_schema.tables", "table_catalog = 'aws' AND upper(table_name) LIKE 'WEB\\_ACL%'"),
        ("information_schema.columns", "table_name = 'vpc' OR table_name ~ '^sqs_q' AND table_schema <> 'ec2'"),
        ("information_schema.columns", "table_schema = 'information_schema'"),
        ("information_schema.columns", "table_schema NOT LIKE 'a%' AND table_name IN ('tables', 'queue', 'ec2_vpc')"),
        ("cirql.methods", "service = 'kms' AND verb <> 'SELECT'"),
        ("cirql.tables", "service LIKE 'kinesis%' AND face = 'plural'"),
        ("cirql.permissions", "table_name BETWEEN 'aws.sns' AND 'aws.sns~' AND NOT table_name LIKE '%\\_tags'"),
        ("cirql.columns", "split_part(table_name, '.', 2) = 'sqs' AND column_name = 'queue_url'"),
        ("cirql.columns", "(table_name || 's') = 'aws.kms.keys'"),
    ],
)
def test_conditions_only_ever_read_less(session: Session, table: str, condition: str) -> None:
    sql = f"SELECT * FROM {table} WHERE {condition}"
    narrowed = sorted(map(repr, session.execute(sql)))
    assert narrowed
    assert narrowed == sorted(map(repr, session.execute(sql, pushdown=False)))


def test_names_that_no_condition_leaves_are_not_read_for_an_outer_join_either(session: Session) -> None:
    sql = (
        "SELECT s.schema_name, count(t.table_name) FROM information_schema.schemata s LEFT JOIN information_schema.tables t"
        " ON t.table_schema = s.schema_name AND t.table_name LIKE 'image\\_v%'"
        " WHERE s.schema_name IN ('sagemaker', 'kms') GROUP BY 1 ORDER BY 1"
    )
    assert rows(session, sql) == [("kms", 0), ("sagemaker", 3)]


def test_unknown_names_are_refused(session: Session) -> None:
    with pytest.raises(UnknownColumn) as caught:
        session.execute("SELECT table_nam FROM cirql.tables")
    assert "table_name" in (caught.value.hint or "")
    for name in ("cirql.nothing", "information_schema.views_of_nothing", "information_schema.a.b"):
        with pytest.raises(UnknownTable):
            session.execute(f"SELECT * FROM {name}")


def test_a_tags_table_has_a_row_for_each_tag(session: Session) -> None:
    tagged = rows(session, "SELECT image_arn, tags FROM aws.sagemaker.image WHERE region = 'us-east-1'")
    expected = sorted((arn, t["Key"], t["Value"]) for arn, tags in tagged for t in tags or ())
    opened = rows(session, "SELECT image_arn, tag_key, tag_value FROM aws.sagemaker.image_tags WHERE region = 'us-east-1'")
    assert expected
    assert sorted(opened) == expected
    star = session.execute("SELECT * FROM awscc.sagemaker.image_tags WHERE region = 'us-east-1' AND tag_key = 'team'")
    names = [c.name for c in star.columns]
    assert (names[0], names[-2:]) == ("region", ["tag_key", "tag_value"])
    assert star.fetchall()
    with pytest.raises(UnknownColumn):
        session.execute("SELECT tags FROM aws.sagemaker.image_tags")


def test_any_type_is_reached_through_cloud_controls_own_tables(session: Session) -> None:
    own = rows(session, "SELECT image_arn FROM aws.sagemaker.images WHERE region = 'us-east-1'")
    listed = session.execute(
        "SELECT Identifier FROM aws.cloud_control.resources WHERE data__TypeName = 'AWS::SageMaker::Image' AND region = 'us-east-1'"
    )
    assert sorted(listed.fetchall()) == sorted(own)
    assert set(listed.stats.calls) == {"cloudcontrol:ListResources"}
    one = session.execute(
        "SELECT Properties ->> 'ImageArn' FROM awscc.cloud_control.resource"
        f" WHERE TypeName = 'AWS::SageMaker::Image' AND Identifier = '{own[0][0]}'"
    )
    assert one.fetchall() == [own[0]]
    assert dict(one.stats.calls).keys() == {"cloudcontrol:GetResource"}
