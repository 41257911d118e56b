"""What is in the JSON documents of a column: the names of their members, as AWS's own models and schemas have them.

The catalog does not keep them. They are read from botocore's model of the call that fills the column, or from the resource type's schema,
and only where a statement gives a reason to look: that costs tens of milliseconds, for the largest service half a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from cirql.sql.quoting import constant
from cirql.startup.records import dataclass
from cirql.types import ColumnType

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog
    from cirql.catalog.model import Column, Fetch, Table
    from cirql.errors import NotADocument
    from cirql.plan.model import DocumentPath
    from cirql.sql.bound import Bound

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """What a place in a document holds: an object's members by name, an array's element, or texts of which `values` are known.

    All empty: it is not known, or any name may stand there (a map).
    """

    members: Mapping[str, Any] | None = None
    element: Any = None
    values: tuple[str, ...] = ()
    is_text: bool = False


class Documents:
    """The documents of a catalog's tables."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def hint(self, bound: Bound, error: NotADocument) -> str | None:
        """How to write what was meant by comparing a document with a text; None where no model says."""
        having = [s for s in bound.sources if (c := s.table.column(error.column)) is not None and c.type is ColumnType.JSON]
        named = [s for s in having if error.relation in (s.alias, s.relation)] or having
        if len({s.table.name for s in named}) != 1 or (column := named[0].table.column(error.column)) is None:
            return None
        return self._hint(named[0].table, column, error.value)

    def _hint(self, table: Table, column: Column, value: str) -> str | None:
        kind = self._kind(table, column)
        if kind.element is not None and (inner := kind.element()).members:
            name, value = _likely(inner.members, value), constant(value)
            return (
                f"{column.name} is a JSON array of objects with the members {_listed(inner.members)}: "
                f"write EXISTS (SELECT 1 FROM jsonb_array_elements({column.name}) AS e WHERE e->>'{name}' = {value})"
            )
        if kind.element is not None:
            return f"{column.name} is a JSON array: write {column.name} ? {constant(value)}"
        if not kind.members:
            return None
        name = _likely(kind.members, value)
        noun = "member" if len(kind.members) == 1 else "members"
        return f"{column.name} is JSON with the {noun} {_listed(kind.members)}: write {column.name}->>'{name}' = {constant(value)}"

    def doubts(self, bound: Bound) -> Iterator[str]:
        """A sentence for each member that is named in another case than the model has it, which finds nothing."""
        from cirql.plan.documents import paths

        for source in bound.sources:
            for name, found in paths(bound, source).items():
                column = source.table.column(name)
                if column is None:
                    continue
                for path in sorted(found):
                    if path and _is_odd(path, source.table) and (meant := self._meant(source.table, column, path)):
                        wrong, right = meant
                        yield f"{name} has no member {wrong}; did you mean {right}? Names of members are told apart by case"

    def _meant(self, table: Table, column: Column, path: DocumentPath) -> tuple[str, str] | None:
        """The first name of a path that no document has, and the one that they have."""
        kind = self._kind(table, column)
        for step in path:
            if not kind.members:
                return None
            if step not in kind.members:
                plain = step.replace("_", "").lower()
                near = [m for m in kind.members if m.lower() == plain]
                return (step, near[0]) if near else None
            kind = kind.members[step]()
        return None

    def outline(self, table: Table, column: Column, most: int) -> list[str]:
        """The members of a column's documents as paths, two levels deep: `Code`, `Tags[].Key`; the first of them, and empty for a map."""
        return list(islice(_outline(self._kind(table, column), 2), most))

    def _kind(self, table: Table, column: Column) -> DocumentPart:
        if table.cfn_type:
            rules = self._catalog.rules(table.cfn_type)
            return _of_schema(rules, rules.properties.get(column.member))
        for fetch in table.fetches:
            for output in fetch.outputs:
                if output.column == column.name and not output.reading and (shape := _answer(fetch, output.path)) is not None:
                    return _of_shape(shape)
        return DocumentPart()


def _outline(part: DocumentPart, depth: int) -> Iterator[str]:
    if part.element is not None:
        inner = list(_outline(part.element(), depth))
        yield from (f"[].{path}" if not path.startswith("[") else f"[]{path}" for path in inner)
        if not inner:
            yield "[]"
    for name, later in (part.members or {}).items():
        below = list(_outline(later(), depth - 1)) if depth > 1 else []
        yield from (f"{name}.{path}" if not path.startswith("[") else f"{name}{path}" for path in below)
        if not below:
            yield name


def _listed(names: Mapping[str, Any]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(list(names)[:_SHOWN]) + more


def _likely(members: Mapping[str, Any], value: str) -> str:
    """The member that a text was most likely meant for: one that can have it, else a text, a name first."""
    kinds = {name: kind() for name, kind in members.items()}
    for name, kind in kinds.items():
        if value in kind.values:
            return name
    texts = [name for name, kind in kinds.items() if kind.is_text] or list(members)
    return next((name for name in texts if name.lower().endswith("name")), texts[0])


def _is_odd(path: DocumentPath, table: Table) -> bool:
    """Whether a name in a path is not written as this table's API writes names: where one is, no model is opened."""
    spelled = [c.member for c in table.columns if c.member] + [s for f in table.fetches for o in f.outputs for s in o.path]
    firsts = {s[:1].isupper() for s in spelled if s[:1].isalpha()}
    steps = [step for step in path if step[:1].isalpha()]
    return any(step[:1].isupper() not in firsts or "_" in step for step in steps)


def _answer(fetch: Fetch, path: Sequence[str]) -> Any:
    """The shape at a path of an answer's rows."""
    from cirql.changes.spelling import service_model

    shape: Any = service_model(fetch.service).operation_model(fetch.operation).output_shape
    for step in fetch.rows:
        shape = _member(shape, step)
    while shape is not None and shape.type_name == "list":
        shape = shape.member
    for step in path:
        shape = _member(shape, step)
    return shape


def _member(shape: Any, name: str) -> Any:
    """The shape of a structure's member; a list is taken as its element."""
    while shape is not None and shape.type_name == "list":
        shape = shape.member
    return shape.members.get(name) if shape is not None and shape.type_name == "structure" else None


def _of_shape(shape: Any) -> DocumentPart:
    match shape.type_name:
        case "structure":
            return DocumentPart({name: _later(_of_shape, member) for name, member in shape.members.items()})
        case "list":
            return DocumentPart(element=_later(_of_shape, shape.member))
        case "string":
            return DocumentPart(values=tuple(shape.enum), is_text=True)
    return DocumentPart()


def _of_schema(rules: Any, node: Any) -> DocumentPart:
    found = rules.resolve(node)
    if found.get("properties"):
        return DocumentPart({name: _later(_of_schema, rules, inner) for name, inner in found["properties"].items()})
    if "items" in found:
        return DocumentPart(element=_later(_of_schema, rules, found["items"]))
    if found.get("type") == "string":
        return DocumentPart(values=tuple(map(str, found.get("enum", ()))), is_text=True)
    return DocumentPart()


def _later(make: Any, *given: Any) -> Any:
    return lambda: make(*given)
