"""An open transaction: the changes that are collected until COMMIT, and the savepoints among them.

Nothing of it was sent, so that going back to a savepoint is forgetting what was collected since.
"""

from __future__ import annotations

from cirql.changes.drafting import ChangeDraft
from cirql.errors import UnknownSavepoint
from cirql.startup.records import dataclass, field


@dataclass(slots=True)
class OpenTransaction:
    """What is collected, in order; a savepoint is its name and how many drafts came before it."""

    drafts: list[ChangeDraft] = field(default_factory=list)
    _savepoints: list[tuple[str, int]] = field(default_factory=list)

    def save(self, name: str) -> None:
        """Set a savepoint. One of the same name is hidden until this one is released."""
        self._savepoints.append((name, len(self.drafts)))

    def go_back(self, name: str) -> int:
        """Forget what came after a savepoint, which stays; gives how many changes that were. Raises UnknownSavepoint."""
        place = self._place(name)
        count = self._savepoints[place][1]
        dropped = sum(len(draft.changes) for draft in self.drafts[count:])
        del self.drafts[count:]
        del self._savepoints[place + 1 :]
        return dropped

    def release(self, name: str) -> None:
        """Forget a savepoint and those after it; what was collected stays. Raises UnknownSavepoint."""
        del self._savepoints[self._place(name) :]

    def _place(self, name: str) -> int:
        for place in reversed(range(len(self._savepoints))):
            if self._savepoints[place][0] == name:
                return place
        raise UnknownSavepoint(f'savepoint "{name}" does not exist', hint="SAVEPOINT name sets one")
