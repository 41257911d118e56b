"""One world behind both schemes: what boto3 makes is a resource, and what SQL makes, changes and deletes is seen by boto3 and the dataset.

The cases are data (`world/cases.toml`), one for each type that has a service behind it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError

from cirql.catalog.lookup import Catalog
from cirql.localcloud import LocalCloud
from cirql.localcloud.native_types import native_types
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.datasets.case import REGION, Aws

ACCOUNT = "400000000001"
DATA = Path(__file__).parent / "world"
GIVEN: Mapping[str, Any] = tomllib.loads((DATA / "given.toml").read_text())
CASES: Mapping[str, Any] = tomllib.loads((DATA / "cases.toml").read_text())


class World:
    """An empty account, its clients, a session that may write, and what the cases stand on."""

    def __init__(self, cloud: LocalCloud, session: Session) -> None:
        self.aws = Aws(cloud.endpoint_url, ACCOUNT)
        self.session = session
        self.tables = {t.cfn_type: t for t in session.catalog.tables() if t.cfn_type}
        self._given: dict[str, str] = {"account": ACCOUNT}

    def given(self, name: str) -> str:
        """A thing that cases stand on, made when it is first named."""
        if name not in self._given:
            wanted = GIVEN[name]
            answer = getattr(self.aws(wanted["service"]), wanted["call"])(**self.filled(wanted["with"]))
            self._given[name] = str(jmespath.search(wanted["keep"], answer)) if "keep" in wanted else self.filled(wanted["value"])
        return self._given[name]

    def filled(self, value: Any, **more: str) -> Any:
        """A value of a case with its names replaced."""
        if isinstance(value, str):
            names = re.findall(r"(?<!\{)\{(\w+)\}(?!\})", value)
            return value.format(**{name: more.get(name) or self.given(name) for name in names}) if "{" in value else value
        if isinstance(value, Mapping):
            return {name: self.filled(item, **more) for name, item in value.items()}
        return [self.filled(item, **more) for item in value] if isinstance(value, list) else value

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a statement by column; no target may have failed."""
        result = self.session.execute(sql, list(values))
        names = [column.name for column in result.columns]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        assert list(result.failures) == []
        return rows


class Case:
    """One type's case in the world."""

    def __init__(self, world: World, type_name: str) -> None:
        self.world = world
        self.data: Mapping[str, Any] = CASES[type_name]
        self.table = world.tables[type_name]
        service = self.data.get("service", native_types()[type_name].service)
        self.client = world.aws(service)
        for name in self.data.get("given", ()):
            world.given(name)

    def names(self, identifier: str) -> dict[str, str]:
        """What stands for the identifier in the data: whole, one part of it, or its last name."""
        part = identifier.split("|")[self.data.get("part", 0)]
        return {"id": identifier, "part": part, "name": identifier.rpartition("/")[2], "layer": identifier.split(":")[-2:][0]}

    def make(self) -> str:
        """Create by boto3; the Cloud Control identifier."""
        made = self.data["make"]
        answer = getattr(self.client, made["call"])(**self.world.filled(made["with"]))
        if "value" in made:
            return str(self.world.filled(made["value"]))
        identifier = str(jmespath.search(made["id"], answer))
        return identifier.rpartition("/")[2] if made.get("tail") else identifier

    def look(self, identifier: str) -> Any:
        """What boto3 says of it, None where it is gone."""
        asked = self.data["look"]
        try:
            answer = getattr(self.client, asked["call"])(**self.world.filled(asked["with"], **self.names(identifier)))
        except ClientError as error:
            assert re.search("NotFound|NoSuch|NonExistent|NotExist|not exist|not find|ValidationError", str(error)), error
            return None
        return jmespath.search(asked["result"].replace("{id}", identifier), answer)

    def resource(self, identifier: str) -> list[dict[str, Any]]:
        """The rows of the resource table."""
        return self.world.rows(f"SELECT * FROM {self.table.name} WHERE region = '{REGION}' AND data__Identifier = $1", identifier)

    def dataset(self, identifier: str) -> list[dict[str, Any]]:
        """The rows of the dataset."""
        value = self.world.filled(self.data.get("dataset_id", "{part}"), **self.names(identifier))
        return self.world.rows(f"SELECT * FROM {self.data['dataset']} WHERE {self.data['key']} = $1", value)

    def readable(self) -> set[str]:
        """The columns that a read gives."""
        return {column.name for column in self.table.columns if column.access.is_readable}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalCloud(demo=False, settle_seconds=0.0) as cloud, Catalog.open() as catalog:
        settings = Settings(
            credentials=(Credential(ACCOUNT, ACCOUNT, "local", account=ACCOUNT),),
            regions=(REGION,),
            endpoint_url=cloud.endpoint_url,
            writable=True,
            journal=str(tmp_path_factory.mktemp("journal") / "changes.sqlite"),
        )
        with Session(settings, catalog=catalog) as session:
            world = World(cloud, session)
            yield world
            world.aws.close()


