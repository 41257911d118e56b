"""HTTP: an asyncio HTTP/1.1 client with keep-alive pools, TLS, proxies, timeouts, and a sharp eye for cut bodies.

It sends one prepared request and returns one complete response, or raises `TransportError`. It knows nothing of AWS, of
retries (but for the one that HTTP itself makes necessary: RFC 9112 §9.3.1, a kept-alive connection that the server closed
just as it was used) and of settings; those arrive as arguments. Response bodies are held in memory: AWS answers are pages.
"""

from __future__ import annotations

import asyncio
import errno
from contextvars import Context
from typing import TYPE_CHECKING, Any, cast

from cirql.cloud.pool import Pool
from cirql.cloud.proxy import Origin, ProxyRules, connect_request, proxy_headers
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

MAX_BODY = 64 * 1024 * 1024
"""A response longer than this is no AWS answer: the pages of every API are far smaller. It is not asked for again."""
MAX_OBJECT = 512 * 1024 * 1024
"""The same where the body is an object's own bytes (S3 GetObject), which are held in memory too."""

MAX_HEAD = 256 * 1024
"""Headers longer than this are an attack or a fault."""
PATIENCE = 3
"""An answer may trickle in for this many read timeouts, as long as no pause is longer than one; its headers for one."""
MOST_ROUTES = 4096
MOST_FRAMING = 16
"""Bytes between the pieces of a body, for each byte of it: chunks of a single byte have five."""
_SMALL = 4096
"""Pieces of a body that are shorter are put together as they come: an object for each would take many times their length."""
NO_FILES = (errno.EMFILE, errno.ENFILE)
"""What the system says where a process, or all of them, have as many files and connections open as they may."""


