"""The demo world, asked by SQL as a newcomer would: several things of each kind, the same in both schemes, something for every audit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cirql.catalog.lookup import Catalog
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.localcloud.native_types import native_types
from cirql.session import Session
from cirql.settings import Settings

CASES: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "world/cases.toml").read_text())
# Listed by what the statement must name.
APART = {"AWS::Lambda::LayerVersion"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


@pytest.fixture(scope="module")
def session(cloud: LocalCloud) -> Iterator[Session]:
    with Catalog.open() as catalog, Session(Settings(**settings_for(cloud.endpoint_url)), catalog=catalog) as opened:
        yield opened


@pytest.fixture(scope="module")
def lone_session(cloud: LocalCloud) -> Iterator[Session]:
    """One account in one region."""
    scope = settings_for(cloud.endpoint_url)
    narrow = Settings(**{**scope, "credentials": scope["credentials"][:1], "regions": scope["regions"][:1]})
    with Catalog.open() as catalog, Session(narrow, catalog=catalog) as opened:
        yield opened


@pytest.fixture(scope="module")
def tables(session: Session) -> Mapping[str, str]:
    """The names of the resources' lists by type."""
    return {t.cfn_type: f"aws.{t.name.parts[1]}.{t.plural}_list_only" for t in session.catalog.tables() if t.cfn_type}


def column(session: Session, sql: str) -> list[str]:
    """The one column of a statement; no target may have failed."""
    result = session.execute(sql)
    values = [str(value) for (value,) in result.fetchall()]
    assert list(result.failures) == []
    return values


@pytest.mark.parametrize("type_name", sorted(set(native_types()) - APART))
def test_both_schemes_list_the_same_things_of_each_kind(session: Session, tables: Mapping[str, str], type_name: str) -> None:
    case = CASES[type_name]
    part, key = case.get("part", 0), case["key"]
    identifiers = column(session, f"SELECT data__Identifier FROM {tables[type_name]}")
    resources = {identifier.split("|")[part].rpartition("/" if type_name.endswith("HostedZone") else "\0")[2] for identifier in identifiers}
    found = column(session, f"SELECT {key} FROM {case['dataset']}")
    assert len(identifiers) >= 4, "several things, in two accounts"
    assert resources <= {value.removeprefix("/hostedzone/") for value in found}


@pytest.mark.parametrize("type_name", sorted(set(native_types()) - APART))
def test_nothing_is_listed_twice_in_a_place(lone_session: Session, tables: Mapping[str, str], type_name: str) -> None:
    identifiers = column(lone_session, f"SELECT data__Identifier FROM {tables[type_name]}")
    assert len(identifiers) == len(set(identifiers)) > 0


@pytest.mark.parametrize(
    ("audit", "expected"),
    [
        (
            "SELECT DISTINCT group_name FROM aws.ec2.security_groups, unnest(json_extract(security_group_ingress, '$[*]')) AS r(rule) "
            "WHERE rule->>'CidrIp' = '0.0.0.0/0' AND rule->>'FromPort' = '22'",
            {"bastion"},
        ),
        ("SELECT DISTINCT size FROM aws.ec2_volume WHERE state = 'available' AND NOT encrypted", {"20"}),
        ("SELECT DISTINCT key_name FROM aws.ec2_instance WHERE tags IS NULL OR tags->'Name' IS NULL", {"alice-2022"}),
        ("SELECT DISTINCT function_name FROM aws.lambda.functions WHERE runtime IN ('nodejs12.x', 'python3.8')", {"legacy-report"}),
        ("SELECT user_name FROM aws.iam_access_key WHERE create_date < '2024-01-01'", {"bob", "old-pipeline"}),
        ("SELECT account_id FROM aws.iam_access_key WHERE create_date < '2022-01-01'", {"111111111111", "222222222222"}),
        (
            "SELECT DISTINCT role_name FROM aws.iam_role WHERE CAST(assume_role_policy_document AS text) LIKE '%333333333333%' "
            "AND CAST(assume_role_policy_document AS text) NOT LIKE '%ExternalId%'",
            {"vendor-audit"},
        ),
        (
            "SELECT DISTINCT i.key_name FROM aws.ec2_instance i JOIN aws.ec2_subnet s ON s.subnet_id = i.subnet_id AND s.region = i.region "
            "WHERE s.map_public_ip_on_launch AND i.public_ip_address IS NOT NULL",
            {"alice-2022"},
        ),
        (
            "SELECT DISTINCT db_instance_identifier FROM aws.rds.db_instances WHERE NOT storage_encrypted AND publicly_accessible",
            {"reports"},
        ),
        ("SELECT DISTINCT log_group_name FROM aws.logs.log_groups WHERE retention_in_days IS NULL", {"/aws/lambda/rotate-images"}),
        ("SELECT DISTINCT description FROM aws.kms.keys WHERE enable_key_rotation = false AND description <> ''", {"Ask Bob"}),
        ("SELECT DISTINCT table_name FROM aws.dynamodb_table WHERE tags->'env' IS NULL", {"sessions"}),
        ("SELECT DISTINCT version FROM aws.eks.clusters WHERE version < '1.28'", {"1.22"}),
    ],
)
def test_audits_find_what_they_look_for_and_nothing_else(session: Session, audit: str, expected: set[str]) -> None:
    assert set(column(session, audit)) == expected


def test_buckets_that_everybody_reads_are_told_from_the_others_in_both_schemes(session: Session) -> None:
    open_to_all = 'SELECT DISTINCT {} FROM {} WHERE CAST({} AS text) LIKE \'%"Principal":%"*"%\''
    resources = set(column(session, open_to_all.format("bucket", "aws.s3.bucket_policies", "policy_document")))
    assert {name.removeprefix("acme-").partition("-")[0] for name in resources} == {"public"}
    assert len(resources) == 4
    closed = column(session, "SELECT bucket_name FROM aws.s3.buckets WHERE public_access_block_configuration IS NOT NULL")
    assert {name.split("-")[1] for name in closed} == {"models"}


def test_instances_are_in_subnets_with_groups_and_roles(session: Session) -> None:
    rows = column(
        session,
        "SELECT DISTINCT i.iam_instance_profile FROM aws.ec2.instances i JOIN aws.ec2_subnet s ON s.subnet_id = i.subnet_id "
        "JOIN aws.iam.instance_profile p ON p.instance_profile_name = i.iam_instance_profile AND p.region = 'us-east-1'",
    )
    assert rows == ["web-server"]
