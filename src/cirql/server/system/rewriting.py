"""PostgreSQL's SQL about its catalog as DuckDB's: names of tables and functions, casts to types that are names in disguise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from cirql.errors import NotSupported, ParseError
from cirql.server.system.columns import COLUMNS, NUMBERS, STANDARD, STANDARD_PREFIX
from cirql.server.system.definitions import OVERLOADED, function_names, table_names
from cirql.sql.qualified import DATABASES
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from sqlglot import exp

_OPERATOR = regex(r"OPERATOR\s*\(\s*pg_catalog\.([^)\s]+)\s*\)", re.IGNORECASE)
_COLLATE = regex(r"\bCOLLATE\s+(?:pg_catalog\.)?\"?(?:default|C)\"?", re.IGNORECASE)
_QUALIFIED = regex(r"\b(?:aws\s*\.\s*)?pg_catalog\s*\.\s*(?=\"?\w)|\binformation_schema\s*\.\s*(?=_pg_)", re.IGNORECASE)
_OIDS = regex(r"::\s*(?:oid|regtype|regclass)\s*\[\s*\]", re.IGNORECASE)
_CHAR = regex(r'::\s*"char"(\[\])?', re.IGNORECASE)
_TABLES, _FUNCTIONS = table_names(), function_names()
_NAMED = regex(
    r"\bpg_catalog\s*\.|\binformation_schema\"?\s*\.|\b(?:"
    + "|".join(sorted(_TABLES))
    + r")\b|\b(?:version|current_schemas?|current_setting|set_config|current_database|"
    r"pg_backend_pid|pg_is_in_recovery|format_type|obj_description|col_description|to_regclass|pg_[a-z_]+)\s*\(|"
    r"\b(?:current_schema|current_database|current_catalog|current_user|session_user)\b|::\s*reg(?:class|type|namespace|proc)\b",
    re.IGNORECASE,
)
_STRINGS = regex(r"'(?:[^']|'')*'")
_CLOUD = regex(r"\b(?:FROM|JOIN)\s+\"?(?:aws|cirql|information_schema)\"?\s*\.", re.IGNORECASE)


_TYPES_OF_ASYNCPG = """
SELECT t.oid, n.nspname AS ns, t.typname AS name, t.typtype AS kind, NULL::UINTEGER AS basetype, nullif(t.typelem, 0) AS elemtype,
    ',' AS elemdelim, NULL::UINTEGER AS range_subtype, NULL::UINTEGER[] AS attrtypoids, NULL::VARCHAR[] AS attrnames,
    CASE WHEN list_contains($1::UINTEGER[], t.oid) THEN 0 ELSE 1 END::INTEGER AS depth, NULL::VARCHAR AS basetype_name,
    c_format_type(nullif(t.typelem, 0), NULL) AS elemtype_name, NULL::VARCHAR AS range_subtype_name
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE list_contains($1::UINTEGER[], t.oid)
    OR t.oid IN (SELECT a.typelem FROM pg_type a WHERE list_contains($1::UINTEGER[], a.oid) AND a.typelem <> 0)
ORDER BY depth DESC"""
"""What asyncpg asks about types that it meets: a recursion over `pg_type` for domains, ranges and rows, of which there are none here."""


def concerns(sql: str) -> bool:
    """Whether a statement asks PostgreSQL's catalog, and no table of the cloud's or of the session's own."""
    return _is_named(sql) and _read_by(sql)[1]


def lent(sql: str) -> frozenset[str]:
    """The tables of PostgreSQL's catalog that a statement reads beside others, for which it must have their rows."""
    return _read_by(sql)[0] if _is_named(sql) and not _read_by(sql)[1] else frozenset()


def _is_named(sql: str) -> bool:
    return _NAMED.search(_STRINGS.sub("''", sql)) is not None


@lru_cache(maxsize=512)
def _read_by(sql: str) -> tuple[frozenset[str], bool]:
    """The tables of PostgreSQL's that a statement names, and whether it names no others."""
    from sqlglot import exp

    try:
        trees = _trees(sql)
    except ParseError:
        return frozenset(), _CLOUD.search(_STRINGS.sub("''", sql)) is None
    within = {cte.alias.lower() for tree in trees for cte in tree.find_all(exp.CTE)}
    tables = [t for tree in trees for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier)]
    named = [t for t in tables if t.db or t.name.lower() not in within]
    theirs = [t.name.lower() for t in named if not t.db and t.name.lower() in _TABLES]
    is_question = len(theirs) == len(named) and not any(isinstance(t, exp.Command) for t in trees)
    return frozenset(name for name in theirs if name in COLUMNS), is_question


