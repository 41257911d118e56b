"""Elements: readers for XML answers (query, EC2 query, restXml), compiled once per botocore shape.

They give what botocore's parser gives for documents of the usual form, and look at each element once. Whatever is out of the ordinary (an
element twice that is no list, a map's entry with half of it missing, a union of two members) raises `OddElementError`, and that document is
botocore's to read. A value that is not of its shape stays as it was written, for its column to judge.

The tree under them is built in C; handlers for each event of a stream would cost more than it, a call of Python's for every tag and text.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Optional
from xml.etree.ElementTree import Element

from cirql.cloud.shapes import ODD
from cirql.cloud.timestamps import parse_timestamp

Read = Callable[[Element], Any]
Path = tuple[str, ...]
Tree = Mapping[str, Optional["Tree"]]
"""Members by name, and those below them that are asked for; None: all of them. Lists and what is in them are one level."""
_HEADERS = ("statusCode", "header", "headers")
_MOST_SPELLINGS = 4
"""Spellings with a namespace that a reader remembers for each name: AWS uses one, two at most."""


class OddElementError(Exception):
    """A document that is not of the usual form, or a shape that no reader is made for."""


def tree_of(paths: Iterable[Path]) -> dict[str, Any] | None:
    """The members on the way to the ends of these paths, and all that is below the ends; None where one ends at once."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):  # a path comes before those that go on from its end
        at: dict[str, Any] | None = tree
        for name in path[:-1]:
            at = at.setdefault(name, {}) if at is not None else None
        if not path:
            return None
        if at is not None:
            at[path[-1]] = None
    return tree


class ElementReaders:
    """The compiled shapes of one service model. Shapes may contain themselves, so structures are looked up by name when used."""

    def __init__(self) -> None:
        self._structures: dict[str, Read] = {}

    def reader(self, shape: Any, only: Tree | None = None) -> Read:
        """How to read an element of that shape; `only`: the members below it that are asked for. Raises: OddElementError."""
        match shape.type_name:
            case "string" | "character":
                return _text
            case "boolean":
                return _boolean
            case "integer" | "long":
                return _or_as_written(int)
            case "float" | "double":
                return _or_as_written(float)
            case "timestamp":
                return _or_as_written(parse_timestamp)
            case "blob":
                return _or_as_written(b64decode)
            case "list":
                return self._list(shape, only)
            case "map":
                return self._map(shape)
            case "structure":
                return self._structure_by_name(shape) if only is None else self.structure(shape, only)
        raise OddElementError(shape.type_name)

    def _structure_by_name(self, shape: Any) -> Read:
        name = shape.name
        if name not in self._structures:
            # Placed before its members are compiled, because one of them may be this shape again.
            self._structures[name] = lambda node: self._structures[name](node)
            try:
                self._structures[name] = self.structure(shape)
            except OddElementError:
                del self._structures[name]
                raise
        return self._structures[name]

    def _list(self, shape: Any, only: Tree | None) -> Read:
        read = self.reader(shape.member, only)
        return lambda node: [read(child) for child in node]

    def _map(self, shape: Any) -> Read:
        entry = self._entry(shape)

        def read_map(node: Element) -> Any:
            return dict(map(entry, node))

        return read_map

    def _entry(self, shape: Any) -> Callable[[Element], tuple[Any, Any]]:
        """How to read one entry of a map."""
        names = shape.key.serialization.get("name") or "key", shape.value.serialization.get("name") or "value"
        read_key, read_value = self.reader(shape.key), self.reader(shape.value)

        def read_entry(node: Element) -> tuple[Any, Any]:
            if len(node) != 2:
                raise OddElementError(node.tag)
            first, second = node
            if _local(first.tag) != names[0]:
                first, second = second, first
            if (_local(first.tag), _local(second.tag)) != names:
                raise OddElementError(node.tag)
            return read_key(first), read_value(second)

        return read_entry

    def structure(self, shape: Any, only: Tree | None = None) -> Read:
        """How to read an element whose children are members of the structure. `only` those are read, and the others passed over."""
        if shape.metadata.get("exception") or shape.is_document_type:
            raise OddElementError(shape.name)
        if shape.is_tagged_union:
            only = None  # which member it is says what it is
        names = tuple(shape.members)
        members: dict[str, _Member | None] = {}
        attributes = []
        for index, (name, member) in enumerate(shape.members.items()):
            if member.serialization.get("location") in _HEADERS or member.serialization.get("eventheader"):
                continue
            if member.serialization.get("xmlAttribute"):
                attributes.append((name, member.serialization["name"]))
            spelling = _spelling(member, name)
            if spelling in members:
                raise OddElementError(shape.name)
            members[spelling] = self._member(index, name, member, only)
        read = _structure_reader(members, names, is_union=shape.is_tagged_union)
        return _with_attributes(read, attributes, names) if attributes else read

    def _member(self, index: int, name: str, shape: Any, only: Tree | None) -> _Member | None:
        below = None
        if only is not None:
            if name not in only:
                return None
            below = only[name]
        if not shape.serialization.get("flattened") or shape.type_name not in ("list", "map"):
            return index, name, self.reader(shape, below), None
        if shape.type_name == "list":
            return index, name, self.reader(shape.member, below), list.append
        return index, name, self._entry(shape), _put


