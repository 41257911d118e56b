"""SHOW and DESCRIBE: StackQL's statements and columns; nothing is asked of AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cirql.errors import Error, NotSupported, ParseError, UnknownTable
from cirql.result import Result
from cirql.session import Session
from cirql.settings import Settings

SOURCES = str(Path(__file__).parents[2] / "src")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    # Nothing listens there: whatever asked AWS would fail.
    with Session(Settings(endpoint_url="http://127.0.0.1:1", regions=("us-east-1",))) as opened:
        yield opened


def columns(result: Result) -> list[str]:
    return [c.name for c in result.columns]


def test_show_providers_names_both_spellings(session: Session) -> None:
    result = session.execute("SHOW PROVIDERS")
    assert columns(result) == ["name", "version"]
    assert [r[0] for r in result] == ["aws", "awscc"]


def test_show_services_has_stackqls_columns_and_takes_like_and_where(session: Session) -> None:
    result = session.execute("SHOW SERVICES IN aws LIKE '%SAGEMAKER%'")
    assert columns(result) == ["id", "name", "title"]
    assert ("sagemaker", "sagemaker", "SageMaker") in result.fetchall()
    extended = session.execute("SHOW EXTENDED SERVICES IN awscc WHERE name = 'kms';")
    assert columns(extended) == ["id", "name", "title", "description", "version", "preferred"]
    assert extended.row_count == 0
    assert len(extended.fetchall()) == 1


def test_show_resources_lists_every_spelling_of_a_service(session: Session) -> None:
    result = session.execute("SHOW RESOURCES IN aws.sagemaker LIKE 'image_version%'")
    assert columns(result) == ["name", "id"]
    assert result.fetchall() == [
        ("image_version", "aws.sagemaker.image_version"),
        ("image_versions", "aws.sagemaker.image_versions"),
        ("image_versions_list_only", "aws.sagemaker.image_versions_list_only"),
    ]
    tags = session.execute("SHOW EXTENDED RESOURCES IN aws.ec2 WHERE name = 'vpc_tags'")
    assert columns(tags) == ["name", "id", "description"]
    assert len(tags.fetchall()) == 1


def test_show_methods_prints_what_the_page_prints(session: Session) -> None:
    result = session.execute("SHOW METHODS IN aws.sagemaker.image_version")
    assert columns(result) == ["MethodName", "RequiredParams", "SQLVerb"]
    assert result.fetchall() == [
        ("update_resource", "data__Identifier, data__PatchDocument, region", "UPDATE"),
        ("get_resource", "data__Identifier, region", "SELECT"),
    ]
    plural = session.execute("SHOW EXTENDED METHODS IN awscc.sagemaker.image_versions WHERE SQLVerb <> 'DELETE'").fetchall()
    assert [(r[0], r[1]) for r in plural] == [
        ("create_resource", "ImageName, BaseImage, region"),
        ("update_resource", "data__Identifier, data__PatchDocument, region"),
        ("list_resources", "region"),
        ("get_resource", "data__Identifier, region"),
    ]


def test_show_insert_writes_a_template(session: Session) -> None:
    (row,) = session.execute("SHOW INSERT /*+ REQUIRED */ INTO aws.sagemaker.image_versions").fetchall()
    assert row[0] == (
        "INSERT INTO aws.sagemaker.image_versions(\n  ImageName,\n  BaseImage,\n  region\n)\nSELECT\n"
        "  '{{ .values.ImageName }}',\n  '{{ .values.BaseImage }}',\n  '{{ .values.region }}'\n;"
    )
    (whole,) = session.execute("SHOW INSERT INTO aws.sagemaker.image_versions").fetchall()
    assert "'{{ .values.Horovod }}'" in whole[0]
    with pytest.raises(NotSupported):
        session.execute("SHOW INSERT INTO aws.sagemaker_image_version")


def test_describe_gives_the_pages_fields_in_its_order(session: Session) -> None:
    result = session.execute("DESCRIBE aws.sagemaker.image_version")
    assert columns(result) == ["name", "type"]
    rows = result.fetchall()
    assert (rows[0], rows[7], rows[-1], len(rows)) == (("image_name", "string"), ("aliases", "array"), ("region", "string"), 16)
    extended = session.execute("DESCRIBE EXTENDED aws.sagemaker_image_version")
    assert columns(extended) == ["name", "type", "description", "members"]
    described = {r[0]: r for r in extended}
    assert described["version"][1] == "int64"
    assert described["image_name"][2].endswith("there when it is named.")


def test_describe_extended_says_what_cannot_be_read(session: Session) -> None:
    broken = session.execute("SELECT table_name FROM cirql.tables WHERE problem IS NOT NULL AND service = 'ce' LIMIT 1").fetchall()[0][0]
    (notice,) = session.execute(f"DESCRIBE EXTENDED {broken}").notices
    assert notice.startswith(f"{broken} cannot be read without help: needs ")


def test_describe_method_says_what_goes_in_and_what_comes_out(session: Session) -> None:
    result = session.execute("DESCRIBE METHOD EXTENDED aws.sagemaker.image_versions.create_resource")
    assert columns(result) == ["name", "type", "description", "param_type", "shape"]
    kinds = {r[0]: r[3] for r in result}
    assert (kinds["ImageName"], kinds["Horovod"], kinds["region"]) == ("input_required", "input_optional", "input_required")
    listed = session.execute("DESCRIBE METHOD aws.sagemaker.image_versions.list_resource").fetchall()
    assert ("image_version_arn", "string", "output") in [r[:3] for r in listed]


def test_describe_method_follows_references_to_the_end_but_for_those_that_lead_back(session: Session) -> None:
    (row,) = session.execute("DESCRIBE METHOD aws.ecs.clusters.create_resource").fetchall()[2:3]
    assert row[:3] == ("CapacityProviders", "array", "input_optional")
    shapes = {r[0]: json.loads(r[3]) for r in session.execute("DESCRIBE METHOD aws.ecs.clusters.create_resource")}
    configuration = shapes["Configuration"]["properties"]["ExecuteCommandConfiguration"]["properties"]
    assert configuration["LogConfiguration"]["properties"]["S3EncryptionEnabled"] == {"type": "boolean"}
    assert "$ref" not in json.dumps(shapes)
    rules = {r[0]: json.loads(r[3]) for r in session.execute("DESCRIBE METHOD aws.wafv2.web_acls.create_resource")}["Rules"]
    statement = rules["items"]["properties"]["Statement"]
    assert statement["properties"]["NotStatement"]["properties"]["Statement"] == {"$ref": "#/definitions/Statement"}


def test_show_insert_goes_into_structures(session: Session) -> None:
    (row,) = session.execute("SHOW INSERT INTO aws.ecs.clusters").fetchall()
    assert """  '[{"Name": "{{ .values.ClusterSettings[0].Name }}", "Value": "{{ .values.ClusterSettings[0].Value }}"}]',""" in row[0]
    (least,) = session.execute("SHOW INSERT /*+ REQUIRED */ INTO aws.elasticloadbalancingv2.listeners").fetchall()
    assert """'[{"Type": "{{ .values.DefaultActions[0].Type }}"}]'""" in least[0]


@pytest.mark.parametrize("sql", ["SHOW PROVIDERS", "DESCRIBE EXTENDED aws.ec2.vpc", "SHOW METHODS IN aws.kms.key WHERE SQLVerb = 'SELECT'"])
def test_explain_of_show_and_describe_says_that_nothing_is_asked(session: Session, sql: str) -> None:
    assert session.execute(f"EXPLAIN {sql}").fetchall() == [("calls: 0 certain",)]
    (plan,) = session.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchall()
    assert json.loads(plan[0])["scans"] == []


def test_an_error_of_a_show_points_at_the_readers_own_text(session: Session) -> None:
    with pytest.raises(ParseError) as caught:
        session.execute("EXPLAIN SHOW NOTHING")
    assert caught.value.position == len("EXPLAIN ")
    with pytest.raises(ParseError) as caught:
        session.execute("SHOW SERVICES WHERE name = 'kms' LIMIT 1")
    assert caught.value.position is None
    assert caught.value.hint == "SHOW … WHERE takes one condition on id, name, title"


def test_the_list_method_is_found_by_its_first_name_too(session: Session) -> None:
    answers = [
        session.execute(f"DESCRIBE METHOD aws.sagemaker.image_version.{name}").fetchall() for name in ("list_resource", "list_resources")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("sql", "error", "hint"),
    [
        ("SHOW", ParseError, "SHOW PROVIDERS"),
        ("SHOW RESOURCES", ParseError, "SHOW RESOURCES IN aws.sagemaker"),
        ("SHOW RESOURCES IN aws.sagemkr", UnknownTable, "sagemaker"),
        ("SHOW METHODS IN aws.sagemaker.image_versoin", UnknownTable, "aws.sagemaker.image_version"),
        ("SHOW SERVICES IN azure", UnknownTable, "SHOW SERVICES IN aws"),
        ("DESCRIBE aws.sagemaker.nothing", UnknownTable, ""),
        ("DESCRIBE METHOD aws.sagemaker.image_version.fly", UnknownTable, "get_resource"),
        ("SHOW PROVIDERS LIMIT 3", ParseError, "SERVICES IN aws"),
        ("DESCRIBE METHOD aws.kms.key", ParseError, "DESCRIBE METHOD aws.kms.key.update_resource | get_resource"),
        ("DESCRIBE METHOD aws.kms.kye.get_resource", UnknownTable, "aws.kms.key"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_hint(session: Session, sql: str, error: type[Error], hint: str) -> None:
    with pytest.raises(error) as caught:
        session.execute(sql)
    assert hint in (caught.value.hint or "")


def test_a_cold_show_resources_reads_only_the_tables_of_its_service_and_imports_no_aws_library() -> None:
    code = (
        "import collections, json, sys, cirql\n"
        "decoded = collections.Counter()\n"
        "def watch(frame, event, _):\n"
        "    if event == 'call' and frame.f_code.co_name == 'decode' and frame.f_globals['__name__'] == 'cirql.catalog.codec':\n"
        "        decoded['tables'] += 1\n"
        "with cirql.connect(regions=('us-east-1',)) as session:\n"
        "    sys.setprofile(watch)\n"
        "    rows = len(session.execute('SHOW RESOURCES IN aws.ec2').fetchall())\n"
        "    sys.setprofile(None)\n"
        "libraries = sorted({'botocore', 'boto3', 'cfnlint', 'moto'} & set(sys.modules))\n"
        "print(json.dumps({'rows': rows, 'decoded': decoded['tables'], 'libraries': libraries}))"
    )
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["libraries"] == []
    assert found["rows"] > 400
    assert 0 < found["decoded"] <= found["rows"]
