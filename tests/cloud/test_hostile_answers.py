"""Answers that an attacker would give: time and memory are bounded, too long a one is not asked for again, keys go to no other host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cirql.catalog.model import Paging
from cirql.cloud.http import MAX_BODY
from cirql.cloud.pages import MOST_ALIKE, MOST_EMPTY, Cursor, PagingError

if TYPE_CHECKING:
    from tests.cloud.conftest import FakeAWS

MEGABYTE = 1024 * 1024
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
ASK = """
import asyncio, sys
from pathlib import Path
from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.errors import Error
from cirql.settings import Credential, Settings

async def run():
    client = CloudClient(Settings(credentials=(Credential("ana", "111111111111", "secret"),), endpoint_url=sys.argv[1], read_timeout=2))
    regions = ["us-east-1", "eu-west-1", "us-west-2", "eu-north-1", "ap-south-1", "sa-east-1"][: int(sys.argv[4])]
    async def ask(region):
        try:
            return len(str(await client.call(Target("111111111111", region, "ana"), sys.argv[2], sys.argv[3], {})))
        except Error as error:
            return error.failure.code
    answers = await asyncio.gather(*map(ask, regions))
    # Not getrusage: that also counts what the process that started this one had held.
    (peak,) = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    print(int(peak) // 1024, *answers)
    await client.close()

asyncio.run(run())
"""


def ask(aws: FakeAWS, service: str = "sagemaker", operation: str = "ListImages", regions: int = 1) -> tuple[int, list[str]]:
    """The most megabytes that a process of its own came to hold, and how each region's call ended."""
    source = str(Path(__file__).parents[2] / "src")
    run = subprocess.run(
        [sys.executable, "-c", ASK, aws.url, service, operation, str(regions)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": source, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", "PATH": "/usr/bin"},
    )
    memory, *answers = run.stdout.split()
    return int(memory), answers


def test_a_body_that_is_announced_too_long_is_not_read_and_not_asked_for_again(aws: FakeAWS) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 629145600\r\n\r\n"
    aws.always(raw=head, drip=0.001, more=b" " * 0x10000)
    memory, answers = ask(aws, regions=6)
    assert answers == ["too-long"] * 6
    assert len(aws.requests) == 6
    assert memory < 250


def test_a_body_without_end_is_left_at_the_bound_and_not_asked_for_again(aws: FakeAWS) -> None:
    aws.always(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", drip=0, more=CHUNK * 16)
    memory, answers = ask(aws)
    assert answers == ["too-long"]
    assert len(aws.requests) == 1
    assert memory < 250 + MAX_BODY // MEGABYTE


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("sagemaker", "ListImages", b'{"Images": [' + b"{}," * (15 * MEGABYTE) + b"{}]}"),
        ("lambda", "ListFunctions", b'{"Functions": [' + b"[]," * (15 * MEGABYTE) + b"[]]}"),
        ("ec2", "DescribeVpcs", b"<DescribeVpcsResponse><vpcSet>" + b"<item/>" * (6 * MEGABYTE) + b"</vpcSet></DescribeVpcsResponse>"),
        ("eventbridgev2", "ListEventBuses", b"\xa1\x6aEventBuses\x9a\x02\x00\x00\x00" + b"\xa0" * (32 * MEGABYTE)),
    ],
    ids=["json", "rest-json", "xml", "cbor"],
)
def test_a_body_of_millions_of_values_is_refused_unread(aws: FakeAWS, service: str, operation: str, body: bytes) -> None:
    aws.always(body=body, headers={"smithy-protocol": "rpc-v2-cbor"} if service == "eventbridgev2" else {})
    memory, answers = ask(aws, service, operation)
    assert answers == ["too-long"]
    assert len(aws.requests) == 1
    assert memory < 400


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("sagemaker", "ListImages", b'{"Images": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("ec2", "DescribeVpcs", b"<DescribeVpcsResponse>" + b"<vpcSet>" * 100_000 + b"</vpcSet>" * 100_000 + b"</DescribeVpcsResponse>"),
    ],
    ids=["json", "xml"],
)
def test_nesting_beyond_reason_takes_no_process_with_it(aws: FakeAWS, service: str, operation: str, body: bytes) -> None:
    aws.always(body=body)
    memory, answers = ask(aws, service, operation)
    assert len(answers) == 1
    assert memory < 300


def test_a_redirect_takes_the_signed_request_to_no_other_host(aws: FakeAWS) -> None:
    other = type(aws)()
    try:
        for status in (301, 302, 307, 308):
            aws.then(
                status=status, body=b"", headers={"Location": other.url, "x-amz-bucket-region": f"{other.url.removeprefix('http://')}/#"}
            )
        for service, operation in (("s3", "ListBuckets"), ("s3", "ListBuckets"), ("sagemaker", "ListImages"), ("ec2", "DescribeVpcs")):
            ask(aws, service, operation)
        assert other.requests == []
    finally:
        other.stop()


OUT_OF_FILES = """
import asyncio, os, sys
from cirql.cloud.client import CloudClient
from cirql.cloud.target import Target
from cirql.errors import Error
from cirql.settings import Credential, Settings

async def run():
    client = CloudClient(Settings(credentials=(Credential("ana", "111111111111", "secret"),), endpoint_url=sys.argv[1], max_attempts=1))
    ask = lambda: client.call(Target("111111111111", "us-east-1", "ana"), "sagemaker", "ListImages", {})
    await ask()
    await asyncio.sleep(0.1)  # the connection that the answer ended is closed, and gives its place back
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    try:
        await ask()
    except Error as error:
        print(error.failure.code, error.hint)
    for descriptor in held:
        os.close(descriptor)
    await client.close()

asyncio.run(run())
"""


def test_a_process_that_may_open_no_more_files_says_so_and_what_to_do(aws: FakeAWS) -> None:
    aws.always(body=b'{"Images": []}', headers={"Connection": "close"})
    run = subprocess.run(
        ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", sys.executable, "-c", OUT_OF_FILES, aws.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"},
    )
    assert run.stdout.startswith("no-files let the process open more")


PAGING = Paging(("NextToken",), ("NextToken",))


def turn(pages: int, page: dict[str, Any]) -> None:
    cursor = Cursor({}, PAGING)
    for number in range(pages):
        cursor.advance({**page, "NextToken": f"t{number}"})


def test_a_list_that_goes_round_under_fresh_tokens_ends_in_an_error() -> None:
    with pytest.raises(PagingError, match="in a row were the same"):
        turn(MOST_ALIKE + 2, {"Images": [{"ImageName": "a"}]})
    with pytest.raises(PagingError, match="in a row were the same"):
        turn(MOST_EMPTY + 2, {"Images": [], "Owner": "ana"})
    turn(MOST_EMPTY - 1, {"Images": [], "Owner": "ana"})


def test_what_comes_behind_a_body_is_bounded_and_kept_nowhere(aws: FakeAWS) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    aws.always(raw=head, drip=0, more=b"X-Trailer: " + b"y" * 10_000 + b"\r\n")
    memory, answers = ask(aws)
    assert answers[0] == "garbage"
    assert memory < 200


def test_chunks_around_nothing_are_left_at_a_bound(aws: FakeAWS) -> None:
    aws.always(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", drip=0, more=b"extension=" + b"x" * 60_000 + b";")
    memory, answers = ask(aws)
    assert answers[0] == "garbage"
    assert memory < 200