_Member = tuple[int, str, Read, Callable[[Any, Any], None] | None]
"""Its place among the members, its name, how to read it, and how an element is added where each is an item of it."""


def _put(found: dict[Any, Any], entry: tuple[Any, Any]) -> None:
    found[entry[0]] = entry[1]


def _structure_reader(members: dict[str, _Member | None], names: tuple[str, ...], *, is_union: bool) -> Read:
    spelled: dict[str, _Member | None] = dict(members)
    most = _MOST_SPELLINGS * len(members) + 16

    def look_up(tag: str) -> _Member | None:
        known = members.get(_local(tag))
        if len(spelled) < most:
            spelled[tag] = known
        return known

    def read_structure(node: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        latest, is_in_order = -1, True
        for child in node:
            tag = child.tag
            member = spelled[tag] if tag in spelled else look_up(tag)
            if member is None:
                if is_union:
                    raise OddElementError(tag)
                continue
            index, name, read, add = member
            if index < latest:
                is_in_order = False
            latest = index
            if add is not None:
                if name not in found:
                    found[name] = [] if add is list.append else {}
                add(found[name], read(child))
            elif name in found:
                raise OddElementError(tag)
            else:
                found[name] = (child.text or "") if read is _text else read(child)
        if is_union and len(found) != 1:
            raise OddElementError(node.tag)
        return found if is_in_order else {name: found[name] for name in names if name in found}

    return read_structure


def _with_attributes(read: Read, attributes: list[tuple[str, str]], names: tuple[str, ...]) -> Read:
    """A structure of which some members are attributes of the element (`xsi:type`)."""

    def read_attributes(node: Element) -> dict[str, Any]:
        found: dict[str, Any] = read(node)
        for name, spelling in attributes:
            if name in found:
                continue
            prefix = spelling.partition(":")[0] + ":"
            for key, value in node.attrib.items():
                if (prefix + _local(key) if "}" in key else key) == spelling:
                    found[name] = value
        return {name: found[name] for name in names if name in found}

    return read_attributes


def _spelling(shape: Any, name: str) -> str:
    """The name of the elements that hold a member."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        own = shape.member.serialization.get("name")
        if own is not None:
            return str(own)
    return str(shape.serialization.get("name", name))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _text(node: Element) -> str:
    return node.text or ""


def _boolean(node: Element) -> bool:
    return node.text == "true"


def _or_as_written(parse: Callable[[str], Any]) -> Read:
    def read(node: Element) -> Any:
        try:
            return parse(node.text or "")
        except ODD:
            return node.text

    return read
