"""What would undo a change, as SQL for people to look at. It is offered after a failure and never run by itself."""

from __future__ import annotations

import json

from cirql.changes.model import ChangeKind, JournalEntry, State, mask
from cirql.changes.patch import diff
from cirql.changes.plan import ChangePlan
from cirql.changes.statements import delete_statement, insert_statement, literal, patch_statement, where


def compensation(entry: JournalEntry, plan: ChangePlan) -> str | None:
    """The statement that would undo a change that succeeded; None where nothing can (calls, what was never read)."""
    change = entry.change
    table, rules = plan.tables.get(change.table), plan.rules.get(change.type_name)
    if entry.state is not State.SUCCEEDED or table is None or rules is None:
        return None
    match change.operation:
        case ChangeKind.CREATE:
            return delete_statement(table, change.target, entry.identifier) if entry.identifier else None
        case ChangeKind.DELETE:
            before = change.masked(change.before)
            return insert_statement(table, rules, change.target, before) if before else None
        case ChangeKind.UPDATE:
            if change.before is None or change.after is None or change.identifier is None:
                return None
            seen = {k: v for k, v in change.after.items() if (k,) not in rules.write_only}
            operations = diff(rules, mask(seen, change.secrets), mask(change.before, change.secrets))
            return patch_statement(table, change.target, change.identifier, operations) if operations else None
        case ChangeKind.SET:
            if change.before is None or change.identifier is None:
                return None
            name = json.loads(change.body)["write"]["property"]
            column = next((c.name for c in table.columns if c.member == name), name)
            condition = where(change.target, change.identifier)
            if (name,) in change.secrets:
                return None  # nothing keeps what was there
            return f"UPDATE {table.name} SET {column} = {literal(change.before.get(name, []))} WHERE {condition};"
    return None
