"""PostgreSQL's types as its catalog describes them: how values are kept, and which functions read and write them."""

from __future__ import annotations

from typing import Any

from cirql.server.oids import BY_OID, ELEMENTS, WireType

_NAMES = {16: "bool", 18: "char", 20: "int8", 21: "int2", 23: "int4", 700: "float4", 701: "float8", 1042: "bpchar", 1043: "varchar"} | {
    1083: "time",
    1114: "timestamp",
    1184: "timestamptz",
}
_SPACED = frozenset(
    {"anyarray", "array", "cidr", "date", "hstore", "inet", "interval", "json", "jsonb", "numeric", "pg_node_tree", "time"}
) | frozenset({"timestamp", "timestamptz", "uuid", "pg_lsn"})
"""Types whose functions are `date_in` and `date_recv`, where others have `textin` and `textrecv`."""
_PREFERRED = frozenset({16, 25, 26, 701, 869, 1184, 1186})
"""The type of each category that values are turned into first."""
_ENDS = (("typinput", "in"), ("typoutput", "out"), ("typreceive", "recv"), ("typsend", "send"))
_FIRST_PROCEDURE = 3_000


def _name(kind: WireType) -> str:
    return _NAMES.get(kind.oid, kind.name)


def _procedure(name: str, end: str) -> str:
    return f"{name}_{end}" if name in _SPACED else f"{name}{end}"


PROCEDURES = {
    _procedure(name, end): number
    for number, (name, end) in enumerate(
        ((name, end) for name in ("array", *map(_name, BY_OID.values())) for _, end in _ENDS), start=_FIRST_PROCEDURE
    )
    if name != "aclitem" or end in ("in", "out")
}
"""The numbers of the functions that read and write types, which PostgreSQL shows as their names."""


def type_rows() -> list[dict[str, Any]]:
    """The rows of `pg_type`: each type, and that of its arrays."""
    rows = []
    for kind in BY_OID.values():
        name = _name(kind)
        row = {"oid": kind.oid, "typname": name, "typlen": kind.size, "typarray": kind.array, "typelem": kind.element}
        row |= {"typcategory": kind.category, "typispreferred": kind.oid in _PREFERRED, "typtype": "p" if kind.oid in (705, 2277) else "b"}
        rows.append(_FIXED | row | _kept(kind) | {column: PROCEDURES.get(_procedure(name, end), 0) for column, end in _ENDS})
    for oid, kind in ELEMENTS.items():
        kept = _kept(kind)
        row = {"oid": oid, "typname": f"_{_name(kind)}", "typlen": -1, "typarray": 0, "typelem": kind.oid, "typcategory": "A"}
        row |= {"typispreferred": False, "typtype": "b", "typbyval": False, "typstorage": "x", "typcollation": kept["typcollation"]}
        row["typalign"] = "d" if kept["typalign"] == "d" else "i"
        rows.append(_FIXED | row | {column: PROCEDURES[_procedure("array", end)] for column, end in _ENDS})
    return rows


_FIXED = {"typnamespace": 11, "typowner": 10, "typisdefined": True, "typmodin": 0, "typmodout": 0, "typsubscript": 0, "typanalyze": 0} | {
    "typdelim": ",",
    "typrelid": 0,
    "typnotnull": False,
    "typbasetype": 0,
    "typtypmod": -1,
    "typndims": 0,
}


def _kept(kind: WireType) -> dict[str, Any]:
    """How PostgreSQL keeps values of a type."""
    is_char = kind.oid in (19, 705, 2950)
    align = {1: "c", 2: "s", 8: "d", 16: "d"}.get(kind.size, "d" if kind.oid == 2277 else "i")
    return {
        "typbyval": kind.size in (1, 2, 4, 8),
        "typalign": "c" if is_char else align,
        "typstorage": "m" if kind.oid in (650, 869, 1700) else "x" if kind.size == -1 and not kind.element else "p",
        "typcollation": 950 if kind.oid == 19 else 100 if kind.oid in (25, 194, 1042, 1043) else 0,
    }
