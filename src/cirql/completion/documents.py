"""What is in a JSON column: the members that AWS's own models and schemas give it, and the values that they may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog, Found
    from cirql.catalog.model import Column, Fetch, Output
    from cirql.catalog.rules import Rules


class DescribedMember(Protocol):
    """A place in a document, as a model describes it."""

    @property
    def type(self) -> str:
        """What stands there: object, array, string, number, …"""
        ...

    @property
    def meaning(self) -> str:
        """A sentence on it, where there is one."""
        ...

    @property
    def members(self) -> Mapping[str, DescribedMember]:
        """The members of an object; of an array, those of its elements too, which are reached by a number first."""
        ...

    @property
    def values(self) -> tuple[str, ...]:
        """All that may stand there, where they can be told."""
        ...

    def member(self, step: str | int) -> DescribedMember | None:
        """The member of a name, or an element of an array."""
        ...


def document_of(found: Found, column: Column, catalog: Catalog) -> DescribedMember | None:
    """What is known of a column's values: by CloudFormation's schema or by the model of the call that gives them."""
    if found.table.cfn_type is not None:
        rules = catalog.rules(found.table.cfn_type)
        return _Schema(rules, rules.property(column.member)) if column.member else None
    for fetch in found.table.fetches:
        for output in fetch.outputs:
            if output.column == column.name and output.reading in ("", "list", "only"):
                shape = _shape_of(fetch, output)
                if shape is not None:
                    return _Shape(shape)
    return None


class _Schema:
    """A node of a type's schema."""

    def __init__(self, rules: Rules, node: Mapping[str, Any]) -> None:
        self._rules = rules
        self._node = node

    @property
    def type(self) -> str:
        found = self._node.get("type", "object" if "properties" in self._node else "")
        return " or ".join(found) if isinstance(found, list) else str(found)

    @property
    def meaning(self) -> str:
        return ""

    @property
    def members(self) -> Mapping[str, DescribedMember]:
        return {name: _Schema(self._rules, self._rules.resolve(inner)) for name, inner in self._node.get("properties", {}).items()}

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(str(v) for v in self._node.get("enum", ()))

    def member(self, step: str | int) -> DescribedMember | None:
        if isinstance(step, int):
            items = self._node.get("items")
            return _Schema(self._rules, self._rules.resolve(items)) if items is not None else None
        return self.members.get(step)


_TYPES = {"structure": "object", "list": "array", "map": "object", "long": "integer"}


class _Shape:
    """A shape of a service's model."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape

    @property
    def type(self) -> str:
        return _TYPES.get(self._shape.type_name, str(self._shape.type_name))

    @property
    def meaning(self) -> str:
        plain = re.sub(r"<[^>]*>", "", self._shape.documentation or "")
        return " ".join(plain.split()).partition(". ")[0][:100]

    @property
    def members(self) -> Mapping[str, DescribedMember]:
        return {name: _Shape(inner) for name, inner in self._shape.members.items()} if self._shape.type_name == "structure" else {}

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(getattr(self._shape, "enum", ()) or ())

    def member(self, step: str | int) -> DescribedMember | None:
        if self._shape.type_name == "list" and isinstance(step, int):
            return _Shape(self._shape.member)
        if self._shape.type_name == "map" and isinstance(step, str):
            return _Shape(self._shape.value)
        return self.members.get(step) if isinstance(step, str) else None


def _shape_of(fetch: Fetch, output: Output) -> Any:
    """The shape of what an output reads; None where its path leads nowhere in the model."""
    model = _model(fetch.service)
    if model is None or fetch.operation not in model.operation_names:
        return None
    shape = model.operation_model(fetch.operation).output_shape
    for step in (*fetch.rows, *output.path):
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        if shape is None or shape.type_name != "structure" or step not in shape.members:
            return None
        shape = shape.members[step]
    while not output.path and shape is not None and shape.type_name == "list":
        shape = shape.member
    return shape


@lru_cache(maxsize=32)
def _model(service: str) -> Any:
    """A service's model, which botocore reads from its files."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return botocore.session.get_session().get_service_model(service)
    except BotoCoreError:
        return None