def parsed(sql: str) -> exp.Expr:
    """The statement as a tree. Raises ParseError, NotSupported."""
    from sqlglot import exp, parse_one

    if "typeinfo_tree" in sql:
        return parse_one(_TYPES_OF_ASYNCPG, read="duckdb")
    trees = _trees(sql)
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise NotSupported("PostgreSQL's catalog is only read", hint="ask it with SELECT")
    return trees[0]


def _trees(sql: str) -> list[exp.Expr]:
    """The statements of a text, with names of PostgreSQL's catalog bare of its schema. Raises ParseError."""
    from sqlglot import parse
    from sqlglot.errors import SqlglotError

    text = _COLLATE.sub("", _OPERATOR.sub(r"\1", sql))
    text = _QUALIFIED.sub("", text)
    text = _OIDS.sub("::int8[]", _CHAR.sub(r"::text\1", text))
    try:
        trees = [t for t in parse(text, read="postgres") if t is not None]
    except SqlglotError as fault:
        raise ParseError(f"this question about the catalog is not understood: {str(fault).splitlines()[0]}") from None
    for tree in trees:
        _name_standard(tree)
    return trees


def _name_standard(tree: exp.Expr) -> None:
    """The views of information_schema by the names that they have in the DuckDB, each still called as it was."""
    from sqlglot import exp

    for table in list(tree.find_all(exp.Table)):
        name = f"{STANDARD_PREFIX}{table.name.lower()}"
        if table.db.lower() == "information_schema" and table.catalog.lower() in ("", *DATABASES) and name in STANDARD:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name.lower(), quoted=True))
            table.replace(exp.Table(this=exp.to_identifier(name), alias=alias, joins=table.args.get("joins")))
    for column in tree.find_all(exp.Column):
        if column.db.lower() == "information_schema":
            column.set("db", None)
            column.set("catalog", None)


def rewritten(tree: exp.Expr, facts: Mapping[str, str]) -> str:
    """The statement in DuckDB's SQL; the tree is used up. `facts` are the client's: user, database, schema, settings."""
    _number_tables(tree)
    for node in reversed(list(tree.walk())):  # what is inside comes before what it is in
        changed = _node(node, facts)
        if changed is not node:
            tree = changed if node is tree else tree
            node.replace(changed)
    _name_columns(tree)
    _quote_reserved(tree)
    return tree.sql(dialect="duckdb")


_RESERVED = frozenset(
    {"anti", "asof", "at", "describe", "glob", "lambda", "pivot", "positional", "qualify", "semi", "show", "summarize", "unpivot"}
)
"""Words that DuckDB takes for its own where PostgreSQL has names: pgAdmin calls a table `at`."""


def _number_tables(tree: exp.Expr) -> None:
    """`tableoid`, which every table of PostgreSQL has, as the number of the table that is meant."""
    from sqlglot import exp

    tables = {table.alias_or_name.lower(): table.name.lower() for table in tree.find_all(exp.Table)}
    for column in list(tree.find_all(exp.Column)):
        table = tables.get(column.table.lower())
        if column.name.lower() == "tableoid" and table in NUMBERS:
            column.replace(exp.Literal.number(NUMBERS[table]))


def _quote_reserved(tree: exp.Expr) -> None:
    from sqlglot import exp

    for word in tree.find_all(exp.Identifier):
        if word.name.lower() in _RESERVED:
            word.set("quoted", True)


def _name_columns(tree: exp.Expr) -> None:
    """Columns without a name have the one that PostgreSQL gives them; a name without quotes is in small letters."""
    from sqlglot import exp

    select = tree.find(exp.Select)
    if select is None:
        return
    for item in list(select.selects):
        if isinstance(item, exp.Alias) and not item.args["alias"].quoted:
            item.set("alias", exp.to_identifier(item.alias.lower()))
        if isinstance(item, exp.Alias | exp.Column | exp.Star):
            continue
        named = item.meta.get("postgres") or next((n.meta["postgres"] for n in item.walk() if "postgres" in n.meta), None)
        inner = item.this if isinstance(item, exp.Cast) else item
        name = named or _shown_name(inner)
        item.replace(exp.alias_(item.copy(), name, quoted=True))


