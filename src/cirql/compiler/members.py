"""What stands in the documents of JSON columns, as paths to their texts: `[].GroupId`, `.VpcConfig.SubnetIds[]`. Relations go by them.

Read from the model of the call that fills the column, or from the type's schema; how deep is bounded, and a structure within itself is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cirql.catalog.model import Column, Fetch, Table
from cirql.compiler import schemas, services
from cirql.compiler.schemas import ResourceSchema
from cirql.types import ColumnType

_DEEP = 6
"""Levels: `instance_fleet_config[].InstanceTypeSpecifications[].EbsBlockDevices[]…` goes no further than this."""

Members = Mapping[tuple[str, str], Sequence[str]]
"""By table and column, the paths to the texts in its documents."""


def members_of(tables: Iterable[Table], own: Iterable[ResourceSchema] = ()) -> dict[tuple[str, str], list[str]]:
    """The paths of every JSON column whose documents AWS describes; others are not in it.

    `own` are the types of resources, where others than AWS's are meant.
    """
    types = {schema.type_name: schema for schema in own or schemas.load()}
    found: dict[tuple[str, str], list[str]] = {}
    for table in tables:
        for column in table.columns:
            if column.type is not ColumnType.JSON:
                continue
            paths = _of_type(types.get(table.cfn_type), column) if table.cfn_type else _of_dataset(table, column)
            if paths is not None:
                found[str(table.name), column.name] = list(dict.fromkeys(paths))
    return found


def _of_dataset(table: Table, column: Column) -> Iterator[str] | None:
    for fetch in table.fetches:
        for output in fetch.outputs:
            if output.column == column.name and not output.reading and (shape := _answer(fetch, output.path)) is not None:
                return _shape_paths(shape, "", ())
    return None


def _answer(fetch: Fetch, path: Sequence[str]) -> Any:
    """The shape at a path of a row; None where the model does not have it."""
    shape: Any = services.model(fetch.service).operation_model(fetch.operation).output_shape
    for number, step in enumerate((*fetch.rows, *path)):
        while shape is not None and shape.type_name == "list" and number:
            shape = shape.member
        if shape is None or shape.type_name != "structure":
            return None
        shape = shape.members.get(step)
    return shape


def _shape_paths(shape: Any, path: str, within: tuple[str, ...]) -> Iterator[str]:
    if shape.name in within or len(within) > _DEEP:
        return
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                yield from _shape_paths(member, f"{path}.{name}", (*within, shape.name))
        case "list":
            yield from _shape_paths(shape.member, f"{path}[]", (*within, shape.name))
        case "string":
            if not shape.enum and path:
                yield path


def _of_type(schema: ResourceSchema | None, column: Column) -> Iterator[str] | None:
    node = schema.body["properties"].get(column.member) if schema is not None else None
    return None if schema is None or node is None else _node_paths(schema, node, "", ())


def _node_paths(schema: ResourceSchema, node: Mapping[str, Any], path: str, within: tuple[str, ...]) -> Iterator[str]:
    name = node.get("$ref", "")
    if (name and name in within) or len(within) > _DEEP:
        return
    found, below = schema.resolve(node), (*within, name)
    if "properties" in found:
        for member, inner in found["properties"].items():
            yield from _node_paths(schema, inner, f"{path}.{member}", below)
    elif isinstance(found.get("items"), Mapping):
        yield from _node_paths(schema, found["items"], f"{path}[]", below)
    elif "string" in found.get("type", ()) and "enum" not in found and path:
        yield path
    else:
        for choice in (*found.get("anyOf", ()), *found.get("oneOf", ())):
            if isinstance(choice, Mapping):
                yield from _node_paths(schema, choice, path, below)
