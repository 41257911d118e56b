"""A case: one AWS thing made through boto3, and what a `SELECT *` of its dataset must then say.

What is right is what boto3's own describe or get call says of the thing: every member is a column, in snake case, and every column of
the table that boto3 says nothing about is NULL. The columns that no member of that name stands for are written out in the case.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config

from cirql.catalog.model import Column
from cirql.names import snake
from cirql.types import ColumnType

REGION = "us-east-1"
TAGS = {"env": "test", "owner": "the platform team"}
# The same tags in the spellings that AWS's services have for them.
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
LOWER_TAG_LIST = [{"key": key, "value": value} for key, value in TAGS.items()]
Described = Mapping[str, Any]
# One for all accounts: it keeps the services' models.
_SESSION = boto3.Session(region_name=REGION)


class Aws:
    """boto3 clients of one account of the local AWS: `aws("ec2")`."""

    def __init__(self, endpoint_url: str, account: str) -> None:
        self.account = account
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
            self._clients[service] = _SESSION.client(
                service,
                endpoint_url=self._endpoint_url,
                aws_access_key_id=self.account,
                aws_secret_access_key="local",
                config=config,
            )
        return self._clients[service]

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()


@dataclass(frozen=True, slots=True)
class Case:
    """One dataset's test.

    `make` creates the thing and returns its value of the column `key`; `describe` is what boto3 says of it. `calls` are the
    operations, each once, that `SELECT * … WHERE key = value` takes (`ecs:ListServices ecs:DescribeServices`). `also` has the columns whose
    value is not that of a member of the same name; a function of the account and of what `describe` gave, or the value itself.
    `renamed` maps members to columns of another name. `moving` are columns that moto answers with the time of asking.
    `is_listed_whole`: the row is looked for in the whole table as well.
    """

    table: str
    key: str
    make: Callable[[Aws], Any]
    describe: Callable[[Aws, Any], Described]
    calls: str
    tags: Mapping[str, str] | None = field(default_factory=lambda: dict(TAGS))
    also: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    moving: tuple[str, ...] = ()
    is_listed_whole: bool = True

    def expected(self, aws: Aws, described: Described, columns: tuple[Column, ...]) -> dict[str, Any]:
        """The row that must come back."""
        said = {self.renamed.get(member, snake(member)): value for member, value in described.items()}
        said |= {"account_id": aws.account, "tags": self.tags}
        said |= {name: value(aws, described) if callable(value) else value for name, value in self.also.items()}
        return {c.name: typed(said.get(c.name), c.type) for c in columns}


def typed(value: Any, column_type: ColumnType) -> Any:
    """A value of boto3's as the engine gives a column of this type; None is NULL."""
    if value is None:
        return None
    match column_type:
        case ColumnType.TIMESTAMP:
            return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        case ColumnType.JSON:
            return _parsed(value) if isinstance(value, str) else json.loads(json.dumps(value, default=_plain))
        case ColumnType.BIGINT:
            assert isinstance(value, int)
        case ColumnType.BOOLEAN:
            assert isinstance(value, bool)
    return value


def _parsed(text: str) -> Any:
    return json.loads(text) if text[:1] in ("{", "[") else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{value!r} has no JSON form")


def as_tags(tags: Mapping[str, str] = TAGS) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def arn(template: str) -> Callable[[Aws, Described], str]:
    """The ARN of a thing whose description has none: members in braces, and `{region}` and `{account}`."""
    return lambda aws, described: template.format(region=REGION, account=aws.account, **described)
