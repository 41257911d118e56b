"""Secrets of changes that are planned or under way, kept where only their owner can read them: encrypted, under a key in a file apart.

The journal must keep what a change was told until it has ended, or nothing could be resumed after a crash, and a saved plan until it is
applied. A journal or a plan that is copied, reviewed, backed up or sent to somebody has no secrets in it: the key is in the user's state
directory and in neither.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from cirql.changes.model import Change, ChangeKind, mask
from cirql.errors import OperationalError
from cirql.settings import state_home
from cirql.startup.records import replace

_KEY_BYTES = 32
_NONCE_BYTES = 12
_HINT = "only who made a change can send its secrets: the key stays in that user's XDG_STATE_HOME"


class Seal:
    """Encrypts and opens values (AES-256-GCM) with the key in a file, which the first secret makes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def closed(self, value: Any, name: str) -> bytes:
        """A value that JSON can say, so that only the key opens it, and only under the name that it was closed under.

        Raises OperationalError where the key can be neither read nor made.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(may_make=True)).encrypt(nonce, json.dumps(value).encode(), name.encode())

    def opened(self, sealed: bytes, name: str) -> Any:
        """What was closed. Raises OperationalError where the key is gone or is another."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            key = AESGCM(self._key(may_make=False))
            return json.loads(key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode()))
        except InvalidTag:
            raise OperationalError(
                f"the key in {self._path} is not the one that the secrets of change {name} were closed with", hint=_HINT
            ) from None

    def _key(self, *, may_make: bool) -> bytes:
        try:
            if may_make:
                self._make()
            key = self._path.read_bytes()
        except OSError as error:
            raise OperationalError(f"the key of the secrets of changes cannot be read: {error}", hint=_HINT) from None
        if len(key) != _KEY_BYTES:
            raise OperationalError(f"{self._path} is no key of the secrets of changes: it has {len(key)} bytes")
        return key

    def _make(self) -> None:
        """A key, whole from the first moment and its owner's alone; of several processes that make one, all have the first's."""
        if self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, self._path)
        finally:
            draft.unlink()


def user_seal() -> Seal:
    """The seal of whoever runs this process."""
    return Seal(state_home() / "journal.key")


def shown_change(change: Change) -> Change:
    """A change as anybody may see it who reads the file that it is kept in."""
    if not change.secrets:
        return change
    return replace(change, body=_shown_body(change), before=change.masked(change.before), after=change.masked(change.after))


def _shown_body(change: Change) -> str:
    match change.operation:
        case ChangeKind.CALL:
            return json.dumps(mask(json.loads(change.body or "{}"), change.secrets))
        case ChangeKind.SET:  # which set it was, for who undoes it, and none of what was put there
            return json.dumps(mask(json.loads(change.body), [("inputs", "*"), ("wanted",)])) if change.body else ""
        case _:  # what is sent says the same as the models, in a text without places to mask
            return ""


def close_change(seal: Seal, change: Change) -> bytes:
    """What `shown_change` leaves out. Raises OperationalError."""
    return seal.closed([change.body, change.before, change.after], change.id)


def open_change(seal: Seal, shown: Change, sealed: bytes) -> Change:
    """The change that was closed. Raises OperationalError where the key is gone or is another."""
    body, before, after = seal.opened(sealed, shown.id)
    return replace(shown, body=body, before=before, after=after)
