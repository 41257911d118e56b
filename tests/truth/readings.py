"""What a table should say, by an independent reading of AWS's models, and what it says."""

from __future__ import annotations

import base64
import json
import re
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
    is_beside_rows,
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
# What an answer says twice, in an older form, or of its rows, one for each.
_NEVER_ROWS = frozenset({"CommonPrefixes", "ResourceIdentifiers", "FaceModelVersions"})
_WRAPPED = re.compile(r"(?<=.)(list|s|descriptions?|details?|response|info|information|summary|data)$")
_ABOUT_THE_ANSWER = frozenset({"responsemetadata", "requestid", "etag", "tagserror", "istruncated", "statuscode", "status_code"})


_NONE = object()

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
    also: dict[str, Any] = field(default_factory=dict)
    bare: str = ""
    echoed: frozenset[str] = frozenset()

    def says(self, member: str, got: Any) -> bool:
        """Whether a value is what the list or the describe says; what the list call was asked with, a describe may say in its own words."""
        is_told = member in self.echoed and got is not None
        return is_told or _same(self.values[member][1], got) or _same(self.also.get(member, _NONE), got)


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
            about = plain(noun_of(name))
            lacking = sorted(m for m in more if _column(table, m) is None and _column(table, m.removeprefix(about) or m) is None)
            if lacking:
                verdict.columns += len(lacking)
                verdict.misses["column missing: a describe is not used"] += len(lacking)
                verdict.details.append(f"{name} is not used: {', '.join(lacking)}")
    for row in expected:
        for name in gets:
            if (answer := described[name].get(row.number)) is not None:
                for member, (spelled, value) in _flat(
                    operation(root.service, name).output_shape, answer, noun_of(name), row.number, element
                ).items():
                    # Where a list and a describe both say a thing, either will do.
                    if not _same(row.values.get(member, ("", None))[1], value):
                        row.also[member] = row.values.get(member, ("", value))[1]
                    row.values[member] = spelled, value
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
        member = plain(singular(path[-1]))
        return Row(world.number(element), {member: (singular(path[-1]), element)}, bare=member)
    values = {plain(m): (m, v) for m, v in element.items() if shape.members[m].serialization.get("location") != "statusCode"}
    numbers = [n for _, v in values.values() if (n := world.number(v))]
    echoed = frozenset(plain(p) for p in call.params)
    return Row(max(numbers, key=len, default=world.row_number(call.params)), values, echoed=echoed)


