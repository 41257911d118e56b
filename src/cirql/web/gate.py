"""Who may ask: any page in a browser can send requests to 127.0.0.1, and a name of its own can be made to mean that address.

A request must name this server as its host. What runs something must come from this page (Origin), as a POST. All but the page's own
files need the cookie, which the link that the program opens gives once, or a login where the page is not on loopback alone.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cirql.errors import LoginRefused
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    from cirql.server.users import User

HOST = "127.0.0.1"
_MOST_VISITORS = 200
_MOST_REFUSED, _REST = 10, 60.0
"""After so many refusals within so many seconds nobody is let in: passwords are not to be tried out."""
_LARGEST = 4 * 1024 * 1024
_Message = MutableMapping[str, Any]
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_OVER_TLS = {"strict-transport-security": "max-age=31536000"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who was let in: whoever started the page, whose name is "", or a user who has signed in."""

    name: str
    may_write: bool


class Admission:
    """Who is in: by the link that lets one browser in, or by a name and a password; each browser is known by the cookie that it gets.

    Over TLS a name that was made to mean this address is refused by the browser, which does not find it in the certificate: then any
    name is the server's. Without TLS it has two.
    """

    def __init__(
        self, port: int, *, is_writable: bool = False, users: Mapping[str, User] = MappingProxyType({}), has_tls: bool = False
    ) -> None:
        self.port = port
        self.has_tls = has_tls
        self.cookie = f"__Host-cirql_{port}" if has_tls else f"cirql_{port}"
        self.users = users
        self._is_writable = is_writable
        self._links: set[str] = set()
        self._visitors: dict[str, Visitor] = {}
        self._refused: deque[float] = deque(maxlen=_MOST_REFUSED)
        self._lock = threading.Lock()

    def link(self) -> str:
        """An address that lets one browser in, once."""
        made = secrets.token_urlsafe(32)
        with self._lock:
            self._links.add(made)
        return f"http://{HOST}:{self.port}/enter?token={made}"

    def enter(self, token: str) -> str | None:
        """The cookie for a link's token, which is spent by that; None where there is no such link any more."""
        with self._lock:
            if token not in self._links:
                return None
            self._links.remove(token)
        return self._let_in(Visitor("", self._is_writable))

    def sign_in(self, name: str, password: str) -> str:
        """The cookie for a user. Raises LoginRefused, also for everybody after ten wrong ones in a minute."""
        from cirql.server.scram import Verifier
        from cirql.server.users import UserRole

        now = time.monotonic()
        if len(self._refused) == _MOST_REFUSED and now - self._refused[0] < _REST:
            raise LoginRefused("too many have tried", hint="wait a minute")
        user = self.users.get(name)
        verifier = user.verifier if user is not None else Verifier.of(secrets.token_hex())  # as long for a name that nobody has
        if not verifier.proves(password) or user is None:
            self._refused.append(now)
            raise LoginRefused("name or password is wrong")
        return self._let_in(Visitor(name, self._is_writable and user.role is UserRole.WRITER))

    def _let_in(self, visitor: Visitor) -> str:
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._visitors[secret] = visitor
            while len(self._visitors) > _MOST_VISITORS:
                del self._visitors[next(iter(self._visitors))]
        return f"{self.cookie}={secret}; Path=/; HttpOnly; SameSite=Strict{'; Secure' if self.has_tls else ''}"

    def visitor(self, cookies: str) -> Visitor | None:
        """Who a request's cookies say that it is from."""
        given = [value for name, _, value in (part.strip().partition("=") for part in cookies.split(";")) if name == self.cookie]
        if len(given) != 1:
            return None
        with self._lock:
            return next((v for secret, v in self._visitors.items() if hmac.compare_digest(given[0], secret)), None)

    def sign_out(self, cookies: str) -> None:
        """Forget a browser."""
        with self._lock:
            self._visitors = {s: v for s, v in self._visitors.items() if s not in cookies}

    def is_ours(self, host: str) -> bool:
        """Whether a request may call this server so."""
        return bool(host) if self.has_tls else host in (f"{HOST}:{self.port}", f"localhost:{self.port}")

    def origin(self, host: str) -> str:
        """What a browser says that our own page is from."""
        return f"{'https' if self.has_tls else 'http'}://{host}"


class PageGate:
    """Lets requests through that may pass, and gives every answer the headers that keep the page to itself."""

    def __init__(self, app: Any, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: _Message, receive: Any, send: Any) -> None:
        """One request, or the server's own beginning and end."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: _Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                headers = _HEADERS | (_OVER_TLS if self._admission.has_tls else {})
                added = [(n.encode(), v.encode()) for n, v in headers.items() if n.encode() not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, send_guarded)
            return
        status, why = refused
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send_guarded({"type": "http.response.start", "status": status, "headers": headers})
        await send_guarded({"type": "http.response.body", "body": why.encode() + b"\n"})

    def _refusal(self, scope: _Message) -> tuple[int, str] | None:
        """Why a request may not pass."""
        headers = _headers(scope)
        host = headers.get("host", "")
        if not self._admission.is_ours(host):
            return 421, "this server has another name"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and scope["path"] != "/":
            return 403, "another page may not ask here"
        if scope["method"] not in ("GET", "HEAD") and headers.get("origin") != self._admission.origin(host):
            return 403, "another page may not ask here"
        if int(headers.get("content-length", "0") if headers.get("content-length", "0").isdigit() else _LARGEST + 1) > _LARGEST:
            return 413, "that is too much"
        if "transfer-encoding" in headers:
            return 411, "say how long it is"
        if scope["path"].startswith("/api/") and self._admission.visitor(headers.get("cookie", "")) is None:
            return 401, "sign in" if self._admission.users else "open the link that the program printed"
        return None


def _headers(scope: _Message) -> Mapping[str, str]:
    """A request's headers; one that is given twice has no value that could be right."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = text if key not in found else f"{found[key]}; {text}" if key == "cookie" else "\x00"
    return found
