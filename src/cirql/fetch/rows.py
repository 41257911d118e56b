"""From an answer to rows: each a dict from column to the value AWS gave, still untyped.

A missing list is a broken answer, not an empty one, unless the catalog says that the protocol drops empty lists.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from cirql.catalog.model import IDENTIFIER, LIST, Arn, Fetch, Output, Scope, Table
from cirql.errors import CloudError
from cirql.fetch.spread import note_places
from cirql.plan.arns import arn_columns, parse_arn

Row = dict[str, Any]
UNREAD = "_unread"
"""Where a row holds the columns that could not be read, so that nobody takes their NULL for a value."""
UNTOLD = "_untold"
"""Where a row holds the columns that AWS will not tell of its kind: NULL is all that will ever be known of them."""
ODD = "_odd"
"""Where a row holds the members of its answer that could not be read, as they were written."""

BESIDE = "_beside"
"""Where a row says that it is of another list than the fetch's own: a document among the folders."""


def rows_of(fetch: Fetch, answer: dict[str, Any]) -> list[Row]:
    """The rows of one page. Raises CloudError where the member that holds them is missing."""
    return [_row(fetch, item, outer) for item, outer in _items(fetch, answer)]


def collected(fetch: Fetch, answers: list[dict[str, Any]]) -> Row:
    """The one row of a collecting fetch: each output reads the list of all items of all pages."""
    items = [item for answer in answers for item, _ in _items(fetch, answer)]
    return {o.column: _read(o, [_follow(item, o.path) for item in items]) for o in fetch.outputs}


def whole(fetch: Fetch, answers: list[dict[str, Any]]) -> Row | None:
    """The one row of a describe call, None where there is none: what its later pages hold goes on with the lists and maps of the first."""
    firsts = [rows[0] for answer in answers if (rows := rows_of(fetch, answer))]
    if not firsts:
        return None
    row, *rest = firsts
    for more in rest:
        row |= {c: [*(row.get(c) or ()), *value] for c, value in more.items() if isinstance(value, list)}
        row |= {c: {**value, **(row.get(c) or {})} for c, value in more.items() if isinstance(value, dict)}
    return row


def given(row: Row) -> Row:
    """The values that are there: a detail call that leaves a member out does not erase what the list call gave."""
    return {c: v for c, v in row.items() if v is not None}


def _items(fetch: Fetch, answer: dict[str, Any]) -> Iterator[tuple[Any, list[Any]]]:
    for path in fetch.beside:
        yield from _descend(answer, path, [{LIST: path[-1]}])
    if fetch.rows and fetch.rows[0] not in answer:
        if fetch.rows_may_be_absent:
            return
        raise CloudError(
            f"AWS's answer to {fetch.service}:{fetch.operation} has no {fetch.rows[0]}",
            hint="the answer was incomplete; it is not taken for an empty list",
        )
    yield from _descend(answer, fetch.rows, [{LIST: fetch.rows[-1]}] if fetch.beside else [])


