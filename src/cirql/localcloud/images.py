"""SageMaker images, their versions and their aliases: the one state behind the SageMaker API and Cloud Control.

Every method takes a `AccountRegion` (account, region) and raises `ServiceError` with the codes of the SageMaker model. Choices AWS does
not document: version numbers are never used again, and adding an alias moves it from the version that had it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from cirql.localcloud.wire import ServiceError
from cirql.startup.records import dataclass, field

# What CreateImageVersion and UpdateImageVersion both take, under the API's names.
VERSION_TRAITS = ("VendorGuidance", "JobType", "MLFramework", "ProgrammingLang", "Processor", "Horovod", "ReleaseNotes")


class AccountRegion(NamedTuple):
    """Where state lives: one account and one region."""

    account: str
    region: str


@dataclass(slots=True)
class Transition:
    """A change of status under way: it ends after `looks` more describes or at `due`, whichever is first."""

    then: str
    looks: int
    due: float


@dataclass(slots=True)
class ImageVersion:
    """One version of an image. `traits` are the optional members of VERSION_TRAITS; `aliases` are in order of addition."""

    number: int
    arn: str
    image_arn: str
    base_image: str
    container_image: str
    status: str
    created: float
    modified: float
    failure_reason: str = ""
    traits: dict[str, Any] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    transition: Transition | None = None


@dataclass(slots=True)
class Image:
    """One image with its versions by number. `client_tokens` maps a CreateImageVersion token to what it asked and made."""

    name: str
    arn: str
    role_arn: str
    status: str
    created: float
    modified: float
    description: str | None = None
    display_name: str | None = None
    failure_reason: str = ""
    last_number: int = 0
    versions: dict[int, ImageVersion] = field(default_factory=dict)
    client_tokens: dict[str, tuple[Any, ImageVersion]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    transition: Transition | None = None


class ImageStore:
    """All images of one local AWS.

    `settle_looks` and `settle_seconds` say how long CREATING and DELETING last. Callers hold `lock` around what must be seen whole.
    """

    def __init__(self, clock: Callable[[], float], settle_looks: int, settle_seconds: float) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._settle_looks = settle_looks
        self._settle_seconds = settle_seconds
        self._places: dict[AccountRegion, dict[str, Image]] = {}

    def clear(self) -> None:
        """Forget every image."""
        with self.lock:
            self._places.clear()

    def add(self, place: AccountRegion, image: Image) -> None:
        """Put an image there as it is (the demo world)."""
        with self.lock:
            self._places.setdefault(place, {})[image.name] = image

    def images(self, place: AccountRegion) -> list[Image]:
        """The images of a place, after due transitions."""
        with self.lock:
            found = self._places.get(place, {})
            for image in list(found.values()):
                self._settle_image(found, image, looked=False)
            return list(found.values())

    def image(self, place: AccountRegion, name: str, *, looked: bool = False) -> Image:
        """One image. `looked` counts as a describe, which moves a transition on. Raises ResourceNotFound."""
        with self.lock:
            found = self._places.get(place, {})
            image = found.get(name)
            if image is not None:
                self._settle_image(found, image, looked=looked)
                image = found.get(name)
            if image is None:
                raise ServiceError("ResourceNotFound", f"No image with the name {name} exists.")
            return image

    def versions(self, place: AccountRegion, name: str) -> list[ImageVersion]:
        """The versions of an image, after due transitions."""
        with self.lock:
            image = self.image(place, name)
            for version in list(image.versions.values()):
                self._settle_version(image, version, looked=False)
            return list(image.versions.values())

    def version(
        self, place: AccountRegion, name: str, number: int | None = None, alias: str | None = None, *, looked: bool = False
    ) -> ImageVersion:
        """One version by number or alias, else the latest. Raises ResourceNotFound."""
        with self.lock:
            image = self.image(place, name)
            found: ImageVersion | None
            if number is not None:
                found = image.versions.get(number)
                if found is not None and alias is not None and alias not in found.aliases:
                    found = None
            elif alias is not None:
                found = next((v for v in image.versions.values() if alias in v.aliases), None)
            else:
                found = image.versions[max(image.versions)] if image.versions else None
            if found is not None:
                self._settle_version(image, found, looked=looked)
                found = image.versions.get(found.number)
            if found is None:
                wanted = f"version {number}" if number is not None else f"alias {alias}" if alias is not None else "any version"
                raise ServiceError("ResourceNotFound", f"No image version with the name {name} and {wanted} exists.")
            return found

    def create_image(self, place: AccountRegion, name: str, role_arn: str, tags: dict[str, str], **texts: str | None) -> Image:
        """Make an image in status CREATING; `texts` are `description` and `display_name`. Raises ResourceInUse."""
        with self.lock:
            found = self._places.setdefault(place, {})
            if name in found:
                raise ServiceError("ResourceInUse", f"The image {name} already exists.")
            now = self._clock()
            arn = f"arn:aws:sagemaker:{place.region}:{place.account}:image/{name}"
            image = Image(name, arn, role_arn, "CREATING", now, now, tags=tags, transition=self._transition("CREATED"), **texts)  # type: ignore[arg-type]
            found[name] = image
            return image

    def update_image(self, place: AccountRegion, name: str, role_arn: str | None, delete: Iterable[str], **texts: str | None) -> Image:
        """Change an image; `delete` names `Description` or `DisplayName`. Raises ResourceNotFound, ResourceInUse."""
        with self.lock:
            image = self.image(place, name)
            _refuse_deleting(f"Image ({image.arn})", image.status)
            image.description = None if "Description" in delete else texts.get("description") or image.description
            image.display_name = None if "DisplayName" in delete else texts.get("display_name") or image.display_name
            image.role_arn = role_arn or image.role_arn
            image.modified = self._clock()
            return image

    def delete_image(self, place: AccountRegion, name: str) -> Image:
        """Begin to delete an image with all its versions. Raises ResourceNotFound, ResourceInUse."""
        with self.lock:
            image = self.image(place, name)
            _refuse_deleting(f"Image ({image.arn})", image.status)
            image.status, image.transition = "DELETING", self._transition("")
            return image

    def create_version(
        self, place: AccountRegion, name: str, base_image: str, traits: dict[str, Any], aliases: list[str], client_token: str
    ) -> ImageVersion:
        """Make the next version in status CREATING; the same token and request give the same version again."""
        with self.lock:
            image = self.image(place, name)
            asked = (base_image, traits, aliases)
            if client_token in image.client_tokens:
                before, version = image.client_tokens[client_token]
                if before != asked:
                    raise ServiceError("ValidationException", f"The client token {client_token} was used with other parameters.")
                return version
            if image.status != "CREATED":
                raise ServiceError("ValidationException", f"Image {name} is in an invalid state: {image.status}.")
            image.last_number += 1
            version = build_version(place, name, image.last_number, base_image, self._clock(), traits)
            version.status, version.transition = "CREATING", self._transition("CREATED")
            image.versions[version.number] = version
            self._add_aliases(image, version, aliases)
            image.client_tokens[client_token] = (asked, version)
            return version

    def update_version(
        self, place: AccountRegion, name: str, version: ImageVersion, traits: dict[str, Any], add: Iterable[str], delete: Iterable[str]
    ) -> ImageVersion:
        """Change a version's traits and aliases. Raises ResourceInUse while it is being deleted."""
        with self.lock:
            _refuse_deleting(f"ImageVersion ({version.arn})", version.status)
            version.traits.update(traits)
            version.aliases = [alias for alias in version.aliases if alias not in set(delete)]
            self._add_aliases(self.image(place, name), version, add)
            version.modified = self._clock()
            return version

    def delete_version(self, version: ImageVersion) -> None:
        """Begin to delete a version. Raises ResourceInUse when that is under way already."""
        with self.lock:
            _refuse_deleting(f"ImageVersion ({version.arn})", version.status)
            version.status, version.transition = "DELETING", self._transition("")

    def discard(self, place: AccountRegion, name: str, number: int | None = None) -> None:
        """Remove an image, or one version of it, at once."""
        with self.lock:
            if number is None:
                self._places.get(place, {}).pop(name, None)
            else:
                self.image(place, name).versions.pop(number, None)

    def tags(self, place: AccountRegion, arn: str) -> dict[str, str]:
        """The tags of an image or image version, to read and to change. Raises ResourceNotFound."""
        kind, _, rest = arn.split(":", 5)[5].partition("/")
        name, _, number = rest.partition("/")
        if kind == "image" and name:
            return self.image(place, name).tags
        if kind == "image-version" and number.isdigit():
            return self.version(place, name, int(number)).tags
        raise ServiceError("ResourceNotFound", f"No resource with the ARN {arn} exists.")

    def _add_aliases(self, image: Image, version: ImageVersion, aliases: Iterable[str]) -> None:
        for alias in aliases:
            for other in image.versions.values():
                if alias in other.aliases and other is not version:
                    other.aliases.remove(alias)
            if alias not in version.aliases:
                version.aliases.append(alias)

    def _transition(self, then: str) -> Transition:
        return Transition(then, self._settle_looks, self._clock() + self._settle_seconds)

    def _ended(self, transition: Transition, looked: bool) -> bool:
        transition.looks -= looked
        return transition.looks < 0 or self._clock() >= transition.due

    def _settle_image(self, found: dict[str, Image], image: Image, looked: bool) -> None:
        if image.transition is None or not self._ended(image.transition, looked):
            return
        image.status, image.transition = image.transition.then, None
        if not image.status:
            del found[image.name]

    def _settle_version(self, image: Image, version: ImageVersion, looked: bool) -> None:
        if version.transition is None or not self._ended(version.transition, looked):
            return
        version.status, version.transition = version.transition.then, None
        if not version.status:
            del image.versions[version.number]


def build_version(place: AccountRegion, name: str, number: int, base_image: str, created: float, traits: dict[str, Any]) -> ImageVersion:
    """A CREATED version: its ARNs, and the registry path by digest that AWS gives as its container image."""
    prefix = f"arn:aws:sagemaker:{place.region}:{place.account}"
    arn = f"{prefix}:image-version/{name}/{number}"
    digest = hashlib.sha256(layer_digest(base_image).encode()).hexdigest()
    head, slash, last = base_image.split("@")[0].rpartition("/")
    container_image = f"{head}{slash}{last.split(':')[0]}@sha256:{digest}"
    image_arn = f"{prefix}:image/{name}"
    return ImageVersion(number, arn, image_arn, base_image, container_image, "CREATED", created, created, traits=dict(traits))


def layer_digest(image_uri: str) -> str:
    """The digest of the one layer that the image at a registry path has in this world."""
    return f"sha256:{hashlib.sha256(image_uri.encode()).hexdigest()}"


def _refuse_deleting(what: str, status: str) -> None:
    if status == "DELETING":
        raise ServiceError("ResourceInUse", f"{what} is being deleted.")
