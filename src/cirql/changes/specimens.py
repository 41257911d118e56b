"""Values that a resource type's schema takes: what the examples in the data directory are written with.

    desired_state(rules)            the least that a resource of this type can be made of
    example_state(rules)            the same, or one property that creation may set, where none must be
    assignment(rules, current)      one property that an update may set, and what else AWS needs with every update

Values are made up, the same ones each time; nothing says that AWS has such a subnet or role.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.checks import fits, violations
from cirql.changes.model import Model, values_at
from cirql.changes.pattern_sample import sample_pattern

# How deep a value may nest before what is optional and recursive is left out, and how many ways of making one are tried.
_DEPTH = 12
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


def example_state(rules: Rules) -> Model | None:
    """What an example creates: the least there can be, but never nothing where something can be set. None where nothing will do."""
    desired = desired_state(rules)
    return desired if desired is None else desired or _settable_value(rules)


def assignment(rules: Rules, desired: Mapping[str, Any], current: Mapping[str, Any] | None = None) -> Model | None:
    """A value for one property that may be updated, and with it whatever AWS needs again because it never returns it; None where none may.

    `desired` is what the resource was made of, `current` what AWS returns, where that is known. Simple properties come first, then
    structures of which a part is fixed at creation (that part stays), then what AWS never returns.
    """
    current = _returned(rules, desired) if current is None else current
    native = {n for w in rules.native for n in (w.property, w.single)}
    fixed = {p[0] for p in (*rules.read_only, *rules.create_only) if len(p) == 1} | native
    known = violations(rules, current)
    lost = {v.path[0] for v in known if v.rule == "required" and v.path[0] in desired}
    if lost & fixed:
        return None
    base = {**current, **{n: desired[n] for n in lost}}
    tolerated = set(map(str, known))
    names = sorted((n for n in rules.properties if n not in fixed), key=lambda n: (_fixity(rules, n), _weight(rules, n), n))
    for is_same in (False, True):
        for name, value in ((n, v) for n in names for v in _changed(rules, n, base.get(n)) if (v == base.get(n)) is is_same):
            after = {**base, name: value}
            if _keeps_fixed(rules, base, after, name) and all(str(v) in tolerated for v in violations(rules, after)):
                return {n: after[n] for n in dict.fromkeys((name, *sorted(lost)))}
    return None


def _keeps_fixed(rules: Rules, before: Model, after: Model, name: str) -> bool:
    """Whether no part of a property changes that AWS sets or that creation alone can set."""
    parts = [p for p in (*rules.read_only, *rules.create_only) if p[0] == name]
    return all(list(values_at(before, p)) == list(values_at(after, p)) for p in parts)


def _returned(rules: Rules, desired: Mapping[str, Any]) -> Model:
    """What AWS gives back of a desired state: all but what is write-only."""
    model = copy.deepcopy(dict(desired))
    for path in rules.write_only:
        drop(model, path)
    return model


def _fixity(rules: Rules, name: str) -> int:
    """How much of a property an update has to leave alone: 0 nothing, 1 parts of it, 2 it is never returned, so nobody sees it change."""
    parts = {p[0] for p in (*rules.read_only, *rules.create_only, *rules.write_only) if len(p) > 1}
    return 2 if (name,) in rules.write_only else 1 if name in parts else 0


def _changed(rules: Rules, name: str, now: Any) -> Iterator[Any]:
    """Values for a property: new ones, or the present one with another part, where some of its parts are fixed."""
    fixed = {p[1] for p in (*rules.read_only, *rules.create_only) if p[0] == name and len(p) > 1}
    parts = rules.property(name).get("properties", {}) if fixed else {}
    for part in sorted(parts):
        if part not in fixed and (other := _other(rules, parts[part], part, now.get(part) if isinstance(now, dict) else None)) is not None:
            yield {**(now or {}), part: other}
    if not parts:
        yield from (value for value in _candidates(rules, name) if value is not None)


def _other(rules: Rules, node: Any, name: str, now: Any) -> Any:
    made = (_Maker(rules, turn).value(node, name, 1) for turn in range(4))
    return next((value for value in made if value is not None and value != now), None)


def _settable_value(rules: Rules) -> Model:
    """A value for one property that creation may set: a name where there is one; empty where nothing will do."""
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
        if len(path) > 1:
            drop(model, path)


def drop(model: Model, path: Sequence[str]) -> None:
    """Remove what a path leads to, wherever it is there."""
    for owner in values_at(model, path[:-1]):
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
        options: Sequence[Any] = node.get("oneOf") or node.get("anyOf") or ()
        made = self._made(node, name, depth, options)
        for turn in range(self._turn + 1, self._turn + len(options)):
            if fits(self._rules, node, made):
                break
            made = _Maker(self._rules, turn)._made(node, name, depth, options)
        return made

    def _made(self, node: Mapping[str, Any], name: str, depth: int, options: Sequence[Any]) -> Any:
        """A value by this turn's alternative."""
        if options and node.get("type") not in ("object", "array") and not node.get("properties"):
            outer = {k: v for k, v in node.items() if k not in ("oneOf", "anyOf")}
            return self.value({**outer, **self._rules.resolve(self._pick(options)), "allOf": [outer]}, name, depth + 1)
        match self._kind(node):
            case "boolean":
                return self._turn % 2 == 0
            case "integer" | "number" as kind:
                return _number(node, self._turn, whole=kind == "integer")
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
                if keyword != "allOf" and not value and known and depth < _DEPTH:
                    first = min(known)
                    value[first] = self.value(known[first], first, depth + 1)
                inner = {k: v for k, v in option.items() if k in ("oneOf", "anyOf", "allOf")}
                self.add_alternatives({**inner, "properties": known}, value, depth + 1)

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
        guesses = list(_guesses(name, self._turn))
        if "pattern" in node:
            sampled = (sample_pattern(node["pattern"], f"{name}/{self._turn}/{length}", length) for length in (12, 12, 6, 3, 1))
            guesses += [text for text in sampled if text is not None]
        for guess in guesses:
            for text in (guess, guess[:high], guess.ljust(low, "x"), guess.ljust(low, "0")):
                if fits(self._rules, node, text):
                    return text
        return guesses[-1]


def _number(node: Mapping[str, Any], turn: int, *, whole: bool) -> float:
    low = node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
    number = min(max(low, 1) + turn, node.get("maximum", max(low, 1) + turn))
    return int(number) if whole or float(number).is_integer() else float(number)


def _guesses(name: str, turn: int) -> Iterator[str]:
    """Texts that a property of this name may take, the most readable first."""
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", "-", name).lower()
    if word.endswith("arn"):
        yield f"arn:aws:iam::{_ACCOUNT}:role/example{f'-{turn + 1}' if turn else ''}"
    if word.endswith("account-id"):
        yield _ACCOUNT
    if "cidr" in word:
        yield "10.0.0.0/16"
    yield f"my-{word}-{turn + 1}" if turn else f"my-{word}"
    yield f"my{word.replace('-', '')}"
    yield from ("1", "2030-01-01T00:00:00Z", "example.com", "https://example.com/", f"arn:aws:iam::{_ACCOUNT}:role/example", "10.0.0.0/16")
    yield from ("12:00", "{}", "user@example.com")
