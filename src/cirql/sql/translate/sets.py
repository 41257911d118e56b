"""Set-returning functions: in FROM (with or without LATERAL and WITH ORDINALITY) and in the SELECT list.

FROM t, jsonb_each(t.doc) AS e(k, v)
-> FROM t, LATERAL (SELECT unnest(json_keys(t.doc)) AS key, unnest(json_extract(t.doc, '$.*')) AS value) AS e(k, v)
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText, UnknownColumn, UnknownFunction
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.jsons import document_of, member_path
from cirql.sql.translate.nodes import as_type, call, constant, integer, number, text, type_of
from cirql.sql.translate.regexes import regexp_groups, regexp_pieces
from cirql.sql.translate.signatures import name_of
from cirql.sql.translate.site import Site
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.trees import all_of, first_of
from cirql.startup.records import dataclass

Lists = list[tuple[str, exp.Expr, SqlType]]


@dataclass(frozen=True, slots=True)
class SetFunction:
    """A set-returning function as parallel lists, one per column.

    `named`: its only column keeps its own name (`value`) under an alias; otherwise it takes the alias's name.
    """

    lists: Callable[[list[exp.Expr], Site], Lists]
    named: bool = True


def _elements(as_text: bool) -> Callable[[list[exp.Expr], Site], Lists]:
    def lists(arguments: list[exp.Expr], site: Site) -> Lists:
        document = document_of(arguments[0])
        kind = st.TEXT if as_text else (st.JSON if type_of(document) == st.JSON else st.JSONB)
        name = "cirql_json_elements_text" if as_text else "cirql_json_elements"
        return [("value", call(name, document), kind)]

    return lists


def _each(as_text: bool) -> Callable[[list[exp.Expr], Site], Lists]:
    def lists(arguments: list[exp.Expr], site: Site) -> Lists:
        if type_of(arguments[0]) == st.HSTORE:
            return [
                ("key", call("map_keys", arguments[0]), st.TEXT),
                ("value", call("map_values", arguments[0].copy()), st.TEXT),
            ]
        document = document_of(arguments[0])
        values = "cirql_json_member_texts" if as_text else "cirql_json_members"
        return [
            ("key", call("cirql_json_member_names", document), st.TEXT),
            ("value", call(values, document.copy()), st.TEXT if as_text else st.JSONB),
        ]

    return lists


def _keys(arguments: list[exp.Expr], site: Site) -> Lists:
    return [("json_object_keys", call("cirql_json_member_names", document_of(arguments[0])), st.TEXT)]


def _hstore_keys(arguments: list[exp.Expr], site: Site) -> Lists:
    return [("skeys", call("map_keys", arguments[0]), st.TEXT)]


def _hstore_values(arguments: list[exp.Expr], site: Site) -> Lists:
    return [("svals", call("map_values", arguments[0]), st.TEXT)]


def _unnest(arguments: list[exp.Expr], site: Site) -> Lists:
    result: Lists = []
    for argument in arguments:
        kind = type_of(argument)
        if kind == st.UNKNOWN:
            raise refuse("unnest of an untyped constant", argument, hint="cast it: '{a,b}'::text[]")
        flat = argument
        while kind.element is not None and kind.element.element is not None:
            flat, kind = call("flatten", flat), kind.element
        result.append(("unnest", flat, kind.element or st.ANY))
    return result


_SERIES = "cirql_series"


def _series(arguments: list[exp.Expr], site: Site) -> Lists:
    kinds = [type_of(a) for a in arguments]
    if len(arguments) > 2 and integer(arguments[2]) == 0:
        raise InvalidText("step size cannot equal zero", sqlstate="22023")
    known = st.common([k for k in kinds[:2] if k != st.UNKNOWN] or [st.UNKNOWN])
    if known.category == "moment" or (len(kinds) > 2 and kinds[2] == st.INTERVAL):
        moment = st.TIMESTAMP if known == st.TIMESTAMP else st.TIMESTAMPTZ
        ends = [as_type(convert(a, moment), moment) for a in arguments[:2]]
        step = convert(arguments[2], st.INTERVAL) if len(arguments) > 2 else None
        if step is None:
            raise UnknownFunction(f"function generate_series({known}, {known}) does not exist", hint="give a step: INTERVAL '1 day'")
        return [("generate_series", call("generate_series", *ends, step), moment)]
    if known == st.NUMERIC or st.NUMERIC in kinds:
        return [("generate_series", call("cirql_numeric_series", *arguments, *([number(1)] if len(arguments) < 3 else [])), st.NUMERIC)]
    kind = st.INT8 if st.INT8 in kinds else st.INT4
    listed = call(_SERIES, *(convert(a, kind) if type_of(a) == st.UNKNOWN else a for a in arguments))
    return [("generate_series", as_type(listed, st.array_of(kind)), kind)]


def streamed(lists: Lists, arguments: list[exp.Expr]) -> tuple[exp.Expr, exp.Expr] | None:
    """A series of integers between constants as a table that gives them one by one, and the value of its rows; None for other sets."""
    listed = lists[0][1]
    series = listed.this if isinstance(listed, exp.Cast) else None
    if not isinstance(series, exp.Anonymous) or series.name != _SERIES or any(first_of(a, exp.Column, exp.Query) for a in arguments):
        return None
    ends = [as_type(a.copy(), st.INT8) for a in series.expressions]
    return exp.Table(this=exp.Anonymous(this="generate_series", expressions=ends)), as_type(exp.column("generate_series"), lists[0][2])


def _subscripts(arguments: list[exp.Expr], site: Site) -> Lists:
    return [
        (
            "generate_subscripts",
            as_type(
                call("range", number(1), exp.Paren(this=exp.Add(this=call("len", arguments[0]), expression=number(1)))),
                st.array_of(st.INT4),
            ),
            st.INT4,
        )
    ]


def _regexp_matches(arguments: list[exp.Expr], site: Site) -> Lists:
    flags = constant(arguments[2]) if len(arguments) > 2 else ""
    every = "g" in (flags or "")
    found = regexp_groups(arguments[0], arguments[1], flags or "", site, every=every)
    found = found if every else call("cirql_present", found)
    return [("regexp_matches", found, st.array_of(st.TEXT))]


def _regexp_split(arguments: list[exp.Expr], site: Site) -> Lists:
    return [("regexp_split_to_table", regexp_pieces(arguments, site), st.TEXT)]


def _string_to_table(arguments: list[exp.Expr], site: Site) -> Lists:
    pieces = call("cirql_string_to_array", text_of(arguments[0]), text_of(arguments[1]))
    if len(arguments) > 2:
        pieces = call("cirql_nullify", pieces, text_of(arguments[2]))
    return [("string_to_table", pieces, st.TEXT)]


def _sqlite_each(arguments: list[exp.Expr], site: Site) -> Lists:
    """SQLite's json_each: members of an object or elements of an array, values as SQL text."""
    document = as_type(arguments[0], st.JSON)
    if len(arguments) > 1:
        document = call("json_extract", document, arguments[1], type=st.JSON)
    return [
        ("key", call("cirql_sqlite_each_keys", document), st.TEXT),
        ("value", call("cirql_sqlite_each_values", document.copy()), st.TEXT),
    ]


