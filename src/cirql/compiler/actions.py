"""What IAM calls the actions that tables need.

An operation's name is its action's, and CloudFormation's schemas list the actions of their handlers: mostly. `[actions]` in the overlay
says what the others are called in the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cirql.catalog.model import Table
from cirql.compiler.overlay import OverlayError
from cirql.startup.records import replace

# An action as a model spells it, and the actions that it stands for. `service:*` changes the prefix alone.
Actions = Mapping[str, tuple[str, ...]]


def with_actions(tables: Iterable[Table], actions: Actions) -> list[Table]:
    """The tables with every permission in IAM's words.

    Raises:
        OverlayError: a correction is for an action that no table needs.
    """
    used: set[str] = set()
    found = [_corrected(t, actions, used) for t in tables]
    if superfluous := actions.keys() - used:
        raise OverlayError(f"overlay: actions: no table needs {min(superfluous)}")
    return found


def _corrected(table: Table, actions: Actions, used: set[str]) -> Table:
    return replace(
        table,
        fetches=tuple(replace(f, permissions=_renamed(f.permissions, actions, used)) for f in table.fetches),
        permissions={verb: kept for verb, given in table.permissions.items() if (kept := _renamed(given, actions, used))},
    )


def _renamed(given: Iterable[str], actions: Actions, used: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new for action in given for new in _called(action, actions, used)))


def _called(action: str, actions: Actions, used: set[str]) -> tuple[str, ...]:
    prefix, _, name = action.partition(":")
    for key in (action, f"{prefix}:*"):
        if key in actions:
            used.add(key)
            return tuple(new.replace("*", name) for new in actions[key])
    return (action,)