def _paths(table: Table, root: Fetch, taken: frozenset[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The lists of an answer that are rows: the table's own, and those beside it that botocore or their names say are rows too."""
    rows = [root.rows]
    noun = noun_of(root.operation)
    if not str(table.name).endswith(f"_{snake(noun)}"):
        return [*rows, *root.beside]
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
    return [*rows, *(p for p in root.beside if p not in rows)]


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
    element, noun = _element(root.service, root.operation, root.rows), noun_of(root.operation)
    own = [n for n in describing(root.service, noun) if n != root.operation and _may_be_asked(root, n, noun, element)]
    if own or element is None or not is_structure(element) or is_narrowed(noun):
        return own
    about = element_noun(element)
    if plain(noun).startswith(plain(about)):
        # Versions, snapshots and events of a thing are not what describes the thing.
        return []
    return [n for n in describing(root.service, about) if n != root.operation and _may_be_asked(root, n, about, element)]


def _may_be_asked(root: Fetch, name: str, noun: str, element: Any) -> bool:
    """Whether rows, or what the list call was asked, have what a call requires: by the same name, or the noun's."""
    shape = operation(root.service, name).input_shape
    asked = operation(root.service, root.operation).input_shape
    known = {plain(m) for m in (asked.members if asked is not None else ())}
    known |= {plain(m) for m in element.members} if element is not None and is_structure(element) else {"", "name", "id", "arn"}
    for member in shape.required_members if shape is not None else ():
        wanted = plain(singular(member.removesuffix("List")))
        about = wanted.removeprefix(plain(noun))
        kind = next((k for k in ("identifier", "arn", "id", "name") if wanted.endswith(k)), wanted)
        ways = {wanted, about, f"{plain(noun)}{wanted}", kind if about in ("", kind) else wanted}
        ways |= (
            {"arn", "id", "name", f"{plain(noun)}arn", f"{plain(noun)}id", f"{plain(noun)}name"} if about in ("", "identifier") else set()
        )
        if not ways & known:
            return False
    return True


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
    for member in _data(output):
        if member != wrapper and member in answer:
            found.setdefault(plain(member), (member, answer[member]))
    return found


def _data(output: Any) -> dict[str, Any]:
    """The members of an answer that say something of what it is about."""
    return {
        m: s
        for m, s in output.members.items()
        if not is_token(m, None)
        and plain(m) not in _ABOUT_THE_ANSWER
        and not is_beside_rows(m)
        and s.serialization.get("location") not in ("header", "headers", "statusCode")
    }


def _wrapper(output: Any, noun: str, element: str = "") -> str | None:
    members, is_many = _data(output), output.name.startswith("Batch")
    structures = {m: s for m, s in members.items() if is_structure(s) or (s.type_name == "list" and is_structure(s.member))}
    alike = [m for m, s in structures.items() if (s.member if s.type_name == "list" else s).name == element]
    single = [m for m, s in structures.items() if is_structure(s)]
    named = [
        m for end in ("response", "") for m in single if plain(m) == f"{plain(noun)}{end}" or f"{plain(singular(m))}{end}" == plain(noun)
    ]
    named += [m for m in single if _WRAPPED.sub("", plain(m)) == plain(noun)]
    lists = [m for m, s in structures.items() if s.type_name == "list"]
    many = lists if is_many else [m for m in lists if plain(singular(m)) == plain(noun) and singular(m) != m]
    found = alike or named or (many if len(many) == 1 else [])
    return str(found[0]) if found else str(single[0]) if len(members) == 1 and single else None


def _members_of(service: str, name: str, element: str) -> set[str]:
    output = operation(service, name).output_shape
    wrapper = _wrapper(output, noun_of(name), element)
    found = {plain(m) for m in _data(output) if m != wrapper}
    if wrapper is not None:
        shape = output.members[wrapper]
        found |= {plain(m) for m in (shape.member if shape.type_name == "list" else shape).members}
    return {m for m in found if not is_beside_rows(m) and "tag" not in m}


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
        name = _column(table, member) or _named_otherwise(member, names, pairs)
        if name is None:
            if snake(members[member]):
                verdict.miss("column missing", members[member])
            continue
        if name == "tags" or name not in names:
            verdict.right += 1
            continue
        at = names.index(name)
        wrong = [(row.values[member][1], got[at]) for row, got in pairs if member in row.values and not row.says(member, got[at])]
        if not wrong:
            verdict.right += 1
        elif all(got is None for _, got in wrong):
            verdict.miss("column NULL", f"{name}, not {wrong[0][0]!r:.90}")
        else:
            verdict.miss("column wrong", f"{name} is {wrong[0][1]!r:.90}, not {wrong[0][0]!r:.90}")


def _named_otherwise(member: str, names: list[str], pairs: list[tuple[Row, tuple[Any, ...]]]) -> str | None:
    """The column of a bare value, which lists call by the noun and describes by what it is: `fleets` are the `name` of fleets."""
    if not pairs or any(row.bare != member for row, _ in pairs):
        return None
    return next((n for at, n in enumerate(names) if all(_same(row.values[member][1], got[at]) for row, got in pairs)), None)


def _paired(table: Table, expected: list[Row], names: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Row, tuple[Any, ...]]]:
    """Each expected row with the row that says most of the same, each row once."""
    left, pairs = list(rows), []
    for row in expected:
        if not left:
            break
        columns = [(names.index(c), m) for m in row.values if (c := _column(table, m)) in names]
        best = max(left, key=lambda got: sum(row.says(m, got[at]) for at, m in columns))
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
