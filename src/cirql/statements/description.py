"""What a statement gives and takes, said without running it and without asking AWS: its columns, its parameters, its command tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cirql.result import PLAN, ResultColumn
from cirql.sql.trees import first_of
from cirql.startup.records import dataclass, field, replace
from cirql.statements.planning import Planning, PlanningDesk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

    from cirql.catalog.model import Column
    from cirql.engine import Engine
    from cirql.introspection.directory import Directory
    from cirql.sql.inference import Inference, ParameterTypes
    from cirql.sql.parse import Statement
    from cirql.sql.writes import Delete, Insert, Update
    from cirql.statements.workspace import Workspace

_PLAN = (ResultColumn(PLAN, "VARCHAR"),)
_PLACE = 3
"""What the query of a DELETE gives before what RETURNING names: identifier, region, account."""


@dataclass(frozen=True, slots=True)
class Description:
    """One statement, described.

    `tag` is its first word or words as PostgreSQL's command tags have them (`SELECT`, `INSERT`, `CREATE VIEW`, `EXPLAIN`, `SHOW`, `EXEC`).
    `columns` are those of its rows: none for a statement that gives none, None where only the answer will tell (EXEC). A write without
    RETURNING gives none here, although its Result has a line for each change. `parameters` are the types of `$1`, `:name` … by name, in
    order, as PostgreSQL spells them.
    """

    tag: str
    columns: tuple[ResultColumn, ...] | None = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


class Desk(PlanningDesk, Protocol):
    """What describing needs from a session."""

    @property
    def directory(self) -> Directory:
        """Every table that a statement may name."""
        ...


def describe(sql: str, given: ParameterTypes | None, desk: Desk, engine: Engine) -> Description:
    """Describe a statement, with an engine that is the caller's to close.

    Raises the errors that planning it would raise, InvalidStatement for a type that does not exist.
    """
    from cirql.sql.parse import parse
    from cirql.sql.prepared import Deallocate, Execute, Prepare, read
    from cirql.statements.shows import show

    if (shown := show(sql, lambda: desk.catalog)) is not None:
        columns = Planning(desk, engine, shown.directory).columns(replace(shown.statement, explain=None))
        return Description("SHOW", columns) if shown.statement.explain is None else Description("EXPLAIN", _PLAN)
    planning = Planning(desk, engine, desk.directory)
    match read(sql):
        case Prepare():
            return Description("PREPARE")
        case Execute(name) if (found := desk.workspace.prepared(name)) is not None:
            return replace(_described(found[0], found[1], planning, desk.workspace), parameters={})
        case Deallocate():
            return Description("DEALLOCATE")
    return _described(parse(sql), given, planning, desk.workspace)


def _described(statement: Statement, given: ParameterTypes | None, planning: Planning, workspace: Workspace) -> Description:
    from cirql.sql.inference import Inference
    from cirql.sql.parse import is_definition, is_write

    inference = Inference(statement, given)
    marked = workspace.short(inference.statement)
    if is_definition(marked):
        return _definition(marked, inference, planning, workspace)
    if is_write(marked):
        return _write(marked, inference, planning)
    _infer(marked, planning)
    if marked.explain is not None:
        return Description("EXPLAIN", _PLAN, inference.types)
    return Description("SELECT", _columns(inference.filled(statement), planning), inference.types)


def _infer(statement: Statement, planning: Planning) -> None:
    """Translate, for what the translation decides of the parameters on the way."""
    bound = planning.bound(statement)
    planning.in_dialect(bound.tree, bound.relations)


def _columns(statement: Statement, planning: Planning) -> tuple[ResultColumn, ...]:
    return planning.columns(replace(statement, explain=None))


def _definition(statement: Statement, inference: Inference, planning: Planning, workspace: Workspace) -> Description:
    from sqlglot import exp

    from cirql.sql.translate import sqltypes as st

    tree = statement.tree
    match tree:
        case exp.Create():
            materialized = bool(first_of(tree, exp.MaterializedProperty))
            if isinstance(tree.expression, exp.Query):
                _infer(replace(statement, tree=tree.expression), planning)
            return Description(f"CREATE {'MATERIALIZED ' if materialized else ''}{tree.kind}", (), inference.types)
        case exp.Drop():
            return Description(f"DROP {'MATERIALIZED VIEW' if tree.args.get('materialized') else tree.args.get('kind')}")
        case exp.Insert():
            schema = tree.this
            table = schema.this if isinstance(schema, exp.Schema) else schema
            own = workspace.columns(table.name) or {}
            names = [c.name for c in schema.expressions] if isinstance(schema, exp.Schema) else list(own)
            types = [st.of_column(own[n]) if n in own else st.ANY for n in names]
            for row in _rows(tree.expression):
                inference.take(row, types)
            return Description("INSERT", _returned_of_own(statement, table, planning), inference.types)
        case exp.Update() | exp.Delete():
            return Description(tree.key.upper(), _returned_of_own(statement, tree.this, planning), inference.types)
        case exp.Set() | exp.Use():
            return Description(tree.key.upper(), (), inference.types)
    return Description("REFRESH MATERIALIZED VIEW")


def _returned_of_own(statement: Statement, table: Any, planning: Planning) -> tuple[ResultColumn, ...]:
    from cirql.statements.own_changes import returning

    query = returning(statement.tree, table, table.name)
    return _columns(replace(statement, tree=query), planning) if query is not None else ()


def _write(statement: Statement, inference: Inference, planning: Planning) -> Description:
    from cirql.sql.writes import Control, Delete, Exec, Insert, Update, read_write

    is_call = statement.tree.key == "command"  # whose values are read with it
    write = read_write(inference.filled(statement) if is_call else statement, planning.directory)
    match write:
        case Control():
            return Description(write.word)
        case Exec():
            return Description("EXPLAIN" if statement.explain else "EXEC", _PLAN if statement.explain else None, inference.types)
        case Insert():
            for row in _rows(write.query.tree):
                inference.take(row, _types(write.columns))
        case Update():
            inference.take(_selects(write.query)[-len(write.columns) :], _types(write.columns))
        case Delete():
            pass
    _infer(write.query, planning)
    if statement.explain is not None:
        return Description("EXPLAIN", _PLAN, inference.types)
    return Description(type(write).__name__.upper(), _returned(write, inference, planning), inference.types)


def _selects(query: Statement) -> list[exp.Expr]:
    from sqlglot import exp

    return query.tree.selects if isinstance(query.tree, exp.Query) else []


def _types(columns: Sequence[Column | str]) -> list[Any]:
    from cirql.sql.translate import sqltypes as st

    return [st.JSONB if isinstance(c, str) else st.of_column(c.type) for c in columns]


def _rows(source: Any) -> list[list[exp.Expr]]:
    """The rows of values that an INSERT gives, as far as they stand in its text."""
    from sqlglot import exp

    if isinstance(source, exp.Values):
        return [list(row.expressions) if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    if not isinstance(source, exp.Select):
        return []
    values = source.args["from_"].this if source.args.get("from_") else None
    return [list(source.selects), *(_rows(values) if isinstance(values, exp.Values) else ())]


def _returned(write: Insert | Update | Delete, inference: Inference, planning: Planning) -> tuple[ResultColumn, ...]:
    """The columns of RETURNING: those of a query for its items that reads the table."""
    from cirql.changes.returned import table_node
    from cirql.changes.returning import Written, events_only, read_back
    from cirql.sql.writes import Delete, event_field, output_name

    if not write.returning:
        return ()
    names = [output_name(item) for item in write.returning]
    if isinstance(write, Delete):
        read = iter(_columns(inference.filled(write.query), planning)[_PLACE:])
        types = ["VARCHAR" if event_field(item) is not None else next(read).type for item in write.returning]
        return tuple(map(ResultColumn, names, types))
    if events_only(write.returning):
        return tuple(ResultColumn(name, "VARCHAR") for name in names)
    nobody = [Written("", "", "", None)]
    query = read_back(write.statement, write.table, table_node(write), write.alias, write.returning, nobody)
    found = _columns(inference.filled(query), planning)
    from_events = [event_field(item) is not None for item in write.returning]
    return tuple(replace(c, type="VARCHAR") if event else c for c, event in zip(found, from_events, strict=True))
