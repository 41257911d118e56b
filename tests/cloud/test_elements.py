"""The compiled readers of XML against botocore's parsers: the same reading of every answer of every operation that reads."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore import parsers
from botocore.model import OperationModel
from botocore.utils import parse_timestamp as botocore_timestamp

from cirql.cloud.answers import Only, UnusableAnswerError, read_success
from tests.cloud.xml_documents import Writer, models, reads, response

REFUSALS = (parsers.ResponseParserError, LookupError, TypeError, ValueError, AttributeError, NameError)


def read(model: OperationModel, body: bytes, only: Only = None) -> Any:
    try:
        return read_success(model, response(body), only)
    except UnusableAnswerError as error:
        return error.reason


def by_botocore(model: OperationModel, body: bytes) -> Any:
    """What botocore makes of it, where it makes something."""
    parser = parsers.PROTOCOL_PARSERS[model.service_model.resolved_protocol](timestamp_parser=botocore_timestamp)
    found = parser.parse(response(body), model.output_shape)
    found.pop("ResponseMetadata", None)
    return found


def test_every_answer_is_read_as_botocore_reads_it() -> None:
    compared = 0
    for model in reads():
        body = Writer(compared).document(model)
        found = read(model, body)
        assert without_elements(found) == without_elements(by_botocore(model, body)), (model.service_model.service_name, model.name)
        compared += 1
    assert compared > 800


@pytest.mark.parametrize("seed", [1, 2])
def test_odd_documents_are_read_as_botocore_reads_them_or_refused(seed: int) -> None:
    compared = 0
    for number, model in enumerate(reads()):
        body = Writer(1000 * seed + number, odd=0.03).document(model)
        found = read(model, body)
        try:
            expected = by_botocore(model, body)
        except REFUSALS:  # a value that is not of its shape: to us it stays as it was written
            continue
        if found != "garbage":
            assert without_elements(found) == without_elements(expected), (model.service_model.service_name, model.name)
            compared += 1
    assert compared > 400


def without_elements(value: Any) -> Any:
    """Botocore gives trees where a text comes twice; those are equal to nothing."""
    if isinstance(value, dict):
        return {k: without_elements(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_elements(v) for v in value]
    return value if value is None or isinstance(value, str | int | float | bytes) or hasattr(value, "year") else "element"


def test_members_keep_the_order_of_the_model() -> None:
    ec2 = next(m for m in models() if m.service_name == "ec2")
    model = ec2.operation_model("DescribeVpcs")
    item = b"<item><state>available</state><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/8</cidrBlock></item>"
    body = b"<DescribeVpcsResponse><vpcSet>" + item + b"</vpcSet></DescribeVpcsResponse>"
    assert list(read(model, body)["Vpcs"][0]) == list(by_botocore(model, body)["Vpcs"][0])


def some_paths(shape: Any, dice: random.Random, depth: int = 0) -> set[tuple[str, ...]]:
    """Paths to some members of a shape, those of lists and structures inside it among them."""
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or depth == 4:
        return {()}
    found = {(name, *path) for name, m in shape.members.items() if dice.random() < 0.4 for path in some_paths(m, dice, depth + 1)}
    return found or {()}


def at(value: Any, paths: set[tuple[str, ...]]) -> Any:
    """What a value holds at these paths, and nothing else."""
    if () in paths or not isinstance(value, dict | list):
        return without_elements(value)
    if isinstance(value, list):
        return [at(item, paths) for item in value]
    below: dict[str, set[tuple[str, ...]]] = {}
    for name, *rest in paths:
        below.setdefault(name, set()).add(tuple(rest))
    return {name: at(item, below[name]) for name, item in value.items() if name in below}


@pytest.mark.parametrize("odd", [0.0, 0.03])
def test_of_every_answer_the_members_that_are_asked_for_are_the_same_when_others_are_passed_over(odd: float) -> None:
    compared, smaller = 0, 0
    for number, model in enumerate(reads()):
        body = Writer(5000 + number, odd=odd).document(model)
        paths = some_paths(model.output_shape, random.Random(number))
        whole = read(model, body)
        if () in paths or not isinstance(whole, dict):
            continue
        found = read(model, body, frozenset(paths))
        assert at(found, paths) == at(whole, paths), (model.service_model.service_name, model.name)
        compared += 1
        smaller += found != whole
    assert compared > 400
    assert smaller > 250


def test_members_that_nobody_asks_for_are_not_read() -> None:
    ec2 = next(m for m in models() if m.service_name == "ec2")
    model = ec2.operation_model("DescribeInstances")
    body = b"".join(
        [
            b"<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId><instancesSet><item><instanceId>i-1</instanceId>",
            b"<tagSet><item><key>a</key><value>b</value></item></tagSet><imageId>ami-1</imageId></item></instancesSet></item>",
            b"</reservationSet></DescribeInstancesResponse>",
        ]
    )
    found = read(model, body, frozenset({("Reservations", "Instances", "InstanceId")}))
    assert found == {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}
