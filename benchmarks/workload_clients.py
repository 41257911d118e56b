"""The clients that `workloads.py` measures beside cirql: a loop of boto3, a pool of it in 64 threads, and bare requests as the floor.

`python -m benchmarks.workload_clients CLIENT ENDPOINT WORKLOAD REGIONS` in a process of its own, JSON on standard output. The floor sends
requests that are made beforehand over as many connections, takes HTTP apart and reads nothing: no client can do without that.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httptools
from benchmarks.measure import THREADS, timed

ACCOUNT = "111111111110"
BUCKET_CALLS = (
    ("get_bucket_versioning", "versioning"),
    ("get_bucket_encryption", "encryption"),
    ("get_public_access_block", "publicAccessBlock"),
    ("get_bucket_logging", "logging"),
    ("get_bucket_request_payment", "requestPayment"),
    ("get_bucket_tagging", "tagging"),
)
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.1"


class Boto3:
    """What a user would write, one after the other or in threads."""

    def __init__(self, endpoint: str, regions: list[str], threads: int) -> None:
        import boto3
        from botocore.config import Config

        config = Config(max_pool_connections=threads, retries={"mode": "standard", "total_max_attempts": 8})
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "benchmark", "endpoint_url": endpoint, "config": config}
        self._made = {
            (s, r): boto3.client(s, region_name=r, **keys)
            for s, r in [*((s, regions[0]) for s in ("s3", "ec2", "iam", "cloudcontrol")), *(("sagemaker", r) for r in regions)]
        }
        self._regions, self._threads = regions, threads
        self._pool = ThreadPoolExecutor(threads)

    def _each(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return list(self._pool.map(work, items) if self._threads > 1 else map(work, items))

    def _client(self, service: str) -> Any:
        return self._made[service, self._regions[0]]

    def warm_up(self, workload: str) -> None:
        """A first request of the service that the workload asks, as cirql's is."""
        match workload:
            case "buckets" | "noisy_buckets":
                self._client("s3").get_bucket_versioning(Bucket="bucket-0000")
            case "filtered" | "counted" | "everything":
                self._client("ec2").describe_instances(MaxResults=5)
            case "roles" | "noisy_roles":
                self._client("iam").list_attached_role_policies(RoleName="role-0000")
            case "resources":
                self._client("cloudcontrol").get_resource(TypeName="AWS::SageMaker::ImageVersion", Identifier=identifiers()[0])
            case _:
                self.regions()

    def buckets(self) -> int:
        s3 = self._client("s3")
        names = [b["Name"] for b in s3.list_buckets()["Buckets"]]
        self._each(lambda one: getattr(s3, one[1])(Bucket=one[0]), [(n, c) for n in names for c, _ in BUCKET_CALLS])
        return len(names)

    def filtered(self) -> int:
        return self._instances(Filters=[{"Name": "tag:env", "Values": ["web"]}])

    def counted(self) -> int:
        return self._instances(PaginationConfig={"PageSize": 1000})

    everything = counted
    noisy_buckets = buckets

    def _instances(self, **params: Any) -> int:
        pages = self._client("ec2").get_paginator("describe_instances").paginate(**params)
        return sum(len(r["Instances"]) for page in pages for r in page["Reservations"])

    def regions(self) -> int:
        return sum(self._each(lambda r: len(self._made["sagemaker", r].list_images(MaxResults=100)["Images"]), self._regions))

    def roles(self) -> int:
        iam = self._client("iam")
        names = [r["RoleName"] for page in iam.get_paginator("list_roles").paginate() for r in page["Roles"]]
        return sum(self._each(lambda n: len(iam.list_attached_role_policies(RoleName=n)["AttachedPolicies"]), names))

    noisy_roles = roles

    def resources(self) -> int:
        cloudcontrol = self._client("cloudcontrol")
        one = lambda i: cloudcontrol.get_resource(TypeName="AWS::SageMaker::ImageVersion", Identifier=i)  # noqa: E731
        return len(self._each(lambda i: json.loads(one(i)["ResourceDescription"]["Properties"]), identifiers()))


