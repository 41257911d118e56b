"""A change plan for people and programs: text, JSON, Markdown for a pull request, and the IAM policy it needs. Secrets are masked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cirql.changes.model import Change, ChangeKind, Model, PropertyPath, mask
from cirql.changes.patch import apply_patch
from cirql.changes.plan import ChangePlan
from cirql.errors import NotSupported

_SIGNS = {
    ChangeKind.CREATE: "+",
    ChangeKind.UPDATE: "~",
    ChangeKind.DELETE: "-",
    ChangeKind.SET: "~",
    ChangeKind.CALL: ">",
}
_WORDS = {
    ChangeKind.CREATE: "to create",
    ChangeKind.UPDATE: "to update",
    ChangeKind.DELETE: "to delete",
    ChangeKind.SET: "to update",
    ChangeKind.CALL: "to call",
}
_SHOWN = 200


def render(plan: ChangePlan, style: str) -> list[str]:
    """The lines of a plan in the style of EXPLAIN's FORMAT. Raises NotSupported for one that does not fit writes."""
    match style:
        case "TEXT":
            return list(text_lines(plan))
        case "JSON":
            return json.dumps(to_json(plan), indent=2, ensure_ascii=False).splitlines()
        case "MARKDOWN":
            return list(markdown_lines(plan))
        case "POLICY":
            return json.dumps(policy(plan), indent=2).splitlines()
    raise NotSupported(f"a plan of changes has no {style} form", hint="TEXT, JSON, MARKDOWN and POLICY are there")


def text_lines(plan: ChangePlan) -> Iterator[str]:
    """The plan as indented text: one block for each resource, then the calls and the permissions."""
    yield summary(plan)
    for change in plan.changes:
        yield f"{_SIGNS[change.operation]} {change.title}"
        for name, old, new in differences(change):
            yield f"    {name}: {_difference(old, new)}"
    if plan.changes:
        yield "calls: " + ", ".join(f"{name} x{count}" for name, count in calls(plan).items())
        yield "permissions: " + ", ".join(plan.permissions)


def summary(plan: ChangePlan) -> str:
    """`2 to create, 1 to delete; 3 are as wanted already`."""
    counts = Counter(_WORDS[c.operation] for c in plan.changes)
    parts = [f"{counts[word]} {word}" for word in dict.fromkeys(_WORDS.values()) if counts[word]]
    unchanged = f"; {plan.unchanged} as wanted already" if plan.unchanged else ""
    return (", ".join(parts) or "nothing to change") + unchanged


def differences(change: Change) -> list[tuple[str, Any, Any]]:
    """What changes, property by property: a name or JSON pointer, the old value and the new one (None: not there), masked."""
    before, after = change.masked(change.before) or {}, change.masked(change.after) or {}
    match change.operation:
        case ChangeKind.CREATE:
            return [(name, None, value) for name, value in sorted(after.items())]
        case ChangeKind.DELETE:
            return [(name, value, None) for name, value in sorted(before.items())]
        case ChangeKind.SET:
            return [(name, before.get(name), value) for name, value in after.items()]
        case ChangeKind.CALL:
            return [(name, None, value) for name, value in sorted(mask(json.loads(change.body), change.secrets).items())]
    if not change.body:  # it has ended, and its patch went with its secrets
        names = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        return [(name, before.get(name), after.get(name)) for name in names]
    return list(_patched(change))


def _patched(change: Change) -> Iterator[tuple[str, Any, Any]]:
    operations = json.loads(change.body)
    model: Model = change.before or {}
    for operation in operations:
        path = str(operation["path"])
        old = _at(model, path)
        model = apply_patch(model, [operation], change.secrets)
        below = _below(path, change.secrets)
        new = operation.get("value") if operation["op"] != "remove" else None
        if operation["op"] in ("move", "copy"):
            new = _at(model, path)
        name = path.removeprefix("/")
        yield name, None if old is None else mask(old, below), None if new is None else mask(new, below)


def _below(path: str, secrets: Sequence[PropertyPath]) -> list[PropertyPath]:
    """Where secrets are in what stands at a JSON pointer; an empty path is all of it. Places in lists are `*`, or left out."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    names = [part for part in parts if not part.isdigit() and part != "-"]
    found = []
    for secret in secrets:
        bare = [part for part in secret if part != "*"]
        shared = min(len(names), len(bare))
        if names[:shared] == bare[:shared]:
            found.append(tuple(bare[shared:]))
    return found


def _at(model: Any, path: str) -> Any:
    node = model
    for part in path.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def _difference(old: Any, new: Any) -> str:
    if old is None:
        return _short(new)
    return f"{_short(old)} -> {'(removed)' if new is None else _short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def calls(plan: ChangePlan) -> dict[str, int]:
    """The calls that change something, by name; polling for their end comes on top."""
    counts: Counter[str] = Counter()
    for change in plan.changes:
        if change.operation is ChangeKind.SET:
            write = json.loads(change.body)["write"]
            counts[f"{write['service']}:{write['operation']}"] += 1
        elif change.operation is ChangeKind.CALL:
            counts[change.type_name] += 1
        else:
            counts[f"cloudcontrol:{change.operation.value.capitalize()}Resource"] += 1
    return dict(sorted(counts.items()))


def to_json(plan: ChangePlan) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "summary": summary(plan),
        "changes": [
            {
                "operation": change.operation.value,
                "table": change.table,
                "type": change.type_name,
                "identifier": change.identifier,
                "account": change.target.account,
                "region": change.target.region,
                "differences": [{"property": name, "old": old, "new": new} for name, old, new in differences(change)],
            }
            for change in plan.changes
        ],
        "unchanged": plan.unchanged,
        "calls": calls(plan),
        "permissions": list(plan.permissions),
    }


def policy(plan: ChangePlan) -> dict[str, Any]:
    """An IAM policy that allows exactly what the plan needs (resources are left open: handlers touch more than the one)."""
    statement = {"Effect": "Allow", "Action": list(plan.permissions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def markdown_lines(plan: ChangePlan) -> Iterator[str]:
    """The plan for a pull-request comment."""
    yield f"**{summary(plan)}**"
    for change in plan.changes:
        yield ""
        yield f"#### `{_SIGNS[change.operation]}` {_cell(change.title)}"
        yield ""
        yield "| property | old | new |"
        yield "|---|---|---|"
        for name, old, new in differences(change):
            yield f"| {_cell(name)} | {_code(old)} | {_code(new)} |"
    if plan.changes:
        yield ""
        yield "<details><summary>Calls and permissions</summary>"
        yield ""
        yield from (f"- {count} × `{name}`" for name, count in calls(plan).items())
        yield "- " + ", ".join(f"`{p}`" for p in plan.permissions)
        yield ""
        yield "</details>"


def _code(value: Any) -> str:
    if value is None:
        return ""
    text = _short(value).replace("|", "\\|").replace("\n", " ")
    fence = "`" if "`" not in text else "``"
    return f"{fence}{text}{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
