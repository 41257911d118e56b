"""A cloud that is not AWS: a class that answers, and a catalog of its tables, handed to a runtime. Nothing else knows which cloud it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cirql.catalog.artefact import Artefact, write
from cirql.catalog.lookup import Catalog, CatalogVersion
from cirql.catalog.model import Column, Face, Fetch, Input, Output, Role, Table
from cirql.catalog.spellings import Spelling
from cirql.cloud import Answer
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.names import TableName
from cirql.runtime import Runtime
from cirql.settings import Settings
from cirql.types import ColumnType
from tests.clouds import SilentCloud

TEXT = ColumnType.VARCHAR
MACHINES = Table(
    TableName.parse("sky.compute_machine"),
    "compute",
    "Machine",
    "Machines.",
    tuple(Column(name, TEXT, "string") for name in ("account_id", "kind", "name", "region")),
    (
        Fetch("list", Role.LIST, "compute", "list", outputs=(Output("name", ("name",)),), rows=("machines",)),
        Fetch(
            "show",
            Role.GET,
            "compute",
            "show",
            inputs=(Input("name", "name"),),
            outputs=(Output("name", ("name",)), Output("kind", ("kind",))),
        ),
    ),
    key=("name",),
)
SKY = {("tenant", "north"): ("one", "two"), ("tenant", "south"): ("three",)}


class Sky(SilentCloud):
    """Two regions of one account, with machines."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_closed = False

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey((Account("tenant", "key", "north", ("north", "south")),))

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        self.asked.append(f"{target.region} {operation} {params.get('name', '')}".strip())
        here = SKY[target.account, target.region]
        if operation == "list":
            return {"machines": [{"name": name} for name in here]}
        assert params["name"] in here
        return {"name": params["name"], "kind": f"kind of {params['name']}"}

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    name = str(MACHINES.name)
    write(tmp_path / "sky.sqlite", [MACHINES], [Spelling(name, name, Face.DATASET, True, "compute")], {})
    with Catalog(Artefact(tmp_path / "sky.sqlite"), CatalogVersion("", "", "")) as made:
        yield made


def test_another_cloud_is_asked_by_its_own_tables(catalog: Catalog) -> None:
    cloud = Sky()
    with Runtime(Settings(regions=("*",)), catalog=catalog, cloud=cloud) as runtime, runtime.session() as session:
        found = session.execute("SELECT region, name, kind FROM sky.compute_machine WHERE name <> 'two' ORDER BY name").fetchall()
        assert found == [("north", "one", "kind of one"), ("south", "three", "kind of three")]
        assert sorted(cloud.asked) == ["north list", "north show one", "south list", "south show three"]
        described = session.execute("DESCRIBE sky.compute_machine").fetchall()
        assert [row[0] for row in described] == ["account_id", "kind", "name", "region"]
        assert len(session.execute("EXPLAIN SELECT name FROM sky.compute_machine").fetchall()) > 1
    assert cloud.is_closed


def test_the_inventory_remembers_what_another_cloud_said(catalog: Catalog, tmp_path: Path) -> None:
    cloud = Sky()
    settings = Settings(regions=("*",), store=str(tmp_path / "store"), max_age=3600.0)
    with Runtime(settings, catalog=catalog, cloud=cloud) as runtime:
        for _ in range(2):
            assert runtime.session().execute("SELECT count(*) FROM sky.compute_machine").fetchall() == [(3,)]
    assert sorted(cloud.asked) == ["north list", "south list"]
