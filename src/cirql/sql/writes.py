"""Write statements: INSERT, UPDATE, DELETE, EXEC and transaction control, bound onto resource tables.

Each DML statement becomes a query that finds its rows (`query`, run the SELECT way) and a description of what to do with each row. Nothing
here knows schemas, AWS or guards: `cirql.changes` does.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from cirql.catalog.model import Column, Face, Table
from cirql.errors import InvalidStatement, MissingKey, NotSupported, ParseError, UnknownColumn, UnknownTable
from cirql.names import Scheme
from cirql.sql.bind import TableFinder
from cirql.sql.blanks import first_word
from cirql.sql.calls import read_exec
from cirql.sql.parse import OF_SAVEPOINTS, Statement
from cirql.sql.qualified import shorten
from cirql.sql.trees import all_of, first_of
from cirql.startup.records import dataclass, replace

if TYPE_CHECKING:
    from cirql.catalog.lookup import Found

DESIRED_STATE = ("data__desiredstate", "desiredstate", "data__desired_state", "desired_state")
PATCH_DOCUMENT = ("data__patchdocument", "patchdocument", "data__patch_document", "patch_document")
TYPE_NAME = ("data__typename", "typename", "data__type_name")
EVENT_FIELDS = {
    name.lower(): name
    for name in (
        "TypeName",
        "Identifier",
        "RequestToken",
        "HooksRequestToken",
        "Operation",
        "OperationStatus",
        "EventTime",
        "ResourceModel",
        "StatusMessage",
        "ErrorCode",
        "RetryAfter",
    )
}
_CONTROL = {"BEGIN": "BEGIN", "START": "BEGIN", "COMMIT": "COMMIT", "END": "COMMIT", "ROLLBACK": "ROLLBACK", "ABORT": "ROLLBACK"}


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows to create. `columns` says what each column of `query` is: a column of the table, or the first of DESIRED_STATE or TYPE_NAME."""

    statement: Statement
    table: Table
    alias: str
    columns: tuple[Column | str, ...]
    query: Statement
    returning: tuple[exp.Expr, ...] = ()
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class Update:
    """Rows to change. `query` gives the identifier, region and account of each row, then one value for each of `columns`.

    `is_whole`: what is not named goes too (REPLACE).
    """

    statement: Statement
    table: Table
    alias: str
    columns: tuple[Column | str, ...]
    query: Statement
    is_restricted: bool
    returning: tuple[exp.Expr, ...] = ()
    is_awaited: bool = True
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Rows to delete. `query` gives the identifier, region and account of each row, then what RETURNING names."""

    statement: Statement
    table: Table
    alias: str
    query: Statement
    is_restricted: bool
    returning: tuple[exp.Expr, ...] = ()
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class Exec:
    """One operation of a service: `path` is the dotted name, `params` the `@name=value` pairs, `body` the `@@json` object.

    `wants_secrets`: the statement says that what it reads may be secrets.
    """

    statement: Statement
    path: tuple[str, ...]
    params: tuple[tuple[str, Any], ...]
    body: dict[str, Any]
    wants_secrets: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """BEGIN, COMMIT, ROLLBACK; SAVEPOINT, RELEASE and, with a savepoint, ROLLBACK TO."""

    statement: Statement
    word: str
    savepoint: str | None = None


Write = Insert | Update | Delete | Exec | Control


def read_write(statement: Statement, catalog: TableFinder) -> Write:
    """Read and bind a write statement.

    Raises ParseError, UnknownTable, UnknownColumn, NotSupported, InvalidStatement.
    """
    word = first_word(statement.text, statement.offset)
    statement = replace(statement, tree=statement.tree.copy())
    tree = statement.tree
    shorten(tree)
    _with_casts(tree)
    if isinstance(tree, exp.Insert):
        return _insert(statement, tree, catalog)
    if isinstance(tree, exp.Update):
        return _update(statement, tree, catalog)
    if isinstance(tree, exp.Delete):
        return _delete(statement, tree, catalog)
    if isinstance(tree, exp.Command) and tree.name in OF_SAVEPOINTS:
        return Control(statement, tree.name, tree.text("expression"))
    if word in _CONTROL:
        return Control(statement, _CONTROL[word])
    return _exec(statement)


def _with_casts(tree: exp.Expr) -> None:
    """StackQL's request-side casts: `string(x)` keeps a text that looks like JSON, `JSON(x)` passes a value as it is, a structure read."""
    for call in all_of(tree, exp.Anonymous):
        name = call.name.lower().removeprefix("_pg_")  # the parser puts that before functions it does not know
        if name in ("string", "json") and len(call.expressions) == 1:
            value = call.expressions[0].copy()
            call.replace(exp.cast(value, "text") if name == "string" else _passed(value))


