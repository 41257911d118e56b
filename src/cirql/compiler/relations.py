"""Which column names which other table's rows: parents and keys are known, the rest follows from how AWS names things.

Within a service a column is called after the table that it names (`cluster_arn`, `vpc_id`, `source_vpc_id`); what is named throughout AWS
(roles, keys, networks, buckets, topics) is in `overlay/relations/known.toml`, and goes before that. Members of JSON are called by their own
name, or after what they stand in (`layers[].Arn`). Single ones, and those that only look so, are in `edges.toml`. Datasets name datasets,
resources name resources.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from cirql.catalog.model import Column, Parent, Table
from cirql.catalog.references import Reference
from cirql.compiler.members import Members
from cirql.names import Scheme, singular, snake
from cirql.types import ColumnType

_ENDINGS = ("id", "arn", "name", "identifier", "url", "uri")
_TYPES = (ColumnType.VARCHAR, ColumnType.VARCHAR_LIST, ColumnType.JSON)
_PARENT, _KNOWN, _NAME, _ENDING, _PART = 98, 99, 96, 95, 50
"""How many of a hundred are right, as far as they were read; of a `part`, that it names a row only with the rest of the key."""
# Nouns that many things are called by: alone they say little, and at the end of a longer name nothing.
_VAGUE = frozenset(
    """
    account action application association domain entry event execution group image instance item job member name policy
    profile region request resource rule service session source status tag target task template type user version
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)


def find(tables: Sequence[Table], members: Members) -> list[Reference]:
    """All references between these tables, each column, member and other table once. `members`: what stands in the JSON columns.

    Raises ValueError: an edge of the overlay is between columns that are not there.
    """
    names = {str(t.name): t for t in tables}
    single, wrong = _edges(names)
    unread = frozenset(tomllib.loads(_overlay("edges.toml"))["unread"])
    read = {place: () if {names[place[0]].service, ".".join(place)} & unread else paths for place, paths in members.items()}
    found = [reference for neighbours in _by_service(tables, read) for reference in neighbours.references()]
    taken = {(r.table, r.column, r.member, r.other) for r in single}
    kept = [r for r in found if (r.table, r.column, r.member, r.other) not in taken]
    return [*single, *(r for r in kept if f"{r.table}.{r.place} {r.other}" not in wrong)]


def _edges(names: Mapping[str, Table]) -> tuple[list[Reference], frozenset[str]]:
    """The single references that no rule finds, and those that only look like references."""
    raw = tomllib.loads(_overlay("edges.toml"))
    found = []
    for edge in raw["edge"]:
        table, _, column = edge["column"].rpartition(".")
        for target in edge["names"]:
            other, _, key = target.rpartition(".")
            if table in names and names[table].column(column) and other in names and names[other].column(key):
                found.append(Reference(table, column, other, key, edge.get("percent", _KNOWN), "known", edge.get("member", "")))
            elif table in names:
                raise ValueError(f"overlay/relations: {edge['column']} or {target} is not there")
    return found, frozenset(f"{column} {other}" for column, others in raw["wrong"].items() for other in others)


def _overlay(name: str) -> str:
    return resources.files("cirql.compiler").joinpath(f"overlay/relations/{name}").read_text(encoding="utf-8")


def _by_service(tables: Sequence[Table], members: Members) -> Iterator[_Neighbours]:
    groups: dict[tuple[Scheme, str], list[Table]] = defaultdict(list)
    for table in tables:
        groups[table.name.scheme, table.service].append(table)
    names = {str(t.name): t for t in tables}
    known = _known()
    for (scheme, _), group in groups.items():
        yield _Neighbours(group, names, [k for k in known if k.scheme is scheme], members)


class _Known:
    """A name that means the same throughout AWS."""

    def __init__(self, raw: Mapping[str, Any], scheme: Scheme) -> None:
        self.scheme = scheme
        self._pattern = re.compile(raw["columns"])
        self._matches: dict[str, bool] = {}
        self.table, _, self.column = str(raw[scheme.value]).rpartition(".")
        self.percent = int(raw.get("percent", _KNOWN))
        self._only, self._never = raw.get("services"), frozenset(raw.get("never", ()))
        self._of_many = bool(raw.get("lists", False))

    def fits(self, table: Table, column: str, *, is_many: bool) -> bool:
        """Whether a column of a table, or a member of its documents, is one; `is_many`: it is a list of texts."""
        if self._of_many and not is_many:
            return False
        if column not in self._matches:
            self._matches[column] = self._pattern.fullmatch(column) is not None
        if not self._matches[column]:
            return False
        return table.service not in self._never and (self._only is None or table.service in self._only)


def _known() -> list[_Known]:
    return [_Known(raw, scheme) for raw in tomllib.loads(_overlay("known.toml"))["known"] for scheme in Scheme if scheme.value in raw]


