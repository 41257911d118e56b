"""ARNs as keys: what an ARN says about account, region and the other columns of its row.

The form is `arn:partition:service:region:account-id:resource` (AWS General Reference, Amazon Resource Names).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from cirql.catalog.model import Arn, Table
from cirql.startup.regexes import regex
from cirql.types import ColumnType

_BRACED = regex(r"\{(\w+)\}")


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    parts = _BRACED.split(template)
    body = "".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/:]*)" for i, p in enumerate(parts))
    return re.compile(body)


def parse_arn(arn: Arn, text: str, table: Table) -> dict[str, Any] | None:
    """The columns an ARN of this table fixes, `region` and `account_id` among them; None where it is not one of its ARNs."""
    match = _pattern(arn.template).fullmatch(text)
    if match is None:
        return None
    types = {c.name: c.type for c in table.columns}
    found: dict[str, Any] = {}
    for name, value in match.groupdict().items():
        if name in types:
            if types[name] is ColumnType.BIGINT:
                if not value.isdigit():
                    return None
                found[name] = int(value)
            elif value and (name != "account_id" or _is_account(value)):
                found[name] = value
    return found


def where_of_arn(text: str) -> dict[str, str]:
    """The `region` and `account_id` that any ARN names; what it leaves out (global services, S3) is left out here."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return {}
    named = (("region", parts[3]), ("account_id", parts[4]))
    return {name: value for name, value in named if value and (name == "region" or _is_account(value))}


def _is_account(text: str) -> bool:
    """Whether this is an account, and not `aws`, whose policies and components every account has."""
    return len(text) == 12 and text.isdigit()


@lru_cache(maxsize=4096)
def arn_columns(arn: Arn) -> tuple[str, ...]:
    """The columns besides `region` and `account_id` that the template names."""
    return tuple(n for n in _BRACED.findall(arn.template) if n not in ("partition", "region", "account_id"))
