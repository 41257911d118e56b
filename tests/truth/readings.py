"""What a table should say, by an independent reading of AWS's models, and what it says."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cirql.catalog.model import Fetch, Role, Table
from cirql.names import singular, snake
from tests.truth import world
from tests.truth.endpoint import Call
from tests.truth.models import (
    describing,
    element_noun,
    is_narrowed,
    is_structure,
    is_token,
    noun_of,
    operation,
    paginator,
    plain,
    row_lists,
    tokens,
)

# Members that say nothing of a row.
# What an answer groups by a delimiter, which a scan never asks for.
_NEVER_ROWS = frozenset({"CommonPrefixes"})
_ABOUT_THE_ANSWER = frozenset({"responsemetadata", "requestid", "etag", "tagserror", "istruncated", "statuscode", "status_code"})


Others = Mapping[tuple[str, str], frozenset[tuple[str, ...]]]


@dataclass(slots=True)
class Verdict:
    """How a table fared: its misses by kind, and how many of the expected columns are right."""

    table: str
    misses: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)
    columns: int = 0
    right: int = 0

    def miss(self, kind: str, detail: str = "") -> None:
        """Count a miss."""
        self.misses[kind] += 1
        self.details.append(f"{kind}: {detail}" if detail else kind)

    def plain(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        return {"table": self.table, "misses": dict(self.misses), "details": self.details, "columns": self.columns, "right": self.right}


@dataclass(slots=True)
class Row:
    """One expected row: its number, and each member's value by its plain name."""

    number: str
    values: dict[str, tuple[str, Any]]


def judge(table: Table, calls: list[Call], names: list[str], rows: list[tuple[Any, ...]], others: Others) -> Verdict:
    """Compare a table's rows with what the calls that were made would give, and with those that should have been.

    `others` are the lists that are rows of some table, by service and operation.
    """
    verdict = Verdict(str(table.name))
    root = _root(table, calls)
    if root is None:
        verdict.miss("nothing was listed")
        return verdict
    taken = others.get((root.service, root.operation), frozenset()) - {root.rows}
    expected = list(_expected(table, root, calls, taken))
    _judge_rows(verdict, table, expected, names, rows)
    gets = _describing(root)
    shape = _element(root.service, root.operation, root.rows)
    element = shape.name if shape is not None else ""
    described = {name: _answers(root.service, name, calls) for name in gets}
    members = {m for row in expected for m in row.values}
    for name in gets:
        if not described[name] and (more := _members_of(root.service, name, element) - members):
            lacking = sorted(m for m in more if _column(table, m) is None)
            if lacking:
                verdict.columns += len(lacking)
                verdict.misses["column missing: a describe is not used"] += len(lacking)
                verdict.details.append(f"{name} is not used: {', '.join(lacking)}")
    for row in expected:
        for name in gets:
            if (answer := described[name].get(row.number)) is not None:
                for member, value in _flat(operation(root.service, name).output_shape, answer, noun_of(name), row.number, element).items():
                    row.values[member] = value
    _judge_columns(verdict, table, expected, names, rows)
    return verdict


def _root(table: Table, calls: list[Call]) -> Fetch | None:
    asked = {(c.service, c.operation) for c in calls}
    lists = [f for f in table.fetches if f.role is Role.LIST] or [f for f in table.fetches if f.role is Role.GET]
    return next((f for f in lists if (f.service, f.operation) in asked), None)


def _expected(table: Table, root: Fetch, calls: list[Call], taken: frozenset[tuple[str, ...]]) -> Iterator[Row]:
    """Every row that the list calls give over all their pages and lists, but for lists that are the rows of other tables."""
    seen: set[str] = set()
    output = operation(root.service, root.operation).output_shape
    for call in calls:
        if (call.service, call.operation) != (root.service, root.operation):
            continue
        paging = {t.split(".")[0] for t in tokens(root.service, root.operation)[0]}
        key = json.dumps({k: v for k, v in call.params.items() if k not in paging}, sort_keys=True, default=str)
        if key in seen:
            continue
        seen.add(key)
        answer = world.answer(root.service, root.operation, call.params, whole=True)
        for path in _paths(table, root, taken):
            shape: Any = output
            for name in path:
                shape = (shape.member if shape.type_name == "list" else shape).members[name]
            for element in _walk(answer, path):
                yield _row(shape.member if shape.type_name == "list" else shape, element, path, call)


