"""What completion offers at a place (`|`) in a text, over the real catalog."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import cirql
from cirql.completion.candidates import MOST, Candidate, CandidateKind, completion
from cirql.session import Session


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    accounts = ["111111111111", "222222222222"]
    with cirql.connect(regions=["us-east-1", "eu-west-1"], accounts=accounts, role="audit") as opened:
        opened.execute("CREATE TABLE mine (size int, label text)").close()
        yield opened
        assert dict(opened.cloud.stats.calls) == {}


def offered(session: Session, text: str) -> list[Candidate]:
    position = text.index("|")
    return completion(text.replace("|", "", 1), position, session)


def texts(session: Session, text: str) -> list[str]:
    return [c.text for c in offered(session, text)]


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("SELECT * FROM aws.s3_buck|", "aws.s3_bucket"),
        ("SELECT * FROM s3_bucket|", "aws.s3_bucket"),
        ("SELECT * FROM aws.s3.buck|", "aws.s3.bucket"),
        ("SELECT * FROM ec2_inst|", "aws.ec2_instance"),
        ("SELECT * FROM ec2inst|", "aws.ec2_instance"),
        ("SELECT 1 FROM aws.s3_bucket b JOIN aws.iam_ro|", "aws.iam_role"),
        ("SELECT 1 FROM aws.s3_bucket, iam_ro|", "aws.iam_role"),
        ("DESCRIBE lambda_func|", "aws.lambda_function"),
        ("INSERT INTO aws.sagemaker.image_v|", "aws.sagemaker.image_version"),
        ("UPDATE aws.ec2.vp|", "aws.ec2.vpc"),
        ("DELETE FROM aws.ec2.vp|", "aws.ec2.vpc"),
        ("SELECT * FROM cirql.last|", "cirql.last_scans"),
        ("SELECT * FROM mi|", "mine"),
        ("WITH old AS (SELECT 1 AS n) SELECT * FROM ol|", "old"),
        ("SELECT * FROM mine WHERE size > (SELECT max(size) FROM aws.s3_buck|)", "aws.s3_bucket"),
    ],
)
def test_after_from_and_its_like_come_tables_by_fuzzy_words(session: Session, written: str, first: str) -> None:
    found = texts(session, written)
    assert first in found[:3], found[:10]


@pytest.mark.parametrize(
    ("written", "wanted", "unwanted"),
    [
        ("SELECT buck| FROM aws.s3_bucket", "bucket_arn", "instance_id"),
        ("SELECT b.| FROM aws.s3_bucket b JOIN aws.ec2_instance i ON true", "b.bucket_arn", "b.instance_id"),
        ("SELECT 1 FROM aws.s3_bucket b JOIN aws.ec2_instance i ON i.inst|", "i.instance_id", "i.bucket_arn"),
        ("SELECT 1 FROM aws.s3_bucket WHERE |", "bucket_arn", "instance_id"),
        ("SELECT count(|) FROM aws.ec2_instance", "instance_id", "bucket_arn"),
        ("SELECT 1 FROM aws.s3_bucket GROUP BY |", "bucket_region", "instance_id"),
        ("SELECT 1 FROM mine ORDER BY l|", "label", "size"),
        ("WITH v AS (SELECT instance_id AS id, vpc_id FROM aws.ec2_instance) SELECT | FROM v", "id", "instance_id"),
        ("SELECT s.| FROM (SELECT *, 1 AS n FROM aws.ec2_instance) AS s", "s.instance_id", "s.bucket_arn"),
        ("SELECT 1 FROM aws.s3_bucket b WHERE EXISTS (SELECT 1 FROM aws.ec2_instance i WHERE i.vpc_id = b.|)", "b.bucket_arn", "b.vpc_id"),
        ("SELECT 1 FROM aws.s3_bucket UNION SELECT | FROM aws.ec2_instance", "instance_id", "bucket_arn"),
        ("SELECT 1 FROM aws.s3_bucket; SELECT | FROM aws.ec2_instance", "instance_id", "bucket_arn"),
        ("INSERT INTO aws.ec2.vpc (cidr|", "cidr_block", "bucket_arn"),
        ("UPDATE aws.ec2.vpc SET enable|", "enable_dns_support", "bucket_arn"),
        ("UPDATE aws.ec2.vpc SET enable_dns_support = true WHERE vpc|", "vpc_id", "bucket_arn"),
        ("DELETE FROM aws.ec2.vpc WHERE cidr|", "cidr_block", "bucket_arn"),
        ("SELECT x.lab| FROM mine AS x", "x.label", "x.size"),
        ('SELECT "b|" FROM aws.s3_bucket', "bucket_arn", "instance_id"),
    ],
)
def test_columns_are_those_of_the_tables_in_scope(session: Session, written: str, wanted: str, unwanted: str) -> None:
    found = texts(session, written)
    assert wanted in found
    assert unwanted not in found


def test_a_column_says_its_type_and_what_aws_says_of_it(session: Session) -> None:
    found = next(c for c in offered(session, "SELECT instance_ty| FROM aws.ec2_instance") if c.text == "instance_type")
    assert (found.kind, found.detail, found.start) == (CandidateKind.COLUMN, "VARCHAR", 7)
    assert found.meaning


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("SELECT state ->> '| FROM aws.ec2_instance", "Name"),
        ("SELECT i.state -> 'Na|' FROM aws.ec2_instance i", "Name"),
        ("SELECT block_device_mappings -> 0 -> 'Ebs' ->> 'Vol|' FROM aws.ec2_instance", "VolumeId"),
        ("SELECT security_group_ingress -> 0 ->> '|' FROM aws.ec2.security_group", "CidrIp"),
        ("SELECT 1 FROM aws.ec2_instance WHERE placement ->> '|", "AvailabilityZone"),
        ("WITH v AS (SELECT * FROM aws.ec2_instance) SELECT state ->> '|' FROM v", "Name"),
    ],
)
def test_members_of_json_are_those_of_the_model(session: Session, written: str, wanted: str) -> None:
    # An open quote reaches to the end of the text: what follows the cursor is part of it.
    assert wanted in texts(session, written)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("SELECT 1 FROM aws.s3_bucket WHERE region = '|", ["us-east-1", "eu-west-1"]),
        ("SELECT 1 FROM aws.s3_bucket WHERE region IN ('us-east-1', 'eu|')", ["eu-west-1"]),
        ("SELECT 1 FROM aws.s3_bucket b WHERE b.account_id = '|'", ["111111111111", "222222222222"]),
        ("SELECT 1 FROM aws.ec2_instance WHERE state ->> 'Name' = '|", ["pending", "running"]),
        ("SELECT 1 FROM aws.ec2_instance WHERE architecture = 'x|'", ["x86_64"]),
        ("SET regions = '|", ["us-east-1", "eu-west-1"]),
        ("SET dialect = |", ["postgres", "ddsql", "stackql"]),
        ("SET max_age = 'un|", ["unlimited"]),
    ],
)
def test_values_are_those_in_scope_and_those_of_the_models(session: Session, written: str, first: list[str]) -> None:
    assert [t for t in texts(session, written) if t in first][: len(first)] == first
    assert set(texts(session, written)[: len(first)]) >= set(first[:1])


def test_functions_come_with_their_signatures(session: Session) -> None:
    found = {c.text: c.detail for c in offered(session, "SELECT split_p| FROM aws.s3_bucket")}
    assert found["split_part("] == "split_part(text, text, integer) → text"
    assert "jsonb_array_elements(" in texts(session, "SELECT 1 FROM aws.s3_bucket WHERE jsonb_array_el|")


def test_settings_come_after_set(session: Session) -> None:
    assert "max_age" in texts(session, "SET ma|")
    assert "statement_timeout" in texts(session, "SHOW st|")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("|", "SELECT"), ("sel|", "select"), ("SELECT 1 FROM mine |", "WHERE"), ("EXPLAIN |", "SELECT"), ("SELECT 1 FROM mine wh|", "where")],
)
def test_words_come_where_they_can_stand_and_in_the_case_that_is_written(session: Session, written: str, wanted: str) -> None:
    assert wanted in texts(session, written)


@pytest.mark.parametrize(
    "written", ["SELECT 1 -- FROM aws.s3|", "/* FROM aws.s3|", "SELECT 'FROM aws.s3|", "SELECT 12|", "SELECT $1|", "SELECT :na|"]
)
def test_nothing_comes_in_comments_texts_and_numbers(session: Session, written: str) -> None:
    assert texts(session, written) == []


HOSTILE = [
    "(" * 5_000,
    "SELECT " + "a." * 5_000,
    "'" * 4_999,
    "/*" * 5_000,
    "FROM (SELECT " * 300,
    ")" * 500,
    '"',
    "$a$",
    "SELECT * FROM aws.",
    "\x00|",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_too_broken_to_be_completed(session: Session, text: str) -> None:
    for position in (0, len(text) // 2, len(text)):
        assert len(completion(text, position, session)) <= MOST


def test_every_place_of_a_long_statement_can_be_completed(session: Session) -> None:
    text = """WITH v AS (SELECT i.instance_id, i.state ->> 'Name' AS "State" FROM aws.ec2_instance AS i WHERE region IN ('us-east-1'))
        SELECT v.*, count(*) FILTER (WHERE x.a > 1) FROM v LEFT JOIN LATERAL (SELECT 1 AS a) x ON true GROUP BY 1 ORDER BY 2 LIMIT 5;"""
    for position in range(len(text) + 1):
        completion(text, position, session)


def test_completing_a_table_name_is_quick(session: Session) -> None:
    texts(session, "SELECT * FROM aws.s|")
    started = time.monotonic()
    for _ in range(10):
        texts(session, "SELECT * FROM ec2_inst|")
    assert time.monotonic() - started < 10
