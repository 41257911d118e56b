"""Whether a resource's policy lets everybody in, told from the policy alone.

A statement that allows something to any principal is for everybody, unless a condition on who, or where from, narrows it:
`aws:SecureTransport` and `lambda:FunctionUrlAuthType` ask how somebody comes. A condition that passes when its key is missing
(`…IfExists`, `ForAllValues:`), that says who may *not*, or whose value is any value narrows nothing. What narrows is, with few
additions, what S3 says: "The meaning of public" in the chapter on blocking public access of its user guide.
"""

from __future__ import annotations

import json
from typing import Any

from cirql.sql.standard_policies import standard

_NARROW = {
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid"),
    *("aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"),
    *("aws:sourcevpc", "aws:sourcevpce", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "sns:endpoint"),
}
_OPERATORS = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
_ANY = "ForAnyValue:"
_SERVICE, _ACCOUNT, _NAME = 2, 4, 5
"""Where an ARN has the service, the account, and what is in it."""


def open_to_everybody(policy: str) -> bool | None:
    """Whether a statement allows something to anybody; None for what is no policy."""
    try:
        found = json.loads(standard(policy))
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(s, dict) for s in found["Statement"]):
        return None
    return any(s.get("Effect") == "Allow" and _anybody(s) and not _narrowed(s.get("Condition")) for s in found["Statement"])


def _anybody(statement: dict[str, Any]) -> bool:
    """Whether a statement is for any principal; one that names those who are left out is for all others."""
    principal = statement.get("Principal")
    return "NotPrincipal" in statement or (isinstance(principal, dict) and any("*" in names for names in principal.values()))


def _narrowed(condition: Any) -> bool:
    if not isinstance(condition, dict):
        return False
    return any(
        operator.removeprefix(_ANY).lower() in _OPERATORS and key in _NARROW and not any(map(_any, values))
        for operator, keys in condition.items()
        if isinstance(keys, dict)
        for key, values in keys.items()
    )


def _any(value: str) -> bool:
    """Whether anybody can meet a value of a condition: a star, every address, an ARN in any account. A bucket's name is nobody else's."""
    if value.endswith("/0") or not value.strip("*?"):
        return True
    parts = value.split(":", _NAME)
    if parts[0] != "arn" or len(parts) <= _NAME:
        return False
    if parts[_ACCOUNT] and not set(parts[_ACCOUNT]) & set("*?"):
        return False
    return parts[_SERVICE] != "s3" or not parts[_NAME].strip("*?:/")
