"""Answers and requests are the same with the fast lane and without, for every operation that reads of every service.

Without is botocore: its serialiser, its parsers, its hooks. Documents are generated: usual ones, and odd ones (empty elements, comments,
CDATA, attributes and namespaces, elements twice, in another order or unknown, half an entry of a map, other values than the shape says).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore import parsers
from botocore.exceptions import BotoCoreError
from botocore.loaders import create_loader
from botocore.utils import parse_timestamp as botocore_timestamp

from cirql.cloud.answers import ErrorAnswer, UnusableAnswerError
from cirql.cloud.drafts import FastDraft
from cirql.cloud.http import Headers, Response
from cirql.cloud.service import Service
from cirql.cloud.services import Services
from cirql.settings import Settings
from tests.cloud.test_elements import REFUSALS, without_elements
from tests.cloud.test_fastlane import KEYS, request_params, sample, written
from tests.cloud.xml_documents import XML, Writer
from tests.sweeps.figures import tell

READS = ("List", "Describe", "Get", "BatchGet", "Search", "Head", "Lookup", "Query", "Scan")
DOCUMENTS = 4
"""For each operation: a usual document, and three odd ones."""
TEXTS = ("a b/c+d", "ü&=%41?#", "12")


def every_service() -> Iterator[Service]:
    async def make(name: str) -> Service:
        maker = Services(Settings())
        try:
            return await maker.get(name, "us-east-1", None)
        finally:
            maker.close()

    for name in create_loader().list_available_services("service-2"):
        yield asyncio.run(make(name))


def reads(service: Service) -> Iterator[Any]:
    for name in service.operation_names:
        operation = service.operation(name)
        if name.startswith(READS) and not operation.model.has_streaming_output and not operation.model.has_event_stream_output:
            yield operation


def params_of(shape: Any) -> Iterator[dict[str, Any]]:
    """What an operation needs, and that with each text, number and boolean it takes besides."""
    first = request_params(shape) | ({"Bucket": "a-bucket"} if shape is not None and "Bucket" in shape.members else {})
    yield first
    for name, member in (shape.members if shape is not None else {}).items():
        values = {"string": TEXTS, "integer": (7,), "long": (7,), "boolean": (True, False)}.get(member.type_name, ())
        if name != "Bucket" and not member.serialization.get("location", "").startswith("header"):
            yield from ({**first, name: value} for value in values)


def by_botocore(service: Service, model: Any, body: bytes) -> Any:
    """An answer as botocore's parser and hooks read it."""
    answer = {"body": body, "headers": Headers(), "status_code": 200, "context": {}}
    parser = parsers.PROTOCOL_PARSERS[model.service_model.resolved_protocol](timestamp_parser=botocore_timestamp)
    found = parser.parse(answer, model.output_shape)
    found.pop("ResponseMetadata", None)
    response = Response(200, [], body)
    service._client.meta.events.emit(
        f"after-call.{service._id}.{model.name}", http_response=response, parsed=found, model=model, context={}
    )
    return found


def by_lane(service: Service, draft: FastDraft, body: bytes) -> Any:
    """The same as the lane reads it; the reason where it refuses."""
    try:
        found = service.read(draft, Response(200, [], body))
    except UnusableAnswerError as error:
        return error.reason
    return found.code if isinstance(found, ErrorAnswer) else found


def documents(model: Any, seed: int) -> Iterator[bytes]:
    for number in range(DOCUMENTS):
        if model.service_model.resolved_protocol in XML:
            yield Writer(seed + number, odd=0.04 * (number > 0)).document(model)
        else:
            value = sample(model.output_shape, full=number != 1)
            dice = random.Random(seed + number)
            yield json.dumps(_odd(value, dice) if number > 1 else value).encode()


def _plain(value: Any) -> Any:
    """An answer without trees, and without the name of a member that nobody knows: botocore names the first, be it null or not."""
    match value:
        case {"SDK_UNKNOWN_MEMBER": _}:
            return "unknown"
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
    return without_elements(value)


def _odd(value: Any, dice: random.Random) -> Any:
    """JSON of the same kind with nulls and members that nobody knows, and lists of other lengths."""
    match value:
        case dict():
            found = {name: None if dice.random() < 0.1 else _odd(inner, dice) for name, inner in value.items()}
            return found | ({"NobodyKnowsThis": [1]} if dice.random() < 0.2 else {})
        case list():
            return [_odd(inner, dice) for inner in value * dice.choice([0, 1, 3])]
    return value


def test_requests_and_answers_are_the_same_with_the_lane_and_without() -> None:
    counts: Counter[str] = Counter(operations=0, with_a_lane=0, requests=0, answers=0, refused_by_botocore=0, refused_by_cirql=0)
    wrong: list[str] = []
    for service in every_service():
        for operation in reads(service):
            counts["operations"] += 1
            drafted = None
            for params in params_of(operation.model.input_shape):
                try:
                    drafted = service.draft(operation, dict(params), KEYS[0])
                except BotoCoreError:
                    continue
                if not isinstance(drafted, FastDraft):
                    continue
                lanes, fast = dict(service._lanes), written(service, operation, params)
                service._lanes.clear()
                if fast != written(service, operation, params):
                    wrong.append(f"{operation.model.service_model.service_name}:{operation.model.name} {params}")
                service._lanes.update(lanes)
                counts["requests"] += 1
            if not isinstance(drafted, FastDraft) or operation.model.output_shape is None:
                continue
            counts["with_a_lane"] += 1
            for body in documents(operation.model, counts["operations"] * 10):
                try:
                    expected = by_botocore(service, operation.model, body)
                except REFUSALS:
                    counts["refused_by_botocore"] += 1
                    continue
                found = by_lane(service, drafted, body)
                counts["answers"] += 1
                if found in ("garbage", "cut"):
                    counts["refused_by_cirql"] += 1
                elif _plain(found) != _plain(expected):
                    wrong.append(f"{operation.model.service_model.service_name}:{operation.model.name} {body[:300]!r}")
    tell("lanes", {**counts, "wrong": len(wrong)})
    assert not wrong, "\n".join(wrong[:20])
    assert counts["with_a_lane"] > 1500
