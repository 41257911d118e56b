"""The loopback HTTP/1.1 listener under the local AWS: threads, keep-alive, one write per answer.

Written out because werkzeug's own server closes every connection after one answer (and waits 10 ms to do so), and because
faults need what no WSGI server offers: an answer cut in the middle, or no answer at all. It binds 127.0.0.1 and
nothing else, and knows nothing of AWS.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BufferedReader
from typing import BinaryIO, cast

from cirql.errors import OperationalError
from cirql.startup.records import dataclass

HOST = "127.0.0.1"
_MAX_LINE = 1 << 16
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came: the path is still percent-encoded, header names are lower case, the body is complete."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer. With `cut`, Content-Length tells the whole body, half of it is sent, and the connection closes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool = False


class NoAnswerError(Exception):
    """Raised by the responder to close the connection without a byte of an answer."""


class MalformedRequestError(Exception):
    """What arrived is not an HTTP/1.x request."""


Respond = Callable[[HttpRequest], HttpAnswer]


_PASSING = (errno.EMFILE, errno.ENFILE, errno.ECONNABORTED, errno.ENOBUFS, errno.ENOMEM)
"""Why a connection cannot be accepted now, and another can later."""
_PAUSE = 0.02
_FEWEST_FILES = 48
"""What a process must be allowed to open: its own files, and both ends of some connections."""


def refuse_few_files() -> None:
    """Raise OperationalError where the process may open too few files and connections to be asked anything."""
    try:
        import resource
    except ImportError:  # where there is no such limit
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= most < _FEWEST_FILES:
        raise OperationalError(
            f"this process may open {most} files and connections, and a local AWS and who asks it need {_FEWEST_FILES}",
            hint="let it open more: `ulimit -n 4096` before it starts",
            sqlstate="53000",
        )


class Listener:
    """Answers HTTP on `127.0.0.1:port` (0: any free port) with `respond`, one thread per connection."""

    def __init__(self, port: int, respond: Respond) -> None:
        self._respond = respond
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.listen(512)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = False
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._idle: set[socket.socket] = set()
        self._acceptor = threading.Thread(target=self._accept, name=f"local-aws:{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Close the port and every connection, and wait for their threads to end."""
        self._stopping = True
        with contextlib.suppress(OSError):
            # accept() does not notice that its socket was closed by another thread: one last connection wakes it.
            socket.create_connection((HOST, self.port), timeout=1.0).close()
        self._acceptor.join(timeout)
        self._socket.close()
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in open_now:
            thread.join(timeout)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError as error:
                if self._stopping or error.errno not in _PASSING:
                    return
                self._close_idle()
                time.sleep(_PAUSE)
                continue
            if self._stopping:
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _close_idle(self) -> None:
        """Let go of the connections that nobody asks anything on: the process may open no more, and somebody waits for one."""
        with self._lock:
            idle = tuple(self._idle)
        for connection in idle:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, cast(BufferedReader, connection.makefile("rb", buffering=_MAX_LINE)) as stream:
                while not self._stopping and self._exchange(connection, stream):
                    pass
        except OSError:
            # The client went away, or stop() closed the socket: either way there is nobody left to answer.
            pass
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _exchange(self, connection: socket.socket, stream: BufferedReader) -> bool:
        """Read one request and answer it; whether the connection stays open."""
        try:
            with self._lock:
                self._idle.add(connection)
            try:
                first = stream.peek(1)
            finally:
                with self._lock:
                    self._idle.discard(connection)
            request = _read_request(connection, stream) if first else None
        except MalformedRequestError as error:
            body = str(error).encode()
            connection.sendall(_render(HttpAnswer(400, (("Content-Type", "text/plain"),), body, cut=False), keep=False))
            return False
        if request is None:
            return False
        try:
            answer = self._respond(request)
        except NoAnswerError:
            return False
        keep = not answer.cut and request.headers.get("connection", "").lower() != "close"
        connection.sendall(_render(answer, keep=keep, head=request.method == "HEAD"))
        return keep


def _read_request(connection: socket.socket, stream: BinaryIO) -> HttpRequest | None:
    line = stream.readline(_MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedRequestError("not an HTTP/1.1 request line")
    headers: dict[str, str] = {}
    while (line := stream.readline(_MAX_LINE)) not in (b"\r\n", b"\n"):
        if not line:
            return None
        name, separator, value = line.decode("latin-1").partition(":")
        if not separator:
            raise MalformedRequestError("a header line without a colon")
        key = name.strip().lower()
        headers[key] = f"{headers[key]},{value.strip()}" if key in headers else value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    target = parts[1]
    if target.startswith("http://"):
        target = "/" + target.removeprefix("http://").partition("/")[2]
    path, _, query = target.partition("?")
    return HttpRequest(parts[0], path, query, headers, _read_body(stream, headers))


def _read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        chunks = []
        try:
            while size := int(stream.readline(_MAX_LINE).split(b";")[0], 16):
                chunks.append(stream.read(size))
                stream.readline(_MAX_LINE)
        except ValueError:
            raise MalformedRequestError("a chunk without a size") from None
        while stream.readline(_MAX_LINE) not in (b"\r\n", b"\n", b""):
            pass
        return b"".join(chunks)
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise MalformedRequestError("Content-Length is not a number")
    return stream.read(int(length)) if length != "0" else b""


def _render(answer: HttpAnswer, *, keep: bool, head: bool = False) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in ("connection", "transfer-encoding")]
    bodiless = answer.status in (204, 304)
    if not bodiless and not any(name.lower() == "content-length" for name, _ in answer.headers):
        lines.append(f"Content-Length: {len(answer.body)}")
    if not keep:
        lines.append("Connection: close")
    body = b"" if head or bodiless else answer.body
    if answer.cut:
        body = body[: len(body) // 2]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
