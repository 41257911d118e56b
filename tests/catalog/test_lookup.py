"""Finding tables: every spelling, what each face shows, and what is said when there is none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cirql.catalog.artefact import write
from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Face
from cirql.errors import SettingsError, UnknownTable
from cirql.names import Scheme, TableName


@pytest.mark.parametrize(
    ("name", "table", "face"),
    [
        ("aws.sagemaker.image_version", "aws.sagemaker.image_version", Face.SINGULAR),
        ("aws.sagemaker.image_versions", "aws.sagemaker.image_version", Face.PLURAL),
        ("aws.sagemaker.image_versions_list_only", "aws.sagemaker.image_version", Face.LIST_ONLY),
        ("awscc.sagemaker.image_versions", "aws.sagemaker.image_version", Face.PLURAL),
        ("AWS.SageMaker.Image_Version", "aws.sagemaker.image_version", Face.SINGULAR),
        ("aws.sagemaker_image_version", "aws.sagemaker_image_version", Face.DATASET),
        ("aws.datasync.locationf_sx_lustre", "aws.datasync.location_f_sx_lustre", Face.SINGULAR),
        ("aws.ec2.ec2fleets", "aws.ec2.ec2_fleet", Face.PLURAL),
        ("aws.kinesis.kinesis_stream", "aws.kinesis.stream", Face.SINGULAR),
        ("aws.kinesis.streams", "aws.kinesis.stream", Face.PLURAL),
        ("aws.ec2.dhcp_options", "aws.ec2.dhcp_options", Face.SINGULAR),
        ("aws.rds_instance", "aws.rds_db_instance", Face.DATASET),
        ("aws.sagemaker_pipelineexecution", "aws.sagemaker_pipeline_execution", Face.DATASET),
        ("aws.ebs_volume", "aws.ec2_volume", Face.DATASET),
    ],
)
def test_a_table_is_found_by_every_spelling(catalog: Catalog, name: str, table: str, face: Face) -> None:
    found = catalog.find(name)
    assert (str(found.table.name), found.face) == (table, face)
    assert found.name == TableName.parse(name)


def test_spellings_share_one_table(catalog: Catalog) -> None:
    assert catalog.find("aws.sagemaker.image_versions").table is catalog.find("aws.sagemaker.image_version").table


def test_star_of_a_plural_is_what_a_list_call_gives(catalog: Catalog) -> None:
    for name in ("aws.sagemaker.image_versions", "aws.sagemaker.image_versions_list_only"):
        assert [c.name for c in catalog.find(name).star] == ["region", "image_version_arn"]
    assert [c.name for c in catalog.find("aws.sagemaker.image_version").star][:2] == ["region", "image_name"]


def test_a_type_with_one_spelling_has_all_methods_there(catalog: Catalog) -> None:
    names = [m.name for m in catalog.find("aws.ec2.dhcp_options").methods]
    assert names == ["update_resource", "get_resource", "create_resource", "delete_resource", "list_resources"]


def test_columns_are_found_in_every_spelling(catalog: Catalog) -> None:
    table = catalog.find("aws.sagemaker.image_version").table
    for spelling in ("data__Identifier", "Identifier", "data__identifier"):
        column = table.column(spelling)
        assert column is not None
        assert column.name == "data__identifier"
    for spelling in ("ImageName", "image_name", "IMAGENAME"):
        column = table.column(spelling)
        assert column is not None
        assert column.name == "image_name"
    stackql = catalog.find("aws.ec2.eip_association").table.column("e_ip")
    assert stackql is not None
    assert stackql.name == "eip"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("aws.sagemaker.imageversion", "aws.sagemaker.image_version"),
        ("aws.ec2_instances", "aws.ec2_instance"),
        ("aws.s3.bukets", "aws.s3.buckets"),
        ("image_version", None),
        ("sagemaker.image_versions", "aws.sagemaker.image_versions"),
        ("aws.sagemaker.image.version.x", "aws.sagemaker.image_version"),
    ],
)
def test_an_unknown_table_is_answered_with_near_names(catalog: Catalog, name: str, nearest: str | None) -> None:
    with pytest.raises(UnknownTable, match="there is no table") as raised:
        catalog.find(name)
    assert raised.value.hint
    assert nearest is None or nearest in raised.value.hint


def test_names_can_be_narrowed_to_a_prefix_a_service_and_a_scheme(catalog: Catalog) -> None:
    assert catalog.names("aws.sagemaker.image_version") == [
        "aws.sagemaker.image_version",
        "aws.sagemaker.image_versions",
        "aws.sagemaker.image_versions_list_only",
    ]
    ec2 = catalog.names(service="ec2", scheme=Scheme.DATASET)
    assert "aws.ec2_instance" in ec2
    assert not any(n.startswith("aws.ec2_instance_connect_") and n != "aws.ec2_instance_connect_endpoint" for n in ec2)
    services = catalog.services()
    assert services["sagemaker"] == services_of(catalog, Scheme.DATASET) + services_of(catalog, Scheme.RESOURCE)


def services_of(catalog: Catalog, scheme: Scheme) -> int:
    return catalog.services(scheme)["sagemaker"]


def test_a_catalog_says_what_it_was_compiled_from(catalog: Catalog) -> None:
    assert catalog.version.botocore
    assert catalog.version.cfn_lint
    assert "botocore" in str(catalog.version)


def test_a_missing_catalog_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no compiled catalog") as raised:
        Catalog.open(tmp_path / "catalog.sqlite")
    assert "cirql catalog build" in str(raised.value.hint)


def test_a_file_that_is_no_catalog_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_text("not a database, whatever its name says " * 50)
    with pytest.raises(SettingsError, match="not a compiled catalog"):
        Catalog.open(path)
    path.unlink()
    sqlite3.connect(path).close()
    with pytest.raises(SettingsError, match="not a compiled catalog"):
        Catalog.open(path)


def test_a_catalog_of_older_rules_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    write(path, [], [], {"botocore": "1", "cfn_lint": "1", "sources": "other rules"})
    with pytest.raises(SettingsError, match="older than the rules") as raised:
        Catalog.open(path)
    assert "cirql catalog build" in str(raised.value.hint)


def test_a_lookup_imports_neither_compiler_nor_engine(catalog: Catalog) -> None:
    code = (
        "import sys\n"
        "from cirql.catalog.lookup import Catalog\n"
        "Catalog.open().find('aws.sagemaker.image_version')\n"
        "print([m for m in ('cirql.compiler', 'botocore', 'cfnlint', 'duckdb', 'sqlglot', 'pyarrow') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
