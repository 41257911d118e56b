"""What is in PostgreSQL's catalog here: names of all tables at once, columns and comments of a table when it is first asked about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cirql.catalog.model import Face, Table
from cirql.catalog.pages import plain
from cirql.catalog.views import INTERNAL
from cirql.catalog.views import SCHEMAS as VIEW_SCHEMAS
from cirql.introspection.names import published
from cirql.introspection.steampipe import COLUMNS as STEAMPIPE_TABLES
from cirql.server.oids import BY_OID, ELEMENTS, HSTORE
from cirql.server.pg_types import PROCEDURES, type_rows
from cirql.server.system.columns import system_attributes, system_classes
from cirql.server.system.definitions import DATABASE, INDEX_DEFINITIONS, stored_tables
from cirql.server.system.fixed import ATTRIBUTE, CLASS, CONSTRAINT, INDEX, attribute, in_schema, listed, shown
from cirql.server.system.kept import KeptContents
from cirql.server.system.narrowing import Narrowing
from cirql.server.system.patterns import of_like, of_psql
from cirql.server.system.standard import CHANGEABLE
from cirql.server.variables import DEFAULTS
from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog, Found
    from cirql.catalog.views import SchemaView

AWS = 20_000
"""The number of schema aws; services follow."""
_FIRST_TABLE = 100_000
_FIRST_KEY = 1_000_000
_FIRST_PARENT = 10_000_000
_PARENTS = 32
"""Numbers that each table has for the keys of its parents."""
_FIRST_VIEW = 500_000
"""The schemas of other systems' names, and a hundred later their views."""
_FIRST_TOLD = 510_000
"""The tables of the schema cirql, which tell of cirql itself."""
_CIRQL = "cirql"
_MANY = 50
"""So many tables are read in one go, which starts with all names."""
_SLICE = 500
"""Tables that are read ahead at a time, for which questions wait: a fifth of a second."""
_OF_COLUMN = {
    ColumnType.VARCHAR: 25,
    ColumnType.BIGINT: 20,
    ColumnType.DOUBLE: 701,
    ColumnType.BOOLEAN: 16,
    ColumnType.TIMESTAMP: 1114,
    ColumnType.JSON: 3802,
    ColumnType.HSTORE: HSTORE,
    ColumnType.HSTORE_CSV: HSTORE,
    ColumnType.VARCHAR_LIST: 1009,
}

_OF_VIEW = {"text": 25, "bigint": 20, "double precision": 701, "boolean": 16, "timestamptz": 1184, "jsonb": 3802} | {
    "inet": 869,
    "cidr": 869,
    "ltree": 25,
}


