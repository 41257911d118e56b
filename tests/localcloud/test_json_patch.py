"""Patches as RFC 6902 has them, among them the examples of its appendix that take thought."""

from __future__ import annotations

from typing import Any

import pytest

from cirql.localcloud.json_patch import patched


@pytest.mark.parametrize(
    ("before", "operations", "after"),
    [
        ({"a": 1}, [{"op": "add", "path": "/b", "value": [2]}], {"a": 1, "b": [2]}),
        ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}, {"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ({"a": 1}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
        ({"a": {"x": 1}}, [{"op": "replace", "path": "/a/x", "value": 2}], {"a": {"x": 2}}),
        ({"a": {"x": 1}, "b": {}}, [{"op": "move", "from": "/a/x", "path": "/b/y"}], {"a": {}, "b": {"y": 1}}),
        ({"a": [1, 2, 3]}, [{"op": "move", "from": "/a/0", "path": "/a/2"}], {"a": [2, 3, 1]}),
        ({"a": {"x": 1}}, [{"op": "copy", "from": "/a", "path": "/b"}, {"op": "remove", "path": "/a/x"}], {"a": {}, "b": {"x": 1}}),
        ({"a/b": 1, "m~n": 2}, [{"op": "test", "path": "/a~1b", "value": 1}, {"op": "remove", "path": "/m~0n"}], {"a/b": 1}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0, "also": "ignored"}], {"a": 1}),
    ],
)
def test_a_patch_is_applied_to_a_copy(before: Any, operations: Any, after: Any) -> None:
    kept = repr(before)
    assert patched(before, operations) == after
    assert repr(before) == kept


@pytest.mark.parametrize(
    "operations",
    [
        {"op": "add"},
        ["add"],
        [{"op": "add", "value": 1}],
        [{"op": "add", "path": "/b"}],
        [{"op": "add", "path": "b", "value": 1}],
        [{"op": "add", "path": "/no/where", "value": 1}],
        [{"op": "add", "path": "/list/3", "value": 1}],
        [{"op": "add", "path": "/list/01", "value": 1}],
        [{"op": "add", "path": "/a/deeper", "value": 1}],
        [{"op": "remove", "path": "/b"}],
        [{"op": "remove", "path": "/list/-"}],
        [{"op": "replace", "path": "/b", "value": 1}],
        [{"op": "move", "path": "/b"}],
        [{"op": "move", "from": "/list", "path": "/list/0"}],
        [{"op": "test", "path": "/a", "value": True}],
        [{"op": "test", "path": "/list", "value": [1, True]}],
        [{"op": "spam", "path": "/a"}],
    ],
)
def test_what_cannot_be_applied_is_named(operations: Any) -> None:
    with pytest.raises(ValueError):
        patched({"a": 1, "list": [1, 2]}, operations)
