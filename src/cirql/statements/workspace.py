"""What a session's user makes for the session: views, materialized views, tables, and settings by SET.

Views are kept as statements and put in place of their name when a query is bound, so that conditions on a view reach the cloud tables
behind it. Tables live in the session's own DuckDB and die with it. Nothing here writes to AWS or to files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cirql.errors import AlreadyExists, Error, InvalidStatement, NotSupported, UnknownTable
from cirql.result import Result
from cirql.settings import Settings, searched
from cirql.sql.qualified import CATALOG, HOME, TEMPORARY, shorten
from cirql.sql.quoting import name as quoted
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex
from cirql.statements.own_transaction import OwnTransaction
from cirql.types import ColumnType

if TYPE_CHECKING:
    from sqlglot import exp

    from cirql.engine import Database
    from cirql.sql.parse import Statement

SETTABLE = ("dialect", "search_path", "strict", "max_age", "regions", "accounts", "statement_timeout", "max_calls", "max_rows")
_LIMITS = SETTABLE[-3:]
"""The settings that a statement may change: none that says who signs, where requests go, or what may be written."""

_OWN_NAME = regex(r"[a-z_][a-z0-9_]*")
_TYPES = {
    "VARCHAR": ColumnType.VARCHAR,
    "BIGINT": ColumnType.BIGINT,
    "INTEGER": ColumnType.BIGINT,
    "DOUBLE": ColumnType.DOUBLE,
    "BOOLEAN": ColumnType.BOOLEAN,
    "TIMESTAMP": ColumnType.TIMESTAMP,
    "JSON": ColumnType.JSON,
    "VARCHAR[]": ColumnType.VARCHAR_LIST,
    "MAP(VARCHAR, VARCHAR)": ColumnType.HSTORE,
}


@dataclass(frozen=True, slots=True)
class View:
    """A named query; a materialized one also has its rows in a table of the same name."""

    query: exp.Query
    text: str
    materialized: bool = False


class Workspace:
    """The definitions of one session."""

    def __init__(
        self, database: Callable[[], Database], select: Callable[[Statement], Result], is_taken: Callable[[str], bool] = lambda name: False
    ) -> None:
        """`is_taken` says whether a name in the schema of the session's own tables is that of one of AWS's."""
        self._database = database
        self._is_taken = is_taken
        self._temporary: set[str] = set()
        self._lent: frozenset[str] = frozenset()
        self.version = 0
        """Grows with each change of what there is."""
        self._select = select
        self._views: dict[str, View] = {}
        self._tables: dict[str, dict[str, ColumnType]] = {}
        self._sequences: dict[str, list[str]] = {}
        self._prepared: dict[str, tuple[Statement, tuple[str, ...]]] = {}
        self.prefix: tuple[str, ...] = ()
        self.time_frame: tuple[str | None, str | None] = (None, None)
        self.transaction = OwnTransaction(database)

    def rollback(self, savepoint: str | None = None) -> None:
        """Undo what was made and changed since the transaction, or a savepoint, began. Raises InvalidStatement."""
        was = self.transaction.take_back(savepoint)
        if not was:
            return
        self.transaction.put_back(was)
        self.version += 1
        for name, kept in was.items():
            self._views.pop(name, None)
            self._place(name, is_temporary=kept.is_temporary)
            if kept.view is not None:
                self._views[name] = kept.view
            if not kept.made_by:
                self._drop_sequences(name)
            else:
                self._sequences[name] = list(kept.sequences)
        self._learn()

    def _before(self, name: str) -> None:
        """What a name stands for is about to be changed."""
        self.version += 1
        for each in (name, *self.transaction.referring(name)):
            self.transaction.before(each, self._views.get(each), self._sequences.get(each, ()), is_temporary=each in self._temporary)

    def view(self, name: str) -> exp.Query | None:
        """The query behind a plain view."""
        view = self._views.get(name)
        return view.query.copy() if view is not None and not view.materialized else None

    def columns(self, name: str) -> Mapping[str, ColumnType] | None:
        """The columns of a table that the user made, as far as their types have a name here."""
        return self._tables.get(name)

    def home(self, name: str) -> str | None:
        """The schema of a table or view of the session's own; None where there is none of that name.

        One that was made TEMPORARY, or has the name of a table of AWS's, which it covers, is in `pg_temp`, where PostgreSQL looks first.
        """
        if name in self._lent:
            return CATALOG
        if name not in self._tables and name not in self._views:
            return None
        return TEMPORARY if name in self._temporary else HOME

    def _place(self, name: str, *, is_temporary: bool) -> None:
        (self._temporary.add if is_temporary else self._temporary.discard)(name)

    def short(self, statement: Statement) -> Statement:
        """A change of a table of the session's own with no schema before its name: `INSERT INTO aws.mine` is of `mine`."""
        from cirql.sql.qualified import target_of

        if (self._tables or self._views) and (target := target_of(statement.tree, self.home)) is not None:
            for outer in ("db", "catalog"):
                target.set(outer, None)
        return statement

    def lend(self, tables: Mapping[str, Any]) -> None:
        """Tables of PostgreSQL's catalog for the next statement, in place of those that the last one had: rows as Arrow tables."""
        for name in self._lent:
            self._execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        was, self._lent = self._lent, frozenset(tables)
        for name, rows in tables.items():
            self._fill(name, rows)
        if was and not tables:
            self._learn()

    def discard(self) -> None:
        """Drop what was made TEMPORARY."""
        for name in [name for name in (*self._views, *self._tables) if self.home(name) == TEMPORARY]:
            if name in self._views or name in self._tables:
                self._forget(name)

    def register(self, name: str, rows: Any) -> None:
        """Make a table of Arrow's rows, in place of one of that name. Raises InvalidStatement, AlreadyExists for a view's name."""
        if not _OWN_NAME.fullmatch(name):
            raise InvalidStatement(f"{name!r} is no name for a table of your own", hint="one word of small letters, digits and _")
        if name in self._views:
            raise AlreadyExists(f"{name} exists already, as a view", sqlstate="42P07", hint="DROP it first")
        self._before(name)
        self._place(name, is_temporary=self._is_taken(name))
        self._fill(name, rows, f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM incoming")

    def prepare(self, name: str, types: tuple[str, ...], statement: Statement) -> Result:
        """Keep a statement under a name, as PREPARE does. Raises AlreadyExists."""
        if name in self._prepared:
            raise AlreadyExists(f"a prepared statement {name} exists already", sqlstate="42P05", hint=f"DEALLOCATE {name} first")
        self._prepared[name] = (statement, types)
        return _tag("PREPARE")

    def prepared(self, name: str) -> tuple[Statement, tuple[str, ...]] | None:
        """A prepared statement and the types of its parameters."""
        return self._prepared.get(name)

    def deallocate(self, name: str) -> Result:
        """Forget a prepared statement, or with `all` every one. Raises UnknownTable where there is none of that name."""
        if name == "all":
            self._prepared.clear()
        elif self._prepared.pop(name, None) is None:
            raise UnknownTable(f"there is no prepared statement {name}")
        return _tag("DEALLOCATE")

    def evaluate(self, arguments: str, types: tuple[str, ...]) -> list[Any]:
        """The values of EXECUTE's arguments. Raises the errors of `SELECT arguments`."""
        from cirql.sql.parse import parse

        if not arguments:
            return []
        rows = self._select(parse(f"SELECT {arguments}")).fetchall()
        values = list(rows[0])
        if types and len(types) != len(values):
            raise InvalidStatement(f"the prepared statement takes {len(types)} parameters, not {len(values)}")
        return values

    @property
    def tables(self) -> Mapping[str, Mapping[str, ColumnType]]:
        """The tables, those behind materialized views among them, with the columns whose types have a name here."""
        return {name: columns for name, columns in self._tables.items() if name not in self._lent}

    @property
    def views(self) -> Mapping[str, View]:
        """The views, materialized ones among them."""
        return self._views

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that can be named in FROM."""
        return tuple({*self._tables, *(n for n, v in self._views.items() if not v.materialized)})

    @property
    def has_views(self) -> bool:
        """Whether the user made a view of any kind."""
        return bool(self._views)

    def run(self, statement: Statement, settings: Settings, opened: Settings) -> tuple[Result, Settings]:
        """Carry out a definition, a change to a user table, or SET; gives psql's command tag and the settings from now on.

        `opened` are the settings that the session was opened with: what DEFAULT means.

        Raises AlreadyExists, UnknownTable, InvalidStatement, NotSupported, SettingsError.
        """
        from sqlglot import exp
        from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

        tree = normalize_identifiers(statement.tree.copy(), dialect="postgres")
        shorten(tree, self.home)
        match tree:
            case exp.Use():
                return _tag("USE"), self._use(tree, settings)
            case exp.Set():
                return _tag("SET"), self._set(tree, settings, opened)
            case exp.Create():
                return _tag(self._create(replace(statement, tree=tree))), settings
            case exp.Drop():
                return _tag(self._drop(tree)), settings
            case exp.Insert() | exp.Update() | exp.Delete():
                return self._change(replace(statement, tree=tree)), settings
            case exp.Command() if tree.name.upper() == "REFRESH":
                return _tag(self._refresh(statement)), settings
        raise NotSupported(f"{tree.key.upper()} is not a statement that cirql runs")

    # -- USE and SET

    def _use(self, tree: exp.Use, settings: Settings) -> Settings:
        names = tuple(p.name for p in tree.this.parts)
        if names[0] not in ("aws", "awscc") or len(names) > 2:
            raise UnknownTable(f"there is no provider {'.'.join(names)}", hint="write USE aws, or USE aws.<service>")
        self.prefix = ("aws", *names[1:])
        return settings

    def _set(self, tree: exp.Set, settings: Settings, opened: Settings) -> Settings:
        from sqlglot import exp

        for item in tree.expressions:
            assignment = item.this
            if not isinstance(assignment, exp.EQ) or not isinstance(assignment.this, exp.Column):
                raise NotSupported("this form of SET is not supported", hint="write SET name = 'value'")
            name = ".".join(p.name for p in assignment.this.parts)
            value = assignment.expression
            if name == "search_path":
                settings = replace(settings, search_path=opened.search_path if _is_default(value) else searched(value.name))
                continue
            text = value.name if isinstance(value, exp.Literal | exp.Column | exp.Boolean | exp.Var) else value.sql()
            if isinstance(value, exp.Boolean):
                text = "true" if value.this else "false"
            if name in ("dd.time_frame_start", "dd.time_frame_end"):
                start, end = self.time_frame
                self.time_frame = (text, end) if name.endswith("start") else (start, text)
                continue
            if name not in SETTABLE:
                raise InvalidStatement(f"{name} cannot be set by a statement", hint=f"these can: {', '.join(SETTABLE)}", sqlstate="42704")
            if _is_default(value):
                same: dict[str, Any] = {name: getattr(opened, name)}
                settings = replace(settings, **same)
                continue
            settings = _limited(settings, name, text) if name in _LIMITS else settings.changed(**{name: text})
        return settings

    # -- views and tables

    def _create(self, statement: Statement) -> str:
        from sqlglot import exp

        from cirql.statements import own_tables

        tree = statement.tree
        assert isinstance(tree, exp.Create)
        if tree.kind == "INDEX":
            return self._index(tree)
        if tree.kind not in ("TABLE", "VIEW"):
            raise NotSupported(f"CREATE {tree.kind} is not supported", hint="views, materialized views and tables can be made")
        schema = tree.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        properties = [type(p) for p in tree.args["properties"].expressions] if tree.args.get("properties") else []
        name, is_temporary = self._new_name(table)
        is_temporary |= exp.TemporaryProperty in properties
        materialized = exp.MaterializedProperty in properties
        if name in self.names or name in self._views:
            if tree.args.get("exists"):
                return f"CREATE {tree.kind}"
            if not tree.args.get("replace"):
                raise AlreadyExists(f"{name} exists already", sqlstate="42P07", hint="use CREATE OR REPLACE, or DROP it first")
            self._forget(name)
        self._before(name)
        self._place(name, is_temporary=is_temporary)
        query = tree.expression
        if query is not None and isinstance(schema, exp.Schema):
            query = own_tables.with_names(query, schema, tree.kind)
        if tree.kind == "VIEW":
            view = View(query, query.sql(dialect="postgres"), materialized)
            rows = self._rows(replace(statement, tree=query.copy()), check_only=not materialized)
            self._views[name] = view
            if materialized:
                self._fill(name, rows)
            return "CREATE MATERIALIZED VIEW" if materialized else "CREATE VIEW"
        if query is not None:
            self._fill(name, self._rows(replace(statement, tree=query.copy())))
        else:
            self._define(name, schema)
        self._learn()
        return "CREATE TABLE"

    def _new_name(self, table: Any) -> tuple[str, bool]:
        """The name of what is to be made, and whether it is temporary for its name. Raises AlreadyExists, NotSupported."""
        name, schema = str(table.name), str(table.db)
        if table.catalog or schema not in ("", HOME, TEMPORARY):
            raise NotSupported(
                f"nothing can be made in the schema of {table.sql()}", hint="tables and views of your own are made without one"
            )
        if schema == HOME and self._is_taken(name):
            raise AlreadyExists(f"aws.{name} is a table of AWS's", sqlstate="42P07", hint="without a schema before it, yours covers it")
        table.set("db", None)
        return name, schema == TEMPORARY or self._is_taken(name)

    def _define(self, name: str, schema: Any) -> None:
        from cirql.statements.own_tables import definition

        sequences, table = definition(schema, name)
        try:
            for sequence, made in sequences.items():
                self._execute(made)
                self._sequences.setdefault(name, []).append(sequence)
            self._execute(table)
        except Error:
            self._drop_sequences(name)
            raise

    def _drop_sequences(self, name: str) -> None:
        for sequence in self._sequences.pop(name, ()):
            self._execute(f"DROP SEQUENCE IF EXISTS {quoted(sequence)}")

    def _index(self, tree: exp.Create) -> str:
        """An index of a table of the session's own: a UNIQUE one refuses what is there already."""
        from sqlglot import exp

        table = _own_name(tree.this.args["table"])
        if table not in self._tables:
            raise UnknownTable(f"there is no table {table} in this session", hint="AWS's tables take no index")
        self._before(table)
        if tree.this.this is None:
            columns = [c.name for c in tree.this.args["params"].args.get("columns") or ()]
            tree.this.set("this", exp.to_identifier("_".join([table, *columns, "idx"]), quoted=True))
        self._execute(tree.sql(dialect="duckdb"))
        return "CREATE INDEX"

    def _drop(self, tree: exp.Drop) -> str:
        what = "MATERIALIZED VIEW" if tree.args.get("materialized") else str(tree.args.get("kind"))
        if what == "INDEX":
            for index in tree.args.get("tables") or [tree.this]:
                self._before_index(_own_name(index))
                self._execute(f"DROP INDEX {'IF EXISTS ' if tree.args.get('exists') else ''}{quoted(_own_name(index))}")
            return "DROP INDEX"
        if what.split()[-1] not in ("TABLE", "VIEW"):
            raise NotSupported(f"DROP {what} is not supported", hint="there are only views, materialized views and tables to drop")
        for table in tree.args.get("tables") or [tree.this]:
            name = _own_name(table)
            if name not in self.names and name not in self._views:
                if tree.args.get("exists"):
                    continue
                raise UnknownTable(f"there is no {what.lower()} {name}", hint="only what this session made can be dropped")
            self._forget(name)
        return f"DROP {what}"

    def _before_index(self, name: str) -> None:
        connection = self._database().connect()
        try:
            found = connection.execute("SELECT table_name FROM duckdb_indexes() WHERE index_name = ?", [name]).fetchall()
        finally:
            connection.close()
        for (table,) in found:
            self._before(table)

    def _forget(self, name: str) -> None:
        self._before(name)
        view = self._views.pop(name, None)
        if view is None or view.materialized:
            self._execute(f"DROP TABLE IF EXISTS {quoted(name)}")
            self._drop_sequences(name)
        self._learn()

    def _refresh(self, statement: Statement) -> str:
        words = statement.text[statement.offset :].strip().rstrip(";").split()
        name = words[-1].lower()
        view = self._views.get(name)
        if [w.upper() for w in words[:3]] != ["REFRESH", "MATERIALIZED", "VIEW"] or view is None or not view.materialized:
            raise UnknownTable(f"there is no materialized view {name}", hint="write REFRESH MATERIALIZED VIEW name")
        rows = self._rows(replace(statement, tree=view.query.copy()))  # fetched first: a failure leaves the old rows
        self._before(name)
        self._execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        self._fill(name, rows)
        return "REFRESH MATERIALIZED VIEW"

    # -- changes to user tables

    def _change(self, statement: Statement) -> Result:
        from sqlglot import exp

        from cirql.sql.files import files_of
        from cirql.statements import own_changes

        tree = own_changes.with_first(statement.tree)
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        name = _own_name(target)
        if name not in self.tables:
            raise UnknownTable(f"there is no table {name} in this session", hint="cloud tables are named aws.<service>.<resource>")
        known = name, target, tree
        if isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Query) and not isinstance(tree.expression, exp.Values):
            rows = self._rows(replace(statement, tree=tree.expression.copy()))
            named = [quoted(c.name) for c in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
            columns = f"({', '.join(named)}) " if named else ""
            conflict = tree.args.get("conflict")
            last = f" {conflict.sql(dialect='duckdb')}" if conflict is not None else ""
            return self._changed(*known, f"INSERT INTO {quoted(name)} {columns}SELECT * FROM incoming{last}", rows)
        if files_of(tree) is not None:
            raise NotSupported(f"{tree.key.upper()} reads no file", hint="CREATE TABLE … AS SELECT … FROM read_csv('…') first")
        if isinstance(tree, exp.Insert):
            return self._changed(*known, own_changes.insert(tree, self._tables))
        make = own_changes.update if isinstance(tree, exp.Update) else own_changes.delete
        return self._changed(*known, make(tree, self._tables))

    def _changed(self, name: str, target: Any, tree: Any, sql: str, incoming: Any = None) -> Result:
        """Run a change: what RETURNING asks for, or the tag."""
        from sqlglot import exp

        from cirql.engine import Engine
        from cirql.statements import own_changes

        self._before(name)
        query = own_changes.returned(tree, target, self._tables)
        engine = Engine(self._database())
        try:
            if incoming is not None:
                engine.register("incoming", incoming)
            if query is None:
                count = engine.change(sql)
                return _tag(f"INSERT 0 {count}" if isinstance(tree, exp.Insert) else f"{tree.key.upper()} {count}")
            engine.register(own_changes.WRITTEN, engine.change_returning(f"{sql} RETURNING *"))
            engine.ready(query)
            return Result(engine.run(query).read_all().to_reader())
        finally:
            engine.close()

    # -- DuckDB

    def _rows(self, statement: Statement, *, check_only: bool = False) -> Any:
        """The rows of a query, as an Arrow table; with `check_only` the query is only planned."""
        from cirql.sql.parse import Explain

        if check_only:
            self._select(replace(statement, explain=Explain()))
            return None
        result = self._select(replace(statement, explain=None))
        rows = result.to_arrow()
        if result.failures:
            first = result.failures[0]
            raise InvalidStatement(f"the rows are incomplete and were not stored: {first}", hint="narrow the statement to what can be read")
        return rows

    def _fill(self, name: str, rows: Any, sql: str | None = None) -> int:
        from cirql.engine import Engine

        engine = Engine(self._database())
        try:
            engine.register("incoming", rows)
            count = engine.change(sql or f"CREATE TABLE {quoted(name)} AS SELECT * FROM incoming")
        finally:
            engine.close()
        self._learn()
        return count

    def _execute(self, sql: str) -> int:
        from cirql.engine import Engine

        engine = Engine(self._database())
        try:
            return engine.change(sql)
        finally:
            engine.close()

    def _learn(self) -> None:
        self._tables = {
            table: {column: _TYPES[kind] for column, kind in columns if kind in _TYPES}
            for table, columns in self._database().tables().items()
        }


def _own_name(table: Any) -> str:
    if len(table.parts) != 1:
        raise NotSupported(f"{table.sql()} is not a name for a view or table of your own", hint="use one word, without dots")
    return str(table.name)


def _tag(text: str) -> Result:
    import pyarrow as pa

    return Result(pa.table({"status": [text]}).to_reader())


def _is_default(value: exp.Expr) -> bool:
    from sqlglot import exp

    is_quoted = isinstance(value, exp.Column) and bool(value.this.args.get("quoted"))
    return isinstance(value, exp.Var | exp.Column) and not is_quoted and value.name.upper() == "DEFAULT"


def _limited(settings: Settings, name: str, text: str) -> Settings:
    """A limit as PostgreSQL's SET says it: a bare number of `statement_timeout` is milliseconds, and 0 is no limit."""
    if text.isdigit() and int(text) == 0:
        unlimited: dict[str, Any] = {name: None}
        return replace(settings, **unlimited)
    return settings.changed(**{name: f"{text}ms" if name == "statement_timeout" and text.isdigit() else text})
