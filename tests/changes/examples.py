"""Example resources made from a schema: a desired state that satisfies it, and a change that an update may make to it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from cirql.catalog.rules import Rules
from cirql.changes.checks import violations
from cirql.changes.model import Model, values_at
from cirql.changes.pattern_sample import sample_pattern
from cirql.changes.patterns import compile_pattern

_DEEP = 7


class NoExampleError(Exception):
    """No example could be made: the reason, in a few words."""


def desired_state(rules: Rules) -> Model:
    """The least a resource can be made of: every required property with a value that the schema takes.

    Raises NoExampleError.
    """
    fixed = {p for p in rules.read_only if len(p) == 1}
    last = "no example"
    for seed in range(12):
        maker = _Maker(rules, seed)
        model = {n: maker.value(rules.property(n), n, 0) for n in rules.required if (n,) not in fixed and n in rules.properties}
        maker.complete(rules.body, model, 0)
        model = {k: v for k, v in model.items() if (k,) not in fixed}
        _strip_read_only(rules, model)
        found = violations(rules, model)
        if not found:
            return model
        last = f"{found[0].rule} at {'/'.join(found[0].path)}"
    raise NoExampleError(last)


def update_of(rules: Rules, current: Model, desired: Model) -> Model:
    """Assignments that change one property of a resource as AWS returns it, with the write-only ones that every update needs.

    Raises NoExampleError where nothing can be updated.
    """
    blocked = {p[0] for p in (*rules.read_only, *rules.create_only, *rules.write_only)} | {
        n for w in rules.native for n in (w.property, w.single)
    }
    never_read = {tuple(part for part in p if part != "*") for p in rules.write_only}
    lost = [v.path for v in violations(rules, current) if v.rule == "required"]
    again = {p[0]: desired[p[0]] for p in lost if tuple(part for part in p if not part.isdigit()) in never_read and p[0] in desired}
    for name in sorted(rules.properties, key=lambda n: (n not in current, n)):
        if name in blocked:
            continue
        for value in _others(rules, name, current.get(name)):
            after = {**copy.deepcopy(current), **again, name: value}
            before = set(map(str, violations(rules, current)))
            if not [v for v in violations(rules, after) if str(v) not in before]:
                return {**again, name: value}
    raise NoExampleError("no property can be updated")


def _others(rules: Rules, name: str, now: Any) -> Iterator[Any]:
    node = rules.property(name)
    for choice in node.get("enum", ()):
        if choice != now:
            yield choice
    if isinstance(now, bool):
        yield not now
    elif isinstance(now, int):
        yield from (now + 1, now - 1)
    for seed in range(20, 30):
        value = _Maker(rules, seed).value(node, name, 0)
        if value != now and value is not None:
            yield value


def _strip_read_only(rules: Rules, model: Model) -> None:
    for path in rules.read_only:
        if len(path) > 1:
            for owner in values_at(model, path[:-1]):
                if isinstance(owner, dict):
                    owner.pop(path[-1], None)


class _Maker:
    """Makes values; another seed makes other ones and takes other alternatives."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self._rules = rules
        self._seed = seed
        self._serial = itertools.count(1)

    def value(self, node: Any, name: str, depth: int) -> Any:
        node = self._rules.resolve(node)
        if depth > _DEEP:
            return None
        if "const" in node:
            return node["const"]
        if node.get("enum"):
            return node["enum"][self._seed % len(node["enum"])]
        kind = node.get("type")
        kinds = [kind] if isinstance(kind, str) else list(kind or ())
        if not kinds:
            options = node.get("oneOf") or node.get("anyOf")
            if options and not node.get("properties"):
                return self.value(options[self._seed % len(options)], name, depth + 1)
            kinds = ["object"] if "properties" in node or "patternProperties" in node else ["string"]
        chosen = kinds[self._seed % len(kinds)]
        match chosen:
            case "boolean":
                return bool(self._seed % 2)
            case "integer" | "number":
                return self._number(node, chosen)
            case "array":
                return self._array(node, name, depth)
            case "object":
                return self._object(node, depth)
        return self._text(node, name)

    def complete(self, node: Any, value: Model, depth: int) -> None:
        """Add what one alternative of `oneOf`, `anyOf` or each of `allOf` requires."""
        node = self._rules.resolve(node)
        for keyword in ("oneOf", "anyOf", "allOf"):
            options = node.get(keyword, ())
            chosen = options if keyword == "allOf" else [options[self._seed % len(options)]] if options else []
            for option in chosen:
                option = self._rules.resolve(option)
                known: Mapping[str, Any] = {**node.get("properties", {}), **option.get("properties", {})}
                for name in option.get("required", ()):
                    if name not in value and name in known:
                        value[name] = self.value(known[name], name, depth + 1)
                self.complete({k: v for k, v in option.items() if k in ("oneOf", "anyOf", "allOf")}, value, depth + 1)

    @staticmethod
    def _number(node: Mapping[str, Any], kind: str) -> float:
        low = node.get("minimum", node.get("exclusiveMinimum", 0) + 1)
        high = node.get("maximum", low + 100)
        number = min(max(low, 1), high)
        return int(number) if kind == "integer" or float(number).is_integer() else number

    def _array(self, node: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        count = max(node.get("minItems", 0), 1 if depth < 2 else 0)
        items = [self.value(node.get("items", {}), name, depth + 1) for _ in range(min(count, node.get("maxItems", count)))]
        return [item for item in items if item is not None]

    def _object(self, node: Mapping[str, Any], depth: int) -> Model:
        properties = node.get("properties", {})
        made = {n: self.value(properties.get(n, {}), n, depth + 1) for n in node.get("required", ())}
        result = {n: v for n, v in made.items() if v is not None}
        self.complete(node, result, depth)
        if not result and not node.get("required") and properties and depth < _DEEP:
            first = sorted(properties)[self._seed % len(properties)]
            if (value := self.value(properties[first], first, depth + 1)) is not None:
                result[first] = value
        if not result and node.get("patternProperties"):
            pattern, inner = next(iter(node["patternProperties"].items()))
            key = self._text({"pattern": pattern}, "key")
            result[key] = self.value(inner, "value", depth + 1)
        return result

    def _text(self, node: Mapping[str, Any], name: str) -> str:
        low, high = node.get("minLength", 1), node.get("maxLength", 10_000)
        number = next(self._serial) + 100 * self._seed
        guesses = [
            f"example-{number}",
            f"example{number}",
            f"{number}",
            f"arn:aws:iam::111111111111:role/example-{number}",
            "2030-01-01T00:00:00Z",
        ]
        guesses += [f"{name}{number}", f"https://example{number}.example.com/a", f"10.0.{number % 250}.0/24", f"{number % 24:02d}:30", "{}"]
        pattern = compile_pattern(node["pattern"]) if "pattern" in node else None
        if "pattern" in node:
            for extra in range(5):
                sampled = sample_pattern(node["pattern"], f"{self._seed}/{extra}/{number}")
                if sampled is not None:
                    guesses.append(sampled)
        for guess in guesses:
            for text in (guess, guess[:high], guess + "x" * max(0, low - len(guess)), guess + "0" * max(0, low - len(guess))):
                if low <= len(text) <= high and (pattern is None or pattern.search(text)):
                    return text
        return guesses[-1]