class TransportError(Exception):
    """No complete response came.

    `sent` says whether the request may have reached the server, so that a write is not repeated blindly.
    `reason` is one of `unknown-host`, `refused`, `no-files` (the process may open no more),
    `connect-timeout`, `read-timeout`, `dropped` (no byte of an answer), `cut` (part of one),
    `too-long`, `garbage` (not HTTP), `tls`, `proxy`.
    """

    def __init__(self, reason: str, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.sent = sent


class Headers(dict[str, str]):
    """Response headers: lower-case names, looked up in any case, as botocore's parsers do."""

    @classmethod
    def joined(cls, raw: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Headers as they came, names in lower case; the values of a repeated one joined by commas (RFC 9110 §5.3)."""
        found = cls()
        for name, value in raw:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            known = dict.get(found, key)
            dict.__setitem__(found, key, text if known is None else f"{known}, {text}")
        return found

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The value under that name in any case."""
        return super().get(name.lower(), default)


class Response:
    """One complete HTTP response. `content` and `raw` are the same as `body`, under the names that botocore's handlers use."""

    __slots__ = ("_headers", "_raw", "body", "encoding", "status_code", "url")

    def __init__(self, status_code: int, raw_headers: list[tuple[bytes, bytes]], body: bytes, encoding: bytes = b"") -> None:
        self.status_code = status_code
        self.encoding = encoding
        self.body = body
        self.url = ""
        self._raw = raw_headers
        self._headers: Headers | None = None

    @property
    def headers(self) -> Headers:
        """The headers; put together when first asked for, which most answers never are."""
        if self._headers is None:
            self._headers = Headers.joined(self._raw)
        return self._headers

    @property
    def content(self) -> bytes:
        """The body."""
        return self.body

    @property
    def raw(self) -> bytes:
        """The body."""
        return self.body

    def with_body(self, body: bytes) -> Response:
        """The same with another body, of which nothing says that it is packed."""
        kept = [(name, value) for name, value in self._raw if name not in (b"content-encoding", b"content-length")]
        return Response(self.status_code, kept, body)


class Connection(asyncio.Protocol):
    """One TCP or TLS connection that carries one exchange at a time.

    httptools drives the `on_*` methods while bytes arrive. Whatever goes wrong, the future of the exchange is settled exactly once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.transport: asyncio.Transport | None = None
        self.is_open = False
        self.exchanges = 0
        self.last_used = loop.time()
        self._answer: asyncio.Future[Response] | None = None
        self._parser: Any = None
        self._read_timeout = 0.0
        self._most = MAX_BODY
        self._watch_timer: asyncio.TimerHandle | None = None
        self._begin_answer()

    def _begin_answer(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes | bytearray] = []
        self._size = 0
        self._received = 0
        self._has_head = False
        self._status = 0
        self._started = False
        self._until_close = False
        self._persistent = False
        self._encoding = b""
        self._bodiless = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; called again by a TLS upgrade."""
        self.transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes that nobody asked for close the connection."""
        import httptools

        if self._answer is None or self._answer.done():
            self.close()
            return
        self._started = True
        self._activity = self.loop.time()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
            if not self._has_head and self._received > MAX_HEAD:
                self._fail("garbage", f"the server's headers are longer than {MAX_HEAD} bytes")
            elif self._received - self._size > 2 * MAX_HEAD + MOST_FRAMING * self._size:
                self._fail("garbage", "the server sends more around the body than can belong to it")
        except httptools.HttpParserUpgrade:
            self._fail("garbage", "the server answered with a protocol upgrade")
        except httptools.HttpParserError as error:
            self._fail("garbage", f"the server's answer is not HTTP ({error})")

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle the exchange: complete when the body was delimited by the close, cut or dropped otherwise."""
        self.is_open = False
        if self._watch_timer is not None:
            self._watch_timer.cancel()
            self._watch_timer = None
        if self._answer is None or self._answer.done():
            return
        if self._until_close and exc is None:
            self._succeed()
        elif self._started:
            self._fail("cut", f"the connection ended after {self._size} bytes of the body")
        else:
            self._fail("dropped", "the connection was closed before an answer" + (f" ({exc})" if exc else ""))

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header. What comes behind the body as such is nothing that AWS says anything in."""
        if not self._has_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Find out how the body ends: by length, by chunks, by the close, or at once."""
        self._status = self._parser.get_status_code()
        if 100 <= self._status < 200:
            return
        self._has_head = True
        has_length, wish, encoding = False, b"", b""
        for name, value in self._headers:
            if name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value.lower()):
                has_length = True
                if name == b"content-length" and not self._bodiless and value.isdigit() and _is_more(value, self._most):
                    self._fail("too-long", f"the answer is longer than {self._most} bytes")
                    return
            elif name == b"connection":
                wish += b"," + value.lower()
            elif name == b"content-encoding":
                encoding = value if not encoding else encoding + b"," + value
        self._encoding = encoding
        # httptools' own should_keep_alive() takes the bodiless answer to CONNECT for one that ends with the connection.
        self._persistent = b"close" not in wish and (b"keep-alive" in wish or self._parser.get_http_version() == "1.1")
        if self._bodiless or self._status in (204, 304):
            self._succeed()
        else:
            self._until_close = not has_length

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self._size += len(body)
        if self._size > self._most:
            self._chunks.clear()
            self._fail("too-long", f"the answer is longer than {self._most} bytes")
        elif len(body) >= _SMALL:
            self._chunks.append(body)
        elif self._chunks and isinstance(last := self._chunks[-1], bytearray):
            last += body
        else:
            self._chunks.append(bytearray(body))

    def on_message_complete(self) -> None:
        """Hand over the response; an interim one (100 Continue) is skipped."""
        if 100 <= self._status < 200:
            self._headers, self._status = [], 0
        else:
            self._succeed()

    # the exchange

    async def exchange(self, data: bytes, *, read_timeout: float, bodiless: bool = False, most: int = MAX_BODY) -> Response:
        """Send the bytes of one request and wait for its response, which may have a body of so many bytes.

        Raises: TransportError. Cancellation closes the connection at once: a late answer must not meet the next request.
        """
        import httptools

        self._begin_answer()
        self._bodiless = bodiless
        self._most = most
        self._parser = httptools.HttpResponseParser(self)
        self._answer = self.loop.create_future()
        self._began = self._activity = self.loop.time()
        self._read_timeout = read_timeout
        self.exchanges += 1
        try:
            if self.transport is None or not self.is_open:
                raise TransportError("dropped", "the connection was closed before the request", sent=False)
            if self._watch_timer is None:
                self._watch_timer = self.loop.call_later(read_timeout, self._watch, context=Context())  # it outlives the statement
            self.transport.write(data)
            return await self._answer
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._answer = None
            self.last_used = self.loop.time()

    def _watch(self) -> None:
        """Fail the exchange once nothing has arrived for the read timeout.

        One timer watches a connection for as long as it is busy; each exchange finds it running and only says when it began.
        """
        self._watch_timer = None
        if self._answer is None or self._answer.done():
            return
        now, timeout = self.loop.time(), self._read_timeout
        if not self._has_head:
            left, problem = self._began + timeout - now, f"no answer for {timeout:g} s"
        elif self._began + PATIENCE * timeout < self._activity + timeout:
            left, problem = self._began + PATIENCE * timeout - now, f"no complete answer for {PATIENCE * timeout:g} s"
        else:
            left, problem = self._activity + timeout - now, f"no data for {timeout:g} s"
        if left <= 0.001:
            self._fail("read-timeout", problem)
        else:
            self._watch_timer = self.loop.call_later(left, self._watch)

    @property
    def is_reusable(self) -> bool:
        """Whether another request may follow on this connection."""
        return self.is_open and self.transport is not None and not self.transport.is_closing()

    def _succeed(self) -> None:
        if self._answer is None or self._answer.done():
            return
        body = bytes(self._chunks[0]) if len(self._chunks) == 1 else b"".join(self._chunks)
        self._answer.set_result(Response(self._status, self._headers, body, self._encoding))
        if self._until_close or not self._persistent:
            self.close()

    def _fail(self, reason: str, message: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TransportError(reason, message, sent=True))
        self.close()

    def close(self) -> None:
        """Drop the connection without waiting for unsent bytes."""
        self.is_open = False
        if self.transport is not None:
            self.transport.abort()


def _is_more(digits: bytes, most: int) -> bool:
    """Whether a decimal number is larger; one of many digits is, whatever they are."""
    return len(digits) > 18 or int(digits) > most


@dataclass(frozen=True, slots=True)
class _Route:
    """How to reach an origin: what goes before a request's target and its own headers, and the connections."""

    prefix: str
    lines: str
    pool: Pool[Connection]


class Transport:
    """Sends requests over pooled connections.

    `per_origin` bounds the connections to one scheme, host and port. `tls` makes the TLS context when it is first needed,
    in a thread, because loading a CA bundle takes tens of milliseconds.
    """

    def __init__(
        self,
        *,
        tls: Callable[[], ssl.SSLContext],
        proxies: ProxyRules,
        connect_timeout: float,
        read_timeout: float,
        per_origin: int = 128,
    ) -> None:
        self._make_tls = tls
        self._proxies = proxies
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._per_origin = per_origin
        self._pools: dict[Origin, Pool[Connection]] = {}
        self._routes: dict[str, _Route] = {}
        self._tls: asyncio.Task[ssl.SSLContext] | None = None

    async def send(self, method: str, url: str, head: str, body: bytes, *, repeatable: bool, most: int = MAX_BODY) -> Response:
        """Send one request, wait for its response, and keep the connection for the next.

        `head` are the header lines, each with its line end, but for Host and Accept-Encoding.
        `most`: the longest body that is taken. `repeatable`: the request may be sent a second time when a kept-alive connection turns
        out closed.

        Raises: TransportError.
        """
        if not (url.isascii() and url.isprintable()) or " " in url:
            raise TransportError("unknown-host", "the endpoint's address has characters that no address has", sent=False)
        start = url.find("/", url.find("://") + 3)
        base, target = (url, "/") if start < 0 else (url[:start], url[start:])
        route = self._routes.get(base) or self._find_route(base)
        data = f"{method} {route.prefix}{target} HTTP/1.1\r\n{route.lines}{head}\r\n".encode("latin-1") + body
        pool = route.pool
        connection = await pool.acquire()
        reused = connection.exchanges > 0
        try:
            return await connection.exchange(data, read_timeout=self._read_timeout, bodiless=method == "HEAD", most=most)
        except TransportError as failure:
            if not (reused and failure.reason == "dropped" and (repeatable or not failure.sent)):
                raise
        finally:
            pool.release(connection)
        connection = await pool.acquire(fresh=True)
        try:
            return await connection.exchange(data, read_timeout=self._read_timeout, bodiless=method == "HEAD", most=most)
        finally:
            pool.release(connection)

    def _find_route(self, base: str) -> _Route:
        """The route to a scheme and authority; kept, for there are few of them and many requests."""
        origin, _ = Origin.of(base)
        proxy = self._proxies.proxy_for(origin)
        lines = [f"Host: {origin.authority}", "Accept-Encoding: identity"]
        prefix = ""
        if proxy is not None and origin.scheme == "http":
            prefix = f"http://{origin.authority}"
            lines += proxy_headers(proxy)
        route = _Route(prefix, "".join(f"{line}\r\n" for line in lines), self._pool(origin, proxy))
        if len(self._routes) < MOST_ROUTES:
            self._routes[base] = route
        return route

    def _pool(self, origin: Origin, proxy: Origin | None) -> Pool[Connection]:
        pool = self._pools.get(origin)
        if pool is None:

            async def connect() -> Connection:
                return await self._connect(origin, proxy)

            pool = self._pools[origin] = Pool(connect, self._per_origin)
        return pool

    async def _connect(self, origin: Origin, proxy: Origin | None) -> Connection:
        """Open a connection, through the proxy's CONNECT tunnel where there is one and the origin is https."""
        import socket
        import ssl

        where = f"{origin.host}:{origin.port}" + ("" if proxy is None else f" through the proxy {proxy.host}:{proxy.port}")
        try:
            async with asyncio.timeout(self._connect_timeout):
                if proxy is None:
                    return await self._open(origin, origin.scheme == "https", origin.host)
                connection = await self._open(proxy, proxy.scheme == "https", proxy.host)
                if origin.scheme == "https":
                    await self._tunnel(connection, origin, proxy)
                return connection
        except TimeoutError:
            raise TransportError("connect-timeout", f"no connection to {where} within {self._connect_timeout:g} s", sent=False) from None
        except ssl.SSLError as error:
            raise TransportError("tls", f"no secure connection to {where}: {error}", sent=False) from None
        except socket.gaierror as error:
            raise TransportError("unknown-host", f"{where} is not known: {error.strerror}", sent=False) from None
        except OSError as error:
            reason = "no-files" if error.errno in NO_FILES else "refused"
            raise TransportError(reason, f"no connection to {where}: {error.strerror or error}", sent=False) from None

    async def _open(self, to: Origin, secure: bool, name: str) -> Connection:
        loop = asyncio.get_running_loop()
        context = await self._tls_context() if secure else None
        _, connection = await loop.create_connection(
            lambda: Connection(loop), to.host, to.port, ssl=context, server_hostname=name if secure else None
        )
        return connection

    async def _tunnel(self, connection: Connection, origin: Origin, proxy: Origin) -> None:
        """Ask the proxy for a tunnel and put TLS inside it."""
        try:
            answer = await connection.exchange(connect_request(origin, proxy), read_timeout=self._connect_timeout, bodiless=True)
            if answer.status_code != 200:
                message = f"the proxy {proxy.host}:{proxy.port} refused a tunnel to {origin.host}: HTTP {answer.status_code}"
                raise TransportError("proxy", message, sent=False)
            if connection.transport is None or not connection.is_reusable:
                raise TransportError("proxy", f"the proxy {proxy.host}:{proxy.port} closed the tunnel", sent=False)
            loop = asyncio.get_running_loop()
            context = await self._tls_context()
            secured = await loop.start_tls(connection.transport, connection, context, server_hostname=origin.host)
        except TransportError as failure:
            connection.close()
            raise TransportError("proxy", str(failure), sent=False) from None
        except BaseException:
            connection.close()
            raise
        if secured is None:
            raise TransportError("proxy", f"the proxy {proxy.host}:{proxy.port} closed the tunnel", sent=False)
        connection.connection_made(secured)
        connection.exchanges = 0

    async def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = asyncio.create_task(asyncio.to_thread(self._make_tls))
        return await asyncio.shield(self._tls)

    async def close(self) -> None:
        """Close every connection; requests in flight fail."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()
        self._routes.clear()
        for _ in range(3):
            await asyncio.sleep(0)  # lets the transports (TLS over TCP) report that they are gone
