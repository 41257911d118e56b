"""Steampipe's names for tables and columns: views over our datasets, found behind a search path, that ask no more than is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cirql.errors import NotSupported, UnknownColumn, UnknownTable
from cirql.localcloud import LocalCloud
from cirql.session import Session
from cirql.settings import Settings

HERE = "region = 'us-east-1' AND account_id = '111111111111'"


@pytest.fixture
def steampipe(settings: Settings) -> Iterator[Session]:
    with Session(replace(settings, search_path=("steampipe", "aws"))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        (f"SELECT name FROM aws_s3_bucket WHERE {HERE}", 1),
        (f"SELECT title FROM aws_s3_bucket AS b WHERE b.{HERE}", 1),
        (f"SELECT count(*) FROM aws_s3_bucket WHERE {HERE}", 1),
        (f"SELECT name FROM (SELECT * FROM aws_s3_bucket) b WHERE {HERE}", 1),
        (f"WITH b AS (SELECT * FROM aws_s3_bucket) SELECT akas, partition, _ctx FROM b WHERE {HERE}", 1),
        ("SELECT arn FROM aws_iam_role WHERE name = 'ml-execution' AND account_id = '111111111111'", 1),
    ],
)
def test_a_view_asks_only_for_what_is_read(steampipe: Session, cloud: LocalCloud, sql: str, calls: int) -> None:
    result = steampipe.execute(sql)
    assert result.fetchall()
    asked = {name: n for name, n in result.stats.calls.items() if name != "sts:GetCallerIdentity"}
    assert sum(asked.values()) - result.stats.retries == calls, asked


def test_names_are_found_with_their_schema_and_behind_a_search_path(session: Session) -> None:
    query = "SELECT DISTINCT partition FROM {}aws_s3_bucket"
    assert session.execute(query.format("steampipe.")).fetchall() == [("aws",)]
    with pytest.raises(UnknownTable):
        session.execute(query.format(""))
    session.execute("SET search_path = steampipe, aws")
    assert session.execute(query.format("")).fetchall() == [("aws",)]
    assert session.execute(query.format("aws.")).fetchall() == [("aws",)]
    assert session.execute("SELECT count(*) > 0 FROM s3_bucket").fetchall() == [(True,)]
    session.execute("SET search_path TO public")
    with pytest.raises(UnknownTable):
        session.execute(query.format(""))
    session.execute("SET search_path TO 'steampipe', 'aws'")
    session.execute("SET search_path = DEFAULT")
    with pytest.raises(UnknownTable):
        session.execute(query.format(""))


def test_what_the_session_made_itself_comes_first(steampipe: Session) -> None:
    steampipe.execute("CREATE TABLE aws_s3_bucket AS SELECT 'mine' AS name")
    assert steampipe.execute("SELECT name FROM aws_s3_bucket").fetchall() == [("mine",)]
    assert steampipe.execute("WITH aws_vpc AS (SELECT 1 AS n) SELECT n FROM aws_vpc").fetchall() == [(1,)]
    steampipe.execute("CREATE VIEW roles AS SELECT name, region FROM aws_iam_role")
    assert set(steampipe.execute("SELECT region FROM roles").fetchall()) == {("global",)}


def test_tags_are_an_object_and_their_source_a_list(steampipe: Session) -> None:
    (found,) = steampipe.execute(
        "SELECT tags ->> 'team', tags ? 'team', tags_src -> 0 ->> 'Key', tags_src @> '[{\"Key\": \"team\"}]', tags ? 'none' "
        "FROM aws_iam_role WHERE name = 'ml-execution' AND account_id = '111111111111'"
    ).fetchall()
    assert found == ("ml-platform", True, "team", True, False)
    (untagged,) = steampipe.execute(f"SELECT tags, tags_src FROM aws_s3_bucket WHERE name LIKE 'acme-public%' AND {HERE}").fetchall()
    assert untagged == (None, None)


def test_every_table_knows_where_a_row_is_from(steampipe: Session) -> None:
    (row,) = steampipe.execute(
        "SELECT title, akas ->> 0, partition, region, account_id, _ctx ->> 'connection_name', sp_connection_name "
        "FROM aws_iam_role WHERE name = 'ml-execution' AND account_id = '111111111111'"
    ).fetchall()
    assert row == (
        "ml-execution",
        "arn:aws:iam::111111111111:role/ml-execution",
        "aws",
        "global",
        "111111111111",
        "aws",
        "aws",
    )


def test_a_policy_is_read_in_one_spelling(steampipe: Session) -> None:
    (row,) = steampipe.execute(
        "SELECT s ->> 'Effect', s -> 'Action', s -> 'Principal' -> 'Service' FROM aws_iam_role, "
        "jsonb_array_elements(assume_role_policy_std -> 'Statement') AS s WHERE name = 'ml-execution' AND account_id = '111111111111'"
    ).fetchall()
    assert row == ("Allow", ["sts:assumerole"], ["lambda.amazonaws.com", "sagemaker.amazonaws.com"])


def test_a_column_that_is_not_there_is_told_from_one_that_only_cirql_lacks(steampipe: Session) -> None:
    with pytest.raises(UnknownColumn) as misspelt:
        steampipe.execute("SELECT nam FROM aws_s3_bucket")
    assert misspelt.value.hint == "did you mean name?"
    view = next(v for v in steampipe.catalog.views() if v.lacking and v.columns)
    lacking = next(iter(view.lacking))
    with pytest.raises(UnknownColumn, match=f"{view.name} has no column {lacking} here: "):
        steampipe.execute(f"SELECT {lacking} FROM {view.name}")
    absent = next(v for v in steampipe.catalog.views() if not v.columns)
    with pytest.raises(NotSupported, match="has no equal here"):
        steampipe.execute(f"SELECT * FROM {absent.name}")


def test_setting_names_no_schema_that_is_not_there(settings: Settings) -> None:
    assert settings.changed(search_path="steampipe").search_path == ("steampipe",)
