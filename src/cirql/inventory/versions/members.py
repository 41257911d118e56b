"""Members of JSON columns as columns of their own: which to keep so, and how a read uses them instead of the whole documents.

A document like `{"State": {"Name": "running"}, "VpcId": "vpc-1"}` has the members `State.Name` and `VpcId`. A large segment keeps the JSON
text of each, `"running"`, in a column (NULL where a document has no such member). That text is exactly what the document says there,
so two things can be read from the small column: which rows can meet a condition on the member, and, for a statement that looks at nothing
but members, an abridged document with only those. Paths are quoted steps into objects; never positions in lists.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cirql.inventory.model import Clause, Condition, Path
from cirql.sql.quoting import constant, name, stored_type, text
from cirql.startup.records import dataclass, field
from cirql.startup.regexes import regex
from cirql.types import ColumnType

if TYPE_CHECKING:
    import duckdb

SAMPLE = 1_000
MOST_MEMBERS = 48
LEAST_SHARE = 0.05
DEEPEST = 5
LONGEST = 100
_STEP = regex(r"[A-Za-z_][\w .:/@+-]*", re.ASCII)
_BARE = regex(r"[-+]?[\d.].*|[-+]?inf(inity)?|nan|true|false|null", re.IGNORECASE)
_UNLIKE = regex(r"[\x00-\x1f\x7f]|^\s*[\[{]")


@dataclass(frozen=True, slots=True)
class Member:
    """A place in the documents of a JSON column."""

    column: str
    path: Path


class Stored(Protocol):
    """What a read knows of a segment: the types of its columns, and the members that have a column of their own."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The types of the stored columns."""
        ...

    @property
    def members(self) -> tuple[Member, ...]:
        """The members with a column each, in order."""
        ...


def column_of(number: int) -> str:
    """The physical column of a segment's nth member."""
    return f"$p{number}"


def is_plain(path: Path) -> bool:
    """Whether every step names a member of an object, and means the same in each way of writing a path."""
    return bool(path) and all(_STEP.fullmatch(step) for step in path)


def choose(con: duckdb.DuckDBPyConnection, rows: str, columns: Mapping[str, ColumnType]) -> tuple[Member, ...]:
    """The members worth a column in a segment with these rows: short scalars that enough of a sample of the documents have."""
    documents = [c for c, t in columns.items() if t is ColumnType.JSON]
    if not documents:
        return ()
    sample = con.sql(
        f"SELECT {', '.join(map(name, documents))} FROM ({rows}) USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    ).to_arrow_table()
    seen: Counter[Member] = Counter()
    sizes: Counter[Member] = Counter()
    for column in documents:
        for document in sample.column(column).to_pylist():
            if document is not None:
                for path, value in _leaves(json.loads(document), ()):
                    seen[Member(column, path)] += 1
                    sizes[Member(column, path)] += len(value) if isinstance(value, str) else 1
    enough = LEAST_SHARE * sample.num_rows
    worthy = [m for m, n in seen.most_common() if n >= enough and sizes[m] <= LONGEST * n]
    return tuple(sorted(worthy[:MOST_MEMBERS], key=lambda m: (m.column, m.path)))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The scalar members of a document, each with its path."""
    if isinstance(value, dict):
        for step, inner in value.items():
            if len(path) < DEEPEST and _STEP.fullmatch(step):
                yield from _leaves(inner, (*path, step))
    elif path and not isinstance(value, list):
        yield path, value


def fragments(members: Sequence[Member]) -> list[str]:
    """SQL for the JSON text of each member, in their order; each document is parsed once."""
    by_column: dict[str, list[Path]] = {}
    for member in members:
        by_column.setdefault(member.column, []).append(member.path)
    lists = {c: f"json_extract({name(c)}, [{', '.join(map(_json_path, paths))}])" for c, paths in by_column.items()}
    return [f"CAST({lists[m.column]}[{by_column[m.column].index(m.path) + 1}] AS VARCHAR)" for m in members]


def _json_path(path: Path) -> str:
    return text("$" + "".join(f'."{step}"' for step in path))


@dataclass(frozen=True, slots=True)
class Hints:
    """What lets a read skip rows, and parts of documents. Rows that do not match may come all the same, never the other way round.

    `abridged` are the JSON columns of which only some members are looked at, with their paths.
    """

    where: Sequence[Clause] = ()
    abridged: Mapping[str, frozenset[Path]] = field(default_factory=dict)

    def conditions(self, segment: Stored) -> Iterator[str]:
        """The conditions on a segment's rows."""
        for clause in self.where:
            alternatives = [_says(segment, c) if c.path else _holds(segment, c) for c in clause]
            yield alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(alternatives) or 'false'})"

    def document(self, segment: Stored, column: str) -> str | None:
        """SQL for the documents with nothing but what is looked at; None where the segment does not have all of that as members."""
        wanted = self.abridged.get(column)
        if not wanted:
            return None
        wanted = frozenset(p for p in wanted if not any(p[:n] in wanted for n in range(1, len(p))))
        numbers = {m.path: n for n, m in enumerate(segment.members) if m.column == column}
        if not wanted <= numbers.keys():
            return None
        return _object({path: name(column_of(numbers[path])) for path in wanted})


NO_HINTS = Hints()


def _object(members: Mapping[Path, str]) -> str:
    """SQL for the text of an object with these members, each given as SQL for its JSON text; those that are NULL are left out."""
    parts = []
    for step in sorted({path[0] for path in members}):
        below = {path[1:]: value for path, value in members.items() if path[0] == step}
        inner = below[()] if () in below else _object(below)
        parts.append(f"{text(json.dumps(step) + ':')} || {inner}")
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"


def _holds(segment: Stored, hint: Condition) -> str:
    stored = segment.columns.get(hint.column)
    if stored is None:
        return "false"
    if stored_type(ColumnType(stored)) not in ("VARCHAR", "BIGINT", "BOOLEAN") or stored != hint.type:
        return "true"
    return _among(name(hint.column), [constant(v) for v in hint.values])


def _says(segment: Stored, hint: Condition) -> str:
    stored = segment.columns.get(hint.column)
    if stored is None:
        return "false"
    if stored != ColumnType.JSON or not is_plain(hint.path) or any(_UNLIKE.search(v) for v in map(str, hint.values)):
        return "true"
    member = Member(hint.column, hint.path)
    if member in segment.members:
        spellings = [s for v in hint.values for s in _spellings(str(v))]
        return _among(name(column_of(segment.members.index(member))), map(text, spellings))
    return _among(f"json_extract_string({name(hint.column)}, {_json_path(hint.path)})", map(text, map(str, hint.values)))


def _spellings(value: str) -> Iterator[str]:
    """The JSON texts of the scalars with this text: in quotes a string; as it is a number, boolean or null."""
    yield json.dumps(value, ensure_ascii=False)
    if _BARE.fullmatch(value):
        yield value


def _among(expression: str, constants: Iterable[str]) -> str:
    allowed = list(constants)
    return f"{expression} = {allowed[0]}" if len(allowed) == 1 else f"{expression} IN ({', '.join(allowed) or 'NULL'})"
