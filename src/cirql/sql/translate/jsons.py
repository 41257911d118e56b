"""JSON operators: `-> ->> #> #>> @> <@ ? ?| ?& || - #-`, on documents and, where the left side is one, on hstore.

A key never meets DuckDB's path language unquoted: `doc -> 'a.b'` is the member "a.b", `doc -> '*'` the member "*".
"""

from __future__ import annotations

from sqlglot import exp

from cirql.errors import UnknownFunction
from cirql.sql.translate import hstores
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.casts import convert, text_of
from cirql.sql.translate.constants import array_items
from cirql.sql.translate.expressions import refuse
from cirql.sql.translate.nodes import call, constant, integer, is_null, number, position_of, text, type_of, typed
from cirql.sql.translate.site import Rule, Site
from cirql.sql.translate.sqltypes import SqlType


def _key(node: exp.Expr) -> exp.Expr:
    """The right side of an arrow; the parser turns constants into one-step JSON paths."""
    if isinstance(node, exp.JSONPath):
        step = node.expressions[-1]
        if isinstance(step, exp.JSONPathSubscript):
            return number(int(step.this))
        key = step.args.get("this", "")
        return typed(exp.Literal.string(key.name if isinstance(key, exp.Expr) else str(key or "")), st.UNKNOWN)
    return node


def _as_document(subject: exp.Expr, kind: st.SqlType) -> str:
    if isinstance(subject, exp.Column) and kind.is_text:
        return f"{subject.name} is text: where that is a document, write {subject.name}::jsonb -> …"
    return "the arrows bind no tighter than ||: write … || (doc->>'key')"


def arrow(node: exp.Expr, site: Site) -> exp.Expr:
    """`->` and `->>`: text from an hstore, a member or element from a document."""
    subject, key = node.this, _key(node.expression)
    as_text = isinstance(node, exp.JSONExtractScalar)
    if type_of(subject) == st.HSTORE:
        return hstores.value_at(subject, key)
    kind = type_of(subject)
    if not (kind.is_json or kind.is_open) and not site.is_lenient:
        raise UnknownFunction(
            f"operator does not exist: {kind} {'->>' if as_text else '->'} {type_of(key)}",
            hint=_as_document(subject, kind),
            position=position_of(node),
        )
    if site.is_lenient and (path := constant(key)) is not None and path.startswith("$"):
        document = document_of(subject)
        return (
            call("cirql_json_text", document, text(path), type=st.TEXT)
            if as_text
            else call("json_extract", document, text(path), type=st.JSON)
        )
    return extract(subject, key, as_text=as_text)


def extract(subject: exp.Expr, key: exp.Expr, *, as_text: bool) -> exp.Expr:
    """One step into a document.

    doc -> 'k' becomes json_extract(doc, '$."k"'); doc -> -1 becomes json_extract(doc, '$[#-1]')
    """
    document = document_of(subject)
    kind = type_of(document)
    index, name = integer(key), constant(key)
    if is_null(key):
        return typed(exp.Cast(this=exp.Null(), to=exp.DataType.build("TEXT" if as_text else "JSON", dialect="duckdb")), st.TEXT)
    if index is not None:
        path: exp.Expr = text(f"$[{index}]" if index >= 0 else f"$[#{index}]")
    elif name is not None:
        path = text(member_path(name))
        if name in ("", "*"):
            return call(f"cirql_json_{'text' if as_text else 'value'}_odd_key", document, text(name), type=st.TEXT if as_text else kind)
    elif type_of(key).is_integer:
        path = call("cirql_json_index_path", key)
    else:
        macro = "cirql_json_member_text" if as_text else "cirql_json_member"
        return call(macro, document, text_of(key), type=st.TEXT if as_text else kind)
    if as_text:
        return call("cirql_json_text", document, path, type=st.TEXT)
    return call("json_extract", document, path, type=st.JSON if kind == st.JSON else st.JSONB)


def member_path(name: str) -> str:
    """The DuckDB path of one member, quoted."""
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def document_of(node: exp.Expr) -> exp.Expr:
    """The node as a document: an untyped constant is read as jsonb."""
    if type_of(node) == st.UNKNOWN:
        return convert(node, st.JSONB)
    if type_of(node) == st.HSTORE:
        return call("to_json", node, type=st.JSONB)
    return node


def deep(node: exp.Expr, site: Site) -> exp.Expr:
    """`#>` and `#>>` with a path such as `'{a,0,b}'` or a text array."""
    return at_path(node.this, node.expression, as_text=isinstance(node, exp.JSONBExtractScalar))