def _shown_name(node: exp.Expr) -> str:
    """What PostgreSQL calls a column that was given no name: as the function, or the column, whose value it is."""
    from sqlglot import exp

    match node:
        case exp.Window() | exp.Paren() | exp.Bracket():
            return _shown_name(node.this)
        case exp.Anonymous() | exp.Column():
            return node.name
        case exp.CurrentTimestamp():
            return "now"
        case exp.Case():
            return _shown_name(node.args["default"]) if isinstance(node.args.get("default"), exp.Column) else "case"
        case exp.Func() if not isinstance(node, exp.Binary | exp.Connector | exp.CurrentDate | exp.CurrentTime):
            return node.sql_name().lower()
    return "?column?"


def _node(node: exp.Expr, facts: Mapping[str, str]) -> exp.Expr:
    from sqlglot import exp

    match node:
        case exp.Select() if not node.expressions:  # rows of no columns, as EXISTS asks for
            return node.select("1", copy=False)
        case exp.Table() if isinstance(node.this, exp.Anonymous):
            return _function_in_from(node)
        case exp.Table() if node.name.lower() in _TABLES:
            table = exp.to_table(node.name.lower())
            table.set("alias", exp.TableAlias(this=exp.to_identifier(node.alias or node.name)))
            table.set("joins", node.args.get("joins"))  # where joins are in parentheses, the first table has them
            return table
        case exp.Any() if (words := ARRAY.fullmatch(node.this.unnest().name)) and _is_string(node.this.unnest()):
            return exp.Any(this=exp.Array(expressions=[exp.Literal.string(item) for item in listed(words[1])]))
        case exp.EQ() if isinstance(node.expression, exp.Any) and _is_gathered(node.expression.this.unnest()):
            return exp.func("list_contains", node.expression.this.unnest(), node.this)
        case exp.Cast() | exp.TryCast():
            return _cast(node)
        case exp.Column():
            return _column(node, facts)
        case exp.Bracket() if isinstance(node.this, exp.Column) and node.this.name.lower() in _VECTORS:
            return _from_zero(node)
        case exp.Anonymous():
            return _call(node.name.lower(), node, list(node.expressions), facts)
        case exp.Substring() | exp.RegexpLike() | exp.RegexpILike():
            return _matched(node)
        case exp.Unnest() if len(node.expressions) > 1:
            return _in_step(node)
        case exp.CurrentCatalog():
            return _constant(facts["current_database"], "current_catalog")
        case exp.Func():
            return _call(_name_of(node), node, list(node.args.values()), facts)
    return node


def _matched(node: exp.Expr) -> exp.Expr:
    """What a regular expression finds in a text, or whether it does."""
    from sqlglot import exp

    if isinstance(node, exp.Substring):
        pattern = node.args.get("start")
        if not isinstance(pattern, exp.Literal) or not pattern.is_string:
            return node
        group = exp.Literal.number(1 if "(" in pattern.name else 0)
        return exp.func("nullif", exp.func("regexp_extract", node.this, pattern, group, dialect="duckdb"), exp.Literal.string(""))
    options = [exp.Literal.string("i")] if isinstance(node, exp.RegexpILike) else []
    return exp.func("regexp_matches", node.this, node.expression, *options)


def _in_step(node: exp.Unnest) -> exp.Expr:
    """`unnest(a, b) WITH ORDINALITY t(x, y, n)`, as Django asks for indexes: DuckDB takes several lists apart in SELECT alone."""
    from sqlglot import exp

    alias = node.args["alias"]
    names = [column.name for column in alias.columns] or [f"unnest_{n}" for n in range(len(node.expressions))]
    items = [exp.alias_(exp.func("unnest", each), name, quoted=True) for each, name in zip(node.expressions, names, strict=False)]
    if node.args.get("offset"):
        place = exp.Anonymous(this="generate_subscripts", expressions=[node.expressions[0].copy(), exp.Literal.number(1)])
        items.append(exp.alias_(place, node.args["offset"].name, quoted=True))
    return exp.Subquery(this=exp.select(*items), alias=exp.TableAlias(this=alias.this.copy()))


def _column(node: exp.Column, facts: Mapping[str, str]) -> exp.Expr:
    """A column, or a word without parentheses that says who asks."""
    name = node.name.lower()
    if name in ("user", "current_role") and not node.table and not node.this.args.get("quoted"):
        return _constant(facts["current_user"], name)
    return _procedure(node) if name in _PROCEDURES and _is_shown(node) else node


_VECTORS = frozenset({"indkey", "indoption", "indclass", "indcollation"})
"""Columns of PostgreSQL's `int2vector` and `oidvector`, which count from zero; its arrays, and DuckDB's lists, count from one."""


