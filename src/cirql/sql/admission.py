"""What DuckDB is given at all: one statement, of the kind that was meant, that calls functions of a list.

Every text that reaches it is made by cirql, with names and values through `quoting`. This is the second lock: should a text ever hold more
than was meant, it is not run. DuckDB's own tokens and tree are looked at: no spelling hides a name. Beside it, a `Database` opens no
file and lets no setting be changed, whatever it is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from cirql.errors import Internal, NotSupported, UnknownFunction

QUERY = frozenset({"SELECT"})
CHANGE = frozenset({"CREATE", "INSERT", "UPDATE", "DELETE", "DROP"})

READERS = frozenset(
    {"read_csv", "read_csv_auto", "read_parquet", "parquet_scan", "read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto"}
)
"""The table functions that read the rows of a file. What reads a file as text or bytes, or lists directories, is no source of rows."""
_FILES = ("read_", "glob", "sniff_", "parquet_")
_NO_CALL = frozenset(
    """
    all and any array as between by check coalesce columns cube distinct else end except exclude exists filter from grouping having if ilike
    in intersect is join key lateral like limit materialized not null offset on or order over partition primary recursive references replace
    returning rollup rows select set sets similar some struct then to tablesample try_cast cast union unique using values when where window
    with within bigint bit blob boolean char character decimal double enum float hugeint int integer interval list map numeric real row
    smallint text time timestamp timestamptz tinyint union uuid varchar varying extract substring overlay position trim default generated
    always
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
"""Words that stand before a parenthesis and call nothing that could do harm: DuckDB's grammar, and its types."""
_NUMBERS = "nextval"
"""What a numbered column of a table of one's own takes its default from."""
_OF_THE_CATALOG = frozenset({"show", "describe", "desc", "summarize"})
"""Words that make a query of the engine's own insides; only its tree tells them from names."""
_LET_THROUGH: set[bytes] = set()
"""Digests of the queries that were looked at and let through: what a text calls is the same each time."""
_MOST = 4096


@cache
def allowed_functions() -> frozenset[str]:
    """The functions of DuckDB that a statement may call: those that compute from their arguments alone, and the readers of files."""
    return frozenset(resources.files("cirql.sql").joinpath("engine_functions.txt").read_text(encoding="utf-8").lower().split())


def refused(name: str) -> UnknownFunction:
    """The error for a function that is not in the list."""
    reads = name.startswith(_FILES)
    return UnknownFunction(
        f"function {name[:100]} does not exist",
        hint="files are read in FROM, by read_csv, read_parquet or read_json" if reads else "cirql docs has the functions that there are",
    )


def admit(connection: Any, sql: str, kinds: frozenset[str]) -> Any:
    """Let one statement of these kinds through: DuckDB's own object for it, which saves reading it again.

    Raises UnknownFunction for a call of what is not in the list, Internal for anything but one such statement, and DuckDB's own error where
    it is no statement.
    """
    statements = connection.extract_statements(sql)
    found = [statement.type.name for statement in statements]
    if len(found) != 1 or found[0] not in kinds:
        raise Internal(f"a statement became {', '.join(found) or 'nothing'} on its way to the engine and was not run")
    is_query = found[0] == "SELECT"
    digest = sha256(sql.encode("utf-8", "surrogatepass")).digest()
    if is_query and digest in _LET_THROUGH:
        return statements[0]
    strange = next(_strange_words(sql, may_name=not is_query), None)
    if strange is not None and is_query:  # most often an alias with columns, `AS t(a)`: the tree tells
        strange = _strange_call(connection, sql)
    if strange is not None:
        raise refused(strange)
    if is_query:
        if len(_LET_THROUGH) >= _MOST:
            _LET_THROUGH.clear()
        _LET_THROUGH.add(digest)
    return statements[0]


def _strange_words(sql: str, *, may_name: bool) -> Iterator[str]:
    """Words in the place of a function's name that are not in the list; `may_name` leaves out the new and own names of tables."""
    import duckdb

    tokens = [t for t in _tokens(sql, duckdb.tokenize(sql)) if t[1] != "comment"]
    for i, (word, kind) in enumerate(tokens):
        if kind == "keyword" and word.lower() in _OF_THE_CATALOG and not _is_order(tokens, i):
            yield word
        if kind not in ("identifier", "keyword") or i + 1 == len(tokens) or not tokens[i + 1][0].startswith("("):
            continue
        name = _unquoted(word)
        if may_name and (name == _NUMBERS or _is_being_named(tokens, i)):
            continue
        if not (_is_known(name) or (kind == "keyword" and name in _NO_CALL)):
            yield name


def _tokens(sql: str, places: list[tuple[int, Any]]) -> Iterator[tuple[str, str]]:
    """The text and kind of each token; DuckDB counts bytes."""
    encoded = sql.encode()
    ends = [place for place, _ in places[1:]] + [len(encoded)]
    for (start, kind), end in zip(places, ends, strict=True):
        yield encoded[start:end].decode(errors="replace").strip(), kind.name


def _is_order(tokens: list[tuple[str, str]], i: int) -> bool:
    """Whether DESC is said of a key in ORDER BY: it has something before it, and behind it nothing that could be described."""
    if tokens[i][0].lower() != "desc" or i == 0 or tokens[i - 1][0] == "(":
        return False
    return i + 1 == len(tokens) or tokens[i + 1][0].lower() in (",", ")", ";", "nulls", "limit", "offset")


def _is_being_named(tokens: list[tuple[str, str]], i: int) -> bool:
    """Whether a word before a parenthesis is a table's new or own name: `INTO t (…)`, `AS t(a, b)`, `WITH t(a) AS (…)`."""
    before = tokens[i - 1][0].lower() if i else ""
    if before in ("into", "table", "as", "references", "exists", "with", "recursive"):
        return True
    if before == "on" and "index" in (t[0].lower() for t in tokens[1:3]):
        return True
    depth = 0
    for place in range(i + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place][0], 0)
        if depth == 0:
            after = [t[0].lower() for t in tokens[place + 1 : place + 6]]
            opened = after.index("(") if "(" in after else -1
            return before == "," and after[:1] == ["as"] and after[opened + 1 : opened + 2] in (["select"], ["with"], ["values"])
    return False


def _unquoted(word: str) -> str:
    return (word[1:-1].replace('""', '"') if word.startswith('"') else word).lower()


def _is_known(name: str) -> bool:
    return name in allowed_functions() or name.startswith("cirql_")


def _strange_call(connection: Any, sql: str) -> str | None:
    """The first function in DuckDB's own tree of a query that is not in the list. Raises NotSupported for SHOW and its kin."""
    tree = json.loads(connection.execute("SELECT json_serialize_sql($1)", [sql]).fetchall()[0][0])
    if tree.get("error"):
        raise Internal("the engine cannot say what a statement calls, so it was not run")
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            if node.get("type") == "SHOW_REF":
                raise NotSupported(
                    "SHOW, DESCRIBE and SUMMARIZE inside a query are not supported", hint="information_schema can be queried"
                )
            name = node.get("function_name")
            if isinstance(name, str) and not _is_operator(node, name) and not _is_known(name.lower()):
                return name
            waiting.extend(node.values())
    return None


def _is_operator(node: dict[str, Any], name: str) -> bool:
    return not any(c.isalpha() or c == "_" for c in name) or bool(node.get("is_operator"))
