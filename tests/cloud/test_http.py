"""The transport against a real socket: reuse, framing, faults, limits, TLS and proxies."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cirql.cloud.http import Response, Transport, TransportError
from cirql.cloud.proxy import Origin, ProxyRules

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS

T = TypeVar("T")


def using(
    scenario: Callable[[Transport], Awaitable[T]],
    *,
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    proxies: dict[str, str] | None = None,
    read_timeout: float = 5.0,
    per_origin: int = 8,
) -> T:
    """Run a scenario with a transport of its own."""

    async def run() -> T:
        transport = Transport(
            tls=tls, proxies=ProxyRules(proxies or {}), connect_timeout=2.0, read_timeout=read_timeout, per_origin=per_origin
        )
        try:
            return await scenario(transport)
        finally:
            await transport.close()

    return asyncio.run(run())


async def get(transport: Transport, url: str, *, method: str = "GET", body: bytes = b"", repeatable: bool = True) -> Response:
    return await transport.send(method, url, f"Content-Length: {len(body)}\r\n", body, repeatable=repeatable)


def failure_of(aws: FakeAWS, *, read_timeout: float = 5.0, repeatable: bool = True) -> TransportError:
    with pytest.raises(TransportError) as caught:
        using(lambda t: get(t, aws.url, repeatable=repeatable), read_timeout=read_timeout)
    return caught.value


def test_requests_one_after_another_share_a_connection(aws: FakeAWS) -> None:
    async def scenario(transport: Transport) -> list[int]:
        return [(await get(transport, f"{aws.url}/{n}")).status_code for n in range(5)]

    assert using(scenario) == [200] * 5
    assert aws.connections == 1
    assert [r.target for r in aws.requests] == ["/0", "/1", "/2", "/3", "/4"]


def test_concurrent_requests_never_exceed_the_connections_allowed(aws: FakeAWS) -> None:
    aws.always(delay=0.01)

    async def scenario(transport: Transport) -> int:
        answers = await asyncio.gather(*(get(transport, aws.url) for _ in range(60)))
        return sum(a.status_code == 200 for a in answers)

    assert using(scenario, per_origin=6) == 60
    assert aws.connections == 6


@pytest.mark.parametrize("framing", [{"chunked": True}, {"content_length": False}, {"close": True}, {}])
def test_a_body_arrives_whole_however_it_is_framed(aws: FakeAWS, framing: dict[str, Any]) -> None:
    body = bytes(range(256)) * 400
    aws.then(body=body, **framing)
    answer = using(lambda t: get(t, aws.url))
    assert answer.body == body


def test_header_names_are_found_in_any_case_and_repeats_are_joined(aws: FakeAWS) -> None:
    aws.then(raw=b"HTTP/1.1 200 OK\r\nX-Amz-Id: 1\r\nx-amz-id: 2\r\nContent-Length: 0\r\n\r\n")
    headers = using(lambda t: get(t, aws.url)).headers
    assert headers["X-AMZ-ID"] == headers.get("x-amz-id") == "1, 2"
    assert "X-Amz-Id" in headers


def test_an_interim_answer_is_skipped(aws: FakeAWS) -> None:
    aws.then(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert using(lambda t: get(t, aws.url)).body == b"ok"


def test_the_answer_to_head_has_no_body_whatever_its_length_says(aws: FakeAWS) -> None:
    aws.always(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    assert using(lambda t: get(t, aws.url, method="HEAD")).headers["content-length"] == "500"


def test_a_body_cut_short_is_a_failure(aws: FakeAWS) -> None:
    aws.always(body=b"x" * 100, cut=40)
    assert failure_of(aws).reason == "cut"


def test_a_chunked_body_cut_short_is_a_failure(aws: FakeAWS) -> None:
    aws.always(body=b"x" * 100, chunked=True, cut=30)
    assert failure_of(aws).reason == "cut"


def test_a_dropped_connection_is_told_apart_from_a_cut_body(aws: FakeAWS) -> None:
    aws.always(drop=True)
    failure = failure_of(aws)
    assert failure.reason == "dropped"
    assert failure.sent
    assert len(aws.requests) == 1  # a fresh connection earns no free retry


def test_garbage_is_told_apart_from_http(aws: FakeAWS) -> None:
    aws.always(raw=b"SSH-2.0-OpenSSH_9.6\r\n")
    assert failure_of(aws).reason == "garbage"


def test_silence_times_out_and_hangs_up(aws: FakeAWS) -> None:
    aws.always(hang=True)
    before = time.monotonic()
    assert failure_of(aws, read_timeout=0.2).reason == "read-timeout"
    assert time.monotonic() - before < 5  # 0.2 are meant; the server is silent for ever
    assert aws.hung_up.wait(2)


def test_a_slow_answer_is_waited_for_while_bytes_arrive(aws: FakeAWS) -> None:
    aws.then(delay=0.3)
    assert using(lambda t: get(t, aws.url), read_timeout=0.6).status_code == 200


def test_a_closed_port_is_refused_without_a_request(aws: FakeAWS) -> None:
    aws.stop()
    failure = failure_of(aws)
    assert failure.reason == "refused"
    assert not failure.sent


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(TransportError) as caught:
        using(lambda t: get(t, "http://nowhere.invalid/"))
    assert caught.value.reason == "unknown-host"


def drops_second_connection_use(aws: FakeAWS) -> None:
    """The server closes a kept-alive connection as soon as a second request is on it."""
    seen: set[int] = set()

    def give(request: Any) -> dict[str, Any]:
        again = request.connection in seen
        seen.add(request.connection)
        return {"drop": again}

    aws.answer(give)


def test_a_stale_connection_is_replaced_once_for_a_read(aws: FakeAWS) -> None:
    drops_second_connection_use(aws)

    async def scenario(transport: Transport) -> list[int]:
        return [(await get(transport, aws.url)).status_code for _ in range(2)]

    assert using(scenario) == [200, 200]
    assert aws.connections == 2


def test_a_stale_connection_fails_what_must_not_be_repeated(aws: FakeAWS) -> None:
    drops_second_connection_use(aws)

    async def scenario(transport: Transport) -> None:
        await get(transport, aws.url)
        with pytest.raises(TransportError) as caught:
            await get(transport, aws.url, repeatable=False)
        assert caught.value.reason == "dropped"

    using(scenario)


def test_cancelling_closes_the_connection_at_once_and_the_pool_goes_on(aws: FakeAWS) -> None:
    aws.then(hang=True)

    async def scenario(transport: Transport) -> int:
        task = asyncio.create_task(get(transport, aws.url))
        while not aws.requests:
            await asyncio.sleep(0.005)
        waiting = asyncio.create_task(get(transport, aws.url))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await waiting).status_code

    assert using(scenario, per_origin=1) == 200
    assert aws.hung_up.wait(2)


def test_cancelling_a_waiter_leaves_its_place_to_the_next(aws: FakeAWS) -> None:
    aws.always(delay=0.05)

    async def scenario(transport: Transport) -> None:
        tasks = [asyncio.create_task(get(transport, aws.url)) for _ in range(6)]
        await asyncio.sleep(0.02)
        for task in tasks[1:4]:
            task.cancel()
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 3)
        assert [isinstance(d, asyncio.CancelledError) for d in done] == [False, True, True, True, False, False]

    using(scenario, per_origin=1)


# TLS and proxies


def self_signed(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """A certificate for a host (and 127.0.0.1 where that is localhost), and its key."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ip_address("127.0.0.1"))] if host == "localhost" else []
    names = x509.SubjectAlternativeName([x509.DNSName(host), *addresses])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(names, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(secret)
    return paths


async def serve_tls(folder: Path, host: str = "localhost") -> tuple[asyncio.Server, int]:
    certificate, key = self_signed(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    return server, server.sockets[0].getsockname()[1]


def trusting(folder: Path) -> Callable[[], ssl.SSLContext]:
    return lambda: ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_https_works_with_a_ca_bundle_of_ones_own(tmp_path: Path) -> None:
    async def scenario(transport: Transport) -> bytes:
        server, port = await serve_tls(tmp_path)
        async with server:
            return (await get(transport, f"https://localhost:{port}/")).body

    assert using(scenario, tls=trusting(tmp_path)) == b"secret"


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async def scenario(transport: Transport) -> str:
        server, port = await serve_tls(tmp_path)
        async with server:
            with pytest.raises(TransportError) as caught:
                await get(transport, f"https://localhost:{port}/")
            return caught.value.reason

    assert using(scenario) == "tls"


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_a_certificate_for_another_host_is_refused_before_anything_is_sent(tmp_path: Path, address: str) -> None:
    async def scenario(transport: Transport) -> TransportError:
        server, port = await serve_tls(tmp_path, "elsewhere.example")
        async with server:
            with pytest.raises(TransportError) as caught:
                await get(transport, f"https://{address}:{port}/")
            return caught.value

    refused = using(scenario, tls=trusting(tmp_path))
    assert (refused.reason, refused.sent) == ("tls", False)


async def serve_tunnels(seen: list[bytes]) -> tuple[asyncio.Server, int]:
    """A proxy that connects where CONNECT says and copies bytes both ways."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        host, _, port = head.split(b" ")[1].decode().partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer), return_exceptions=True)
        far_writer.close()

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_https_goes_through_a_connect_tunnel(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def run() -> bytes:
        proxy, proxy_port = await serve_tunnels(seen)
        server, port = await serve_tls(tmp_path)
        rules = ProxyRules({"https": f"http://me:p%40ss@127.0.0.1:{proxy_port}"})
        transport = Transport(tls=trusting(tmp_path), proxies=rules, connect_timeout=2, read_timeout=2)
        async with proxy, server:
            answer = await get(transport, f"https://localhost:{port}/")
            await transport.close()
        await asyncio.sleep(0.05)  # the tunnel takes its ends down
        return answer.body

    assert asyncio.run(run()) == b"secret"
    assert seen[0].startswith(b"CONNECT localhost:")
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==" in seen[0]


def test_a_proxy_that_wants_a_password_is_named_with_its_answer(aws: FakeAWS) -> None:
    aws.always(raw=b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(TransportError, match=r"refused a tunnel to sts\.example\.com: HTTP 407") as caught:
        using(lambda t: get(t, "https://sts.example.com/"), proxies={"https": aws.url})
    assert (caught.value.reason, caught.value.sent) == ("proxy", False)
    assert "proxy-authorization" not in aws.requests[0].headers


def test_a_proxy_that_is_not_there_is_named(aws: FakeAWS) -> None:
    aws.stop()
    with pytest.raises(TransportError, match=r"through the proxy 127\.0\.0\.1") as caught:
        using(lambda t: get(t, "https://sts.example.com/"), proxies={"https": aws.url})
    assert not caught.value.sent


def test_plain_http_is_asked_of_the_proxy_by_its_whole_url(aws: FakeAWS) -> None:
    using(lambda t: get(t, "http://sts.example.com/a?b=c"), proxies={"http": aws.url})
    assert aws.requests[0].target == "http://sts.example.com/a?b=c"
    assert aws.requests[0].headers["host"] == "sts.example.com"


@pytest.mark.parametrize(
    ("no", "bypassed"),
    [("localhost", True), ("example.com", False), ("*", True), ("LOCALHOST:1234", False), (".localhost, x", True)],
)
def test_no_proxy_lists_hosts_to_reach_directly(no: str, bypassed: bool) -> None:
    rules = ProxyRules({"https": "http://proxy:3128", "no": no})
    assert (rules.proxy_for(Origin("https", "localhost", 443)) is None) is bypassed


@pytest.mark.parametrize("path", ["\u202e/", "/\u202e", "/a b", "/a\r\nX-Evil: 1", "/\x00", "/\x1b]0;x\x07"])
def test_an_address_that_is_none_is_told_before_anything_is_sent(aws: FakeAWS, path: str) -> None:
    with pytest.raises(TransportError, match="characters that no address has"):
        using(lambda t: get(t, aws.url + path))
    assert aws.requests == []
