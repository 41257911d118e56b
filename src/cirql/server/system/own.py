"""A connection's own tables and views in PostgreSQL's catalog: seen by no other, laid over the shared tables for its questions alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cirql.server.oids import oid_of
from cirql.server.system.contents import AWS
from cirql.server.system.definitions import INDEX_DEFINITIONS
from cirql.server.system.fixed import ATTRIBUTE, CLASS, CONSTRAINT, INDEX, attribute, in_schema, listed, shown
from cirql.server.system.standard import CHANGEABLE
from cirql.sql.qualified import TEMPORARY
from cirql.sql.quoting import text
from cirql.statements.own_described import OwnConstraint, OwnIndex, OwnRelation, described

if TYPE_CHECKING:
    from cirql.session import Session

Row = dict[str, Any]
_SCHEMA = 890_000_000
"""The number of the connection's schema of what was made TEMPORARY."""
_FIRST = 900_000_000
_FIRST_KEY = 950_000_000
_KEYS = 64
"""Numbers that each table has for its keys and indexes."""
_FIXED = {
    "pg_class": CLASS,
    "pg_attribute": ATTRIBUTE,
    "pg_constraint": CONSTRAINT,
    "pg_index": INDEX,
}


class OwnRows:
    """The rows of one connection's own, made again when something has changed."""

    def __init__(self, process: int) -> None:
        self._schema = f"{TEMPORARY}_{process}"
        self._numbers: dict[str, int] = {}
        self._version = -1
        self._names: list[str] = []
        self._rows: dict[str, list[Row]] = {}

    def look(self, session: Session) -> bool:
        """Take in what the session has; whether there is anything."""
        workspace = session.workspace
        if not workspace.tables and not workspace.views:
            return False
        if workspace.version != self._version:
            self._rows, self._version = {}, workspace.version
            relations = described(session)
            self._names = [relation.name for relation in relations]
            for relation in relations:
                self._add(relation, relations)
        return True

    def lay_over(self, connection: Any) -> None:
        """Put them before those of everybody, for one connection to the shared DuckDB."""
        import pyarrow as pa

        for table, rows in self._rows.items():
            rows = [{**_FIXED.get(table, {}), **row} for row in rows]
            names = dict.fromkeys(name for row in rows for name in row)
            connection.register("incoming", pa.table({name: [row.get(name) for row in rows] for name in names}))
            connection.execute(f"CREATE TEMP TABLE own_{table} AS FROM memory.main.{table} LIMIT 0")
            connection.execute(f"INSERT INTO own_{table} BY NAME SELECT * FROM incoming")
            connection.unregister("incoming")
            connection.execute(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM memory.main.{table} UNION ALL SELECT * FROM temp.main.own_{table}"
            )
        covered = ", ".join(text(name) for name in self._names)
        connection.execute(
            "CREATE TEMP MACRO c_pg_table_is_visible(o, s) AS (SELECT own_c.oid >= 900000000 OR (own_n.nspname = 'pg_catalog' OR "
            f"(list_contains(string_split(s, ','), own_n.nspname) AND NOT list_contains([{covered}], own_c.relname))) "
            "FROM pg_class own_c JOIN pg_namespace own_n ON own_n.oid = own_c.relnamespace WHERE own_c.oid = o)"
        )
        connection.execute(
            "CREATE TEMP MACRO c_regclass_oid(s) AS coalesce((SELECT own_c.oid FROM pg_class own_c "
            "JOIN pg_namespace own_n ON own_n.oid = own_c.relnamespace WHERE own_c.oid >= 900000000 AND "
            "(own_c.relname = replace(s, '\"', '') OR 'pg_temp.' || own_c.relname = replace(s, '\"', '') AND own_n.nspname <> 'aws') "
            "LIMIT 1), memory.main.c_regclass_oid(s))"
        )
        if any(row["oid"] == _SCHEMA for row in self._rows.get("pg_namespace", ())):
            connection.execute(f"CREATE TEMP MACRO c_pg_my_temp_schema() AS {_SCHEMA}::UINTEGER")

    # -- one relation

    def _put(self, table: str, **row: Any) -> None:
        self._rows.setdefault(table, []).append(row)

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, _FIRST + len(self._numbers))

    def _add(self, relation: OwnRelation, relations: list[OwnRelation]) -> None:
        oid, is_temporary = self._number(relation.name), relation.schema == TEMPORARY
        schema = _SCHEMA if is_temporary else AWS
        if is_temporary and not any(row["oid"] == _SCHEMA for row in self._rows.get("pg_namespace", ())):
            self._put("pg_namespace", oid=_SCHEMA, nspname=self._schema, nspowner=10)
        is_referred = any(key.other == relation.name for other in relations for key in other.constraints)
        kinds = [key.kind for key in relation.constraints]
        self._put(
            "pg_class",
            oid=oid,
            relname=relation.name,
            relnamespace=schema,
            relkind=relation.kind,
            relpersistence="t" if is_temporary else "p",
            relnatts=len(relation.columns),
            relchecks=kinds.count("c"),
            relhasindex=bool(relation.indexes) or "p" in kinds or "u" in kinds,
            relhastriggers=is_referred or "f" in kinds,
            relhasrules=relation.kind != "r",
        )
        self._add_columns(oid, relation)
        if relation.query:
            self._put("definition_texts", oid=oid, definition=f" {relation.query};")
        place = {column.name: number for number, column in enumerate(relation.columns, 1)}
        number = _FIRST_KEY + (oid - _FIRST) * _KEYS
        for key in relation.constraints:
            self._add_key(number, schema, oid, key, place, relation, relations)
            number += 1
        for index in relation.indexes:
            self._add_index(number, schema, oid, index, place, relation)
            number += 1

    def _add_columns(self, oid: int, relation: OwnRelation) -> None:
        for number, column in enumerate(relation.columns, 1):
            row = attribute(oid, column.name, oid_of(column.type), number)
            row |= {"attnotnull": not column.is_nullable, "atthasdef": column.default is not None, "atttypmod": _modifier(column.type)}
            self._put("pg_attribute", **row)
            if column.default is not None:
                self._put("pg_attrdef", oid=oid * 4 + number, adrelid=oid, adnum=number, adbin=column.default)
            if relation.kind == "r":
                self._put(CHANGEABLE, oid=oid, number=number)
        if relation.kind == "r":
            self._put(CHANGEABLE, oid=oid, number=0)

    def _add_key(
        self,
        number: int,
        schema: int,
        oid: int,
        key: OwnConstraint,
        place: Mapping[str, int],
        relation: OwnRelation,
        relations: list[OwnRelation],
    ) -> None:
        row: Row = {"oid": number, "conname": key.name, "connamespace": schema, "contype": key.kind, "conrelid": oid, "conindid": 0}
        row["conkey"] = [place[name] for name in key.columns if name in place]
        if key.kind == "f":
            other = next((o for o in relations if o.name == key.other), None)
            names = [column.name for column in other.columns] if other is not None else []
            row |= {"confrelid": self._number(key.other), "confkey": [names.index(c) + 1 for c in key.other_columns if c in names]}
            row |= {"confupdtype": "a", "confdeltype": "a", "confmatchtype": "s", "conindid": self._referred(key, other)}
            referred = in_schema("aws", key.other)
            told = f"FOREIGN KEY ({listed(key.columns)}) REFERENCES {referred}({listed(key.other_columns)})"
        elif key.kind == "c":
            told = f"CHECK ({key.check})"
        else:
            row["conindid"] = number
            told = f"{'PRIMARY KEY' if key.kind == 'p' else 'UNIQUE'} ({listed(key.columns)})"
            self._add_index(
                number, schema, oid, OwnIndex(key.name, key.columns, is_unique=True), place, relation, is_primary=key.kind == "p"
            )
            self._put("pg_depend", classid=1259, objid=number, objsubid=0, refclassid=2606, refobjid=number, refobjsubid=0, deptype="i")
        self._put("pg_constraint", **row)
        self._put("definition_texts", oid=number, definition=told)

    def _referred(self, key: OwnConstraint, other: OwnRelation | None) -> int:
        """The number of the key that a reference is to."""
        for place, theirs in enumerate(other.constraints if other is not None else ()):
            if theirs.kind in ("p", "u") and set(theirs.columns) == set(key.other_columns):
                return _FIRST_KEY + (self._number(key.other) - _FIRST) * _KEYS + place
        return 0

    def _add_index(
        self,
        number: int,
        schema: int,
        oid: int,
        index: OwnIndex,
        place: Mapping[str, int],
        relation: OwnRelation,
        *,
        is_primary: bool = False,
    ) -> None:
        count = len(index.columns)
        self._put("pg_class", oid=number, relname=index.name, relnamespace=schema, relkind="i", relam=403, relhasindex=False)
        self._put(
            "pg_index",
            indexrelid=number,
            indrelid=oid,
            indnatts=count,
            indnkeyatts=count,
            indkey=[place.get(name, 0) for name in index.columns],
            indisunique=index.is_unique,
            indisprimary=is_primary,
            **{name: [0] * count for name in ("indoption", "indclass", "indcollation")},
        )
        for n, name in enumerate(index.columns, 1):
            kind = oid_of(relation.columns[place[name] - 1].type) if name in place else 25
            self._put("pg_attribute", **attribute(number, name if name in place else "expr", kind, n))
        columns = ", ".join(shown(name) if name in place else name for name in index.columns)
        unique = "UNIQUE " if index.is_unique else ""
        where = in_schema(self._schema if schema == _SCHEMA else "aws", relation.name)
        self._put(
            "definition_texts",
            oid=number + INDEX_DEFINITIONS,
            definition=f"CREATE {unique}INDEX {shown(index.name)} ON {where} USING btree ({columns})",
        )


def _modifier(kind: str) -> int:
    """PostgreSQL's modifier of a type: of DECIMAL(10,2) what numeric(10,2) has."""
    if not kind.startswith("DECIMAL("):
        return -1
    precision, _, scale = kind.removeprefix("DECIMAL(").removesuffix(")").partition(",")
    return (int(precision) << 16 | int(scale or 0)) + 4
