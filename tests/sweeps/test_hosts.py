"""Where an endpoint is named, no other host is ever asked: every operation of every service is made and signed, and none is sent.

python -m tests.sweeps.test_hosts prints how many requests were looked at, and those that could not be made.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from cirql.cloud.credentials import Keys
from cirql.cloud.drafts import UnsendableError
from cirql.cloud.service import Service
from cirql.cloud.services import Services
from cirql.errors import Error
from cirql.settings import Settings

ENDPOINTS = ("https://aws.example.internal:4443", "http://127.0.0.1:4566")
KEYS = Keys("AKIAEXAMPLE", "very-secret", account_id="111122223333")
_FORMS = (
    "https://name-1.example",
    "name-1",
    "111122223333",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/one",
    "a" * 36,
    "arn:aws:cloudfront::111122223333:key-value-store/12345678-1234-1234-1234-123456789012",
    "Z123456ABCDEFG",
    "12345678-1234-1234-1234-123456789012",
)


def asked(endpoint: str, service: Service) -> Iterator[tuple[str, str | None]]:
    """Each operation of a service with the host that its request would go to; None where no request could be made."""
    for name in service.operation_names:
        operation = service.operation(name)
        for text in _FORMS:
            try:
                params = _value(operation.model.input_shape, text, 0) if operation.model.input_shape is not None else {}
                draft = service.draft(operation, params, KEYS)
                yield name, urlsplit(service.sign(draft, KEYS, 1).url).netloc
            except (BotoCoreError, Error, UnsendableError, ValueError, AttributeError):  # botocore's own signer, of a host that is none
                yield name, None


def _value(shape: Any, text: str, depth: int) -> Any:
    """What a member requires, the least of it."""
    least = int(shape.metadata.get("min", 0))
    match shape.type_name:
        case "structure":
            needed = shape.required_members or (list(shape.members)[:1] if shape.metadata.get("union") else [])
            return {m: _value(shape.members[m], text, depth + 1) for m in needed} if depth < 8 else {}
        case "list":
            return [_value(shape.member, text, depth + 1)] * max(1, least) if depth < 8 else []
        case "map":
            return {text: _value(shape.value, text, depth + 1)}
        case "integer" | "long" | "float" | "double":
            return max(1, least)
        case "boolean":
            return True
        case "timestamp":
            return "2026-01-02T03:04:05Z"
        case "blob":
            return b"x" * max(1, least)
    values = getattr(shape, "enum", ())
    return str(values[0]) if values else text + "a" * (least - len(text))


def services() -> list[str]:
    """Every service that botocore knows."""
    return sorted(Loader().list_available_services("service-2"))


def looked_at(endpoint: str, wanted: list[str]) -> tuple[int, list[str], list[str]]:
    """How many operations have a request, which requests would leave for another host, and which operations have none."""
    netloc = urlsplit(endpoint).netloc
    made, wrong, unmade = 0, [], []
    for name in wanted:
        service = asyncio.run(_opened(endpoint, name))
        hosts: dict[str, set[str | None]] = {}
        for operation, host in asked(endpoint, service):
            hosts.setdefault(operation, set()).add(host)
        for operation, found in hosts.items():
            real = {h for h in found if h is not None}
            made += bool(real)
            unmade += [] if real else [f"{name}:{operation}"]
            # A bucket's or an account's name before the endpoint's is the endpoint's.
            wrong += [f"{name}:{operation} asks {h}" for h in real if h != netloc and not re.fullmatch(rf"[\w.-]+\.{re.escape(netloc)}", h)]
        service.close()
    return made, wrong, unmade


async def _opened(endpoint: str, name: str) -> Service:
    return await Services(Settings(endpoint_url=endpoint)).get(name, "us-east-1", None)


# Services that take a token in place of keys, by the name that their requests are signed with.
TOKENS = {"AWS_BEARER_TOKEN_CODECATALYST": "a-token", "AWS_BEARER_TOKEN_ACCOUNT_ACCESS": "a-token"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("part", range(8))
def test_no_operation_leaves_the_endpoint_that_was_named(endpoint: str, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    made, wrong, unmade = looked_at(endpoint, services()[part::8])
    assert made > 1000
    assert not wrong
    assert len(unmade) <= made // 50, unmade


if __name__ == "__main__":
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, **TOKENS}
    for address in ENDPOINTS:
        counted, elsewhere, left = looked_at(address, sys.argv[1:] or services())
        sys.stdout.write(f"{address}: {counted} operations, {len(elsewhere)} ask another host, {len(left)} could not be made\n")
        for line in (*elsewhere, *(f"not made: {o}" for o in left)):
            sys.stdout.write(f"  {line}\n")
