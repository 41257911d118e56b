"""Shapes: readers for JSON-protocol answers, compiled once per botocore shape.

They follow the rules of botocore's JSON parser (members by their serialised name, unknown and null members dropped, timestamps
and blobs decoded) and do nothing where there is nothing to do, which is most of an answer. A value inside a row that is not of its
shape stays as AWS wrote it, for its column to judge: one odd value must not cost the rows beside it. The outermost structure and its
lists must be what they should be, for they are what the rows are found by.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from cirql.cloud.timestamps import parse_timestamp

Read = Callable[[Any], Any]
ODD = (ValueError, TypeError, OverflowError)
"""What reading a value that is not of its shape raises."""


class Readers:
    """The compiled shapes of one service model. Shapes may contain themselves, so they are looked up by name when used."""

    def __init__(self) -> None:
        self._structures: dict[str, Read] = {}

    def outermost(self, shape: Any) -> Read:
        """How to read a whole answer."""
        return self._structure(shape, is_outermost=True)

    def reader(self, shape: Any) -> Read | None:
        """How to read a decoded JSON value of that shape; None: take it as it is."""
        match shape.type_name:
            case "timestamp":
                return parse_timestamp
            case "blob":
                return b64decode
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case "structure":
                if shape.is_document_type:
                    return None
                return self._structure_by_name(shape)
            case _:
                return None

    def _structure_by_name(self, shape: Any) -> Read:
        def read_later(value: Any) -> Any:
            return self._structures[shape.name](value)

        if shape.name not in self._structures:
            # Placed before its members are compiled, because one of them may be this shape again.
            self._structures[shape.name] = read_later
            self._structures[shape.name] = self._structure(shape)
        return read_later

    def _list(self, shape: Any) -> Read:
        read = self.reader(shape.member)

        def read_list(value: Any) -> Any:
            if not isinstance(value, list):
                raise TypeError(f"{shape.name} is a list, not {type(value).__name__}")
            return value if read is None else [None if item is None else read(item) for item in value]

        return read_list

    def _map(self, shape: Any) -> Read:
        read = self.reader(shape.value)

        def read_map(value: Any) -> Any:
            if not isinstance(value, dict):
                raise TypeError(f"{shape.name} is a map, not {type(value).__name__}")
            return value if read is None else {key: None if item is None else read(item) for key, item in value.items()}

        return read_map

    def _structure(self, shape: Any, *, is_outermost: bool = False) -> Read:
        members = {
            m.serialization.get("name", name): (name, self.reader(m), m.type_name in ("timestamp", "blob"))
            for name, m in shape.members.items()
        }
        is_union = shape.is_tagged_union

        def read_structure(value: Any) -> Any:
            if not isinstance(value, dict):
                raise TypeError(f"{shape.name} is a structure, not {type(value).__name__}")
            found = {}
            for key, item in value.items():
                member = members.get(key)
                if member is not None and item is not None:
                    try:
                        found[member[0]] = item if member[1] is None else member[1](item)
                    except ODD:
                        if is_outermost and not member[2]:
                            raise
                        found[member[0]] = item
            if is_union and not found:
                unknown = [key for key, item in value.items() if item is not None and key != "__type"]
                return {"SDK_UNKNOWN_MEMBER": {"name": unknown[0]}} if unknown else {}
            return found

        return read_structure
