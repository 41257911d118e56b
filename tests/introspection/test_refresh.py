"""The types of an account, taken into the catalog; and what differs between two catalogs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cirql.catalog.artefact import DEFAULT_PATH, Artefact, write
from cirql.catalog.diff import diff
from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Access, Column, Table
from cirql.cli.catalog import refresh_types
from cirql.compiler.account_types import merge, open_catalog
from cirql.errors import UnknownTable
from cirql.localcloud import ACCOUNTS, LocalCloud
from cirql.localcloud.registry import SCHEMA
from cirql.session import Session
from cirql.settings import Credential, Settings
from cirql.types import ColumnType

PROBE = "aws.example_monitoring.probe"


def test_the_types_of_an_account_become_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with LocalCloud() as cloud:
        credentials = (Credential(ACCOUNTS[0], ACCOUNTS[0], "local", account=ACCOUNTS[0]),)
        settings = Settings(credentials=credentials, regions=("us-east-1",), endpoint_url=cloud.endpoint_url)
        with Session(settings) as session:
            with pytest.raises(UnknownTable):
                session.catalog.find(PROBE)
            assert refresh_types(session) == [PROBE]
        assert [c.operation for c in cloud.calls if c.service == "cloudformation"] == ["ListTypes", "DescribeType", "ListTypes"]
        with Session(settings) as session:
            rows = session.execute("SELECT table_name, type_name FROM cirql.tables WHERE service = 'example_monitoring'").fetchall()
            assert (PROBE, "Example::Monitoring::Probe") in rows
            plural = session.execute(f"DESCRIBE {PROBE}s").fetchall()
            assert plural == session.execute(f"DESCRIBE {PROBE}").fetchall()
            assert {("probe_id", "string"), ("address", "string"), ("region", "string")} <= set(plural)
            assert session.catalog.rules("Example::Monitoring::Probe").required == ("Address",)
            assert [str(h.table.name) for h in session.catalog.search("monitoring probe", 1)] == [PROBE]
            assert session.catalog.find("aws.sagemaker.image_version").table.cfn_type == "AWS::SageMaker::ImageVersion"


def test_after_an_upgrade_they_are_merged_again_without_aws(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    merge({"Example::Monitoring::Probe": SCHEMA}, path)
    with Artefact(path) as merged:
        meta, tables = merged.meta(), list(merged.tables())[:3]
    write(path, tables, [], {**meta, "botocore": "1.0"})
    with open_catalog(path) as catalog:
        assert catalog.find(PROBE).table.cfn_type == "Example::Monitoring::Probe"
        assert catalog.find("aws.kms.key").table.cfn_type == "AWS::KMS::Key"
    with Artefact(path) as merged, Artefact(DEFAULT_PATH) as base:
        assert merged.meta()["botocore"] == base.meta()["botocore"]


def test_what_the_catalog_knows_already_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    assert merge({"AWS::KMS::Key": SCHEMA}, path) == []
    with Catalog.open(path) as merged, Catalog.open() as base:
        assert merged.find("aws.kms.key").table == base.find("aws.kms.key").table


@pytest.fixture(scope="module")
def key() -> Table:
    with Catalog.open() as catalog:
        return catalog.find("aws.kms.key").table


def test_a_catalog_differs_from_itself_in_nothing(key: Table) -> None:
    assert list(diff([key], [key])) == []


def test_differences_are_named_one_by_one(key: Table) -> None:
    first = key.columns[0]
    changed = replace(
        key,
        columns=(
            replace(first, type=ColumnType.BIGINT, declared="integer", access=Access.CREATE_ONLY),
            *key.columns[2:],
            Column("colour", ColumnType.VARCHAR, "string"),
        ),
        permissions={**key.permissions, "read": ("kms:Look",)},
        methods=key.methods[1:],
    )
    found = {str(d) for d in diff([key], [changed])}
    assert f"~ column aws.kms.key {first.name} (string → integer)" in found
    assert f"~ column aws.kms.key {first.name} ({first.access.value} → create-only)" in found
    assert f"- column aws.kms.key {key.columns[1].name} ({key.columns[1].declared})" in found
    assert "+ column aws.kms.key colour (string)" in found
    assert f"- method aws.kms.key {key.methods[0].name}" in found
    assert "+ permission aws.kms.key kms:Look (read)" in found
    assert [str(d) for d in diff([], [key])] == ["+ table aws.kms.key (Key)"]
    assert [str(d) for d in diff([key], [])] == ["- table aws.kms.key (Key)"]