def _from_zero(node: exp.Bracket) -> exp.Expr:
    """`indkey[0]`, of which the parser has taken one where it knows the subscript to be an integer."""
    from sqlglot import exp

    place = node.expressions[0]
    taken = isinstance(place, exp.Literal | exp.Neg) or (place.type is not None and place.is_type(*exp.DataType.INTEGER_TYPES))
    more = exp.Literal.number(2 if taken else 1)
    found = exp.func("list_extract", node.this, exp.Add(this=exp.Paren(this=place), expression=more))
    found.meta["postgres"] = node.this.name.lower()
    return found


def _is_gathered(node: exp.Expr) -> bool:
    """Whether it is a list of a question's rows: `ARRAY(SELECT …)`, which DuckDB compares as a whole."""
    from sqlglot import exp

    return isinstance(node, exp.Array) and any(isinstance(item, exp.Query) for item in node.expressions)


def _is_string(node: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Literal) and node.is_string


def _function_in_from(node: exp.Table) -> exp.Expr:
    """A function that stands for a table: one of the tables, or a list of nothing."""
    from sqlglot import exp, parse_one

    name = node.this.name.lower().removeprefix("c_")
    if name == "pg_show_all_settings":
        return exp.to_table("pg_settings", alias=node.alias or name)
    if name in _TABLES:
        return exp.to_table(name, alias=node.alias or name)
    if name in ("pg_partition_ancestors", "pg_partition_tree"):
        nothing = parse_one("SELECT NULL::uinteger AS relid, NULL::bigint AS depth WHERE false", read="duckdb")
        return exp.Subquery(this=nothing, alias=exp.TableAlias(this=exp.to_identifier(node.alias or name)))
    if name == "pg_sleep" or (name in _FUNCTIONS and name not in _SETS):  # one value, which PostgreSQL takes for a table of one row
        called = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name))
        column = called.columns[0].name if called.columns else name
        value = exp.select(exp.alias_(node.this.copy(), column, quoted=True))
        return exp.Subquery(this=value, alias=exp.TableAlias(this=called.this.copy()))
    return node


_SETS = frozenset({"aclexplode", "expandarray", "pg_partition_ancestors"})
"""Functions that give many rows."""


ARRAY = regex(r"\{([^{}\\]*)\}")


def listed(words: str) -> list[str]:
    """The words of an array's text, between its braces: `r, "p"`."""
    return [word.strip().strip('"') for word in words.split(",")] if words.strip() else []


_PROCEDURES = frozenset({"typinput", "typoutput", "typreceive", "typsend"})
"""Columns of numbers of functions that are shown as their names."""


def _is_shown(column: exp.Expr) -> bool:
    from sqlglot import exp

    item = column.parent if isinstance(column.parent, exp.Alias) else column
    return isinstance(item.parent, exp.Select) and item.arg_key == "expressions" and item.parent.parent is None


