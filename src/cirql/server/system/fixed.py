"""What is the same of all rows of a table of PostgreSQL's catalog, and how names are written in its definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cirql.server.oids import BY_OID

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
CLASS: dict[str, Any] = {"reltype": 0, "reloftype": 0, "relowner": 10, "relam": 0, "relfilenode": 0, "reltablespace": 0, "relpages": 0}
CLASS |= {"reltuples": -1.0, "reltoastrelid": 0, "relhasindex": True, "relisshared": False, "relpersistence": "p", "relchecks": 0}
# With triggers, as a foreign key has them in PostgreSQL: psql 15 looks for the keys where there are some.
CLASS |= {"relhasrules": False, "relhastriggers": False, "relhassubclass": False, "relrowsecurity": False}
CLASS |= {"relforcerowsecurity": False, "relispopulated": True, "relreplident": "d", "relispartition": False, "relrewrite": 0}
ATTRIBUTE: dict[str, Any] = {"attstattarget": -1, "attndims": 0, "atttypmod": -1, "attbyval": False, "attstorage": "x", "attalign": "i"}
ATTRIBUTE |= {"attcompression": "", "attnotnull": False, "atthasdef": False, "attidentity": "", "attgenerated": "", "attisdropped": False}
ATTRIBUTE |= {"attislocal": True, "attinhcount": 0, "attcollation": 0}
CONSTRAINT: dict[str, Any] = {
    "contype": "p",
    "condeferrable": False,
    "condeferred": False,
    "convalidated": True,
    "contypid": 0,
    "conparentid": 0,
}
CONSTRAINT |= {"confrelid": 0, "conislocal": True, "coninhcount": 0, "connoinherit": True}
INDEX: dict[str, Any] = {"indisunique": True, "indisprimary": True, "indisexclusion": False, "indimmediate": True, "indisclustered": False}
INDEX |= {
    "indisvalid": True,
    "indcheckxmin": False,
    "indisready": True,
    "indislive": True,
    "indisreplident": False,
    "indnullsnotdistinct": False,
}


def attribute(oid: int, name: str, kind: int, number: int) -> dict[str, Any]:
    """A column, as far as columns differ."""
    size = BY_OID[kind].size if kind in BY_OID else -1
    return {"attrelid": oid, "attname": name, "atttypid": kind, "attlen": size, "attnum": number}


def shown(name: str) -> str:
    """A name, in quotes where it needs them."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Names with commas between them."""
    return ", ".join(map(shown, names))


def in_schema(schema: str, name: str) -> str:
    """A table's name as definitions have it: without the schema `aws`, which is the first that is looked in."""
    return shown(name) if schema == "aws" else f"{shown(schema)}.{shown(name)}"