def _passed(value: exp.Expr) -> exp.Expr:
    """What `JSON(value)` means: a number, a truth and a text that is no JSON are themselves; what the schema wants is seen to later."""
    if not isinstance(value, exp.Literal):
        plain = isinstance(value, exp.Boolean | exp.Null | exp.Neg | exp.Placeholder | exp.Parameter)
        return value if plain else exp.Anonymous(this="to_jsonb", expressions=[value])
    if not value.is_string:
        return value
    try:
        json.loads(value.this)
    except (ValueError, RecursionError):
        return value
    return exp.cast(value, "json")


def _hints(statement: Statement) -> frozenset[str]:
    """The words of `/*+ … */` comments."""
    comments = [c for node in statement.tree.walk() for c in node.comments or ()]
    return frozenset(w.upper() for c in comments if c.strip().startswith("+") for w in c.replace(",", " ").replace("+", " ").split())


# -- INSERT


def _insert(statement: Statement, tree: exp.Insert, catalog: TableFinder) -> Insert:
    if tree.args.get("conflict") is not None:
        raise NotSupported("ON CONFLICT is not supported", hint="to insert what is absent: INSERT … SELECT … LEFT JOIN … WHERE … IS NULL")
    schema = tree.this
    node = schema.this if isinstance(schema, exp.Schema) else schema
    found = _find(statement, node, catalog)
    names = list(schema.expressions) if isinstance(schema, exp.Schema) else []
    if not names:
        example = ", ".join(c.name for c in found.table.columns if c.required) or "…"
        raise MissingKey("INSERT needs the names of its columns", hint=f"INSERT INTO {found.name} ({example}, region) VALUES (…)")
    columns = tuple(_insert_column(statement, found, name) for name in names)
    if is_generic(found.table) and not {TYPE_NAME[0], DESIRED_STATE[0]} <= set(columns):
        raise MissingKey(f"{found.table.name} takes data__TypeName and data__DesiredState", position=position_of(statement, node))
    if len(set(columns)) != len(columns):
        raise InvalidStatement("a column is given twice")
    source = tree.expression
    if source is None:
        raise NotSupported("INSERT … DEFAULT VALUES is not supported")
    _check_width(source, len(columns))
    query = _as_query(source, len(columns))
    if tree.args.get("with_") is not None:
        query.set("with_", tree.args["with_"].copy())
    return Insert(
        statement,
        found.table,
        _alias(node),
        columns,
        replace(statement, tree=query, explain=None),
        _returning(tree, found, _alias(node)),
        _is_awaited(statement),
    )


def _insert_column(statement: Statement, found: Found, node: exp.Expr) -> Column | str:
    name = node.name
    lowered = name.lower()
    for special in (DESIRED_STATE, TYPE_NAME):
        if lowered in special and (lowered.startswith("data__") or found.table.column(name) is None):
            return special[0]
    column = found.table.column(name)
    if is_generic(found.table) and column is not None and column.name == "type_name":
        return TYPE_NAME[0]
    if column is None and lowered in ("account", "account_id"):
        column = found.table.column(found.table.account_column)
    if column is None:
        raise _unknown(statement, found.table, node)
    if column.hidden and column.name != found.table.account_column:
        raise NotSupported(f"{column.name} cannot be given in an INSERT", position=position_of(statement, node))
    return column


def _check_width(source: exp.Expr, width: int) -> None:
    rows = source.expressions if isinstance(source, exp.Values) else [source]
    for number, row in enumerate(rows, 1):
        given = row.expressions if isinstance(row, exp.Tuple) else row.selects if isinstance(row, exp.Query) else [row]
        if any(isinstance(g, exp.Star) or (isinstance(g, exp.Column) and isinstance(g.this, exp.Star)) for g in given):
            continue
        if len(given) != width:
            where = f" in row {number}" if isinstance(source, exp.Values) else ""
            raise InvalidStatement(f"{width} columns are named and {len(given)} values are given{where}")