SET_FUNCTIONS: dict[str, SetFunction] = {
    "jsonb_array_elements": SetFunction(_elements(False)),
    "json_array_elements": SetFunction(_elements(False)),
    "jsonb_array_elements_text": SetFunction(_elements(True)),
    "json_array_elements_text": SetFunction(_elements(True)),
    "jsonb_each": SetFunction(_each(False)),
    "json_each": SetFunction(_each(False)),
    "jsonb_each_text": SetFunction(_each(True)),
    "json_each_text": SetFunction(_each(True)),
    "each": SetFunction(_each(True)),
    "jsonb_object_keys": SetFunction(_keys, named=False),
    "json_object_keys": SetFunction(_keys, named=False),
    "skeys": SetFunction(_hstore_keys, named=False),
    "svals": SetFunction(_hstore_values, named=False),
    "unnest": SetFunction(_unnest, named=False),
    "generate_series": SetFunction(_series, named=False),
    "generate_subscripts": SetFunction(_subscripts, named=False),
    "regexp_matches": SetFunction(_regexp_matches, named=False),
    "regexp_split_to_table": SetFunction(_regexp_split, named=False),
    "string_to_table": SetFunction(_string_to_table, named=False),
}


def set_function(name: str, site: Site) -> SetFunction | None:
    """The set-returning function of that name in the site's dialect."""
    if site.dialect == "stackql" and name == "json_each":
        return SetFunction(_sqlite_each)
    return SET_FUNCTIONS.get(name)


