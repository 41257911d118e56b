"""Small facts: regions, page tokens, timestamps, and what importing the door costs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.utils import parse_timestamp as botocore_parse

from cirql.catalog.model import Paging
from cirql.cloud.pages import Cursor, PagingError
from cirql.cloud.partitions import PARTITIONS, partition_of
from cirql.cloud.regions import check_regions, is_region, nearest_regions
from cirql.cloud.service import is_local
from cirql.cloud.timestamps import parse_timestamp
from cirql.errors import InvalidText


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"), ("eu-mars-9", "aws")],
)
def test_a_region_is_in_its_partition(region: str, partition: str) -> None:
    assert partition_of(region).name == partition


def test_partitions_are_those_that_botocore_lists() -> None:
    listed = create_loader().load_data("partitions")["partitions"]
    assert {(p["id"], p["outputs"]["implicitGlobalRegion"]) for p in listed} == {(p.name, p.centre) for p in PARTITIONS}
    assert {(r, p["id"]) for p in listed for r in p["regions"] if not r.endswith("-global")} == {
        (r, partition_of(r).name) for p in listed for r in p["regions"] if not r.endswith("-global")
    }


def test_only_listed_names_are_regions() -> None:
    assert is_region("eu-central-2")
    assert not is_region("aws-global")
    assert not is_region("eu-mars-9")
    assert "us-east-1" in nearest_regions("us-est-1")


@pytest.mark.parametrize("name", ["", "us-east", "eu-mars-9", "US-EAST-1", "'; drop table", "us-east-1.evil.example"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidText):
        check_regions([name])


def test_a_region_newer_than_botocore_can_be_vouched_for() -> None:
    check_regions(["eu-mars-9"], extra=("eu-mars-9",))
    with pytest.raises(InvalidText):
        check_regions(["mars"], extra=("mars",))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1700000000.5, datetime(2023, 11, 14, 22, 13, 20, 500000, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("2023-11-14T22:13:20Z", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("2023-11-14T22:13:20.123456789Z", datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)),
        ("2023-11-15T00:13:20+02:00", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("20231114T221320Z", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("2023-11-14", datetime(2023, 11, 14, tzinfo=UTC)),
        ("Tue, 14 Nov 2023 22:13:20 GMT", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (-86400, datetime(1969, 12, 31, tzinfo=UTC)),
    ],
)
def test_timestamps_mean_what_botocore_says_they_mean(value: Any, expected: datetime) -> None:
    assert parse_timestamp(value) == expected
    theirs = botocore_parse(value)
    assert expected == (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))


@pytest.mark.parametrize("value", ["", "yesterday", 1e18, "0x10"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        parse_timestamp(value)


def walk(paging: Paging, *answers: dict[str, Any]) -> list[dict[str, Any]]:
    cursor, asked = Cursor({}, paging), []
    for answer in answers:
        assert cursor.params is not None
        asked.append(cursor.params)
        cursor.advance(answer)
    assert cursor.params is None
    return asked


def test_tokens_in_pairs_and_paths_are_followed() -> None:
    pair = Paging(("Name", "Type"), ("Next.Name", "Next.Type"), more="IsTruncated")
    pages = walk(
        pair,
        {"IsTruncated": True, "Next": {"Name": "a", "Type": "A"}},
        {"IsTruncated": True, "Next": {"Name": "b"}},
        {"IsTruncated": False},
    )
    assert pages == [{}, {"Name": "a", "Type": "A"}, {"Name": "b"}]


def test_a_token_may_be_an_expression() -> None:
    marker = Paging(("Marker",), ("NextMarker || Contents[-1].Key",), more="IsTruncated")
    assert walk(marker, {"IsTruncated": True, "Contents": [{"Key": "a"}, {"Key": "b"}]}, {"IsTruncated": False}) == [{}, {"Marker": "b"}]


def test_more_without_a_token_is_an_error() -> None:
    with pytest.raises(PagingError):
        Cursor({}, Paging(("M",), ("M",), more="IsTruncated")).advance({"IsTruncated": True})


def test_an_empty_token_ends_the_list() -> None:
    assert walk(Paging(("T",), ("T",)), {"T": ""}) == [{}]


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://localhost:1", True), ("http://127.0.0.1", True), ("http://[::1]:80", True), ("https://s3.localhost.localstack.cloud", False)],
)
def test_local_endpoints_are_known_by_their_host(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_the_door_opens_without_loading_botocore() -> None:
    code = (
        "import sys, cirql.cloud.client, cirql.settings; print(sorted({'botocore', 'httptools', 'jmespath', 'email'} & set(sys.modules)))"
    )
    source = str(Path(__file__).parents[2] / "src")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": source})
    assert run.stdout.strip() == "[]"