@pytest.fixture(params=sorted(CASES))
def case(world: World, request: pytest.FixtureRequest) -> Case:
    return Case(world, request.param)


def test_every_type_with_a_service_behind_it_has_a_case() -> None:
    assert sorted(CASES) == sorted(native_types())


def test_what_boto3_makes_is_a_resource_with_every_property_that_its_own_answer_has(case: Case) -> None:
    identifier = case.make()
    native = case.look(identifier)
    (row,) = case.resource(identifier)
    corrected = {c.name for c in case.table.columns if c.member in native_types()[str(case.table.cfn_type)].properties}
    named = {name: value for name, value in row.items() if name in case.readable() - corrected}
    assert same_names(named, native) == {}
    for column, value in case.world.filled(case.data.get("row", {})).items():
        assert read(row[column]) == value, column


def test_what_sql_makes_changes_and_deletes_is_seen_in_the_dataset_and_by_boto3(case: Case) -> None:
    world, table = case.world, case.table.name
    columns, values = assignments(case, world.filled(case.data["insert"]))
    rows = world.rows(f"INSERT INTO {table} ({', '.join(columns)}, region) VALUES ({', '.join(values)}, '{REGION}') RETURNING Identifier")
    identifier = str(rows[0]["Identifier"])
    assert len(case.dataset(identifier)) == 1
    assert case.look(identifier) is not None
    if "update" in case.data:
        columns, values = assignments(case, world.filled(case.data["update"]))
        wanted = ", ".join(f"{column} = {value}" for column, value in zip(columns, values, strict=True))
        world.rows(f"UPDATE {table} SET {wanted} WHERE region = '{REGION}' AND data__Identifier = $1", identifier)
        native = case.look(identifier)
        assert {path: jmespath.search(path, native) for path in case.data["seen"]} == world.filled(case.data["seen"])
        (row,) = case.resource(identifier)
        for column, value in zip(columns, world.filled(case.data["update"]).values(), strict=True):
            assert column not in case.readable() or holds(read(row[column]), value), column
    world.rows(f"DELETE FROM {table} WHERE region = '{REGION}' AND data__Identifier = $1", identifier)
    assert case.look(identifier) is None
    assert case.resource(identifier) == []
    if not case.data.get("stays"):
        assert all(re.search("terminated|deleted|INACTIVE", str(row)) for row in case.dataset(identifier))


def assignments(case: Case, properties: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Columns and their values as SQL."""
    by_member = {column.member: column.name for column in case.table.columns}
    return [by_member[name] for name in properties], [literal(value) for value in properties.values()]


def literal(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    return "'" + (value if isinstance(value, str) else json.dumps(value)).replace("'", "''") + "'"


def read(value: Any) -> Any:
    """A value of a row; JSON as what it says."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" and value else value


def holds(found: Any, wanted: Any) -> bool:
    """Whether a value has everything that was asked for; AWS may add to it."""
    wanted = read(wanted)
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(holds(found.get(name), item) for name, item in wanted.items())
    if isinstance(wanted, list):
        return len(found or ()) == len(wanted) and all(any(holds(f, w) for f in found or ()) for w in wanted)
    return str(found) == str(wanted)


def same_names(row: Mapping[str, Any], native: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The columns whose name a member of the native answer has too, and whose plain value differs from it."""
    columns = {name.replace("_", ""): name for name in row}
    wrong = {}
    for member, value in native.items():
        column = columns.get(member.lower())
        if column is not None and isinstance(value, str | int | float) and value != "":
            found = read(row[column])
            if str(found).lower() != str(value).lower() and found != read(value):
                wrong[column] = (found, value)
    return wrong


def test_the_documentation_lists_the_types_that_share_a_world() -> None:
    page = (Path(__file__).parents[2] / "docs/local-aws.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([\w, ]+) \|$", page, re.MULTILINE)
    listed = {f"AWS::{service}::{name}" for service, names in rows for name in names.split(", ")} - {"AWS::service::types"}
    assert listed == {*native_types(), "AWS::SageMaker::Image", "AWS::SageMaker::ImageVersion"}