def _row(shape: Any, element: Any, path: tuple[str, ...], call: Call) -> Row:
    if not is_structure(shape) or not isinstance(element, Mapping):
        return Row(world.number(element), {plain(singular(path[-1])): (singular(path[-1]), element)})
    values = {plain(m): (m, v) for m, v in element.items()}
    numbers = [n for _, v in values.values() if (n := world.number(v))]
    return Row(max(numbers, key=len, default=world.row_number(call.params)), values)


def _paths(table: Table, root: Fetch, taken: frozenset[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The lists of an answer that are rows: the table's own, and those beside it that botocore or their names say are rows too."""
    rows = [root.rows]
    noun = noun_of(root.operation)
    if not str(table.name).endswith(f"_{snake(noun)}"):
        return rows
    known = paginator(root.service, root.operation).get("result_key", [])
    named = {tuple(k.split(".")) for k in ([known] if isinstance(known, str) else known)}
    lists = row_lists(root.service, root.operation)
    element = _element(root.service, root.operation, root.rows)
    for path in lists:
        if path[:-1] != root.rows[:-1] or path == root.rows or root.rows not in lists:
            continue
        beside = _element(root.service, root.operation, path)
        if element is None or beside is None or is_structure(element) != is_structure(beside) or path in taken or path[-1] in _NEVER_ROWS:
            continue
        is_alike = is_structure(beside) and beside.name == element.name
        if path in named or is_alike or plain(singular(path[-1])).endswith(plain(noun)):
            rows.append(path)
    return rows


def _element(service: str, name: str, path: tuple[str, ...]) -> Any:
    shape = operation(service, name).output_shape
    for part in path:
        shape = (shape.member if shape.type_name == "list" else shape).members.get(part)
        if shape is None:
            return None
    return shape.member if shape.type_name == "list" else shape


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])


def _describing(root: Fetch) -> list[str]:
    """The operations that describe one of the table's rows."""
    element = _element(root.service, root.operation, root.rows)
    nouns = {noun_of(root.operation)}
    if element is not None and is_structure(element) and not is_narrowed(noun_of(root.operation)):
        nouns.add(element_noun(element))
    return [n for noun in sorted(nouns) for n in describing(root.service, noun) if n != root.operation]


def _answers(service: str, name: str, calls: list[Call]) -> dict[str, Any]:
    """What a describe call answered, by the number of the row."""
    found: dict[str, Any] = {}
    for call in calls:
        if (call.service, call.operation) == (service, name):
            answer = world.answer(service, name, call.params, whole=True)
            for number in {n for v in _texts(call.params) if (n := world.number(v))}:
                found[number] = answer
    return found


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    else:
        yield value


def _flat(output: Any, answer: Mapping[str, Any], noun: str, number: str, element: str) -> dict[str, tuple[str, Any]]:
    """The members of the thing that is described: of the structure or list it is wrapped in, and those beside."""
    found: dict[str, tuple[str, Any]] = {}
    wrapper = _wrapper(output, noun, element)
    inner: Any = answer.get(wrapper) if wrapper else None
    if isinstance(inner, list):
        inner = next((i for i in inner if isinstance(i, dict) and any(world.number(v) == number for v in i.values())), None)
    for member, value in (inner or {}).items():
        found[plain(member)] = (member, value)
    for member, value in answer.items():
        if member != wrapper and not is_token(member, None) and plain(member) not in _ABOUT_THE_ANSWER:
            found.setdefault(plain(member), (member, value))
    return found


