"""A change plan as a file: what was shown is what is applied, or nothing is.

The file is for reviewers too. Secrets of desired states are masked in it, and beside that encrypted (`sealing`), so that who made
the plan can apply it. It is written for its owner alone all the same (0600). A digest tells a file that was edited from one that was
reviewed.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cirql.changes.model import Change, ChangeKind
from cirql.changes.plan import ChangePlan
from cirql.changes.sealing import Seal, close_change, open_change, shown_change, user_seal
from cirql.cloud.target import Target
from cirql.errors import FileUnreadable, InvalidStatement

if TYPE_CHECKING:
    from cirql.catalog.lookup import Catalog

FORMAT = 2


def write_plan(plan: ChangePlan, path: Path, seal: Seal | None = None) -> None:
    """Write a plan. Raises FileUnreadable where the file cannot be written."""
    seal = seal or user_seal()
    changes = [_plain(change, seal) for change in plan.changes]
    content = {
        "format": FORMAT,
        "statements": list(plan.statements),
        "unchanged": plan.unchanged,
        "changes": changes,
        "digest": _digest(changes),
    }
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if path.is_file():
                os.fchmod(file.fileno(), 0o600)  # it may have been there before
            json.dump(content, file, indent=1, ensure_ascii=False)
            file.write("\n")
    except OSError as error:
        raise FileUnreadable(f"the plan cannot be written to {path}: {error.strerror or error}") from None


def read_plan(path: Path, catalog: Catalog, seal: Seal | None = None) -> ChangePlan:
    """Read a plan that `write_plan` wrote.

    Raises FileUnreadable, InvalidStatement where it is no plan or is not as it was written, or OperationalError where the key of its
    secrets is not here.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileUnreadable(f"the plan {path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InvalidStatement(f"{path} is not a plan of changes", hint="cirql plan -f FILE -o PLAN writes one") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("changes"), list):
        raise InvalidStatement(f"{path} is not a plan of changes that this release can read", hint="make it again with cirql plan")
    if content.get("digest") != _digest(content["changes"]):
        raise InvalidStatement(
            f"{path} is not as it was written", hint="a plan is applied exactly as it was shown: make it again with cirql plan"
        )
    changes = tuple(_read(raw, seal or user_seal()) for raw in content["changes"])
    known = [c for c in changes if c.operation is not ChangeKind.CALL]
    tables = {c.table: catalog.find(c.table).table for c in known}
    rules = {c.type_name: catalog.rules(c.type_name) for c in known}
    return ChangePlan(changes, tuple(content["statements"]), tables, rules, content["unchanged"])


def _digest(changes: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()


def _plain(whole: Change, seal: Seal) -> dict[str, Any]:
    change, target = shown_change(whole), whole.target
    return {
        "id": change.id,
        "operation": change.operation.value,
        "table": change.table,
        "type": change.type_name,
        "target": [target.account, target.region, target.credentials, target.partition],
        "identifier": change.identifier,
        "body": change.body,
        "before": change.before,
        "after": change.after,
        "secrets": [list(p) for p in change.secrets],
        "depends": list(change.depends),
        "permissions": list(change.permissions),
        "repeatable": change.repeatable,
        "sealed": b64encode(close_change(seal, whole)).decode() if whole.secrets else None,
    }


def _read(raw: dict[str, Any], seal: Seal) -> Change:
    change = Change(
        id=raw["id"],
        operation=ChangeKind(raw["operation"]),
        table=raw["table"],
        type_name=raw["type"],
        target=Target(*raw["target"]),
        identifier=raw["identifier"],
        body=raw["body"],
        before=raw["before"],
        after=raw["after"],
        secrets=tuple(tuple(p) for p in raw["secrets"]),
        depends=tuple(raw["depends"]),
        permissions=tuple(raw["permissions"]),
        repeatable=raw["repeatable"],
    )
    return change if raw["sealed"] is None else open_change(seal, change, b64decode(raw["sealed"]))
