"""Keys that several tables have values of: in a world made of models each of those tables is read, and none is left out without a word.

python -m tests.sweeps.test_several_parents prints, for each such table, who gives its keys.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Fetch, Role, Table
from cirql.compiler.keeping import provide
from cirql.errors import Error
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.truth.endpoint import Call, Endpoint
from tests.truth.world import ACCOUNT, REGION


def shared_keys() -> list[Table]:
    """The tables with a key that several tables have values of."""
    provide()
    with Catalog.open() as catalog:
        found = (catalog.find(t.name).table for t in catalog.tables() if not t.problem)
        return [t for t in found if any(p.among for p in t.parents)]


@pytest.fixture(scope="module")
def world() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def session(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for name in [n for n in os.environ if n.startswith(("AWS_", "CIRQL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    credential = Credential(ACCOUNT, ACCOUNT, "local", account=ACCOUNT)
    settings = Settings(credentials=(credential,), regions=(REGION,), endpoint_url=world.url, read_timeout=30, max_attempts=1)
    with Session(settings) as session:
        yield session


@pytest.mark.parametrize("table", shared_keys(), ids=lambda t: t.name.resource)
def test_every_table_that_has_keys_is_read_and_one_that_cannot_be_is_told(world: Endpoint, session: Session, table: Table) -> None:
    lists = {str(p.table): _list(session, p.table) for p in table.parents if p.among}
    world.services = tuple({f.service: None for f in (*table.fetches, *_all(session, table))})
    world.calls.clear()
    keys = ", ".join(dict.fromkeys(p.column for p in table.parents if p.among))
    result = session.execute(f"SELECT {keys} FROM {table.name}")
    assert result.fetchall()
    assert not result.failures
    assert set(lists.values()) <= {(c.service, c.operation) for c in world.calls}
    for refused in lists.values():
        world.refuses = partial(_is_of, refused)
        assert _is_told(session, f"SELECT {keys} FROM {table.name}"), refused
        world.refuses = lambda call: False


def _is_of(refused: tuple[str, str], call: Call) -> bool:
    return (call.service, call.operation) == refused


def _is_told(session: Session, statement: str) -> bool:
    try:
        result = session.execute(statement)
        result.fetchall()
    except Error:
        return True
    return bool(result.failures)


def _list(session: Session, name: object) -> tuple[str, str]:
    fetch = next(f for f in session.catalog.find(str(name)).table.fetches if f.role is Role.LIST)
    return fetch.service, fetch.operation


def _all(session: Session, table: Table) -> Iterator[Fetch]:
    for parent in table.parents:
        above = session.catalog.find(str(parent.table)).table
        yield from above.fetches
        if above.name != table.name and not parent.again:
            yield from _all(session, above)


if __name__ == "__main__":
    for shared in shared_keys():
        for among in shared.parents:
            if among.among:
                sys.stdout.write(f"{shared.name}.{among.column} <- {among.table}.{among.source}\n")
