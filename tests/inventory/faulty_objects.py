"""An S3-compatible store on loopback, and a layer before it that answers 503, takes its time, or cuts answers short."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from moto.server import ThreadedMotoServer

BUSY = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'

OF_THE_WAY = ("host", "connection", "expect", "transfer-encoding", "content-length", "server", "date")
"""Headers that are about one connection, and not about what is asked or answered."""


@dataclass
class Objects:
    """The addresses of the layer and of what is behind it, and what becomes of the next requests: `busy`, `slow`, `cut` or `whole`."""

    endpoint: str
    direct: str
    plan: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def turn(self) -> str:
        return self.plan.pop(0) if self.plan else "whole"


@contextmanager
def objects(bucket: str) -> Iterator[Objects]:
    """A store with one bucket, behind the layer."""
    behind = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    behind.start()
    host, port = behind.get_host_and_port()
    made = http.client.HTTPConnection(host, port)
    made.request("PUT", f"/{bucket}", headers={"Host": "s3.us-east-1.amazonaws.com"})
    assert made.getresponse().read() is not None
    made.close()

    class Layer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.body()
            fate = told.turn()
            told.seen.append(f"{fate} {self.command} {self.path}")
            if fate == "busy":
                self.reply(503, [], BUSY)
                return
            if fate == "slow":
                time.sleep(0.3)
            onward = http.client.HTTPConnection(host, port)
            headers = {
                k: v
                for k, v in self.headers.items()
                if k.lower() not in ("host", "connection", "expect", "transfer-encoding", "content-length")
            }
            onward.request(self.command, self.path, body, headers | {"Host": "s3.us-east-1.amazonaws.com"})
            given = onward.getresponse()
            content = given.read()
            self.reply(given.status, given.getheaders(), content, is_cut=fate == "cut")
            onward.close()

        def body(self) -> bytes:
            if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        def reply(self, status: int, headers: list[tuple[str, str]], content: bytes, *, is_cut: bool = False) -> None:
            self.send_response_only(status)
            told_length = next((v for k, v in headers if k.lower() == "content-length"), str(len(content)))
            for name, value in headers:
                if name.lower() not in OF_THE_WAY:
                    self.send_header(name, value)
            self.send_header("Content-Length", told_length if self.command == "HEAD" else str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content[: len(content) // 2] if is_cut else content)
            if is_cut:
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815 (the names that the server looks for)

        def log_message(self, *words: Any) -> None:
            pass

    layer = ThreadingHTTPServer(("127.0.0.1", 0), Layer)
    layer.daemon_threads = True
    told = Objects(f"http://127.0.0.1:{layer.server_address[1]}", f"http://{host}:{port}")
    thread = Thread(target=layer.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        layer.shutdown()
        layer.server_close()
        behind.stop()
