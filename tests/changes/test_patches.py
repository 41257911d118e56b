"""Patches between models, checked against an implementation of RFC 6902 that is not ours."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cirql.catalog.rules import Rules
from cirql.changes.patch import apply_patch, diff
from cirql.changes.values import to_property

PLAIN = Rules("AWS::Test::Plain", {"properties": {}})
TAGS = {"type": "array", "insertionOrder": False, "items": {"properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}}
RULES = Rules(
    "AWS::Test::Thing",
    {
        "properties": {
            "Tags": TAGS,
            "Ordered": {"type": "array", "items": {"type": "string"}},
            "Count": {"type": "integer"},
            "Share": {"type": "number"},
            "On": {"type": "boolean"},
            "Name": {"type": "string"},
            "Policy": {"type": ["object", "string"]},
            "Map": {"type": "object", "patternProperties": {".*": {"type": "string"}}},
            "Either": {"oneOf": [{"type": "string"}, {"type": "object"}]},
        }
    },
)

names = st.sampled_from(["a", "b", "c/d", "e~f", ""])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5]) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
models = st.dictionaries(names, values, max_size=4)


@given(models, models)
@settings(max_examples=300, deadline=None)
def test_a_patch_makes_one_model_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    operations = diff(PLAIN, before, after)
    assert json.dumps(apply_patch(before, operations), sort_keys=True) == json.dumps(
        jsonpatch.JsonPatch(operations).apply(before), sort_keys=True
    )
    assert diff(PLAIN, apply_patch(before, operations), after) == []


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in pairs.items()]


def test_an_array_without_order_is_changed_element_by_element() -> None:
    before, after = {"Tags": tags(env="dev", team="a", old="x")}, {"Tags": tags(new="y", team="a", env="prod")}
    assert diff(RULES, before, after) == [
        {"op": "replace", "path": "/Tags/0/Value", "value": "prod"},
        {"op": "remove", "path": "/Tags/2"},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "new", "Value": "y"}},
    ]
    assert diff(RULES, {"Tags": tags(a="1", b="2")}, {"Tags": tags(b="2", a="1")}) == []


def test_an_array_with_order_keeps_what_is_the_same_at_both_ends() -> None:
    operations = diff(RULES, {"Ordered": ["a", "b", "c", "z"]}, {"Ordered": ["a", "x", "z"]})
    assert operations == [{"op": "replace", "path": "/Ordered/1", "value": "x"}, {"op": "remove", "path": "/Ordered/2"}]
    assert len(diff(RULES, {"Ordered": ["a", "b"]}, {"Ordered": ["b", "a"]})) == 2


def test_one_is_one_point_nought_but_not_true() -> None:
    assert diff(RULES, {"Count": 1}, {"Count": 1.0}) == []
    assert len(diff(RULES, {"Count": 1}, {"Count": True})) == 1


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("Count", "7", 7),
        ("Count", 7.0, 7),
        ("Count", "seven", "seven"),
        ("Share", "0.5", 0.5),
        ("On", "TRUE", True),
        ("Name", 7, "7"),
        ("Name", True, True),
        ("Name", '{"a": 1}', '{"a": 1}'),
        ("Tags", {"b": "2", "a": "1"}, tags(a="1", b="2")),
        ("Tags", '{"a": "1"}', tags(a="1")),
        ("Map", tags(a="1"), {"a": "1"}),
        ("Ordered", "{a,b}", ["a", "b"]),
        ("Ordered", '["a", "b"]', ["a", "b"]),
        ("Policy", '{"Version": "2012-10-17"}', {"Version": "2012-10-17"}),
        ("Policy", "arn:aws:iam::aws:policy/x", "arn:aws:iam::aws:policy/x"),
        ("Either", "text", "text"),
        ("Either", '{"a": 1}', {"a": 1}),
    ],
)
def test_a_value_is_read_as_the_schema_asks(name: str, value: Any, wanted: Any) -> None:
    read = to_property(RULES, name, value)
    assert read == wanted and type(read) is type(wanted)
