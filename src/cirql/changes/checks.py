"""A desired state checked against its type's schema, before anything is sent.

AWS would say the same later, resource by resource, when part of a statement has been done. Each violation names the property, the rule
and the value (never a secret one). Keywords follow CloudFormation's resource type definition schema, which is JSON Schema draft 7.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.model import PropertyPath
from cirql.changes.patterns import compile_pattern
from cirql.startup.records import dataclass

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a value breaks: where it is, which rule, and what is wrong in words."""

    path: PropertyPath
    rule: str
    problem: str

    def __str__(self) -> str:
        return f"{'/'.join(self.path)}: {self.problem} ({self.rule})" if self.path else f"{self.problem} ({self.rule})"


def violations(rules: Rules, model: Mapping[str, Any], hidden: Sequence[PropertyPath] = ()) -> tuple[Violation, ...]:
    """Everything in a model that breaks its schema; values at the `hidden` paths are not quoted."""
    return tuple(_Checker(rules, hidden).check(rules.body, model, ()))


def fits(rules: Rules, node: Any, value: Any) -> bool:
    """Whether a value satisfies one node of a type's schema."""
    return next(_Checker(rules, ()).check(node, value, ()), None) is None


class _Checker:
    def __init__(self, rules: Rules, hidden: Sequence[PropertyPath]) -> None:
        self._rules = rules
        self._hidden = frozenset(hidden)

    def check(self, node: Any, value: Any, path: PropertyPath) -> Iterator[Violation]:
        """Every violation of one node, those inside it included."""
        node = self._rules.resolve(node)
        wrong_type = self._type(node, value, path)
        if wrong_type is not None:
            yield wrong_type
            return
        if "enum" in node and value not in node["enum"]:
            choices = ", ".join(str(v) for v in node["enum"][:12]) + (", …" if len(node["enum"]) > 12 else "")
            yield Violation(path, "enum", f"{self._quote(value, path)} is not one of {choices}")
        if "const" in node and value != node["const"]:
            yield Violation(path, "const", f"{self._quote(value, path)} is not {node['const']}")
        match value:
            case str():
                yield from self._text(node, value, path)
            case dict():
                yield from self._object(node, value, path)
            case list():
                yield from self._array(node, value, path)
            case bool():
                pass
            case int() | float():
                yield from self._number(node, value, path)
        yield from self._combinations(node, value, path)

    def _type(self, node: Mapping[str, Any], value: Any, path: PropertyPath) -> Violation | None:
        declared = node.get("type")
        if declared is None:
            return None
        names = [declared] if isinstance(declared, str) else declared
        if any(_is_of(value, name) for name in names):
            return None
        meant = f": write '{str(value).lower()}' if that text is meant" if isinstance(value, bool) and "string" in names else ""
        return Violation(path, "type", f"{self._quote(value, path)} is not of type {' or '.join(names)}{meant}")

    def _text(self, node: Mapping[str, Any], value: str, path: PropertyPath) -> Iterator[Violation]:
        if len(value) < node.get("minLength", 0):
            yield Violation(
                path, "minLength", f"{self._quote(value, path)} has {len(value)} characters; it needs at least {node['minLength']}"
            )
        if len(value) > node.get("maxLength", len(value)):
            yield Violation(
                path, "maxLength", f"{self._quote(value, path)} has {len(value)} characters; at most {node['maxLength']} are allowed"
            )
        if "pattern" in node:
            pattern = compile_pattern(node["pattern"])
            if pattern is not None and not pattern.search(value):
                yield Violation(path, "pattern", f"{self._quote(value, path)} does not match {node['pattern']}")

    def _number(self, node: Mapping[str, Any], value: float, path: PropertyPath) -> Iterator[Violation]:
        if value < node.get("minimum", value):
            yield Violation(path, "minimum", f"{self._quote(value, path)} is less than {node['minimum']}")
        if value > node.get("maximum", value):
            yield Violation(path, "maximum", f"{self._quote(value, path)} is more than {node['maximum']}")

    def _object(self, node: Mapping[str, Any], value: dict[str, Any], path: PropertyPath) -> Iterator[Violation]:
        properties, patterns = node.get("properties", {}), node.get("patternProperties", {})
        for name in node.get("required", ()):
            if name not in value:
                yield Violation((*path, name), "required", "a value is required")
        for name, others in node.get("dependentRequired", {}).items():
            for other in others if name in value else ():
                if other not in value:
                    yield Violation((*path, other), "dependentRequired", f"{name} needs it")
        extra = node.get("additionalProperties", True)
        for name, item in value.items():
            if name in properties:
                yield from self.check(properties[name], item, (*path, name))
                continue
            matching = [n for p, n in patterns.items() if (found := compile_pattern(p)) is None or found.search(name)]
            for inner in matching:
                yield from self.check(inner, item, (*path, name))
            if matching or extra is True:
                continue
            if extra is False:
                yield Violation((*path, name), "additionalProperties", "there is no such property here")
            else:
                yield from self.check(extra, item, (*path, name))

    def _array(self, node: Mapping[str, Any], value: list[Any], path: PropertyPath) -> Iterator[Violation]:
        if len(value) < node.get("minItems", 0):
            yield Violation(path, "minItems", f"{len(value)} elements; at least {node['minItems']} are needed")
        if len(value) > node.get("maxItems", len(value)):
            yield Violation(path, "maxItems", f"{len(value)} elements; at most {node['maxItems']} are allowed")
        if node.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
            yield Violation(path, "uniqueItems", "the same element is there twice")
        items = node.get("items")
        if isinstance(items, Mapping):
            for number, item in enumerate(value):
                yield from self.check(items, item, (*path, str(number)))

    def _combinations(self, node: Mapping[str, Any], value: Any, path: PropertyPath) -> Iterator[Violation]:
        for keyword in ("oneOf", "anyOf", "allOf"):
            options = node.get(keyword)
            if not options:
                continue
            results = [tuple(self.check(option, value, path)) for option in options]
            matched = sum(not found for found in results)
            if keyword == "oneOf" and matched > 1:
                yield Violation(path, keyword, f"{matched} of the {len(options)} alternatives fit; exactly one must")
            elif keyword in ("oneOf", "anyOf") and matched == 0:
                if len(options) == 1:
                    yield from results[0]
                else:
                    reasons = "; or ".join(", ".join(str(v) for v in found[:2]) for found in results[:4])
                    yield Violation(path, keyword, f"none of the {len(options)} alternatives fits: {reasons}")
            elif keyword == "allOf":
                yield from (violation for found in results for violation in found)

    def _quote(self, value: Any, path: PropertyPath) -> str:
        if any(len(h) <= len(path) and all(a in ("*", b) for a, b in zip(h, path, strict=False)) for h in self._hidden):
            return "the value"
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        return f"'{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}'"


def _is_of(value: Any, name: str) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "null":
            return value is None
    return True