def _as_query(source: exp.Expr, width: int) -> exp.Query:
    """The rows of an INSERT as a query; DEFAULT, like NULL, is a value that is not given."""
    source = source.copy()
    if not isinstance(source, exp.Values):
        if not isinstance(source, exp.Query):
            raise NotSupported("INSERT takes VALUES or a SELECT")
        inner = source.unnest()
        return inner if isinstance(inner, exp.Query) else source
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    selects = [exp.select(*(_named(_given(v), f"c{n}") for n, v in enumerate(row))) for row in rows]
    if len(selects) == 1:
        return selects[0]
    tuples = [exp.Tuple(expressions=[_given(v) for v in row]) for row in rows]
    names = [exp.to_identifier(f"c{n}", quoted=True) for n in range(width)]
    values = exp.Values(expressions=tuples, alias=exp.TableAlias(this=exp.to_identifier("given"), columns=names))
    return exp.select(*(exp.column(f"c{n}", table="given", quoted=True) for n in range(width))).from_(values)


def _named(value: exp.Expr, name: str) -> exp.Expr:
    """A value under a name; `exp.alias_` would name a subquery as FROM does."""
    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def _given(value: exp.Expr) -> exp.Expr:
    is_default = isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted
    return exp.null() if is_default or isinstance(value, exp.Var) else value.copy()


# -- UPDATE and DELETE


def _update(statement: Statement, tree: exp.Update, catalog: TableFinder) -> Update:
    node = tree.this
    found = _find(statement, node, catalog)
    columns: list[Column | str] = []
    values: list[exp.Expr] = []
    for assignment in tree.expressions:
        if not isinstance(assignment, exp.EQ) or not isinstance(assignment.this, exp.Column):
            raise NotSupported("SET takes column = value", position=position_of(statement, assignment))
        columns.append(_set_column(statement, found, assignment.this))
        values.append(assignment.expression.copy())
    if len(set(columns)) != len(columns):
        raise InvalidStatement("a column is set twice")
    if is_generic(found.table) and columns != [PATCH_DOCUMENT[0]]:
        raise NotSupported(f"{found.table.name} is updated by data__PatchDocument", hint="the type's own table takes its columns")
    if PATCH_DOCUMENT[0] in columns and len(columns) > 1:
        raise InvalidStatement("data__PatchDocument is the whole change: nothing else can be set with it")
    select = _row_query(tree, node, found.table, [_named(v, f"set_{n}") for n, v in enumerate(values)])
    if isinstance(tree.args.get("from_"), exp.From):
        select = select.join(tree.args["from_"].this.copy(), join_type="cross")
    is_whole = first_word(statement.text, statement.offset) == "REPLACE"
    if is_whole and PATCH_DOCUMENT[0] in columns:
        raise InvalidStatement(
            "REPLACE takes properties: data__PatchDocument says itself what goes", hint="UPDATE … SET data__PatchDocument = …"
        )
    return Update(
        statement,
        found.table,
        _alias(node),
        tuple(columns),
        replace(statement, tree=select, explain=None),
        tree.args.get("where") is not None,
        _returning(tree, found, _alias(node)),
        _is_awaited(statement),
        is_whole,
    )


def _set_column(statement: Statement, found: Found, node: exp.Column) -> Column | str:
    if node.name.lower() in PATCH_DOCUMENT:
        return PATCH_DOCUMENT[0]
    column = found.table.column(node.name)
    if column is None:
        raise _unknown(statement, found.table, node)
    if not column.member or column.hidden:
        raise NotSupported(f"{column.name} says where a resource is; it cannot be set", position=position_of(statement, node))
    return column


def _delete(statement: Statement, tree: exp.Delete, catalog: TableFinder) -> Delete:
    node = tree.this
    found = _find(statement, node, catalog)
    returning = _returning(tree, found, _alias(node))
    wanted = [_named(column.copy(), f"out_{n}") for n, column in enumerate(row_columns(returning))]
    select = _row_query(tree, node, found.table, wanted)
    for source in tree.args.get("using") or []:
        select = select.join(source.copy(), join_type="cross")
    return Delete(
        statement,
        found.table,
        _alias(node),
        replace(statement, tree=select, explain=None),
        tree.args.get("where") is not None,
        returning,
        _is_awaited(statement),
    )


def row_columns(returning: Sequence[exp.Expr]) -> list[exp.Expr]:
    """The items of RETURNING that come from the row and not from AWS's event."""
    return [item.unalias() for item in returning if event_field(item) is None]


