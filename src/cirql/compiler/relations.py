"""Which column names which other table's rows: parents and keys are known, the rest follows from how AWS names things.

Within a service a column is called after the table that it names (`cluster_arn`, `vpc_id`, `source_vpc_id`); what is named throughout AWS
(roles, keys, networks, buckets, topics) is in `overlay/relations/known.toml`. Datasets name datasets, resources name resources.
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
from cirql.names import Scheme, singular
from cirql.types import ColumnType

_ENDINGS = ("id", "arn", "name", "identifier", "url", "uri")
_TYPES = (ColumnType.VARCHAR, ColumnType.VARCHAR_LIST, ColumnType.JSON)
_PARENT, _NAME, _ENDING = 100, 95, 80
# Nouns that many things are called by: alone they say little, and at the end of a longer name nothing.
_VAGUE = frozenset(
    """
    account action application association domain entry event execution group image instance item job member name policy
    profile region request resource rule service session source status tag target task template type user version
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)


def find(tables: Sequence[Table]) -> list[Reference]:
    """All references between these tables, each column and other table once."""
    return [reference for neighbours in _by_service(tables) for reference in neighbours.references()]


def _by_service(tables: Sequence[Table]) -> Iterator[_Neighbours]:
    groups: dict[tuple[Scheme, str], list[Table]] = defaultdict(list)
    for table in tables:
        groups[table.name.scheme, table.service].append(table)
    names = {str(t.name): t for t in tables}
    known = _known()
    for (scheme, _), group in groups.items():
        yield _Neighbours(group, names, [k for k in known if k.scheme is scheme])


class _Known:
    """A name that means the same throughout AWS."""

    def __init__(self, raw: Mapping[str, Any], scheme: Scheme) -> None:
        self.scheme = scheme
        self._pattern = re.compile(raw["columns"])
        self._matches: dict[str, bool] = {}
        self.table, _, self.column = str(raw[scheme.value]).rpartition(".")
        self.percent = int(raw.get("percent", 90))
        self._only, self._never = raw.get("services"), frozenset(raw.get("never", ()))

    def fits(self, table: Table, column: str) -> bool:
        """Whether a column of a table is one."""
        if column not in self._matches:
            self._matches[column] = self._pattern.fullmatch(column) is not None
        if not self._matches[column]:
            return False
        if table.service in self._never or (self._only is not None and table.service not in self._only):
            return False
        return str(table.name) != self.table


def _known() -> list[_Known]:
    text = resources.files("cirql.compiler").joinpath("overlay/relations/known.toml").read_text(encoding="utf-8")
    return [_Known(raw, scheme) for raw in tomllib.loads(text)["known"] for scheme in Scheme if scheme.value in raw]


class _Neighbours:
    """The tables of a service in one scheme, by what they are called."""

    def __init__(self, group: Sequence[Table], names: Mapping[str, Table], known: Sequence[_Known]) -> None:
        self._group = group
        self._names = names
        self._known = known
        self._nouns: dict[str, Table] = {}
        for table in sorted(group, key=lambda t: len(str(t.name)), reverse=True):
            self._nouns[_noun(table)] = table

    def references(self) -> Iterator[Reference]:
        for table in self._group:
            seen: set[tuple[str, str]] = set()
            for reference in (*self._parents(table), *self._named(table)):
                if (reference.column, reference.other) not in seen:
                    seen.add((reference.column, reference.other))
                    yield reference

    def _parents(self, table: Table) -> Iterator[Reference]:
        for parent in (p for p in table.parents if p.is_equal):
            for other, source in self._lineage(table, parent):
                yield Reference(str(table.name), parent.column, str(other.name), source, _PARENT, "parent")

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
            found = self._by_name(table, column) or next(self._throughout(table, column), None)
            if found is not None:
                yield found

    def _throughout(self, table: Table, column: Column) -> Iterator[Reference]:
        for known in self._known:
            if known.fits(table, column.name) and (other := self._names.get(known.table)) is not None and other.column(known.column):
                yield Reference(str(table.name), column.name, known.table, known.column, known.percent, "known")

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