def identifiers() -> list[str]:
    """The 100 resources that Cloud Control is asked for."""
    return [f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:image-version/image-0000/{n + 1}" for n in range(100)]


class _Answer:
    """One answer under way."""

    def __init__(self) -> None:
        self.done = False
        self.parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        self.done = True


class Floor:
    """Requests that are bytes already, each list in turn, all of one list at once over 64 connections."""

    def __init__(self, endpoint: str, regions: list[str]) -> None:
        self._at = urlsplit(endpoint)
        self._regions = regions

    def lists(self, workload: str) -> list[list[bytes]]:
        """The requests of a workload, those together that need not wait for each other."""
        first = self._regions[0]
        match workload:
            case "buckets" | "noisy_buckets":
                return [[self._get("/")], [self._get(f"/bucket-{n:04d}?{q}") for n in range(200) for _, q in BUCKET_CALLS]]
            case "filtered":
                return [[self._post(first, "Action=DescribeInstances&Filter.1.Name=tag%3Aenv&Filter.1.Value.1=web&Version=2016-11-15")]]
            case "counted" | "everything":
                return [
                    [self._post(first, f"Action=DescribeInstances&MaxResults=1000{t}&Version=2016-11-15")] for t in ("", "&NextToken=1000")
                ]
            case "regions":
                return [[self._post(r, '{"MaxResults": 100}', "SageMaker.ListImages") for r in self._regions]]
            case "roles" | "noisy_roles":
                roles = (f"Action=ListAttachedRolePolicies&RoleName=role-{n:04d}&Version=2010-05-08" for n in range(200))
                return [[self._post(first, "Action=ListRoles&MaxItems=1000&Version=2010-05-08")], [self._post(first, r) for r in roles]]
        asked = [json.dumps({"TypeName": "AWS::SageMaker::ImageVersion", "Identifier": i}) for i in identifiers()]
        return [[self._post(first, a, "CloudApiService.GetResource") for a in asked]]

    def _head(self, region: str, line: str) -> str:
        scope = f"{ACCOUNT}/20250101/{region}/any/aws4_request"
        return f"{line} HTTP/1.1\r\nHost: {self._at.netloc}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}\r\n"

    def _get(self, path: str) -> bytes:
        return (self._head(self._regions[0], f"GET {path}") + "\r\n").encode()

    def _post(self, region: str, body: str, target: str | None = None) -> bytes:
        more = f"X-Amz-Target: {target}\r\n" if target else ""
        kind = JSON if target else FORM
        return (self._head(region, "POST /") + f"{more}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()

    async def run(self, lists: list[list[bytes]]) -> int:
        """Send everything; gives how many answers came."""
        connections = [await asyncio.open_connection(self._at.hostname, self._at.port, limit=1 << 22) for _ in range(THREADS)]
        for requests in lists:
            left = iter(requests)
            await asyncio.gather(*(self._drain(left, *connection) for connection in connections))
        for _, writer in connections:
            writer.close()
        return sum(map(len, lists))

    async def _drain(self, left: Iterable[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in left:
            writer.write(request)
            answer = _Answer()
            while not answer.done:
                answer.parser.feed_data(await reader.read(1 << 20))


def main() -> None:
    client, endpoint, workload = sys.argv[1:4]
    regions = sys.argv[4].split(",")
    if client == "floor":
        floor = Floor(endpoint, regions)
        lists = floor.lists(workload)
        found = timed(lambda: {"rows": None, "calls": asyncio.run(floor.run(lists))})
    else:
        boto3 = Boto3(endpoint, regions, THREADS if client == "boto3-pool" else 1)
        boto3.warm_up(workload)
        work = getattr(boto3, workload)
        found = timed(lambda: {"rows": work()})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