def _procedure(column: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    found = exp.Anonymous(this="c_regproc_name", expressions=[column.copy()])
    found.meta["postgres"] = column.name.lower()
    return found


def _name_of(node: exp.Func) -> str:
    """The function's name: some have a node of their own."""
    return _SPELLED.get(node.key, node.key)


_SPELLED = {
    "currentschema": "current_schema",
    "currentschemas": "current_schemas",
    "currentdatabase": "current_database",
    "currentcatalog": "current_database",
    "currentuser": "current_user",
    "sessionuser": "session_user",
    "currentversion": "version",
}


_RENAMED = {"json_build_object": "json_object", "jsonb_build_object": "json_object", "json_build_array": "json_array"}
"""Functions that DuckDB has by another name."""


def _call(name: str, node: exp.Expr, arguments: list[exp.Expr], facts: Mapping[str, str]) -> exp.Expr:
    from sqlglot import exp

    if name in ("current_schema", "current_database", "current_user", "session_user", "version"):
        return _constant(facts[name], name)
    if name == "pg_backend_pid":
        own = exp.Literal.number(facts["pid"])
        own.meta["postgres"] = name
        return own
    if name in ("pg_cancel_backend", "pg_terminate_backend"):
        found = exp.Anonymous(this=f"c_{name}", expressions=[*arguments[:1], exp.Literal.string(facts["current_user"])])
        found.meta["postgres"] = name
        return found
    if name == "current_schemas":
        schemas = dict.fromkeys(("pg_catalog", facts["current_schema"], *facts["searched"].split(",")))
        searched = exp.array(*(exp.Literal.string(s) for s in schemas))
        searched.meta["postgres"] = name
        return searched
    if name == "current_setting":
        return _setting(arguments, facts)
    if name == "set_config":
        return _constant(arguments[1].name, name)
    if name.startswith("has_") and name.endswith("_privilege"):
        return exp.true()
    if name == "pg_table_is_visible":
        arguments = [*arguments, exp.Literal.string(facts["searched"])]
    if name in _RENAMED:
        found = exp.Anonymous(this=_RENAMED[name], expressions=arguments)
        found.meta["postgres"] = name
        return found
    if name == "_pg_expandarray":
        return exp.Anonymous(this="c_expandarray", expressions=arguments[:1])
    if name == "pg_get_indexdef" and len(arguments) > 1:
        return _of_index(*arguments[:2])
    if name in _FUNCTIONS:
        kept = arguments[: OVERLOADED.get(name, len(arguments))]
        found = exp.Anonymous(this=f"c_{name}", expressions=kept)
        found.meta["postgres"] = name
        return found
    return node


def _setting(arguments: list[exp.Expr], facts: Mapping[str, str]) -> exp.Expr:
    """`current_setting(name)`, of a name that is written out, and of those of a table's rows."""
    from sqlglot import exp, parse_one

    if not _is_text(arguments[0]):
        every = parse_one("(SELECT map_from_entries(list((s.name, s.setting))) FROM pg_settings s)", read="duckdb")
        return exp.func("map_extract_value", every, exp.func("lower", arguments[0]), dialect="duckdb")
    key = f"setting.{arguments[0].name.lower()}"
    return _constant(None if len(arguments) > 1 and key not in facts else facts.get(key, ""), "current_setting")


def _of_index(index: exp.Expr, place: exp.Expr) -> exp.Expr:
    """`pg_get_indexdef(index, n, …)`: its nth column's name, or with 0 the whole definition."""
    from sqlglot import exp, parse_one

    column = parse_one("(SELECT any_value(a.attname) FROM pg_attribute a WHERE a.attrelid = 0 AND a.attnum = 0)", read="duckdb")
    for condition, value in zip(column.find_all(exp.EQ), (index, place), strict=True):
        condition.set("expression", value.copy())
    whole = exp.Anonymous(this="c_pg_get_indexdef", expressions=[index])
    found = exp.Case(ifs=[exp.If(this=exp.EQ(this=place, expression=exp.Literal.number(0)), true=whole)], default=column)
    found.meta["postgres"] = "pg_get_indexdef"
    return found


def _constant(value: str | None, name: str) -> exp.Expr:
    from sqlglot import exp

    found = exp.cast(exp.null(), "VARCHAR", dialect="duckdb") if value is None else exp.Literal.string(value)
    found.meta["postgres"] = name
    return found


def _is_text(node: exp.Expr) -> bool:
    """Whether it is a name, and not a number: a constant, a parameter, either with a cast to text around it."""
    from sqlglot import exp

    if isinstance(node, exp.Cast):
        return node.is_type("text", "varchar")
    return isinstance(node, exp.Parameter | exp.Placeholder) or (isinstance(node, exp.Literal) and node.is_string)


def _cast(node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    kind = node.args["to"].sql(dialect="postgres").lower()
    inner = node.this
    is_text = _is_text(inner)
    if kind in ("regproc", "text", "varchar") and isinstance(inner, exp.Column) and inner.name.lower() in _PROCEDURES:
        return _procedure(inner)
    match kind:
        case "regproc" if is_text:
            return exp.Anonymous(this="c_regproc_oid", expressions=[inner])
        case "regclass" | "regtype" | "regnamespace":
            if is_text:
                return exp.Anonymous(this=f"c_{kind}_oid", expressions=[inner])
            if kind == "regtype":
                return exp.Anonymous(this="c_format_type", expressions=[inner, exp.null()])
            return exp.Anonymous(this=f"c_{kind}_name", expressions=[inner])
        case (
            "regproc"
            | "regrole"
            | "regoper"
            | "regoperator"
            | "regprocedure"
            | "regcollation"
            | "regconfig"
            | "regdictionary"
            | "name"
            | "text"
            | "varchar"
            | "xid"
        ):
            return exp.cast(inner, "VARCHAR", dialect="duckdb")
        case "regtype[]" | "oid[]":
            return exp.cast(inner, "UINTEGER[]", dialect="duckdb")
        case "name[]":
            return exp.cast(inner, "VARCHAR[]", dialect="duckdb")
        case "oid":
            return exp.cast(inner, "UINTEGER", dialect="duckdb")
    return node