class _Neighbours:
    """The tables of a service in one scheme, by what they are called."""

    def __init__(self, group: Sequence[Table], names: Mapping[str, Table], known: Sequence[_Known], members: Members) -> None:
        self._group = group
        self._names = names
        self._known = known
        self._members = members
        self._nouns: dict[str, Table] = {}
        for table in sorted(group, key=lambda t: len(str(t.name)), reverse=True):
            self._nouns[_noun(table)] = table

    def references(self) -> Iterator[Reference]:
        for table in self._group:
            seen: set[tuple[str, str, str]] = set()
            for reference in (*self._parents(table), *self._named(table)):
                if (reference.column, reference.member, reference.other) not in seen:
                    seen.add((reference.column, reference.member, reference.other))
                    yield reference

    def _parents(self, table: Table) -> Iterator[Reference]:
        for parent in (p for p in table.parents if p.is_equal):
            for other, source in self._lineage(table, parent):
                is_part = any(p.column == source for p in other.parents)
                percent, reason = (_PART, "part") if is_part else (_PARENT, "parent")
                yield Reference(str(table.name), parent.column, str(other.name), source, percent, reason)

    def _lineage(self, table: Table, parent: Parent) -> Iterator[tuple[Table, str]]:
        """Where a key is had from, and where that table has it from, up to the one whose own it is."""
        seen = {table.name}
        steps = [parent]
        for step in steps:
            other = self._names.get(str(step.table))
            if other is None or other.name in seen or other.column(step.source) is None:
                return
            seen.add(other.name)
            yield other, step.source
            steps += [p for p in other.parents if p.column == step.source]

    def _named(self, table: Table) -> Iterator[Reference]:
        has_parent = {p.column for p in table.parents}
        for column in table.columns:
            if column.type not in _TYPES or column.name in has_parent or column.name.startswith("_") or _is_own(table, column):
                continue
            paths = self._members.get((str(table.name), column.name))
            if paths is not None:
                yield from (found for path in paths if (found := self._of_member(table, column, path)) is not None)
                continue
            is_many = column.type is not ColumnType.VARCHAR
            known, named = next(self._throughout(table, column, column.name, "", is_many=is_many), None), self._by_name(table, column)
            if found := self._surer(known, named):
                yield found

    def _of_member(self, table: Table, column: Column, path: str) -> Reference | None:
        """What a text in a document names: by its own name, or by that and the name of what it stands in."""
        *outer, last = [column.name, *(snake(part) for part in path.replace("[]", "").split(".") if part)]
        spelled = [last, *([f"{singular(outer[-1])}_{last}"] if outer else [])]
        is_many = path.endswith("[]")
        known = [found for name in spelled for found in self._throughout(table, column, name, path, is_many=is_many)]
        named = [found for name in reversed(spelled) if (found := self._said(table, column, name, path))]
        return self._surer(next(iter(known), None), next(iter(named), None))

    def _said(self, table: Table, column: Column, name: str, path: str) -> Reference | None:
        """What a member names that is called after a table of its service."""
        noun, ending = _split(name)
        other = self._nouns.get(noun)
        if not ending or noun in _VAGUE or noun == _noun(table) or other is None or other is table:
            return None
        target = _target(other, noun, ending)
        return Reference(str(table.name), column.name, str(other.name), target, _NAME, "name", path) if target else None

    def _surer(self, known: Reference | None, named: Reference | None) -> Reference | None:
        """Of what a name means throughout AWS and what its service calls so: the longer noun (`coip_route_table`, `route_table`)."""
        if known is None or named is None:
            return named or known
        mine, theirs = (_noun(self._names[found.other]) for found in (named, known))
        return named if named.reason == "name" and mine.endswith(f"_{theirs}") else known

    def _throughout(self, table: Table, column: Column, name: str, member: str, *, is_many: bool) -> Iterator[Reference]:
        for known in self._known:
            if not member and known.table == str(table.name):
                continue
            if known.fits(table, name, is_many=is_many) and (other := self._names.get(known.table)) and other.column(known.column):
                yield Reference(str(table.name), column.name, known.table, known.column, known.percent, "known", member)

    def _by_name(self, table: Table, column: Column) -> Reference | None:
        noun, ending = _split(column.name)
        if not ending or (column.type is ColumnType.JSON and not column.name.endswith("s")):
            return None
        exact = self._nouns.get(noun)
        if exact is not None and exact is not table:
            target = _target(exact, noun, ending)
            return Reference(str(table.name), column.name, str(exact.name), target, _NAME, "name") if target else None
        parts = noun.split("_")
        for cut in range(1, len(parts)):
            end = "_".join(parts[cut:])
            other = self._nouns.get(end)
            if other is not None and end not in _VAGUE and len(end) > 2 and (target := _target(other, end, ending)):
                return Reference(str(table.name), column.name, str(other.name), target, _ENDING, "ending")
        return None


def _noun(table: Table) -> str:
    """What the rows of a table are called: `db_instance` of aws.rds_db_instance and aws.rds.db_instance."""
    return table.name.resource.removeprefix(f"{table.service}_") if table.name.scheme is Scheme.DATASET else table.name.resource


def _split(name: str) -> tuple[str, str]:
    """`subnet_ids` as subnet and id; a name without such an ending has none."""
    noun, _, ending = name.rpartition("_")
    ending = ending[:-1] if ending.endswith("s") and ending[:-1] in _ENDINGS else ending
    return (noun, ending) if noun and ending in _ENDINGS else (singular(name), "")


def _target(other: Table, noun: str, ending: str) -> str:
    """The column of a table that such a column has the values of, where that tells rows apart; else empty."""
    keys = {*other.key, *other.identifier, *(p.name for p in other.columns if other.arn is not None and p.name == other.arn.column)}
    for name in (f"{noun}_{ending}", ending, f"{noun}_identifier" if ending == "id" else ""):
        if name and other.column(name) is not None and (name in keys or ending in ("arn", "id") or name == f"{noun}_{ending}"):
            return name
    return other.arn.column if ending == "arn" and other.arn is not None else ""


def _is_own(table: Table, column: Column) -> bool:
    """Whether a column names the row itself."""
    noun, ending = _split(column.name)
    own = _noun(table)
    if column.name in (*_ENDINGS, table.account_column) or (ending and noun == own):
        return True
    return (own in noun.split("_") and ending == "name") or (table.key == (column.name,) and noun in own)
