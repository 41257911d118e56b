"""Secrets of changes that are under way, kept where only their owner can read them: encrypted, under a key in a file apart.

The journal must keep what a change was told until it has ended, or nothing could be resumed after a crash. A journal that is copied, backed
up or sent to somebody has no secrets in it: the key is in the user's state directory and in no journal.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from cirql.errors import OperationalError

_KEY_BYTES = 32
_NONCE_BYTES = 12


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
            raise OperationalError(f"the key in {self._path} is not the one that the secrets of change {name} were closed with") from None

    def _key(self, *, may_make: bool) -> bytes:
        try:
            if may_make:
                self._make()
            key = self._path.read_bytes()
        except OSError as error:
            raise OperationalError(f"the key of the journal's secrets cannot be read: {error}", hint="XDG_STATE_HOME says where") from None
        if len(key) != _KEY_BYTES:
            raise OperationalError(f"{self._path} is no key of a journal's secrets: it has {len(key)} bytes")
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
