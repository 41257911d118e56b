"""Values that a resource type's schema takes: what the examples in the data directory are written with.

    desired_state(rules)            the least that a resource of this type can be made of
    settable_value(rules)           one property that creation may set
    assignment(rules, desired)      one property that an update may set, and what else AWS needs with every update

Values are made up, the same ones each time; nothing says that AWS has such a subnet or role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.checks import violations
from cirql.changes.model import Model, values_at
from cirql.changes.pattern_sample import sample_pattern
from cirql.changes.patterns import compile_pattern

# How deep a value may nest before what is optional and recursive is left out, and how many ways of making one are tried.
_DEPTH = 7
_TRIES = 12
_ACCOUNT = "111122223333"  # the account of AWS's own examples


def desired_state(rules: Rules) -> Model | None:
    """Every required property with a value that satisfies the schema; None where none was found."""
    fixed = {p[0] for p in rules.read_only if len(p) == 1}
    for turn in range(_TRIES):
        maker = _Maker(rules, turn)
        model = {n: maker.value(rules.property(n), n, 0) for n in rules.required if n not in fixed and n in rules.properties}
        maker.add_alternatives(rules.body, model, 0)
        model = {name: value for name, value in model.items() if name not in fixed}
        _drop_read_only(rules, model)
        if not violations(rules, model):
            return model
    return None


def assignment(rules: Rules, desired: Mapping[str, Any]) -> Model | None:
    """A value for one property that may be updated, simple ones first; with it whatever AWS needs again because it never returns it."""
    native = {n for w in rules.native for n in (w.property, w.single)}
    blocked = {p[0] for p in (*rules.read_only, *rules.create_only, *rules.write_only)} | native
    again = {n: desired[n] for n in rules.required if (n,) in rules.write_only and (n,) not in rules.create_only and n in desired}
    tolerated = set(map(str, violations(rules, desired)))
    for name in sorted((n for n in rules.properties if n not in blocked), key=lambda n: (_weight(rules, n), n)):
        for value in _candidates(rules, name):
            found = violations(rules, {**desired, name: value})
            if value is not None and all(str(v) in tolerated for v in found):
                return {name: value, **{n: v for n, v in again.items() if n != name}}
    return None


def settable_value(rules: Rules) -> Model:
    """A value for one property that creation may set, for types that need none: a name where there is one; empty where nothing will do."""
    fixed = {p[0] for p in rules.read_only if len(p) == 1}
    for name in sorted((n for n in rules.properties if n not in fixed), key=lambda n: (not n.endswith("Name"), _weight(rules, n), n)):
        for value in _candidates(rules, name):
            if value is not None and not violations(rules, {name: value}):
                return {name: value}
    return {}


def _candidates(rules: Rules, name: str) -> Iterator[Any]:
    for turn in range(4):
        yield _Maker(rules, turn).value(rules.property(name), name, 0)


def _weight(rules: Rules, name: str) -> int:
    """Descriptions and other plain values make better examples than structures."""
    kind = rules.property(name).get("type")
    if name.endswith("Description"):
        return 0
    return {"string": 1, "boolean": 1, "integer": 2, "number": 2}.get(str(kind), 3)


def _drop_read_only(rules: Rules, model: Model) -> None:
    for path in rules.read_only:
        for owner in values_at(model, path[:-1]) if len(path) > 1 else ():
            if isinstance(owner, dict):
                owner.pop(path[-1], None)


class _Maker:
    """Makes values; each turn takes other alternatives of enums, types and `oneOf`."""

    def __init__(self, rules: Rules, turn: int) -> None:
        self._rules = rules
        self._turn = turn

    def value(self, node: Any, name: str, depth: int) -> Any:
        """A value for a schema node; None where it nests too deep."""
        node = self._rules.resolve(node)
        if depth > _DEPTH:
            return None
        if "const" in node:
            return node["const"]
        if node.get("enum"):
            return self._pick(node["enum"])
        options = node.get("oneOf") or node.get("anyOf")
        if options and node.get("type") not in ("object", "array") and not node.get("properties"):
            outer = {k: v for k, v in node.items() if k not in ("oneOf", "anyOf")}
            return self.value({**outer, **self._rules.resolve(self._pick(options))}, name, depth + 1)
        match self._kind(node):
            case "boolean":
                return self._turn % 2 == 0
            case "integer" | "number" as kind:
                return _number(node, whole=kind == "integer")
            case "array":
                return self._array(node, name, depth)
            case "object":
                return self._object(node, depth)
        return self._text(node, name)

    def _pick(self, options: Any) -> Any:
        return options[self._turn % len(options)]

    def _kind(self, node: Mapping[str, Any]) -> str:
        declared = node.get("type") or ("object" if "properties" in node or "patternProperties" in node else "string")
        return declared if isinstance(declared, str) else str(self._pick(declared))

    def add_alternatives(self, node: Any, value: Model, depth: int) -> None:
        """Add what one alternative of `oneOf` or `anyOf`, or each of `allOf`, requires."""
        node = self._rules.resolve(node)
        for keyword in ("oneOf", "anyOf", "allOf"):
            options = node.get(keyword) or ()
            for option in options if keyword == "allOf" else [self._pick(options)] if options else ():
                option = self._rules.resolve(option)
                known = {**node.get("properties", {}), **option.get("properties", {})}
                for name in option.get("required", ()):
                    if name not in value and name in known:
                        value[name] = self.value(known[name], name, depth + 1)
                self.add_alternatives({k: v for k, v in option.items() if k in ("oneOf", "anyOf", "allOf")}, value, depth + 1)

    def _array(self, node: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        wanted = max(node.get("minItems", 0), 1 if depth < 2 else 0)
        count = min(wanted, node.get("maxItems", wanted))
        # Each element by a maker of its own: what must be unique is.
        items = [_Maker(self._rules, self._turn + n).value(node.get("items", {}), name, depth + 1) for n in range(count)]
        return [item for item in items if item is not None]

    def _object(self, node: Mapping[str, Any], depth: int) -> Model:
        properties = node.get("properties", {})
        made = {n: self.value(properties.get(n, {}), n, depth + 1) for n in node.get("required", ())}
        result = {n: v for n, v in made.items() if v is not None}
        self.add_alternatives(node, result, depth)
        if not result and properties and depth < _DEPTH:
            first = self._pick(sorted(properties))
            value = self.value(properties[first], first, depth + 1)
            if value is not None:
                result[first] = value
        if not result and node.get("patternProperties"):
            pattern, inner = next(iter(node["patternProperties"].items()))
            result[self._text({"pattern": pattern}, "key")] = self.value(inner, "value", depth + 1)
        return result

    def _text(self, node: Mapping[str, Any], name: str) -> str:
        low, high = node.get("minLength", 1), node.get("maxLength", 10_000)
        pattern = compile_pattern(node["pattern"]) if "pattern" in node else None
        guesses = list(_guesses(name, self._turn))
        if "pattern" in node:
            sampled = (sample_pattern(node["pattern"], f"{name}/{self._turn}/{length}", length) for length in (12, 12, 6, 3, 1))
            guesses += [text for text in sampled if text is not None]
        for guess in guesses:
            for text in (guess, guess[:high], guess.ljust(low, "x"), guess.ljust(low, "0")):
                if low <= len(text) <= high and (pattern is None or pattern.search(text)):
                    return text
        return guesses[-1]


def _number(node: Mapping[str, Any], *, whole: bool) -> float:
    low = node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
    number = min(max(low, 1), node.get("maximum", max(low, 1)))
    return int(number) if whole or float(number).is_integer() else float(number)


def _guesses(name: str, turn: int) -> Iterator[str]:
    """Texts that a property of this name may take, the most readable first."""
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", "-", name).lower()
    if word.endswith("arn"):
        yield f"arn:aws:iam::{_ACCOUNT}:role/example"
    if word.endswith("account-id"):
        yield _ACCOUNT
    if "cidr" in word:
        yield "10.0.0.0/16"
    yield f"my-{word}-{turn + 1}" if turn else f"my-{word}"
    yield f"my{word.replace('-', '')}"
    yield from ("1", "2030-01-01T00:00:00Z", "example.com", "https://example.com/", f"arn:aws:iam::{_ACCOUNT}:role/example", "10.0.0.0/16")
    yield from ("12:00", "{}", "user@example.com")
