"""A small AWS endpoint for the cloud tests: a real socket, scripted answers, and every fault a network can produce."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Request:
    """One request as it arrived. Header names are lower-case; `raw_headers` keeps names, values and order."""

    method: str
    target: str
    headers: dict[str, str]
    raw_headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    @property
    def operation(self) -> str:
        """The operation of a JSON-protocol or query-protocol request."""
        named = self.headers.get("x-amz-target", "").rpartition(".")[2]
        if named:
            return named
        fields = dict(item.partition("=")[::2] for item in self.body.decode("utf-8", "replace").split("&"))
        return fields.get("Action", "")

    @property
    def access_key(self) -> str:
        return self.headers["authorization"].partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Reply:
    """What to answer. `cut`: send so many bytes of the body, then close. `drop`: close without a byte. `raw`: these bytes and no others.

    `drip`: send `raw` and then, every so many seconds, `more`, until the client hangs up.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    drop: bool = False
    hang: bool = False
    chunked: bool = False
    close: bool = False
    raw: bytes | None = None
    drip: float | None = None
    more: bytes = b""
    content_length: bool = True


class FakeAWS:
    """Answers with `script`, one reply a request, then with `otherwise`; records everything."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.script: list[Reply] = []
        self.otherwise: Callable[[Request], Reply] = lambda _: Reply()
        self.connections = 0
        self.hung_up = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def then(self, **reply: Any) -> None:
        """Answer the next unscripted request with `Reply(**reply)`."""
        self.script.append(Reply(**reply))

    def always(self, **reply: Any) -> None:
        """Answer everything that is not scripted with `Reply(**reply)`."""
        self.otherwise = lambda _: Reply(**reply)

    def answer(self, give: Callable[[Request], dict[str, Any]]) -> None:
        """Answer everything that is not scripted by what the request says."""
        self.otherwise = lambda request: Reply(**give(request))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._wind_up())
        self._loop.close()

    async def _wind_up(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    def stop(self) -> None:
        """Close everything; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        try:
            while (request := await self._read(reader, number)) is not None:
                self.requests.append(request)
                reply = self.script.pop(0) if self.script else self.otherwise(request)
                if not await self._answer(reply, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, number: int) -> Request | None:
        line = await reader.readline()
        if not line:
            return None
        method, target, _ = line.decode().split(" ", 2)
        raw: list[tuple[str, str]] = []
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(": ")
            raw.append((name, value))
        headers = {name.lower(): value for name, value in raw}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, target, headers, tuple(raw), body, number)

    async def _answer(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send one reply; True where the connection stays open."""
        if reply.drop:
            return False
        if reply.hang:
            await reader.read(1)
            self.hung_up.set()
            return False
        await asyncio.sleep(reply.delay)
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            while reply.drip is not None:
                await asyncio.sleep(reply.drip)
                writer.write(reply.more)
                await writer.drain()
            return False
        headers = {"x-amzn-RequestId": "req-1", **reply.headers}
        if reply.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif reply.content_length:
            headers["Content-Length"] = str(len(reply.body))
        if reply.close:
            headers["Connection"] = "close"
        head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        body = reply.body
        if reply.chunked:
            pieces = [body[i : i + 7] for i in range(0, len(body), 7)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        writer.write(head.encode() + (body if reply.cut is None else body[: reply.cut]))
        await writer.drain()
        return reply.cut is None and not reply.close and reply.content_length


@pytest.fixture
def aws() -> Iterator[FakeAWS]:
    """A fresh endpoint for one test."""
    server = FakeAWS()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _no_ambient_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own AWS configuration, proxies and cirql.toml out of the tests."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CIRQL_")) or name.lower().endswith("_proxy") or name == "REQUESTS_CA_BUNDLE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)
