"""PlanDesk: changes that were shown, and are carried out by a second word, once, exactly as they were shown."""

from __future__ import annotations

import json
import secrets
import threading
from typing import TYPE_CHECKING, Any

from cirql.changes.explain import policy, summary, to_json
from cirql.changes.model import ChangeKind
from cirql.errors import AccessDenied, InvalidStatement
from cirql.result import visible_text
from cirql.sql.blanks import first_word
from cirql.sql.parse import is_definition, is_write, parse

if TYPE_CHECKING:
    from cirql.changes.plan import ChangePlan
    from cirql.runtime import Runtime
    from cirql.session import Session

_KEPT = 20


def changes_something(sql: str) -> bool:
    """Whether a statement would change resources. Raises the errors of a text that is no statement."""
    word = first_word(sql)
    if word not in ("INSERT", "UPDATE", "DELETE", "WITH"):
        return False
    statement = parse(sql)
    return statement.explain is None and is_write(statement) and not is_definition(statement)


class PlanDesk:
    """Usable from any thread."""

    def __init__(self, runtime: Runtime, *, is_writable: bool) -> None:
        self._runtime = runtime
        self._is_writable = is_writable
        self._lock = threading.Lock()
        self._plans: dict[str, ChangePlan] = {}

    def plan(self, session: Session, sql: str) -> dict[str, Any]:
        """What a statement would change, as plain data, and the plan's id where it may be carried out. Reads, and changes nothing."""
        with session.work():
            made = session.writer.plan([parse(sql)])
        if any(c.operation is ChangeKind.CALL for c in made.changes):
            raise AccessDenied("EXEC is not planned here", hint="INSERT, UPDATE and DELETE are")
        if len(made.changes) > session.settings.max_changes:
            raise InvalidStatement(
                f"this would make {len(made.changes)} changes; {session.settings.max_changes} is the most", hint="narrow it by a WHERE"
            )
        told = {**to_json(made), "policy": json.dumps(policy(made), indent=2) if made.changes else "", "plan": ""}
        if made.changes and self._is_writable:
            told["plan"] = self._keep(made)
        shown: dict[str, Any] = json.loads(visible_text(json.dumps(told, default=str, ensure_ascii=False)))
        return shown

    def _keep(self, plan: ChangePlan) -> str:
        made = secrets.token_urlsafe(12)
        with self._lock:
            self._plans[made] = plan
            while len(self._plans) > _KEPT:
                del self._plans[next(iter(self._plans))]
        return made

    def apply(self, plan: str) -> dict[str, Any]:
        """Carry a plan out, and say how each change ended. Raises AccessDenied, InvalidStatement, ChangeFailed."""
        if not self._is_writable:
            raise AccessDenied("this page changes nothing", hint="start it with cirql web --write")
        with self._lock:
            found = self._plans.pop(plan, None)
        if found is None:
            raise InvalidStatement("this plan was carried out already, or is no longer here", hint="plan the statement again")
        with self._runtime.session(user="page", writable=True) as session, session.work():
            ended = session.writer.carry_out(found)
        return {
            "summary": summary(found),
            "changes": [
                {
                    "title": visible_text(e.change.title),
                    "state": e.state.value,
                    "identifier": visible_text(e.identifier or e.change.identifier or ""),
                }
                for e in ended
            ],
        }
