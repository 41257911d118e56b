"""The protocol over HTTP, on loopback alone and for who has the token: any page in a browser can send requests to 127.0.0.1."""

from __future__ import annotations

import hmac
import os
import secrets
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import uvicorn

from cirql.agents.protocol import Door, quieten
from cirql.errors import FileUnreadable, InvalidText

HOST, PATH = "127.0.0.1", "/mcp"
_LEAST = 24
_Message = MutableMapping[str, Any]


def token_of(path: Path | None) -> str:
    """The token in a file that is its owner's alone, which is made where there is none; without a file a new one.

    Raises FileUnreadable, or InvalidText for a token that could be guessed.
    """
    made = secrets.token_urlsafe(32)
    if path is None:
        return made
    try:
        with suppress(FileExistsError), open(path, "x", encoding="ascii", opener=_owners_alone) as file:
            file.write(made + "\n")
        if path.stat().st_mode & 0o077:
            raise FileUnreadable(f"others may read the token in {path}", hint=f"chmod 600 {path}")
        found = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"the token in {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    if len(found) < _LEAST or not found.isprintable() or " " in found:
        raise InvalidText(
            f"the token in {path} has fewer than {_LEAST} characters, or is not one word", hint="remove the file to have one made"
        )
    return found


def _owners_alone(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


class _TokenGate:
    """Lets requests through that carry the token; the others learn nothing but that."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode("ascii")

    async def __call__(self, scope: _Message, receive: Any, send: Any) -> None:
        """One request, or the server's own beginning and end."""
        if scope["type"] == "http" and not self._may_pass(scope):
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"www-authenticate", b"Bearer")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b"the token is missing or wrong\n"})
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: _Message) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._wanted)


def serve_http(door: Door, port: int, token: str, ready: Callable[[str], None]) -> None:
    """Serve clients on a port of 127.0.0.1 (0: any that is free) until SIGINT or SIGTERM; `ready` gets the URL.

    Raises OSError where the port cannot be had.
    """
    quieten()
    with socket.create_server((HOST, port)) as listening:
        app = _TokenGate(door.server.streamable_http_app(streamable_http_path=PATH, host=HOST), token)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", server_header=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)

        async def serve() -> None:
            ready(f"http://{HOST}:{listening.getsockname()[1]}{PATH}")
            await server.serve(sockets=[listening])

        anyio.run(serve)