def _descend(node: Any, path: tuple[str, ...], outer: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    if isinstance(node, list):
        for element in node:
            yield from _descend(element, path, outer)
    elif not path:
        if node is not None:
            yield node, outer
    elif isinstance(node, dict):
        yield from _descend(node.get(path[0]), path[1:], [node, *outer])


def _row(fetch: Fetch, item: Any, outer: list[Any]) -> Row:
    if fetch.json_members and isinstance(item, dict):
        item = {**item, **{m: _decode(item[m]) for m in fetch.json_members if m in item}}
    if isinstance(item, dict):  # nearly every output is a plain member, and there are many rows
        row = {
            o.column: item.get(o.path[0]) if len(o.path) == 1 and not o.reading else _read(o, _follow(item, o.path)) for o in fetch.outputs
        }
    else:
        row = {o.column: _read(o, _follow(item, o.path)) for o in fetch.outputs}
    unread = [m for m in fetch.json_members if isinstance(item, dict) and isinstance(item.get(m), str)]
    if unread:
        row[ODD] = {m: item[m] for m in unread}
        row[UNREAD] = frozenset(o.column for o in fetch.outputs if len(o.path) > 1 and o.path[0] in unread)
    if fetch.beside and outer[-1][LIST] != fetch.rows[-1]:
        row[BESIDE] = True
    if fetch.spread is not None:
        note_places(fetch.spread, item, row)
    for output in fetch.lifted:
        row[output.column] = _read(output, next((v for node in outer if (v := _follow(node, output.path)) is not None), None))
    return row


def _decode(text: Any) -> Any:
    """A member that holds JSON in writing; as it is where it does not."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def _follow(node: Any, path: tuple[str, ...]) -> Any:
    for at, name in enumerate(path):
        if isinstance(node, list):
            return [_follow(element, path[at:]) for element in node]
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node


def _read(output: Output, value: Any) -> Any:
    match output.reading:
        case "":
            return value
        case "tags":
            return _tags(value)
        case "list":
            return list(value) if value is not None else None
        case "url":
            return unquote(value) if isinstance(value, str) else _written(value)
        case "text":
            return _parsed(value)
        case "only":
            return value[0] if isinstance(value, list) and len(value) == 1 else None
    if output.reading.startswith("arn:"):
        return _of_arn(output.reading.removeprefix("arn:"), str(value or ""))
    raise ValueError(f"unknown reading {output.reading!r} of column {output.column}")


def _written(document: Any) -> str | None:
    """A policy that botocore has taken apart already, as text again."""
    return None if document is None else json.dumps(document, ensure_ascii=False)


# The service is the third part of an ARN, and what is after the fifth colon is the resource.
_ARN_SERVICE, _ARN_COLONS = 2, 5


def _of_arn(part: str, arn: str) -> str | None:
    """A part of an ARN: the service, the type of the resource, or the n-th word of its name."""
    outer = arn.split(":", _ARN_COLONS)
    words = outer[-1].replace(":", "/").split("/") if arn else []
    match part:
        case "service":
            return outer[_ARN_SERVICE] if len(outer) > _ARN_COLONS else None
        case "type":
            named = [w for w in words if w]
            return named[0] if len(words) > 1 and named else None
    return words[int(part)] if int(part) < len(words) else None


def _parsed(value: Any) -> Any:
    """Text that may be JSON (attributes and policies that an API gives as strings) as what it says, else as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _tags(value: Any) -> dict[str, str] | None:
    """Tags in any of AWS's shapes as a map; several values of one key are sorted and comma-joined (hstore_csv)."""
    if value is None or isinstance(value, dict):
        return None if value is None else {str(k): "" if v is None else str(v) for k, v in value.items()}
    found: dict[str, set[str]] = {}
    for tag in value:
        if isinstance(tag, dict):
            lowered = {k.lower(): v for k, v in tag.items()}
            key = lowered.get("key", lowered.get("tagkey"))
            text = lowered.get("value", lowered.get("tagvalue"))
            if key is not None:
                found.setdefault(str(key), set()).add("" if text is None else str(text))
    return {key: ",".join(sorted(values)) for key, values in found.items()}


def derive(table: Table, row: Row, partition: str) -> None:
    """Fill what follows from the row without a call: ARN parts, the ARN, the identifier and its parts."""
    identifier = row.get("data__identifier")
    if identifier is not None and table.identifier:
        parts = str(identifier).split("|") if len(table.identifier) > 1 else [str(identifier)]
        if len(parts) == len(table.identifier):
            for name, part in zip(table.identifier, parts, strict=True):
                row.setdefault(name, part)
    if table.arn is not None:
        _derive_arn(table, table.arn, row, partition)
    if identifier is None and table.identifier and all(row.get(c) is not None for c in table.identifier):
        row["data__identifier"] = "|".join(str(row[c]) for c in table.identifier)


def _derive_arn(table: Table, arn: Arn, row: Row, partition: str) -> None:
    text = row.get(arn.column)
    if text is not None:
        if all(name in row for name in ("region", table.account_column, *arn_columns(arn))):
            return
        for name, value in (parse_arn(arn, str(text), table) or {}).items():
            row.setdefault(name, value)
    elif (row.get("account_id") or "{account_id}" not in arn.template) and all(row.get(c) is not None for c in arn_columns(arn)):
        row[arn.column] = arn.template.format(**{"partition": partition, **row})


_NAMES = ("arn", "id", "name", "identifier")


def _lacks_name(table: Table, values: list[Any]) -> bool:
    """Whether a row lacks the first part of its key, which names it or what it is of; or all parts."""
    if not values or all(v is None for v in values):
        return True
    first = table.key[0]
    return values[0] is None and (first.endswith(_NAMES) or any(first in f.required for f in table.fetches))


# Names are shorter; what is longer is all that a row says, since nothing names it.
_LONGEST_KEY = 1_000


def make_key(table: Table, row: Row, answered: Container[str] = ()) -> None:
    """Fill `_key` once its parts are there: the ARN where the table has one, else an ARN-like path that no other row has.

    `answered` are columns that AWS was asked for already: what they lack, the row has not.
    """
    values = [row.get(c) for c in table.key]
    if any(v is None and c not in answered for c, v in zip(table.key, values, strict=True)) or _lacks_name(table, values):
        return
    # A part that this row has not (the set identifier of a plain record set) is none of its key.
    values = [v for v in values if v is not None]
    if len(values) == 1 and str(values[0]).startswith("arn:"):
        row["_key"] = values[0]
        return
    region = "" if table.scope is Scope.GLOBAL else row.get("region") or ""
    place = f"{region}:{row.get(table.account_column) or ''}"
    said = "/".join(str(v) for v in values)
    if len(said) > _LONGEST_KEY:
        said = sha256(said.encode()).hexdigest()
    row["_key"] = f"arn:aws:{table.service}:{place}:{table.name.resource}/{said}"


def naming_columns(table: Table) -> tuple[str, ...]:
    """The columns that rows are put in order by, within an account and region: those of its key, of an ARN its parts before it."""
    names = table.key or ((IDENTIFIER,) if table.column(IDENTIFIER) is not None else ())
    return (*arn_columns(table.arn), *names) if table.arn is not None and names == (table.arn.column,) else names


def in_key_order(table: Table, rows: list[Row]) -> list[Row]:
    """The rows by what names them, an ARN by its parts, numbers by size; as they are where nothing does."""
    names = naming_columns(table)
    if len(rows) < 2 or not names:
        return rows
    try:
        return sorted(rows, key=lambda row: [row.get(c) for c in names])
    except TypeError:  # of several kinds, or NULL among them
        return sorted(rows, key=lambda row: [_rank(row.get(c)) for c in names])


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, value, ""
    return (2, 0, "") if value is None else (1, 0, str(value))
