"""A minimal AWS for measurements: SageMaker images and versions, EC2 instances, IAM roles, S3 buckets, answered after a fixed latency.

`python benchmarks/canned_aws.py --images 50 --versions 40 --latency 0.05 [--page-size 100] [--rate 25]
[--noise 0.1]` prints its port and serves
until its standard input closes. The local AWS that the tests use is as faithful as we can make it and so costs more CPU than the
client under test; this one only has to be fast and correctly shaped. `GET /_counts` gives the calls by operation and what was
throttled, `POST /_reset` forgets them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter, deque
from typing import Any

from canned_xml import bucket_answer, bucket_operation, operation_of, throttled, xml_answer

_SCOPE = re.compile(rb"Credential=([^/]+)/\d+/([^/]+)/")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *([\w.]+)", re.IGNORECASE)
_MOMENT = 1735689600.0
_THROTTLED = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'


class World:
    """The canned answers, the pace at which they may be asked for, and the count of calls."""

    def __init__(self, images: int, versions: int, page_size: int, rate: float | None, rows: int, noise: float = 0.0) -> None:
        self.images, self.versions, self.page_size, self.rate = images, versions, page_size, rate
        self.rows, self.noise = rows, noise
        self._dice = random.Random(1)
        self.counts: Counter[str] = Counter()
        self.throttled = 0
        self.busy: list[float] = []
        self._buckets: dict[tuple[bytes, bytes], tuple[float, float]] = {}
        self._bodies: dict[tuple[Any, ...], bytes] = {}

    def answer(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """The status and body for one request."""
        target = _TARGET.search(head)
        scope = _SCOPE.search(head)
        path = head.split(b" ", 2)[1].decode() if head.startswith(b"GET ") else None
        if path is not None:
            operation = bucket_operation(path)
        else:
            operation = operation_of(body) if target is None else target[1].rpartition(b".")[2].decode()
        if operation is None or scope is None:
            return 404, b"{}"
        self.counts[operation] += 1
        if self._dice.random() < self.noise:
            self.throttled += 1
            return (400, _THROTTLED) if target is not None else throttled(path)
        if path is not None:
            return 200, bucket_answer(operation, self.rows)
        if self.rate is not None:
            self.busy.append(time.monotonic())
            if not self._take((scope[1], scope[2])):
                self.throttled += 1
                return 400, _THROTTLED
        account, region = scope[1].decode(), scope[2].decode()
        key = (operation, account, region, body)
        known = self._bodies.get(key)
        if known is None:
            if target is None:
                known = xml_answer(body, account, self.rows)
            else:
                known = json.dumps(self._make(operation, account, region, json.loads(body or b"{}"))).encode()
            if len(self._bodies) < 20_000:
                self._bodies[key] = known
        return 200, known

    def _take(self, place: tuple[bytes, bytes]) -> bool:
        """One token of the bucket of an account and region; it holds a second's worth."""
        assert self.rate is not None
        now = time.monotonic()
        tokens, last = self._buckets.get(place, (self.rate, now))
        tokens = min(self.rate, tokens + (now - last) * self.rate)
        self._buckets[place] = (tokens - 1, now) if tokens >= 1 else (tokens, now)
        return tokens >= 1

    def _make(self, operation: str, account: str, region: str, params: dict[str, Any]) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{region}:{account}"
        match operation:
            case "ListImages":
                return self._page("Images", self.images, params, lambda i: _image(arn, i))
            case "ListImageVersions":
                name = params["ImageName"]
                return self._page("ImageVersions", self.versions, params, lambda i: _version(arn, name, i + 1))
            case "DescribeImageVersion":
                more = {"BaseImage": "docker/base:1", "ContainerImage": "registry/app@sha256:0", "JobType": "TRAINING"}
                more |= {"ProgrammingLang": "Python 3.12", "MLFramework": "torch 2", "Processor": "GPU", "Horovod": False}
                return _version(arn, params["ImageName"], params["Version"]) | more
            case "ListTags":
                return {"Tags": [{"Key": "team", "Value": "ml"}, {"Key": "env", "Value": "prod"}]}
            case "GetResources":
                tags = self._make("ListTags", account, region, params)["Tags"]
                return {
                    "PaginationToken": "",
                    "ResourceTagMappingList": [{"ResourceARN": a, "Tags": tags} for a in params["ResourceARNList"]],
                }
            case "GetResource":
                properties = {
                    "ImageName": "image-0001",
                    "ImageVersionArn": params["Identifier"],
                    "Version": 1,
                    "BaseImage": "docker/base:1",
                }
                description = {"Identifier": params["Identifier"], "Properties": json.dumps(properties)}
                return {"TypeName": params["TypeName"], "ResourceDescription": description}
            case "ListResources":
                name = json.loads(params["ResourceModel"])["ImageName"]
                arns = [f"{arn}:image-version/{name}/{i + 1}" for i in range(self.versions)]
                return {"TypeName": params["TypeName"], "ResourceDescriptions": [{"Identifier": a, "Properties": "{}"} for a in arns]}
        raise ValueError(f"{operation} has no canned answer")

    def _page(self, member: str, total: int, params: dict[str, Any], item: Any) -> dict[str, Any]:
        size = min(int(params.get("MaxResults", 10)), self.page_size)
        start = int(params.get("NextToken", 0))
        answer = {member: [item(i) for i in range(start, min(start + size, total))]}
        return answer | ({"NextToken": str(start + size)} if start + size < total else {})


