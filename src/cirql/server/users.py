"""Who may come in through the server: a file of names, roles and what is kept of passwords."""

from __future__ import annotations

import json
import os
import tempfile
from enum import StrEnum
from pathlib import Path

from cirql.errors import SettingsError
from cirql.server.scram import Verifier
from cirql.startup.records import dataclass


class UserRole(StrEnum):
    """What a user may do: read, or change resources too."""

    READER = "reader"
    WRITER = "writer"


@dataclass(frozen=True, slots=True)
class User:
    """One user."""

    name: str
    role: UserRole
    verifier: Verifier


def read_users(path: Path) -> dict[str, User]:
    """The users of a file; none where there is no file. Raises SettingsError for one that others may read, or that is not right."""
    if not path.exists():
        return {}
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise SettingsError(f"others may read {path}", hint=f"chmod 600 {path}")
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {name: User(name, UserRole(row["role"]), Verifier.from_text(row["secret"])) for name, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, ValueError) else ""
        why = why or "each user has a role and a secret there"
        raise SettingsError(f"{path} is not a file of users: {why}", hint="cirql serve user add NAME makes one") from None


def write_users(path: Path, users: dict[str, User]) -> None:
    """Put users in a file that this user alone can read. Raises SettingsError."""
    rows = {u.name: {"role": u.role.value, "secret": u.verifier.to_text()} for u in users.values()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # for this user alone, from its first byte
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(rows, out, indent=1)
        Path(draft).replace(path)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}") from None
