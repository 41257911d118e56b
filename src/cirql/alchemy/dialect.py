"""The dialect: PostgreSQL's SQL as SQLAlchemy writes it, sessions of one runtime behind it, and the catalog for its inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDDLCompiler, PGDialect, PGExecutionContext
from sqlalchemy.engine import default, reflection
from sqlalchemy.sql import compiler

from cirql.alchemy import kinds
from cirql.alchemy import reflection as seen
from cirql.alchemy.home import SharedRuntimes

if TYPE_CHECKING:
    from types import ModuleType

    from sqlalchemy.engine import URL

    from cirql.catalog.lookup import Found
    from cirql.dbapi import Connection
    from cirql.session import Session

_One: Any = default.DefaultDialect
"""Reflects many tables by reflecting each: here that costs no question."""
_YES = frozenset({"1", "true", "on", "yes"})
_ESCAPED = dict.fromkeys("%():.[] -/\\$#?*+=<>&!,;'\"|~^@{}", "_")


class CirqlCompiler(PGCompiler):
    """PostgreSQL's statements, with names of parameters that are words."""

    bindname_escape_characters = _ESCAPED

    def bindparam_string(self, name: str, **kw: Any) -> str:  # type: ignore[override]
        """`:name`, which does not begin with a digit."""
        if name[:1].isdigit():
            kw["escaped_from"] = kw.get("escaped_from") or name
            name = "p_" + "".join(_ESCAPED.get(letter, letter) for letter in name)
        return str(super().bindparam_string(name, **kw))


class CirqlDefinitions(PGDDLCompiler):
    """Definitions of the session's own tables, which are PostgreSQL's but for the comments."""

    def visit_create_index(self, create: Any, include_schema: bool = False, include_table_schema: bool = True, **kw: Any) -> str:
        """A plain index: of columns, without PostgreSQL's options."""
        plain: Any = compiler.DDLCompiler.visit_create_index
        return str(plain(self, create, include_schema, include_table_schema, **kw))


class CirqlContext(PGExecutionContext):
    """One execution. Rows are read as they are asked for, with or without `stream_results`."""

    def create_server_side_cursor(self) -> Any:
        """A cursor as any other: all of them stream."""
        return self._dbapi_connection.cursor()