class SystemRows:
    """The rows, put into a DuckDB."""

    def __init__(
        self, connection: Any, catalog: Catalog, kept: KeptContents | None = None, told: Callable[[], Iterable[Table]] = tuple
    ) -> None:
        """`told` gives the tables of the schema cirql."""
        self._told = told
        self._connection = connection
        self._catalog = catalog
        self._kept = kept
        self.is_whole = False
        """Whether the columns of all tables are in it."""
        self._names: dict[str, list[int]] = {}
        self._namespaces: dict[str, int] = {}
        self._published: dict[int, str] = {}
        self._schemas: dict[int, int] = {}
        self._filled: set[int] = set()
        self._places: dict[tuple[str, str], tuple[int, int] | None] = {}

    def begin(self) -> None:
        """The types, the schemas, and every table's name; all of it, where that was kept."""
        self._insert("pg_settings", [{"name": name, "setting": value} for name, value in DEFAULTS.items()])
        if self._kept is not None and self._kept.read(self._connection):
            self.is_whole = True
            return
        self._types()
        schemas = {"aws": AWS} | {name: AWS + n for n, name in enumerate(sorted(self._services()), 1)}
        schemas |= {name: _FIRST_VIEW + n for n, name in enumerate((*VIEW_SCHEMAS, INTERNAL, _CIRQL))}
        self._namespaces = schemas
        rows = [(11, "pg_catalog", 10, None), (13_000, "information_schema", 10, None)]
        self._put("pg_namespace", [*rows, *((oid, name, 10, None) for name, oid in schemas.items())])
        tables = []
        for n, spelling in enumerate(s for s in self._catalog.spellings() if s.published):
            oid, parts = _FIRST_TABLE + n, spelling.name.split(".")
            kind = "v" if spelling.face in (Face.LIST_ONLY, Face.TAGS) else "r"
            self._names.setdefault(parts[-1], []).append(oid)
            self._published[oid] = spelling.name
            schema = self._schemas[oid] = AWS if len(parts) == 2 else schemas[parts[1]]
            tables.append({"oid": oid, "relname": parts[-1], "relnamespace": schema, "relkind": kind, "relhastriggers": kind == "r"})
        for n, name in enumerate(self._catalog.view_names()):
            oid, (schema_name, last) = _FIRST_VIEW + 100 + n, name.split(".")
            self._names.setdefault(last, []).append(oid)
            self._published[oid], self._schemas[oid] = name, schemas[schema_name]
            tables.append({"oid": oid, "relname": last, "relnamespace": schemas[schema_name], "relkind": "v", "relhastriggers": False})
        described = []
        comments: list[tuple[int, int, int, str]] = []
        for n, (name, columns) in enumerate(STEAMPIPE_TABLES.items()):
            oid = _FIRST_VIEW + 50 + n
            tables.append({"oid": oid, "relname": name, "relnamespace": schemas[INTERNAL], "relkind": "r", "relhastriggers": False})
            for number, (column, kind) in enumerate(columns.items(), 1):
                described.append(attribute(oid, column, _OF_COLUMN[kind], number))
        for n, table in enumerate(sorted(self._told(), key=lambda table: str(table.name))):
            oid, name = _FIRST_TOLD + n, table.name.parts[-1]
            tables.append({"oid": oid, "relname": name, "relnamespace": schemas[_CIRQL], "relkind": "v", "relhastriggers": False})
            described += [attribute(oid, column.name, _OF_COLUMN[column.type], number) for number, column in enumerate(table.columns, 1)]
            comments.append((oid, 1259, 0, plain(table.description)))
            comments += [
                (oid, 1259, number, plain(column.description)) for number, column in enumerate(table.columns, 1) if column.description
            ]
        self._put("pg_description", comments)
        self._insert_classes([*tables, *system_classes()])
        self._insert("pg_attribute", system_attributes(), ATTRIBUTE)
        self._insert("pg_attribute", described, ATTRIBUTE)
        self._small()

    def _services(self) -> set[str]:
        return {s.name.split(".")[1] for s in self._catalog.spellings() if s.published and s.name.count(".") == 2}

    def _types(self) -> None:
        self._insert("pg_type", type_rows())
        self._insert("pg_proc", [{"oid": oid, "proname": n, "pronamespace": 11, "prokind": "f"} for n, oid in PROCEDURES.items()])
        titles = [(kind.oid, kind.name) for kind in BY_OID.values()]
        self._put("type_titles", [*titles, *((oid, f"{element.name}[]") for oid, element in ELEMENTS.items())])

    def _insert_classes(self, tables: Sequence[dict[str, Any]]) -> None:
        self._insert("pg_class", tables, CLASS)

    def _small(self) -> None:
        self._insert(
            "pg_database",
            [
                {
                    "oid": DATABASE + n,
                    "datname": name,
                    "datdba": 10,
                    "encoding": 6,
                    "datistemplate": False,
                    "datallowconn": True,
                    "datconnlimit": -1,
                }
                for n, name in enumerate(("aws", *VIEW_SCHEMAS))
            ],
            {"datlocprovider": "c", "dattablespace": 1663, "datcollate": "C", "datctype": "C"},
        )
        flags = {"rolsuper": False, "rolinherit": True, "rolcreaterole": False, "rolcreatedb": False, "rolcanlogin": True}
        self._insert(
            "pg_roles", [{"oid": 10, "rolname": "aws", "rolconnlimit": -1, "rolreplication": False, "rolbypassrls": False, **flags}]
        )
        spaces = {"pg_default": 1663, "pg_global": 1664}
        self._insert("pg_tablespace", [{"oid": oid, "spcname": name, "spcowner": 10} for name, oid in spaces.items()])
        self._insert("pg_am", [{"oid": 2, "amname": "heap", "amtype": "t"}, {"oid": 403, "amname": "btree", "amtype": "i"}])
        self._insert("pg_extension", [{"oid": 16_399, "extname": "hstore", "extnamespace": 11, "extversion": "1.8", "extowner": 10}])
        self._insert("pg_collation", [{"oid": 100, "collname": "default", "collnamespace": 11, "collprovider": "d"}])

    # -- the tables that a statement is about

    def fill_for(self, asked: Narrowing) -> None:
        """Fill in the columns of the tables that a question can be about."""
        if self.is_whole:
            return
        wanted = set(self._published)
        if asked.tables is not None:
            wanted = self._meant_by(asked.tables)
        if asked.schemas is not None:
            schemas = {oid for schema in asked.schemas for oid in self._schemas_meant(schema)}
            wanted = {oid for oid in wanted if self._schemas[oid] in schemas}
        self._fill(sorted((wanted | self._meant_by(asked.also)) - self._filled))
        self._end_when_whole()

    def fill_some(self) -> None:
        """Fill in the columns of some more tables."""
        if not self.is_whole:
            self._fill(sorted(self._published.keys() - self._filled)[:_SLICE])
            self._end_when_whole()

    def _end_when_whole(self) -> None:
        if len(self._filled) == len(self._published):
            self.is_whole = True
            if self._kept is not None:
                self._kept.write({name: self._connection.table(name).to_arrow_table() for name in stored_tables()})

    def _meant_by(self, texts: Iterable[str]) -> set[int]:
        return {oid for text in texts for oid in self._meant(text)}

    def _schemas_meant(self, text: str) -> list[int]:
        pattern = _as_pattern(text)
        return [oid for name, oid in self._namespaces.items() if name == text or (pattern is not None and pattern.fullmatch(name))]

    def _meant(self, literal: str) -> set[int]:
        if literal.isdigit():
            number = int(literal)
            table = number - _FIRST_KEY + _FIRST_TABLE if number >= _FIRST_KEY else number
            if number >= _FIRST_PARENT:
                table = (number - _FIRST_PARENT) // _PARENTS + _FIRST_TABLE
            return {table} if table in self._published else set()
        last = literal.replace('"', "").rpartition(".")[2].removesuffix("_pkey")
        if last in self._names:
            return set(self._names[last])
        pattern = _as_pattern(literal)
        if pattern is None:
            return set()
        return {oid for oid, name in self._published.items() if pattern.fullmatch(name.rpartition(".")[2])}

    def _fill(self, tables: Sequence[int]) -> None:
        if not tables:
            return
        by_name = {self._published[oid]: oid for oid in tables if oid < _FIRST_VIEW}
        columns: list[dict[str, Any]] = []
        comments: list[tuple[int, int, int, str]] = []
        keys: list[tuple[int, str, list[int], tuple[str, ...]]] = []
        parents: list[dict[str, Any]] = []
        texts: list[tuple[int, str]] = []
        changeable: list[tuple[int, int]] = []
        if len(by_name) > _MANY:
            every = published(self._catalog, keep=lambda spellings: [spelling.name in by_name for spelling in spellings])
        else:
            every = published(self._catalog, names=by_name)
        for found in every:
            oid = by_name[str(found.name)]
            self._of_table(oid, found, columns, comments, keys)
            changeable += _changeable(oid, found)
            if found.face in (Face.LIST_ONLY, Face.TAGS):
                texts.append((oid, f" SELECT {listed(c.name for c in found.star)} FROM {found.table.name};"))
            for row, text in self._parents(oid, found):
                parents.append(row)
                texts.append((row["oid"], text))
        for oid in tables:
            if oid >= _FIRST_VIEW and (view := self._catalog.view(self._published[oid])) is not None:
                columns += _of_view(oid, view)
                texts.append((oid, f" {view.select(None)};" if view.columns else ""))
        self._insert("pg_attribute", columns, ATTRIBUTE)
        self._put("pg_description", comments)
        self._keys(keys)
        self._insert("pg_constraint", parents, CONSTRAINT)
        self._put("definition_texts", texts)
        self._put(CHANGEABLE, changeable)
        self._filled.update(tables)
        self._fill(sorted({row["confrelid"] for row in parents} - self._filled))  # a foreign key is shown with their columns

    @staticmethod
    def _of_table(oid: int, found: Found, columns: list[dict[str, Any]], comments: list[Any], keys: list[Any]) -> None:
        names = {}
        for number, column in enumerate(found.star, 1):
            names[column.name] = number
            columns.append(attribute(oid, column.name, _OF_COLUMN[column.type], number))
            if column.description:
                comments.append((oid, 1259, number, plain(column.description)))
        table = found.table
        if table.description:
            comments.append((oid, 1259, 0, plain(table.description)))
        key = _key_of(found)
        if key and all(name in names for name in key):
            keys.append((oid, found.name.parts[-1], [names[name] for name in key], key))
            described = {c["attname"]: c for c in columns[-len(names) :]}
            index = oid - _FIRST_TABLE + _FIRST_KEY
            columns += [described[name] | {"attrelid": index, "attnum": place} for place, name in enumerate(key, 1)]

    def _parents(self, oid: int, found: Found) -> Iterator[tuple[dict[str, Any], str]]:
        """Foreign keys, and their definitions: the columns that take values of another table, without which this one cannot be listed.

        Views have none, as in PostgreSQL: pgcli looks for the columns of both sides among those of tables.
        """
        if found.face in (Face.LIST_ONLY, Face.TAGS):
            return
        places = {column.name: n for n, column in enumerate(found.star, 1)}
        for n, parent in enumerate(found.table.parents[:_PARENTS]):
            is_one = parent.column in places and not parent.among
            referred = self._place_of(str(parent.table), parent.source) if is_one else None
            if referred is not None:
                number = _FIRST_PARENT + (oid - _FIRST_TABLE) * _PARENTS + n
                name = f"{found.name.parts[-1]}_{parent.column}_fkey"
                row = {
                    "oid": number,
                    "conname": name,
                    "connamespace": self._schemas[oid],
                    "contype": "f",
                    "conrelid": oid,
                    "conindid": referred[0] - _FIRST_TABLE + _FIRST_KEY,
                    "conkey": [places[parent.column]],
                    "confrelid": referred[0],
                    "confkey": [referred[1]],
                    "confupdtype": "a",
                    "confdeltype": "a",
                    "confmatchtype": "s",
                }
                refers = f"{self._shown(referred[0])}({shown(parent.source)})"
                yield row, f"FOREIGN KEY ({shown(parent.column)}) REFERENCES {refers}"

    def _shown(self, oid: int) -> str:
        schema, _, name = self._published[oid].rpartition(".")
        return in_schema(schema.removeprefix("aws."), name)

    def _place_of(self, table: str, column: str) -> tuple[int, int] | None:
        """The numbers of a table and of a column of it; None where either is not published."""
        place = (table, column)
        if place not in self._places:
            oid = next((n for n in self._names.get(table.rpartition(".")[2], ()) if self._published[n] == table), None)
            names = [c.name for c in self._catalog.find(table).star] if oid is not None else []
            self._places[place] = (oid, names.index(column) + 1) if oid is not None and column in names else None
        return self._places[place]

    def _keys(self, keys: Sequence[tuple[int, str, list[int], tuple[str, ...]]]) -> None:
        constraints, indexes, classes, texts = [], [], [], []
        depends = [(1259, oid - _FIRST_TABLE + _FIRST_KEY, 0, 2606, oid - _FIRST_TABLE + _FIRST_KEY, 0, "i") for oid, *_ in keys]
        for oid, name, key, names in keys:
            number = oid - _FIRST_TABLE + _FIRST_KEY
            schema = self._schemas[oid]
            constraints.append(
                {"oid": number, "conname": f"{name}_pkey", "connamespace": schema, "conrelid": oid, "conkey": key, "conindid": number}
            )
            classes.append({"oid": number, "relname": f"{name}_pkey", "relnamespace": schema, "relkind": "i", "relam": 403})
            indexes.append({"indexrelid": number, "indrelid": oid, "indnatts": len(key), "indnkeyatts": len(key), "indkey": key})
            texts.append((number, f"PRIMARY KEY ({listed(names)})"))
            made = f"CREATE UNIQUE INDEX {shown(name + '_pkey')} ON {self._shown(oid)} USING btree ({listed(names)})"
            texts.append((number + INDEX_DEFINITIONS, made))
            indexes[-1] |= {"indoption": [0] * len(key), "indclass": [0] * len(key), "indcollation": [0] * len(key)}
        self._insert("pg_constraint", constraints, CONSTRAINT)
        self._insert("pg_index", indexes, INDEX)
        self._put("pg_depend", depends)  # an index is its constraint's: pgAdmin finds keys by it
        self._insert_classes(classes)
        self._put("definition_texts", texts)

    # -- DuckDB

    def _put(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            import pyarrow as pa

            names = [row[0] for row in self._connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()]
            self._append(table, pa.table({n: [row[i] for row in rows] for i, n in enumerate(names)}))

    def _insert(self, table: str, rows: Sequence[dict[str, Any]], fixed: dict[str, Any] | None = None) -> None:
        if rows:
            import pyarrow as pa

            columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in rows[0]}
            columns |= {name: pa.repeat(value, len(rows)) for name, value in (fixed or {}).items() if name not in columns}
            self._append(table, pa.table(columns))

    def _append(self, table: str, rows: Any) -> None:
        self._connection.register("incoming", rows)
        self._connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        self._connection.unregister("incoming")


def _of_view(oid: int, view: SchemaView) -> list[dict[str, Any]]:
    return [attribute(oid, column.name, _OF_VIEW[column.type], number) for number, column in enumerate(view.columns, 1)]


def _changeable(oid: int, found: Found) -> Iterator[tuple[int, int]]:
    """Whether INSERT creates a resource, and the places of the columns that UPDATE sets."""
    if found.face not in (Face.SINGULAR, Face.PLURAL):
        return
    if any(method.verb == "INSERT" for method in found.table.methods):
        yield oid, 0
    for number, column in enumerate(found.star, 1):
        if column.access.is_updatable and column.member:
            yield oid, number


def _key_of(found: Found) -> tuple[str, ...]:
    """What tells rows of a table apart. A resource's identifier does within a region; a `_tags` table has many rows of one resource."""
    match found.face:
        case Face.DATASET:
            return ("_key",)
        case Face.TAGS:
            return ()
    return ("region", *found.table.identifier) if found.table.identifier else ()


def _as_pattern(literal: str) -> re.Pattern[str] | None:
    """What a pattern of psql's or of LIKE's matches; None for a text that is neither."""
    found = of_psql(literal)
    return of_like(literal) if found is None and ("%" in literal or "_" in literal) else found