def at_path(subject: exp.Expr, path: exp.Expr, *, as_text: bool) -> exp.Expr:
    """A member of a member, each step a key or, in an array, an index."""
    document = document_of(subject)
    steps = _constant_steps(path)
    if steps is None:
        return call(
            f"cirql_json_at_{'text' if as_text else 'value'}",
            document,
            convert(path, st.array_of(st.TEXT)),
            type=_result(as_text, document),
        )
    return at_steps(document, steps, as_text=as_text)


def at_steps(document: exp.Expr, steps: list[str], *, as_text: bool) -> exp.Expr:
    """The same for steps known now: one JSON pointer, broken where an index counts from the end."""
    result, pointer = document, ""
    for step in steps:
        if step.startswith("-") and step[1:].isdigit():
            if pointer:
                result = call("json_extract", result, text(pointer), type=type_of(document))
            result, pointer = call("json_extract", result, text(f"$[#{step}]"), type=type_of(document)), ""
        else:
            pointer += "/" + step.replace("~", "~0").replace("/", "~1")
    if as_text:
        return call("cirql_json_text", result, text(pointer or "$"), type=st.TEXT)
    return (
        call("json_extract", result, text(pointer), type=_result(False, document)) if pointer else typed(result, _result(False, document))
    )


def _result(as_text: bool, document: exp.Expr) -> SqlType:
    return st.TEXT if as_text else (st.JSON if type_of(document) == st.JSON else st.JSONB)


def _constant_steps(path: exp.Expr) -> list[str] | None:
    value = constant(path)
    if value is not None:
        try:
            return [str(item) for item in array_items(value)]
        except ValueError:
            from cirql.errors import InvalidText

            raise InvalidText(f'malformed array literal: "{value}"') from None
    inner = path.this if isinstance(path, exp.Cast) else path
    if isinstance(inner, exp.Array) and all(constant(item) is not None for item in inner.expressions):
        return [str(constant(item)) for item in inner.expressions]
    return None


def has_key(node: exp.Expr, site: Site) -> exp.Expr:
    """`?`: a top-level key, or a text element of an array."""
    if type_of(node.this) == st.HSTORE:
        return hstores.has_key(node.this, node.expression)
    return call("cirql_json_has", document_of(node.this), text_of(node.expression), type=st.BOOL)


def has_keys(node: exp.Expr, site: Site) -> exp.Expr:
    """`?|` and `?&`."""
    quantity = "any" if isinstance(node, exp.JSONBContainsAnyTopKeys) else "all"
    if type_of(node.this) == st.HSTORE:
        return hstores.has_keys(node.this, node.expression, quantity)
    keys = convert(node.expression, st.array_of(st.TEXT))
    return call(f"cirql_json_has_{quantity}", document_of(node.this), keys, type=st.BOOL)


def merge(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`||` of documents: objects merge, anything else is concatenated as arrays."""
    return call("cirql_json_concat", convert(left, st.JSONB), convert(right, st.JSONB), type=st.JSONB)


def delete_key(node: exp.Expr, site: Site) -> exp.Expr:
    """`doc - 'k'`, `doc - 0`, `doc - ARRAY[…]`."""
    left, right = node.this, node.expression
    if type_of(right).is_integer:
        return call("cirql_json_without_index", left, right, type=st.JSONB)
    keys = right if type_of(right).element else exp.Array(expressions=[text_of(right)])
    return call("cirql_json_without", left, keys, type=st.JSONB)


def delete_path(node: exp.Expr, site: Site) -> exp.Expr:
    """`doc #- '{a,b}'`."""
    return call("cirql_json_delete_path", document_of(node.this), convert(node.expression, st.array_of(st.TEXT)), type=st.JSONB)


def path_exists(node: exp.Expr, site: Site) -> exp.Expr:
    """`doc @? '$.a'`."""
    return call("cirql_json_path_exists", document_of(node.this), _path(node.expression), type=st.BOOL)


def path_matches(node: exp.Expr, site: Site) -> exp.Expr:
    """`doc @@ '$.a > 1'` (the parser has it as a full-text MATCH)."""
    subject = node.expressions[0] if node.expressions else node.this
    return call("cirql_json_path_match", document_of(subject), _path(node.this), type=st.BOOL)


def _path(node: exp.Expr) -> exp.Expr:
    if constant(node) is None:
        raise refuse("a jsonpath that is not a constant", node)
    return text(str(constant(node)))


RULES: dict[type[exp.Expr], Rule] = {
    exp.JSONExtract: arrow,
    exp.JSONExtractScalar: arrow,
    exp.JSONBExtract: deep,
    exp.JSONBExtractScalar: deep,
    exp.JSONBContainsTopKey: has_key,
    exp.JSONBContainsAnyTopKeys: has_keys,
    exp.JSONBContainsAllTopKeys: has_keys,
    exp.JSONBDeleteAtPath: delete_path,
    exp.JSONBPathExists: path_exists,
    exp.MatchAgainst: path_matches,
}
