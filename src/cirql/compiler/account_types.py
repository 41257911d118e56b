"""A catalog with the types of an account in it: the installation's tables, and one for each private or third-party type.

It is a file of its own, in the user's data directory, and carries the schemas it was made with: after an upgrade it is made again from
them and from the new installation's catalog, without asking AWS.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cirql.catalog.artefact import DEFAULT_PATH, Artefact, write
from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Table
from cirql.names import TableName
from cirql.startup.records import replace

_TYPES = "account_types"


def open_catalog(path: Path) -> Catalog:
    """The catalog with the account's types, where `path` has one; else the installation's.

    Raises:
        SettingsError: the catalog is missing, unreadable, or older than its rules.
    """
    if not path.exists():
        return Catalog.open()
    try:
        with Artefact(path) as merged, Artefact(DEFAULT_PATH) as base:
            made_with, current = merged.meta(), base.meta()
    except sqlite3.DatabaseError:
        return Catalog.open(path)  # which says what is wrong with it
    schemas = made_with.pop(_TYPES, "{}")
    if made_with != current:
        merge(json.loads(schemas), path)
    return Catalog.open(path)


def merge(schemas: Mapping[str, Mapping[str, Any]], path: Path) -> list[str]:
    """Write the installation's catalog with these types to `path`; gives the names of the tables that were added.

    A type that the catalog has anyway is left as it is.
    """
    from cirql.compiler import relations
    from cirql.compiler.central import central_tables
    from cirql.compiler.members import members_of
    from cirql.compiler.naming import assign
    from cirql.compiler.parents import with_parents
    from cirql.compiler.resources import compile_resource
    from cirql.compiler.schemas import ResourceSchema
    from cirql.compiler.write_rules import compile_rules

    with Artefact(DEFAULT_PATH) as base:
        tables, spellings, rules, meta = list(base.tables()), list(base.spellings()), base.all_rules(), base.meta()
        named = list(base.views())
        refs = list(base.references())
    known = {t.cfn_type for t in tables}
    own = [ResourceSchema(name, body, None) for name, body in sorted(schemas.items()) if name not in known and name.count("::") == 2]
    added = with_parents([_renamed(compile_resource(schema)) for schema in own])
    taken = {s.name for s in spellings} | {str(t.name) for t in tables}
    added = [t for t in added if str(t.name) not in taken]
    more = [s for s in assign(added, {}) if s.name not in taken]
    everything = sorted([*tables, *added], key=lambda t: str(t.name))
    compiled = compile_rules(own, complete=False)
    write(
        path,
        everything,
        sorted([*spellings, *more], key=lambda s: s.name),
        {**meta, _TYPES: json.dumps(schemas)},
        [*rules, *compiled],
        named=named,
        central=central_tables(),
        refs=[*refs, *relations.find(added, members_of(added, own))],
    )
    return [str(t.name) for t in added]


def _renamed(table: Table) -> Table:
    """`MyCompany::Monitoring::Probe` as aws.mycompany_monitoring.probe: AWS's own services keep their names."""
    owner, service, _ = (table.cfn_type or "").lower().split("::")
    if owner == "aws":
        return table
    service = f"{owner}_{service}"
    return replace(table, service=service, name=TableName((table.name.parts[0], service, table.name.parts[2])))
