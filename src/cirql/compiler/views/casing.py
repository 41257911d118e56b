"""JSON as an SDK prints it whose members all begin with a capital: `awsvpcConfiguration` of an API is `AwsvpcConfiguration` there.

Keys of maps are what users wrote and stay as they are. Which keys are members and which are a map's, the model says.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from botocore.model import Shape

from cirql.catalog.model import Output, Table
from cirql.compiler import services
from cirql.compiler.views.conversion import convert
from cirql.types import ColumnType


class Casing:
    """Says of columns how their members are respelled."""

    def of(self, table: Table, column: str, path: tuple[str, ...] = ()) -> str | None:
        """What is left alone when the members are given capitals, or None where none begins with a small letter."""
        shape = self._shape(table, column, path)
        return None if shape is None or not _has_small(shape, ()) else ",".join(_verbatim(shape, (), ()))

    def member(self, table: Table, column: str, keys: list[str], wanted: str) -> str:
        """A member of a JSON column, as the type that is wanted."""
        route = ",".join(keys)
        casing = self.of(table, column, tuple(keys))
        if wanted == "jsonb":
            return convert(f"(t.\"{column}\" #> '{{{route}}}')", ColumnType.JSON, wanted, casing)
        return convert(f"(t.\"{column}\" #>> '{{{route}}}')", ColumnType.VARCHAR, wanted, None)

    def tag_keys(self, table: Table) -> tuple[str, str] | None:
        """What the two members of a tag are called there; None where tags are a map."""
        for service, operation, rows, output in _outputs(table, "tags"):
            shape = _step(_output_shape(service, operation), (*rows, *output.path))
            while shape is not None and shape.type_name == "list":
                shape = shape.member
            if shape is not None and shape.type_name == "map":
                return None
            if shape is not None and shape.type_name == "structure" and len(shape.members) >= 2:
                first, second, *_ = shape.members
                return _capital(first), _capital(second)
        return "Key", "Value"

    @staticmethod
    def _shape(table: Table, column: str, path: tuple[str, ...]) -> Shape | None:
        for service, operation, rows, output in _outputs(table, column):
            if output.reading in ("", "only", "list"):
                shape = _step(_output_shape(service, operation), (*rows, *output.path, *path))
                if shape is not None:
                    return shape
        return None


def _outputs(table: Table, column: str) -> Iterator[tuple[str, str, tuple[str, ...], Output]]:
    for fetch in table.fetches:
        for output in fetch.outputs:
            if output.column == column and fetch.service != "cloudcontrol":
                yield fetch.service, fetch.operation, fetch.rows, output


@cache
def _output_shape(service: str, operation: str) -> Shape | None:
    return _service(service).operation(operation).output_shape


@cache
def _service(name: str) -> services.Service:
    return services.load(name, {})


def _step(shape: Shape | None, path: tuple[str, ...]) -> Shape | None:
    for name in path:
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        if shape is None:
            return None
        if shape.type_name == "map":
            shape = shape.value
        elif shape.type_name == "structure" and name in shape.members:
            shape = shape.members[name]
        else:
            return None
    return shape


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _has_small(shape: Shape, above: tuple[str, ...]) -> bool:
    if shape.name in above:
        return False
    inside = (*above, shape.name)
    match shape.type_name:
        case "structure":
            return any(name[:1].islower() or _has_small(member, inside) for name, member in shape.members.items())
        case "list":
            return _has_small(shape.member, inside)
        case "map":
            return _has_small(shape.value, inside)
    return False


def _verbatim(shape: Shape, path: tuple[str, ...], above: tuple[str, ...]) -> Iterator[str]:
    """The paths of maps, whose own keys stay; with `!` behind, those of documents, where everything does."""
    if shape.name in above:
        return
    inside = (*above, shape.name)
    match shape.type_name:
        case "structure":
            if not shape.members or getattr(shape, "is_document_type", False):
                yield ".".join(path) + "!"
            for name, member in shape.members.items():
                yield from _verbatim(member, (*path, name), inside)
        case "list":
            yield from _verbatim(shape.member, path, inside)
        case "map":
            yield ".".join(path)
            yield from _verbatim(shape.value, (*path, "*"), inside)