_PAIRS = frozenset({"jsonb_each", "jsonb_each_text", "json_each", "json_each_text", "each"})
_VALUES = frozenset(f"{kind}_array_elements{text}" for kind in ("json", "jsonb") for text in ("", "_text"))


def columns_of_call(node: exp.Table) -> list[str] | None:
    """The names of the columns of a set function in FROM; None for what else stands there, and where they depend on the dialect."""
    name = name_of(node.this)
    if name not in SET_FUNCTIONS or name == "json_each":
        return None
    own = ["key", "value"] if name in _PAIRS else ["value"] if name in _VALUES else [node.alias or name]
    if node.args.get("ordinality"):
        own.append("ordinality")
    given = node.alias_column_names
    return [*given, *own[len(given) :]]


def spread(tree: exp.Expr) -> None:
    """Write out the stars of composite values: `(jsonb_each(d)).*` is both its columns, `(t).*` is `t.*`."""
    for star in [d for d in all_of(tree, exp.Dot) if isinstance(d.expression, exp.Star)]:
        inner, select = star.this.unnest(), star.parent
        if isinstance(inner, exp.Column) and not inner.table:
            star.replace(exp.Column(this=exp.Star(), table=inner.this.copy()))
        elif isinstance(inner, exp.Anonymous) and name_of(inner) in _PAIRS and isinstance(select, exp.Select):
            fields = [exp.Dot(this=star.this.copy(), expression=exp.to_identifier(name)) for name in ("key", "value")]
            place = next(n for n, e in enumerate(select.expressions) if e is star)
            select.set("expressions", [*select.expressions[:place], *fields, *select.expressions[place + 1 :]])


def in_select(name: str, arguments: list[exp.Expr], site: Site) -> exp.Expr | None:
    """A set-returning call in a SELECT list: one row per element. None where the function returns no set.

    A function of two columns gives their record as PostgreSQL prints it, `(key,value)`.
    Raises NotSupported for others of several columns.
    """
    function = set_function(name, site)
    if function is None:
        return None
    lists = function.lists(arguments, site)
    if len(lists) == 2 and all(kind == st.TEXT or kind.is_json for _, _, kind in lists):
        texts = (call("cirql_jsonb_texts", values) if kind.is_json else values for _, values, kind in lists)
        return call("unnest", call("cirql_text_records", *texts), type=st.TEXT)
    if len(lists) > 1:
        raise refuse(f"{name}(…) in a SELECT list", hint=f"put it into FROM: … , {name}(…) AS e(key, value)")
    return call("unnest", lists[0][1], type=lists[0][2])


def field_in_select(name: str, field: str, arguments: list[exp.Expr], site: Site) -> exp.Expr:
    """`(jsonb_each(doc)).key` in a SELECT list: one column of what the function gives. Raises UnknownColumn."""
    function = set_function(name, site)
    lists = function.lists(arguments, site) if function is not None else []
    for column, values, kind in lists:
        if column == field:
            return call("unnest", values, type=kind)
    raise UnknownColumn(f"{name}(…) has no column {field}", hint="it has " + " and ".join(column for column, _, _ in lists))


def record_columns(name: str, arguments: list[exp.Expr], definitions: list[exp.ColumnDef], site: Site) -> exp.Select:
    """`jsonb_to_record(doc) AS x(a int, b text)` and `jsonb_to_recordset`, as a query over the document."""
    document = document_of(arguments[0])
    if name.endswith("recordset"):
        source = exp.Subquery(
            this=exp.select(exp.alias_(call("unnest", call("cirql_json_elements", document)), "d")),
            alias=exp.TableAlias(this=exp.to_identifier("r")),
        )
        element: exp.Expr = exp.column("d", table="r")
    else:
        source, element = None, document
    projections = []
    for definition in definitions:
        sql_type = st.of_datatype(definition.args["kind"]) or st.TEXT
        projections.append(exp.alias_(_field(element.copy(), definition.name, sql_type), definition.name, quoted=True))
    query = exp.select(*projections)
    return query.from_(source) if source is not None else query


def _field(document: exp.Expr, name: str, sql_type: SqlType) -> exp.Expr:
    path = text(member_path(name))
    if sql_type.is_json:
        return call("cirql_json_not_null", call("json_extract", document, path))
    if sql_type.element is not None:
        return as_type(call("json_extract", document, path), sql_type)
    taken = call("cirql_json_text", document, path, type=st.TEXT)
    return taken if sql_type == st.TEXT else convert(taken, sql_type)