def _wrapper(output: Any, noun: str, element: str = "") -> str | None:
    members = {m: s for m, s in output.members.items() if not is_token(m, None) and plain(m) not in _ABOUT_THE_ANSWER}
    structures = {m: s for m, s in members.items() if is_structure(s) or (s.type_name == "list" and is_structure(s.member))}
    alike = [m for m, s in structures.items() if (s.member if s.type_name == "list" else s).name == element]
    if alike:
        return str(alike[0])
    named = [m for m in structures if plain(singular(m)) == plain(noun) or plain(m).startswith(plain(noun))]
    if named:
        return str(named[0])
    return str(next(iter(structures))) if len(members) == 1 and structures else None


def _members_of(service: str, name: str, element: str) -> set[str]:
    output = operation(service, name).output_shape
    wrapper = _wrapper(output, noun_of(name), element)
    found = {plain(m) for m in output.members if m != wrapper and not is_token(m, None)} - _ABOUT_THE_ANSWER
    if wrapper is not None:
        shape = output.members[wrapper]
        found |= {plain(m) for m in (shape.member if shape.type_name == "list" else shape).members}
    return {m for m in found if "error" not in m and "tag" not in m}


def _column(table: Table, member: str) -> str | None:
    columns = [c for c in table.columns if not c.name.startswith("_")]
    for column in columns:
        if plain(column.name) == f"own{member}":
            return column.name
    for column in columns:
        if plain(column.name) == member or plain(column.member) == member:
            return column.name
    return "tags" if member.startswith("tag") or member.endswith("tags") else None


def _judge_rows(verdict: Verdict, table: Table, expected: list[Row], names: list[str], rows: list[tuple[Any, ...]]) -> None:
    if len(rows) < len(expected):
        verdict.miss("rows lost", f"{len(rows)} of {len(expected)}")
    elif len(rows) > len(expected):
        verdict.miss("rows too many", f"{len(rows)} for {len(expected)}")
    keys = [row[names.index("_key")] for row in rows]
    if None in keys:
        verdict.miss("no row key", ", ".join(table.key))
    elif len(set(keys)) < len(keys):
        verdict.miss("one key for several rows", ", ".join(table.key))


def _judge_columns(verdict: Verdict, table: Table, expected: list[Row], names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Each expected column is there, and every row has the value that the calls give."""
    members = {m: value for row in expected for m, (value, _) in row.values.items()}
    pairs = _paired(table, expected, names, rows)
    for member in members:
        verdict.columns += 1
        name = _column(table, member)
        if name is None:
            if snake(members[member]):
                verdict.miss("column missing", members[member])
            continue
        if name == "tags" or name not in names:
            verdict.right += 1
            continue
        at = names.index(name)
        wrong = [
            (row.values[member][1], got[at]) for row, got in pairs if member in row.values and not _same(row.values[member][1], got[at])
        ]
        if not wrong:
            verdict.right += 1
        elif all(got is None for _, got in wrong):
            verdict.miss("column NULL", f"{name}, not {wrong[0][0]!r:.90}")
        else:
            verdict.miss("column wrong", f"{name} is {wrong[0][1]!r:.90}, not {wrong[0][0]!r:.90}")


def _paired(table: Table, expected: list[Row], names: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Row, tuple[Any, ...]]]:
    """Each expected row with the row that says most of the same, each row once."""
    left, pairs = list(rows), []
    for row in expected:
        if not left:
            break
        columns = [
            (names.index(c), v) for m, (_, v) in row.values.items() if (c := _column(table, m)) in names and isinstance(v, str | int)
        ]
        best = max(left, key=lambda got: sum(_same(v, got[at]) for at, v in columns))
        left.remove(best)
        pairs.append((row, best))
    return pairs


def _same(value: Any, got: Any) -> bool:
    return bool(_normal(value) == _normal(got))


def _normal(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(k): n for k, v in value.items() if (n := _normal(v)) is not None} or None
    if isinstance(value, list | tuple):
        return [_normal(v) for v in value] or None
    if isinstance(value, str):
        if value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
            try:
                return _normal(json.loads(value))
            except ValueError:
                return value
        if value.endswith("Z") and value[:4].isdigit():
            return value.removesuffix("Z").removesuffix(".000000")
    return value