class CirqlDialect(PGDialect):
    """`cirql:///?setting=value&…`: the settings are those of `cirql.connect`, `local=true` among them."""

    name = "cirql"
    driver = "dbapi"
    supports_statement_cache = True
    supports_server_side_cursors = True
    statement_compiler = CirqlCompiler
    ddl_compiler: Any = CirqlDefinitions
    execution_ctx_cls = CirqlContext
    supports_alter = False
    supports_comments = False
    supports_constraint_comments = False
    supports_sequences = False
    supports_identity_columns = True
    supports_native_enum = False
    supports_native_decimal = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_default_values = True
    supports_default_metavalue = True
    supports_empty_insert = False
    preexecute_autoincrement_sequences = False
    insert_returning = True
    update_returning = True
    delete_returning = True
    insert_executemany_returning = True
    insert_executemany_returning_sort_by_parameter_order = True
    update_executemany_returning = False
    delete_executemany_returning = False
    use_insertmanyvalues = True
    use_insertmanyvalues_wo_returning = True
    default_paramstyle = "named"
    colspecs = {  # noqa: RUF012 (an attribute of objects, as the base declares it)
        **{kind: spec for kind, spec in PGDialect.colspecs.items() if kind is not sa.Enum},
        sa.JSON: kinds.Document,
        sa.JSON.JSONPathType: kinds.DocumentPath,
        postgresql.JSONB: kinds.BinaryDocument,
        postgresql.HSTORE: kinds.Pairs,
        sa.DateTime: kinds.Moment,
        sa.Date: kinds.Day,
        sa.Interval: kinds.IntervalType,
        sa.LargeBinary: kinds.Bytes,
        sa.Uuid: kinds.Identifier,
    }

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"paramstyle": "named", **given})  # type: ignore[no-untyped-call]
        self._home = SharedRuntimes()

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The module that it stands on."""
        from cirql import dbapi

        return dbapi

    def create_connect_args(self, url: URL) -> tuple[list[str], dict[str, Any]]:
        """The settings of a URL: `cirql:///?local=true`, `cirql:///?regions=us-east-1,eu-west-1`. Raises ArgumentError."""
        if url.host or url.username or url.password or url.database:
            raise exc.ArgumentError(
                "cirql:// has no host, user or database: settings follow the question mark, as in cirql:///?profile=prod&regions=us-east-1"
            )
        settings: dict[str, Any] = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
        for name in ("local", "autocommit"):
            if name in settings:
                settings[name] = str(settings[name]).lower() in _YES
        return [], settings

    def connect(self, *arguments: Any, **settings: Any) -> Any:
        """A connection, of the runtime that the engine's connections share."""
        return self._home.connect(**settings)

    def do_close(self, dbapi_connection: Any) -> None:
        """Close it; the last one closes the runtime."""
        self._home.close(dbapi_connection)

    def do_terminate(self, dbapi_connection: Any) -> None:
        """End what runs, and close it."""
        if not dbapi_connection.closed:
            dbapi_connection.cancel()
        self.do_close(dbapi_connection)

    def initialize(self, connection: sa.Connection) -> None:
        """Take it as it is: there is no server whose version could be asked."""
        default.DefaultDialect.initialize(self, connection)

    def _get_server_version_info(self, connection: sa.Connection) -> tuple[int, ...]:
        return (15, 0)

    def _get_default_schema_name(self, connection: sa.Connection) -> str:
        return seen.DEFAULT

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Whether an error means that the connection is gone."""
        return connection is not None and bool(getattr(connection, "closed", False))

    # -- transactions

    def get_isolation_level_values(self, dbapi_connection: Any) -> list[Any]:
        """AUTOCOMMIT sends each change at once; the other collects them for COMMIT."""
        return ["AUTOCOMMIT", "REPEATABLE READ"]

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Collect changes, or do not."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        """Whether changes are collected."""
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "REPEATABLE READ"

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        """As a connection is opened."""
        return self.get_isolation_level(dbapi_conn)

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        """Whether each change is sent at once."""
        return bool(dbapi_conn.autocommit)

    # -- the inspector

    @reflection.cache
    def get_schema_names(self, connection: sa.Connection, **kw: Any) -> list[str]:
        """Schemas: `aws`, one a service, and cirql's own."""
        return seen.schemas(_session(connection))

    @reflection.cache
    def has_schema(self, connection: sa.Connection, schema_name: str, **kw: Any) -> bool:  # type: ignore[override]
        """Whether there is a schema."""
        return schema_name in seen.schemas(_session(connection))

    @reflection.cache
    def has_table(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a table or a view."""
        self._ensure_has_table_connection(connection)
        return seen.exists(_session(connection), table_name, schema)

    def has_multi_table(self, connection: sa.Connection, table_names: Any, schema: str | None = None, **kw: Any) -> Any:
        """Which of some tables there are."""
        return [((schema, name), seen.exists(_session(connection), name, schema)) for name in table_names]

    def has_sequence(self, connection: sa.Connection, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        """There are no sequences."""
        return False

    def get_sequence_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """There are none."""
        return []

    @reflection.cache
    def get_table_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Tables; without a schema, the session's own among them."""
        session = _session(connection)
        return (seen.own_names(session, views=False) if schema is None else []) + seen.names(session, schema, views=False)

    @reflection.cache
    def get_view_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Views: `…_list_only` and `…_tags`, which are other ways to ask of the same; without a schema, the session's own."""
        session = _session(connection)
        return (seen.own_names(session, views=True) if schema is None else []) + seen.names(session, schema, views=True)

    def get_temp_table_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """None: what a session makes is among its tables."""
        return []

    def get_temp_view_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """None."""
        return []

    def get_materialized_view_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """None: a session's materialized views are tables here."""
        return []

    @reflection.cache
    def get_view_definition(self, connection: sa.Connection, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """What a view of the session selects; of another, the table that it looks at."""
        session = _session(connection)
        query = session.workspace.view(view_name) if schema is None else None
        if query is not None:
            return query.sql(dialect="postgres")
        found = self._found(connection, view_name, schema, **kw)
        if found is None:
            raise exc.NoSuchTableError(view_name)
        columns = ", ".join(column.name for column in found.star)
        return f"SELECT {columns} FROM {found.table.name}"

    @reflection.cache
    def _found(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Found | None:
        session = _session(connection)
        found = seen.found_in(session, table_name, schema)
        if found is None and not seen.exists(session, table_name, schema):
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return found

    @reflection.cache
    def get_columns(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Columns with types and comments. Any value may be NULL: AWS leaves out what is not set."""
        found = self._found(connection, table_name, schema, **kw)
        return seen.columns(_session(connection), table_name, found)

    @reflection.cache
    def get_pk_constraint(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """A dataset's key is `_key`; a resource's is its region and identifier."""
        found = self._found(connection, table_name, schema, **kw)
        own = seen.own_keys(_session(connection), table_name, "p") if found is None else []
        key = seen.key(found) if found is not None else own[0].columns if own else ()
        return {"constrained_columns": list(key), "name": f"{table_name}_pkey" if found is not None and key else None, "comment": None}

    @reflection.cache
    def get_foreign_keys(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """The tables whose values are needed to list this one: an image's versions need its name."""
        found = self._found(connection, table_name, schema, **kw)
        keys: list[dict[str, Any]] = []
        for own in seen.own_keys(_session(connection), table_name, "f") if found is None else ():
            told = {"constrained_columns": list(own.columns), "referred_table": own.other, "referred_columns": list(own.other_columns)}
            keys.append({"name": own.name, **told, "referred_schema": None, "options": {}, "comment": None})
        for column, table, source in seen.parents(found) if found is not None else ():
            home = table.parts[-2]
            keys.append(
                {
                    "name": f"{table_name}_{column}_fkey",
                    "constrained_columns": [column],
                    "referred_schema": None if schema is None and home == seen.DEFAULT else home,
                    "referred_table": table.parts[-1],
                    "referred_columns": [source],
                    "options": {},
                    "comment": None,
                }
            )
        return keys

    @reflection.cache
    def get_table_comment(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """What AWS says of it."""
        found = self._found(connection, table_name, schema, **kw)
        return {"text": (found.table.description or None) if found is not None else None}

    @reflection.cache
    def get_indexes(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Those that CREATE INDEX made of the session's own tables, and those behind their unique constraints. AWS's tables have none."""
        if self._found(connection, table_name, schema, **kw) is not None:
            return []
        own = seen.own_relation(_session(connection), table_name)
        found: list[dict[str, Any]] = []
        for index in own.indexes if own is not None else ():
            known = {column.name for column in own.columns} if own is not None else set()
            names = [name if name in known else None for name in index.columns]
            told = {"name": index.name, "unique": index.is_unique, "column_names": names, "include_columns": [], "dialect_options": {}}
            found.append(told | ({"expressions": list(index.columns)} if None in names else {}))
        for key in own.constraints if own is not None else ():
            if key.kind == "u":
                told = {"name": key.name, "column_names": list(key.columns), "unique": True, "include_columns": [], "dialect_options": {}}
                found.append(told | {"duplicates_constraint": key.name})
        return found

    @reflection.cache
    def get_unique_constraints(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Those of the session's own tables, called as PostgreSQL calls what has no name."""
        found = self._found(connection, table_name, schema, **kw)
        keys = seen.own_keys(_session(connection), table_name, "u") if found is None else []
        return [{"name": key.name, "column_names": list(key.columns), "comment": None} for key in keys]

    @reflection.cache
    def get_check_constraints(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Those of the session's own tables."""
        found = self._found(connection, table_name, schema, **kw)
        keys = seen.own_keys(_session(connection), table_name, "c") if found is None else []
        return [{"name": key.name, "sqltext": key.check, "comment": None} for key in keys]

    @reflection.cache
    def get_table_options(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """None."""
        self._found(connection, table_name, schema, **kw)
        return {}

    get_multi_columns = _One.get_multi_columns
    get_multi_table_options = _One.get_multi_table_options
    get_multi_pk_constraint = _One.get_multi_pk_constraint
    get_multi_foreign_keys = _One.get_multi_foreign_keys
    get_multi_indexes = _One.get_multi_indexes
    get_multi_unique_constraints = _One.get_multi_unique_constraints
    get_multi_check_constraints = _One.get_multi_check_constraints
    get_multi_table_comment = _One.get_multi_table_comment


def _session(connection: sa.Connection) -> Session:
    """The session behind SQLAlchemy's connection."""
    opened = cast("Connection", connection.connection.driver_connection)
    return opened.session
