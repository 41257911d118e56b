"""SageMaker's app image configs, which moto lacks: how an image's kernels and apps are set up. Members in, members out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer
from cirql.localcloud.paging import take_page
from cirql.localcloud.shapes import validate_input
from cirql.localcloud.wire import ServiceError, json_answer
from cirql.startup.records import dataclass, field
from cirql.startup.regexes import regex

_DEFAULT_PAGE = 10
_ARN = regex(r"arn:aws:sagemaker:[^:]+:[^:]+:app-image-config/(.+)")
_SETTINGS = ("KernelGatewayImageConfig", "JupyterLabAppImageConfig", "CodeEditorAppImageConfig")
Body = Mapping[str, Any]


@dataclass(slots=True)
class _Config:
    name: str
    arn: str
    created: float
    modified: float
    settings: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class AppImageConfigs:
    """Answers the app image config operations, and tag operations on their ARNs; `answer` returns None for anything else."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._configs: dict[AccountRegion, dict[str, _Config]] = {}
        self._operations: dict[str, Callable[[AccountRegion, Body, int | None], dict[str, Any]]] = {
            "CreateAppImageConfig": self._create,
            "DescribeAppImageConfig": self._describe,
            "ListAppImageConfigs": self._list,
            "UpdateAppImageConfig": self._update,
            "DeleteAppImageConfig": self._delete,
            "AddTags": self._add_tags,
            "DeleteTags": self._delete_tags,
            "ListTags": self._list_tags,
        }

    def clear(self) -> None:
        """Forget every config."""
        with self._lock:
            self._configs.clear()

    def serves(self, operation: str) -> bool:
        """Whether the operation is one of these."""
        return operation in self._operations

    def answer(self, place: AccountRegion, operation: str, body: bytes, page_limit: int | None) -> HttpAnswer | None:
        """The answer to one operation; `page_limit` forces small pages. Raises ServiceError."""
        run = self._operations.get(operation)
        if run is None:
            return None
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            raise ServiceError("SerializationException", "The request body is not JSON.") from None
        if "Tags" in operation and not (isinstance(asked, dict) and _ARN.fullmatch(str(asked.get("ResourceArn")))):
            return None
        validate_input("sagemaker", operation, asked)
        with self._lock:
            return json_answer(json.dumps(run(place, asked, page_limit)).encode())

    def _create(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        name = asked["AppImageConfigName"]
        configs = self._configs.setdefault(place, {})
        if name in configs:
            raise ServiceError("ResourceInUse", f"App image config {name} already exists.")
        now = self._clock()
        arn = f"arn:aws:sagemaker:{place.region}:{place.account}:app-image-config/{name}"
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", ())}
        configs[name] = _Config(name, arn, now, now, {s: asked[s] for s in _SETTINGS if s in asked}, tags)
        return {"AppImageConfigArn": arn}

    def _describe(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        return _shown(self._named(place, asked["AppImageConfigName"]))

    def _list(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        wanted = asked.get("NameContains", "")
        configs = [c for c in self._configs.get(place, {}).values() if wanted in c.name and _in_range(c, asked)]
        keys = {"Name": "name", "LastModifiedTime": "modified"}
        key = keys.get(asked.get("SortBy", "CreationTime"), "created")
        configs.sort(key=lambda c: (getattr(c, key), c.name), reverse=asked.get("SortOrder", "Descending") == "Descending")
        size = min(asked.get("MaxResults", _DEFAULT_PAGE), limit or asked.get("MaxResults", _DEFAULT_PAGE))
        question = json.dumps({n: v for n, v in asked.items() if n not in ("NextToken", "MaxResults")}, sort_keys=True)
        page, token = take_page(configs, size, asked.get("NextToken"), question)
        return {"AppImageConfigs": [_shown(c) for c in page]} | ({"NextToken": token} if token else {})

    def _update(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        config = self._named(place, asked["AppImageConfigName"])
        config.settings.update({s: asked[s] for s in _SETTINGS if s in asked})
        config.modified = self._clock()
        return {"AppImageConfigArn": config.arn}

    def _delete(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        del self._configs[place][self._named(place, asked["AppImageConfigName"]).name]
        return {}

    def _add_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        config = self._of_arn(place, asked["ResourceArn"])
        config.tags.update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {"Tags": _tag_list(config)}

    def _delete_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        config = self._of_arn(place, asked["ResourceArn"])
        for key in asked["TagKeys"]:
            config.tags.pop(key, None)
        return {}

    def _list_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        return {"Tags": _tag_list(self._of_arn(place, asked["ResourceArn"]))}

    def _named(self, place: AccountRegion, name: str) -> _Config:
        config = self._configs.get(place, {}).get(name)
        if config is None:
            raise ServiceError("ResourceNotFound", f"App image config {name} does not exist.")
        return config

    def _of_arn(self, place: AccountRegion, arn: str) -> _Config:
        match = _ARN.fullmatch(arn)
        return self._named(place, match[1] if match else arn)


def _shown(config: _Config) -> dict[str, Any]:
    shown = {"AppImageConfigArn": config.arn, "AppImageConfigName": config.name}
    return {**shown, "CreationTime": config.created, "LastModifiedTime": config.modified, **config.settings}


def _tag_list(config: _Config) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in config.tags.items()]


def _in_range(config: _Config, asked: Body) -> bool:
    created: bool = asked.get("CreationTimeAfter", config.created) <= config.created <= asked.get("CreationTimeBefore", config.created)
    modified: bool = asked.get("ModifiedTimeAfter", config.modified) <= config.modified <= asked.get("ModifiedTimeBefore", config.modified)
    return created and modified
