"""JSON and hstore functions: builders, paths, changes, aggregates. `json_*` and `jsonb_*` differ only in their result type."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import aggregates, hstores
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of, to_json
from cirql.sql.translate.columns import row_object
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.jsons import at_path, at_steps, document_of
from cirql.sql.translate.nodes import as_type, call, constant, text, type_of, typed
from cirql.sql.translate.signatures import name_of
from cirql.sql.translate.site import Site
from cirql.sql.translate.sqltypes import SqlType
from cirql.sql.translate.whole_rows import row_fields

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def _kind(node: exp.Expr) -> SqlType:
    name = name_of(node)
    return st.JSON if name.startswith(("json_", "row_to", "array_to", "to_json")) and name != "to_jsonb" else st.JSONB


def build_object(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_build_object(key, value, …). Raises InvalidText for an odd number of arguments."""
    if len(arguments) % 2:
        raise InvalidText("argument list must have even number of elements")
    parts: list[exp.Expr] = []
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        parts += [call("cirql_json_key", text_of(key)), _value(value, site)]
    made = call("json_object", *parts, type=_kind(node))
    return made if type_of(made) == st.JSON else call("cirql_text_to_jsonb", made, type=st.JSONB)


def _value(node: exp.Expr, site: Site) -> exp.Expr:
    fields = row_fields(node, site)
    return row_object(fields) if fields is not None else to_json(node)


def build_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_build_array(value, …)."""
    return call("json_array", *(_value(a, site) for a in arguments), type=_kind(node))


def any_to_json(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """to_json, to_jsonb, row_to_json, array_to_json, hstore_to_json."""
    return typed(_value(arguments[0], site), _kind(node))


def extract_path(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_extract_path(doc, 'a', '0') and …_text."""
    as_text = name_of(node).endswith("_text")
    document, steps = document_of(arguments[0]), [constant(a) for a in arguments[1:]]
    if all(step is not None for step in steps):
        return at_steps(document, [str(step) for step in steps], as_text=as_text)
    return at_path(document, typed(exp.Array(expressions=[text_of(a) for a in arguments[1:]]), st.array_of(st.TEXT)), as_text=as_text)


def _changed(macro: str) -> Special:
    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        document = convert(arguments[0], st.JSONB)
        path = convert(arguments[1], st.array_of(st.TEXT))
        new = convert(arguments[2], st.JSONB)
        flag = arguments[3] if len(arguments) > 3 else exp.Boolean(this=macro == "cirql_json_set")
        return call(macro, document, path, new, flag, type=st.JSONB)

    return rule


def _jsonpath(macro: str, kind: SqlType, *, lists: bool = False) -> Special:
    def rule(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
        path = constant(arguments[1])
        if path is None or len(arguments) > 2:
            raise refuse("a jsonpath with variables, or one that is not a constant", node)
        made = call(macro, convert(arguments[0], st.JSONB), text(path), type=kind)
        return call("unnest", made, type=st.JSONB) if lists else made

    return rule


def agg(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_agg, jsonb_agg."""
    return aggregates.json_agg(arguments, _kind(node), site)


def object_agg(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_object_agg, jsonb_object_agg."""
    return aggregates.object_agg(arguments, _kind(node))


def object_of_texts(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """json_object(keys, values) and json_object('{k, v, …}')."""
    arrays = [convert(a, st.array_of(st.TEXT)) for a in arguments]
    macro = "cirql_json_object_from_pairs" if len(arrays) == 1 else "cirql_json_object_from_lists"
    return call(macro, *arrays, type=_kind(node))


def rewrite_hstore(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """hstore('k', 'v'), hstore(keys, values), hstore('{k, v}')."""
    first = arguments[0]
    if len(arguments) == 2 and type_of(first).element is None:
        lists = [exp.Array(expressions=[text_of(a)]) for a in arguments]
        return as_type(call("map", *lists), st.HSTORE)
    if len(arguments) == 2:
        return as_type(call("map", *(convert(a, st.array_of(st.TEXT)) for a in arguments)), st.HSTORE)
    if type_of(first).element is not None:
        return call("cirql_hstore_from_pairs", first, type=st.HSTORE)
    return convert(first, st.HSTORE)


def rewrite_delete(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """delete(hstore, key | keys | hstore)."""
    return hstores.delete_key(exp.Sub(this=arguments[0], expression=arguments[1]), site)


def slice_of(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """slice(hstore, keys)."""
    return call("cirql_hstore_slice", arguments[0], convert(arguments[1], st.array_of(st.TEXT)), type=st.HSTORE)


def to_array(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """hstore_to_array: keys and values alternating."""
    return call("cirql_hstore_to_array", arguments[0], type=st.array_of(st.TEXT))


_BOTH = {
    "build_object": build_object,
    "build_array": build_array,
    "extract_path": extract_path,
    "extract_path_text": extract_path,
    "agg": agg,
    "object_agg": object_agg,
    "object": object_of_texts,
}
CALLS: dict[str, Special] = {
    **{f"{prefix}_{name}": rule for prefix in ("json", "jsonb") for name, rule in _BOTH.items()},
    "to_json": any_to_json,
    "to_jsonb": any_to_json,
    "row_to_json": any_to_json,
    "array_to_json": any_to_json,
    "jsonb_set": _changed("cirql_json_set"),
    "jsonb_insert": _changed("cirql_json_insert"),
    "jsonb_path_query": _jsonpath("cirql_jsonpath", st.JSONB, lists=True),
    "jsonb_path_query_array": _jsonpath("cirql_jsonpath_array", st.JSONB),
    "jsonb_path_query_first": _jsonpath("cirql_jsonpath_first", st.JSONB),
    "jsonb_path_exists": _jsonpath("cirql_json_path_exists", st.BOOL),
    "jsonb_path_match": _jsonpath("cirql_json_path_match", st.BOOL),
    "hstore": rewrite_hstore,
    "delete": rewrite_delete,
    "slice": slice_of,
    "hstore_to_array": to_array,
}
