"""IAM policies compared as AWS would: order, case of actions, single value or list, and account principals do not matter."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def equal(left: str, right: str) -> bool:
    """Whether two policy documents mean the same to AWS. Text that is no JSON object equals only itself."""
    try:
        return bool(_normal(json.loads(_plain(left))) == _normal(json.loads(_plain(right))))
    except json.JSONDecodeError:
        return left == right


def _plain(document: str) -> str:
    """IAM returns documents URL-encoded."""
    return unquote(document) if document.lstrip().startswith("%7B") else document


def _normal(policy: Any) -> Any:
    if not isinstance(policy, dict):
        return policy
    statements = policy.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    normal = sorted({json.dumps(_statement(s), sort_keys=True) for s in statements})
    return {"Version": policy.get("Version", "2008-10-17"), "Id": policy.get("Id"), "Statement": normal}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    found: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _LISTS:
            items = [str(v) for v in _many(value)]
            found[key] = sorted({i.lower() for i in items} if "Action" in key else set(items))
        elif key in ("Principal", "NotPrincipal"):
            found[key] = _principal(value)
        elif key == "Condition":
            found[key] = _condition(value)
        else:
            found[key] = value
    return found


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _principal(value: Any) -> Any:
    if value == "*":
        return {"AWS": ["*"]}
    if not isinstance(value, dict):
        return value
    return {kind: sorted({_account(str(v)) if kind == "AWS" else str(v) for v in _many(items)}) for kind, items in value.items()}


def _account(principal: str) -> str:
    """`123456789012` and `arn:aws:iam::123456789012:root` are the same principal."""
    match = re.fullmatch(r"arn:aws[\w-]*:iam::(\d{12}):root", principal)
    return match[1] if match else principal


def _condition(value: Any) -> Any:
    """Operators and keys are case-insensitive; values are sets of text (`true` and `"true"` are one)."""
    if not isinstance(value, dict):
        return value
    found: dict[str, dict[str, list[str]]] = {}
    for operator, keys in value.items():
        tested = keys if isinstance(keys, dict) else {}
        found[operator.lower()] = {key.lower(): sorted({_text(v) for v in _many(values)}) for key, values in tested.items()}
    return found


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
