"""The SageMaker API's image operations over the `ImageStore`: members in, members out, as botocore models them.

Everything else SageMaker offers goes to moto, and so do tags of ARNs that are not images'.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cirql.localcloud.images import VERSION_TRAITS, AccountRegion, Image, ImageStore, ImageVersion
from cirql.localcloud.listener import HttpAnswer
from cirql.localcloud.paging import take_page
from cirql.localcloud.shapes import validate_input
from cirql.localcloud.wire import ServiceError, json_answer

# SageMaker's page size where a request gives no MaxResults.
DEFAULT_PAGE = 10
_TAG_OPERATIONS = ("AddTags", "DeleteTags", "ListTags")
Body = Mapping[str, Any]


class SageMakerImages:
    """Answers the image operations. `answer` returns None for what is not about images."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._operations: dict[str, Callable[[AccountRegion, Body, int | None], dict[str, Any]]] = {
            "CreateImage": self._create_image,
            "DescribeImage": self._describe_image,
            "ListImages": self._list_images,
            "UpdateImage": self._update_image,
            "DeleteImage": self._delete_image,
            "CreateImageVersion": self._create_version,
            "DescribeImageVersion": self._describe_version,
            "ListImageVersions": self._list_versions,
            "UpdateImageVersion": self._update_version,
            "DeleteImageVersion": self._delete_version,
            "ListAliases": self._list_aliases,
            "AddTags": self._add_tags,
            "DeleteTags": self._delete_tags,
            "ListTags": self._list_tags,
        }

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
        if operation in _TAG_OPERATIONS and not _names_image(asked):
            return None
        validate_input("sagemaker", operation, asked)
        with self._store.lock:
            return json_answer(json.dumps(run(place, asked, page_limit)).encode())

    def _create_image(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", ())}
        texts = {"description": asked.get("Description"), "display_name": asked.get("DisplayName")}
        return {"ImageArn": self._store.create_image(place, asked["ImageName"], asked["RoleArn"], tags, **texts).arn}

    def _describe_image(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        image = self._store.image(place, asked["ImageName"], looked=True)
        return {**summarise_image(image), "RoleArn": image.role_arn}

    def _list_images(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        wanted = asked.get("NameContains", "")
        images = [image for image in self._store.images(place) if wanted in image.name and _in_range(image, asked)]
        images.sort(key=lambda image: image.name)
        match asked.get("SortBy", "CREATION_TIME"):
            case "CREATION_TIME":
                images.sort(key=lambda image: image.created)
            case "LAST_MODIFIED_TIME":
                images.sort(key=lambda image: image.modified)
        return _paged("Images", [summarise_image(image) for image in _ordered(images, asked)], asked, limit)

    def _update_image(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        texts = {"description": asked.get("Description"), "display_name": asked.get("DisplayName")}
        image = self._store.update_image(place, asked["ImageName"], asked.get("RoleArn"), asked.get("DeleteProperties", ()), **texts)
        return {"ImageArn": image.arn}

    def _delete_image(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        self._store.delete_image(place, asked["ImageName"])
        return {}

    def _create_version(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        aliases = list(asked.get("Aliases", ()))
        version = self._store.create_version(
            place, asked["ImageName"], asked["BaseImage"], read_traits(asked), aliases, asked["ClientToken"]
        )
        return {"ImageVersionArn": version.arn}

    def _describe_version(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        version = self._named_version(place, asked, looked=True)
        described = {**summarise_version(version), "BaseImage": version.base_image, **version.traits}
        if version.container_image:
            described["ContainerImage"] = version.container_image
        return described

    def _list_versions(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        versions = [version for version in self._store.versions(place, asked["ImageName"]) if _in_range(version, asked)]
        versions.sort(key=lambda version: version.number)
        match asked.get("SortBy", "CREATION_TIME"):
            case "CREATION_TIME":
                versions.sort(key=lambda version: version.created)
            case "LAST_MODIFIED_TIME":
                versions.sort(key=lambda version: version.modified)
        return _paged("ImageVersions", [summarise_version(version) for version in _ordered(versions, asked)], asked, limit)

    def _update_version(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        version = self._named_version(place, asked)
        add, delete = asked.get("AliasesToAdd", ()), asked.get("AliasesToDelete", ())
        self._store.update_version(place, asked["ImageName"], version, read_traits(asked), add, delete)
        return {"ImageVersionArn": version.arn}

    def _delete_version(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        self._store.delete_version(self._named_version(place, asked))
        return {}

    def _list_aliases(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        if "Version" in asked or "Alias" in asked:
            versions = [self._named_version(place, asked)]
        else:
            versions = self._store.versions(place, asked["ImageName"])
        aliases = sorted(alias for version in versions for alias in version.aliases)
        return _paged("SageMakerImageVersionAliases", aliases, asked, limit)

    def _add_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        tags = self._store.tags(place, asked["ResourceArn"])
        added = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
        if len(tags.keys() | added.keys()) > 50:
            raise ServiceError("ResourceLimitExceeded", "A resource can have 50 tags at most.")
        tags.update(added)
        return {"Tags": list_tags(tags)}

    def _delete_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        tags = self._store.tags(place, asked["ResourceArn"])
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, place: AccountRegion, asked: Body, limit: int | None) -> dict[str, Any]:
        return _paged("Tags", list_tags(self._store.tags(place, asked["ResourceArn"])), asked, limit, default=50)

    def _named_version(self, place: AccountRegion, asked: Body, *, looked: bool = False) -> ImageVersion:
        return self._store.version(place, asked["ImageName"], asked.get("Version"), asked.get("Alias"), looked=looked)


def summarise_image(image: Image) -> dict[str, Any]:
    """An image as an element of ListImages."""
    summary: dict[str, Any] = {
        "CreationTime": image.created,
        "ImageArn": image.arn,
        "ImageName": image.name,
        "ImageStatus": image.status,
        "LastModifiedTime": image.modified,
    }
    optional = {"Description": image.description, "DisplayName": image.display_name, "FailureReason": image.failure_reason}
    return summary | {name: text for name, text in optional.items() if text}


def summarise_version(version: ImageVersion) -> dict[str, Any]:
    """A version as an element of ListImageVersions."""
    summary: dict[str, Any] = {
        "CreationTime": version.created,
        "ImageArn": version.image_arn,
        "ImageVersionArn": version.arn,
        "ImageVersionStatus": version.status,
        "LastModifiedTime": version.modified,
        "Version": version.number,
    }
    if version.failure_reason:
        summary["FailureReason"] = version.failure_reason
    return summary


def read_traits(asked: Body) -> dict[str, Any]:
    """The version traits that a request gives."""
    return {name: asked[name] for name in VERSION_TRAITS if asked.get(name) is not None}


def list_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _names_image(asked: Any) -> bool:
    arn = asked.get("ResourceArn", "") if isinstance(asked, dict) else ""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return len(parts) == 6 and parts[5].split("/")[0] in ("image", "image-version")


def _in_range(item: Image | ImageVersion, asked: Body) -> bool:
    """Whether an item's times lie within the four time filters, which include their ends."""
    created: bool = asked.get("CreationTimeAfter", item.created) <= item.created <= asked.get("CreationTimeBefore", item.created)
    modified: bool = (
        asked.get("LastModifiedTimeAfter", item.modified) <= item.modified <= asked.get("LastModifiedTimeBefore", item.modified)
    )
    return created and modified


def _ordered(items: list[Any], asked: Body) -> list[Any]:
    return items if asked.get("SortOrder") == "ASCENDING" else items[::-1]


def _paged(member: str, items: Sequence[Any], asked: Body, limit: int | None, default: int = DEFAULT_PAGE) -> dict[str, Any]:
    size = asked.get("MaxResults", default)
    if limit is not None:
        size = min(size, limit)
    question = json.dumps({name: value for name, value in asked.items() if name not in ("NextToken", "MaxResults")}, sort_keys=True)
    page, token = take_page(items, size, asked.get("NextToken"), member + question)
    return {member: list(page)} | ({"NextToken": token} if token else {})
