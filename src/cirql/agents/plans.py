"""KeptPlan, PlanShelf: what a client was shown and may ask to have carried out: that, once, soon, and as it was shown."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from cirql.changes.plan import ChangePlan
from cirql.errors import InvalidStatement
from cirql.startup.records import dataclass, field

_MINUTES = 30
_MOST = 50


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan under a name that cannot be guessed. `nonce` stands for the question whether to carry it out."""

    id: str
    plan: ChangePlan
    until: float
    nonce: str = field(repr=False)


class PlanShelf:
    """The plans of a server, in memory alone: they hold desired states, and so it may be secrets. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._plans: dict[str, KeptPlan] = {}

    def keep(self, plan: ChangePlan) -> KeptPlan:
        """Keep a plan for half an hour; the oldest goes where there are too many."""
        kept = KeptPlan(secrets.token_hex(8), plan, self._clock() + _MINUTES * 60, secrets.token_hex(16))
        with self._lock:
            self._plans[kept.id] = kept
            while len(self._plans) > _MOST:
                del self._plans[next(iter(self._plans))]
        return kept

    def find(self, plan_id: str) -> KeptPlan:
        """The plan of that name, still kept. Raises InvalidStatement."""
        with self._lock:
            return self._found(plan_id)

    def take(self, plan_id: str) -> KeptPlan:
        """The plan of that name, which is gone from here then. Raises InvalidStatement."""
        with self._lock:
            found = self._found(plan_id)
            del self._plans[plan_id]
            return found

    def _found(self, plan_id: str) -> KeptPlan:
        found = self._plans.get(plan_id)
        if found is None or found.until < self._clock():
            raise InvalidStatement("there is no such plan, or it has been used or is too old", hint="plan_change makes one")
        return found