def event_field(item: exp.Expr) -> str | None:
    """The ProgressEvent field that an item of RETURNING is; None where it is something else. A field name wins over a column."""
    node = item.unalias()
    if not isinstance(node, exp.Column) or node.table:
        return None
    return EVENT_FIELDS.get(node.name.lower())


def output_name(item: exp.Expr) -> str:
    """What an item of RETURNING is called in the result."""
    if isinstance(item, exp.Alias):
        return str(item.alias)
    field = event_field(item)
    return field or item.output_name or item.sql("postgres")


def _row_query(tree: exp.Expr, node: exp.Table, table: Table, more: list[exp.Expr]) -> exp.Select:
    """SELECT identifier, region, account (of a generic table also the type), … of the rows that a statement is about."""
    alias = _alias(node)
    source = node.copy()
    source.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    keys = [exp.column(name, table=alias, quoted=True) for name in ("data__identifier", "region", table.account_column)]
    if is_generic(table):
        keys.append(exp.column("type_name", table=alias, quoted=True))
    named = [exp.alias_(key, f"key_{n}", quoted=True) for n, key in enumerate(keys)]
    select = exp.select(*named, *more).from_(source)
    if tree.args.get("with_") is not None:
        select.set("with_", tree.args["with_"].copy())
    if tree.args.get("where") is not None:
        select.set("where", tree.args["where"].copy())
    return select


# -- shared


def _find(statement: Statement, node: exp.Table, catalog: TableFinder) -> Found:
    if not isinstance(node.this, exp.Identifier):
        raise ParseError("a table name is needed", position=position_of(statement, node))
    parts = [p.name.lower() for p in node.parts]
    try:
        found = catalog.find(".".join(parts))
    except UnknownTable as error:
        error.position = position_of(statement, node)
        raise
    if found.table.name.scheme is Scheme.DATASET:
        raise NotSupported(
            f"{found.table.name} is an inventory of what there is; changes are made to resources",
            hint=_resource_hint(found.table, catalog),
            position=position_of(statement, node),
        )
    if found.face is Face.TAGS:
        raise NotSupported(
            f"{found.name} has a row for each tag, not for each resource",
            hint=f"UPDATE {found.table.name} SET tags = '…'",
            position=position_of(statement, node),
        )
    if found.table.cfn_type is None and not is_generic(found.table):
        raise NotSupported(f"{found.table.name} cannot be changed", position=position_of(statement, node))
    return found


def is_generic(table: Table) -> bool:
    """Whether the rows of a table are of any type, which they name themselves: `aws.cloud_control.resources`."""
    return table.cfn_type is None and any(m.name == "create_resource" for m in table.methods)


def _resource_hint(table: Table, catalog: TableFinder) -> str | None:
    service, _, rest = table.name.parts[1].partition("_")
    try:
        resource = catalog.find(f"aws.{service}.{rest}").table
    except UnknownTable:
        return "resources are named aws.<service>.<resource>"
    return f"write to {'.'.join((*resource.name.parts[:-1], resource.plural or resource.name.resource))}"


def position_of(statement: Statement, node: exp.Expr) -> int | None:
    """Where a node stands in the statement's text."""
    identifier = first_of(node, exp.Identifier)
    start = identifier.meta.get("start") if identifier is not None else None
    return None if start is None else statement.offset + int(start)


def _alias(node: exp.Table) -> str:
    return str(node.alias or node.name).lower()


def _returning(tree: exp.Expr, found: Found, alias: str) -> tuple[exp.Expr, ...]:
    """The items of RETURNING, a star written out."""
    clause = tree.args.get("returning")
    items: list[exp.Expr] = []
    for item in clause.expressions if clause is not None else ():
        star = item.this if isinstance(item, exp.Column) else item
        names = [c.name for c in found.star] if isinstance(star, exp.Star) else []
        items += [exp.column(name, table=alias, quoted=True) for name in names] or [item]
    return tuple(items)


def _is_awaited(statement: Statement) -> bool:
    return "NOWAIT" not in _hints(statement)


def _unknown(statement: Statement, table: Table, node: exp.Expr) -> UnknownColumn:
    near = difflib.get_close_matches(node.name.lower(), [c.name for c in table.columns if not c.hidden], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else None
    return UnknownColumn(f"{table.name} has no column {node.name}", hint=hint, position=position_of(statement, node))


# -- EXEC


def _exec(statement: Statement) -> Exec:
    found = read_exec(statement.text[statement.offset :], statement.offset, statement.tree.expressions)
    return Exec(statement, found.path, found.params, found.body, "SECRETS" in found.hints)
