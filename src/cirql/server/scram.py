"""SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side: what is kept of a password, and the two steps that prove it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cirql.errors import LoginRefused, ProtocolViolation
from cirql.startup.records import dataclass

_ITERATIONS = 4096


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept of a password: it proves one, and is none."""

    salt: bytes
    stored_key: bytes
    server_key: bytes
    iterations: int = _ITERATIONS

    @classmethod
    def of(cls, password: str) -> Verifier:
        """A new one for a password."""
        salt = os.urandom(16)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        return cls(salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))

    def proves(self, password: str) -> bool:
        """Whether it was made of this password: for a login that brings the password itself, over TLS."""
        salted = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "replace"), self.salt, self.iterations)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        return hmac.compare_digest(hashlib.sha256(client_key).digest(), self.stored_key)

    def to_text(self) -> str:
        """As PostgreSQL writes it in `pg_authid`."""
        salt, stored, server = (base64.b64encode(part).decode() for part in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"

    @classmethod
    def from_text(cls, text: str) -> Verifier:
        """Read what `to_text` wrote. Raises ValueError."""
        name, first, second = text.split("$")
        if name != "SCRAM-SHA-256":
            raise ValueError(name)
        iterations, salt = first.split(":")
        stored, server = second.split(":")
        return cls(base64.b64decode(salt), base64.b64decode(stored), base64.b64decode(server), int(iterations))


class ScramExchange:
    """One client's proof. For a user who does not exist it goes the same way and fails at the end."""

    def __init__(self, verifier: Verifier | None) -> None:
        self._known = verifier is not None
        self._verifier = verifier or Verifier.of(os.urandom(16).hex())
        self._first = ""
        self._challenge = ""
        self._nonce = ""

    def challenge(self, first: bytes) -> bytes:
        """The answer to the client's first message. Raises ProtocolViolation."""
        text = _decoded(first)
        if not text.startswith(("n,", "y,")):
            raise ProtocolViolation("SCRAM with channel binding is not spoken", hint="set channel_binding=disable")
        _, _, self._first = text.split(",", 2) if text.count(",") >= 2 else ("", "", "")
        given = _attributes(self._first).get("r", "")
        if not given:
            raise ProtocolViolation("the client's first SCRAM message has no nonce")
        self._nonce = given + base64.b64encode(os.urandom(18)).decode()
        salt = base64.b64encode(self._verifier.salt).decode()
        self._challenge = f"r={self._nonce},s={salt},i={self._verifier.iterations}"
        return self._challenge.encode()

    def verdict(self, final: bytes) -> bytes:
        """The server's proof, once the client has given its own. Raises LoginRefused, ProtocolViolation."""
        text = _decoded(final)
        without_proof, _, proof = text.rpartition(",p=")
        if _attributes(without_proof).get("r") != self._nonce:
            raise ProtocolViolation("the client's last SCRAM message has another nonce")
        message = f"{self._first},{self._challenge},{without_proof}".encode()
        signature = hmac.digest(self._verifier.stored_key, message, "sha256")
        try:
            given = base64.b64decode(proof, validate=True)
        except ValueError:
            raise ProtocolViolation("the client's SCRAM proof is not base64") from None
        client_key = bytes(a ^ b for a, b in zip(given, signature, strict=False))
        is_right = hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key)
        if len(given) != len(signature) or not is_right or not self._known:
            raise LoginRefused("password authentication failed")
        return b"v=" + base64.b64encode(hmac.digest(self._verifier.server_key, message, "sha256"))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ProtocolViolation("a SCRAM message is not UTF-8") from None


def _attributes(text: str) -> dict[str, str]:
    return {part[0]: part[2:] for part in text.split(",") if part[1:2] == "="}
