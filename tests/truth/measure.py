"""Reads every dataset of some services through a session, over the loopback endpoint of the world."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from itertools import islice

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role, Table
from cirql.errors import Error
from cirql.names import Scheme, TableName
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.truth.endpoint import Endpoint
from tests.truth.readings import Others, Verdict, judge
from tests.truth.world import ACCOUNT, REGION

Group = tuple[str, tuple[str, ...]]


def services(prefixes: tuple[str, ...] = ()) -> list[Group]:
    """The readable datasets by service, the services with most first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    with Catalog.open() as catalog:
        for table in catalog.tables():
            name = str(table.name)
            is_wanted = not prefixes or any(name.removeprefix("aws.").startswith(p) for p in prefixes)
            if table.name.scheme is Scheme.DATASET and not table.problem and is_wanted:
                found[table.service].append(name)
    return sorted(((s, tuple(names)) for s, names in found.items()), key=lambda g: -len(g[1]))


def measured(group: Group) -> list[Verdict]:
    """A verdict on each table of one service."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "CIRQL_"))]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")
    with Endpoint() as endpoint, opened(endpoint) as session:
        tables: dict[TableName, Table] = {}
        others = _listed(session.catalog, group[0])
        return [_verdict(name, session, endpoint, tables, others) for name in group[1]]


def opened(endpoint: Endpoint) -> Session:
    """A session over the world."""
    credential = Credential(ACCOUNT, ACCOUNT, "local", account=ACCOUNT)
    return Session(Settings(credentials=(credential,), regions=(REGION,), endpoint_url=endpoint.url, read_timeout=30, max_attempts=1))


def _listed(catalog: Catalog, service: str) -> Others:
    """The lists that are rows of the tables of a service."""
    found: defaultdict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for table in catalog.tables(service):
        for fetch in table.fetches:
            if fetch.role is Role.LIST and table.name.scheme is Scheme.DATASET:
                found[fetch.service, fetch.operation].add(fetch.rows)
    return {at: frozenset(paths) for at, paths in found.items()}


def _verdict(name: str, session: Session, endpoint: Endpoint, tables: dict[TableName, Table], others: Others) -> Verdict:
    table = session.catalog.find(name).table
    endpoint.services = services_of(table, session, tables)
    endpoint.calls.clear()
    endpoint.unread.clear()
    failed = Verdict(name, columns=len(table.published))
    try:
        result = session.execute(f"SELECT * FROM {name}")
        names = [c.name for c in result.columns]
        rows = result.fetchall()
    except Error as error:
        failed.miss(f"error: {type(error).__name__}", f"{error.message:.200}")
        return failed
    except Exception as error:  # noqa: BLE001 - nothing but our own errors may reach a user: this is a miss
        failed.miss(f"crash: {type(error).__name__}", f"{error!s:.200}")
        return failed
    if result.failures:
        failed.miss(f"failure: {type(result.failures[0]).__name__}", f"{result.failures[0]!s:.300}")
        return failed
    if endpoint.unread:
        failed.miss("request not understood by the world", endpoint.unread[0])
        return failed
    return judge(table, list(endpoint.calls), names, rows, others)


def services_of(table: Table, session: Session, tables: dict[TableName, Table]) -> tuple[str, ...]:
    """The services that a table and its parents are read from."""
    found: dict[str, None] = {}
    open_, seen = [table], {table.name}
    while open_:
        at = open_.pop(0)
        found.update((f.service, None) for f in at.fetches)
        for parent in islice(at.parents, 20):
            if parent.table not in seen:
                seen.add(parent.table)
                if parent.table not in tables:
                    tables[parent.table] = session.catalog.find(parent.table).table
                open_.append(tables[parent.table])
    return tuple(found)


def kinds(verdicts: list[Verdict]) -> Mapping[str, int]:
    """How many tables have a miss of each kind."""
    found: defaultdict[str, int] = defaultdict(int)
    for verdict in verdicts:
        for kind in verdict.misses:
            found[kind] += 1
    return found
