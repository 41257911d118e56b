"""Cloud Control's handlers of AWS::SageMaker::Image and AWS::SageMaker::ImageVersion over the state that the SageMaker API serves.

They follow the resource provider's published behaviour: reads come from Describe (so no aliases), errors are mapped as the
provider maps them (ResourceInUse to ResourceConflict, a missing image on create to InvalidRequest, CREATE_FAILED to
GeneralServiceException).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.localcloud.images import VERSION_TRAITS, AccountRegion, Image, ImageStore, ImageVersion
from cirql.localcloud.models import Model
from cirql.localcloud.progress import HandlerError
from cirql.localcloud.resources import ResourceHandler, not_found
from cirql.localcloud.sagemaker import list_tags, read_traits
from cirql.localcloud.schemas import ResourceType
from cirql.localcloud.wire import ServiceError

_HANDLER_CODES = {
    "ResourceNotFound": "NotFound",
    "ResourceInUse": "ResourceConflict",
    "ResourceLimitExceeded": "ServiceLimitExceeded",
    "ValidationException": "InvalidRequest",
}


class ImageHandler:
    """AWS::SageMaker::Image, identified by ImageArn."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def create(self, place: AccountRegion, kind: ResourceType, model: Model) -> str:
        """Create an image and wait until it is CREATED."""
        tags = {tag["Key"]: tag["Value"] for tag in model.get("Tags", ())}
        texts = {"description": model.get("ImageDescription"), "display_name": model.get("ImageDisplayName")}
        try:
            image = self._store.create_image(place, model["ImageName"], model["ImageRoleArn"], tags, **texts)
        except ServiceError as error:
            if error.code == "ResourceInUse":
                raise HandlerError("AlreadyExists", error.message) from None
            raise _as_failure(error) from None
        image.status, image.transition = "CREATED", None
        return image.arn

    def read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        """The image's model."""
        image = self._find(place, kind, identifier)
        shown: Model = {"ImageName": image.name, "ImageArn": image.arn, "ImageRoleArn": image.role_arn}
        texts = {"ImageDescription": image.description, "ImageDisplayName": image.display_name}
        shown |= {name: text for name, text in texts.items() if text}
        return shown | ({"Tags": list_tags(image.tags)} if image.tags else {})

    def update(self, place: AccountRegion, kind: ResourceType, identifier: str, model: Model) -> None:
        """Change texts, role and tags to what the model says; what it leaves out is removed."""
        image = self._find(place, kind, identifier)
        gone = [name for name, member in _IMAGE_TEXTS.items() if member not in model]
        texts = {"description": model.get("ImageDescription"), "display_name": model.get("ImageDisplayName")}
        try:
            self._store.update_image(place, image.name, model["ImageRoleArn"], gone, **texts)
        except ServiceError as error:
            raise _as_failure(error) from None
        image.tags = {tag["Key"]: tag["Value"] for tag in model.get("Tags", ())}

    def delete(self, place: AccountRegion, kind: ResourceType, identifier: str) -> None:
        """Delete the image with its versions and wait until it is gone."""
        image = self._find(place, kind, identifier)
        try:
            self._store.delete_image(place, image.name)
        except ServiceError as error:
            raise _as_failure(error) from None
        self._store.discard(place, image.name)

    def list(self, place: AccountRegion, kind: ResourceType, wanted: Model) -> list[tuple[str, Model]]:
        """Every image by its ARN."""
        return [(image.arn, {"ImageArn": image.arn}) for image in sorted(self._store.images(place), key=lambda i: i.name)]

    def _find(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Image:
        for image in self._store.images(place):
            if image.arn == identifier:
                return image
        raise not_found(kind.name, identifier)


_IMAGE_TEXTS = {"Description": "ImageDescription", "DisplayName": "ImageDisplayName"}


class ImageVersionHandler:
    """AWS::SageMaker::ImageVersion, identified by ImageVersionArn."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._made = 0

    def create(self, place: AccountRegion, kind: ResourceType, model: Model) -> str:
        """Create the image's next version and wait until it is CREATED."""
        self._made += 1
        try:
            version = self._store.create_version(
                place, model["ImageName"], model["BaseImage"], read_traits(model), _aliases(model) or [], f"cloudcontrol-{self._made}"
            )
        except ServiceError as error:
            if error.code == "ResourceNotFound":
                raise HandlerError("InvalidRequest", error.message) from None
            raise _as_failure(error) from None
        version.status, version.transition = "CREATED", None
        return version.arn

    def read(self, place: AccountRegion, kind: ResourceType, identifier: str) -> Model:
        """The version's model: what DescribeImageVersion says and the image's name, but no aliases."""
        version = self._find(place, kind, identifier)
        shown: Model = {
            "ImageName": _image_name(version),
            "ImageArn": version.image_arn,
            "ImageVersionArn": version.arn,
            "BaseImage": version.base_image,
            "ContainerImage": version.container_image,
            "Version": version.number,
        }
        return {name: value for name, value in shown.items() if value != ""} | version.traits

    def update(self, place: AccountRegion, kind: ResourceType, identifier: str, model: Model) -> None:
        """Change traits; aliases become those of the model where it gives any, else stay."""
        version = self._find(place, kind, identifier)
        aliases = _aliases(model)
        add = [alias for alias in aliases or [] if alias not in version.aliases]
        delete = [alias for alias in version.aliases if aliases is not None and alias not in aliases]
        try:
            self._store.update_version(place, _image_name(version), version, read_traits(model), add, delete)
        except ServiceError as error:
            raise _as_failure(error) from None
        for name in VERSION_TRAITS:
            if name not in model:
                version.traits.pop(name, None)

    def delete(self, place: AccountRegion, kind: ResourceType, identifier: str) -> None:
        """Delete the version and wait until it is gone."""
        version = self._find(place, kind, identifier)
        try:
            self._store.delete_version(version)
        except ServiceError as error:
            raise _as_failure(error) from None
        self._store.discard(place, _image_name(version), version.number)

    def list(self, place: AccountRegion, kind: ResourceType, wanted: Model) -> list[tuple[str, Model]]:
        """The versions of the image that the ResourceModel names."""
        try:
            versions = self._store.versions(place, wanted["ImageName"])
        except ServiceError as error:
            raise _as_failure(error) from None
        return [
            (version.arn, {"ImageArn": version.image_arn, "ImageVersionArn": version.arn, "Version": version.number})
            for version in sorted(versions, key=lambda v: v.number)
        ]

    def _find(self, place: AccountRegion, kind: ResourceType, identifier: str) -> ImageVersion:
        *_, name, number = ["", "", *identifier.split("/")]
        try:
            version = self._store.version(place, name, int(number)) if number.isdigit() else None
        except ServiceError:
            version = None
        if version is None or version.arn != identifier:
            raise not_found(kind.name, identifier)
        return version


def image_handlers(store: ImageStore) -> dict[str, ResourceHandler]:
    """The handlers by type name."""
    return {"AWS::SageMaker::Image": ImageHandler(store), "AWS::SageMaker::ImageVersion": ImageVersionHandler(store)}


def _image_name(version: ImageVersion) -> str:
    return version.arn.split("/")[1]


def _aliases(model: Mapping[str, Any]) -> list[str] | None:
    """All aliases a model gives under either property, None where it gives neither."""
    if "Aliases" not in model and "Alias" not in model:
        return None
    return list(dict.fromkeys([*model.get("Aliases", ()), *([model["Alias"]] if "Alias" in model else [])]))


def _as_failure(error: ServiceError) -> HandlerError:
    return HandlerError(_HANDLER_CODES.get(error.code, "GeneralServiceException"), error.message)
