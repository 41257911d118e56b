"""IAM policies in one spelling, so that queries can take them apart without asking how they were written.

`{"Statement": {"Effect": "allow", "Principal": "*", "Action": "S3:Get*"}}` becomes
`{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:get*"]}]}`: statements are a list, actions, resources,
principals and the values of conditions sorted lists of text, actions and the keys of conditions in small letters.
"""

from __future__ import annotations

import json
from typing import Any

_MEMBERS = ("Version", "Id", "Statement")
_IN_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
_SPELLED = {name.lower(): name for name in (*_MEMBERS, *_IN_STATEMENT)}


def standard(policy: str) -> str:
    """The policy in its one spelling; what is no policy stays as it is."""
    read = json.loads(policy)
    if isinstance(read, str):
        try:
            read = json.loads(read)
        except ValueError:
            return policy
    if not isinstance(read, dict):
        return policy
    found = _respelled(read)
    statements = found.get("Statement", [])
    found["Statement"] = [_statement(s) for s in (statements if isinstance(statements, list) else [statements])]
    return json.dumps(found, ensure_ascii=False)


def _respelled(value: dict[str, Any]) -> dict[str, Any]:
    return {_SPELLED.get(key.lower(), key): inner for key, inner in value.items()}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    found = _respelled(statement)
    for key, value in found.items():
        match key:
            case "Effect":
                found[key] = str(value).capitalize()
            case "Action" | "NotAction":
                found[key] = _texts(value, lower=True)
            case "Resource" | "NotResource":
                found[key] = _texts(value)
            case "Principal" | "NotPrincipal":
                found[key] = {"AWS": ["*"]} if value == "*" else _lists(value)
            case "Condition" if isinstance(value, dict):
                found[key] = {operator: _conditions(keys) for operator, keys in value.items()}
    return found


def _conditions(keys: Any) -> Any:
    return {key.lower(): _texts(values) for key, values in keys.items()} if isinstance(keys, dict) else keys


def _lists(value: Any) -> Any:
    return {kind: _texts(items) for kind, items in value.items()} if isinstance(value, dict) else value


def _texts(value: Any, *, lower: bool = False) -> list[str]:
    texts = [v if isinstance(v, str) else json.dumps(v) for v in (value if isinstance(value, list) else [value])]
    return sorted({t.lower() for t in texts} if lower else set(texts))