def _image(arn: str, number: int) -> dict[str, Any]:
    name = f"image-{number:04d}"
    return {"ImageArn": f"{arn}:image/{name}", "ImageName": name, "ImageStatus": "CREATED"} | _times()


def _version(arn: str, name: str, version: int) -> dict[str, Any]:
    own = {"ImageArn": f"{arn}:image/{name}", "ImageVersionArn": f"{arn}:image-version/{name}/{version}", "Version": version}
    return own | {"ImageVersionStatus": "CREATED"} | _times()


def _times() -> dict[str, float]:
    return {"CreationTime": _MOMENT, "LastModifiedTime": _MOMENT}


class Connection(asyncio.Protocol):
    """One keep-alive connection; answers leave after the latency."""

    def __init__(self, world: World, latency: float) -> None:
        self._world, self._latency = world, latency
        self._unread = b""
        self._waiting: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end]
            length = _LENGTH.search(head)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._unread) < stop:
                return
            body, self._unread = self._unread[end + 4 : stop], self._unread[stop:]
            self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        delay = self._latency
        if head.startswith(b"GET /_counts"):
            status, answer, delay = 200, json.dumps(self._report()).encode(), 0.0
        elif head.startswith(b"POST /_reset"):
            self._world.counts.clear()
            self._world.busy.clear()
            self._world.throttled = 0
            status, answer, delay = 200, b"{}", 0.0
        else:
            status, answer = self._world.answer(head, body)
        reason = b"OK" if status == 200 else b"Error"
        kind = b"text/xml" if answer.startswith(b"<") else b"application/x-amz-json-1.1"
        headers = b"Content-Type: %s\r\nx-amzn-RequestId: canned\r\n" % kind
        whole = b"HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, reason, headers, len(answer), answer)
        if delay:
            asyncio.get_running_loop().call_later(delay, self._transport.write, whole)
        else:
            self._transport.write(whole)

    def _report(self) -> dict[str, Any]:
        world = self._world
        span = world.busy[-1] - world.busy[0] if len(world.busy) > 1 else 0.0
        return {"calls": dict(world.counts), "throttled": world.throttled, "span": span}


async def serve(world: World, latency: float, port: int) -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(world, latency), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--versions", type=int, default=4)
    parser.add_argument("--page-size", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rate", type=float, default=None, help="requests a second that one account and region may make")
    parser.add_argument("--noise", type=float, default=0.0, help="the part of all requests that is throttled, by chance")
    parser.add_argument("--rows", type=int, default=200, help="how many instances, roles or buckets there are")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    world = World(options.images, options.versions, options.page_size, options.rate, options.rows, options.noise)
    asyncio.run(serve(world, options.latency, options.port))


if __name__ == "__main__":
    main()
