"""Who may ask: any page in a browser can send requests to 127.0.0.1, and a name of its own can be made to mean that address.

A request must name this server as its host. What runs something must come from this page (Origin), as a POST. All but the page's own
files need the cookie, which the link that the program opens gives once.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any

HOST = "127.0.0.1"
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


class Admission:
    """The link that lets one browser in, and the cookie that it gets for it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = f"cirql_{port}"
        self._secret = secrets.token_urlsafe(32)
        self._links: set[str] = set()
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
        return f"{self.cookie}={self._secret}; Path=/; HttpOnly; SameSite=Strict"

    def knows(self, cookies: str) -> bool:
        """Whether a request's cookies have the right one."""
        given = [value for name, _, value in (part.strip().partition("=") for part in cookies.split(";")) if name == self.cookie]
        return len(given) == 1 and hmac.compare_digest(given[0], self._secret)

    def hosts(self) -> tuple[str, ...]:
        """What a request may call this server."""
        return (f"{HOST}:{self.port}", f"localhost:{self.port}")


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
                added = [(n.encode(), v.encode()) for n, v in _HEADERS.items() if n.encode() not in present]
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
        if host not in self._admission.hosts():
            return 421, "this server has another name"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and scope["path"] != "/":
            return 403, "another page may not ask here"
        if scope["method"] not in ("GET", "HEAD") and headers.get("origin") != f"http://{host}":
            return 403, "another page may not ask here"
        if int(headers.get("content-length", "0") if headers.get("content-length", "0").isdigit() else _LARGEST + 1) > _LARGEST:
            return 413, "that is too much"
        if "transfer-encoding" in headers:
            return 411, "say how long it is"
        if scope["path"].startswith("/api/") and not self._admission.knows(headers.get("cookie", "")):
            return 401, "open the link that the program printed"
        return None


def _headers(scope: _Message) -> Mapping[str, str]:
    """A request's headers; one that is given twice has no value that could be right."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = text if key not in found else f"{found[key]}; {text}" if key == "cookie" else "\x00"
    return found
