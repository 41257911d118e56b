"""The demo world's objects of moto's services, made service by service and place by place when a call first needs them.

Most of it is data (`demo_world.py`). Ids and times are the same on every run, in whatever order the services are asked: moto's random
source is seeded for each part, and its clock stands where the part says.
"""

from __future__ import annotations

import datetime
import json
from itertools import product
from typing import TYPE_CHECKING

from cirql.localcloud.demo import ACCOUNTS, EPOCH, IMAGES, repository_uri
from cirql.localcloud.demo_world import HOME, DemoPart, Kept, demo_parts
from cirql.localcloud.images import AccountRegion, layer_digest
from cirql.localcloud.moto_client import MotoClient, steady_moto

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_DOCKER = "application/vnd.docker"


class DemoServices:
    """What of the demo world was made so far, and the rest of it when it is asked for."""

    def __init__(self) -> None:
        self._made: set[tuple[str, AccountRegion]] = set()
        self._kept: Kept = {}

    def clear(self) -> None:
        """Forget what was made: moto has."""
        self._made.clear()
        self._kept.clear()

    def prepare(self, application: WSGIApplication, service: str, account: str, region: str) -> None:
        """Make what a call to a service in an account and region sees, if it is a place of the demo world."""
        place = AccountRegion(account, region)
        if account not in ACCOUNTS:
            return
        if place not in IMAGES:
            place = AccountRegion(account, HOME)
            if service not in demo_parts() or demo_parts()[service].scope == "region":
                return
        self._provide(application, service, place)

    def _provide(self, application: WSGIApplication, service: str, place: AccountRegion) -> None:
        """Make a service's part where a call in `place` sees it, after what the part needs where it is made."""
        part = demo_parts().get(service)
        here = place if part is None else part.home_of(place)
        if (service, here) in self._made:
            return
        self._made.add((service, here))
        if part is not None:
            for needed, there in product(part.needs, part.places(here)):
                self._provide(application, needed, there)
        self._make(application, service, part, here)

    def _make(self, application: WSGIApplication, service: str, part: DemoPart | None, place: AccountRegion) -> None:
        if part is None and service != "ecr":
            return
        with steady_moto(f"{service} {place.account} {place.region}", EPOCH) as clock:
            moto = MotoClient(application)
            if part is None:
                _fill_ecr(moto, place)
            else:
                part.make(moto, clock, place, self._kept)
        if service == "s3":
            _date_buckets(place.account)


def _date_buckets(account: str) -> None:
    # moto's buckets take their time from datetime itself, which the standing clock does not reach.
    from moto.s3.models import s3_backends

    moment = datetime.datetime.fromtimestamp(EPOCH, datetime.UTC)
    for bucket in s3_backends[account]["aws"].buckets.values():
        bucket.creation_date = moment


def _fill_ecr(moto: MotoClient, place: AccountRegion) -> None:
    """The repositories and images that the SageMaker images of the place are built on."""
    images = IMAGES[place]
    for repository in sorted({image.repository for image in images}):
        env = "prod" if repository in ("ml/pytorch", "ml/xgboost") else "dev"
        moto.call(
            place,
            "ecr",
            "CreateRepository",
            repositoryName=repository,
            imageScanningConfiguration={"scanOnPush": env == "prod"},
            tags=[{"Key": "env", "Value": env}],
        )
    for image in images:
        for version in image.versions:
            if version.status != "CREATE_FAILED":
                manifest = _manifest(f"{repository_uri(place, image.repository)}:{version.tag}")
                moto.call(place, "ecr", "PutImage", repositoryName=image.repository, imageManifest=manifest, imageTag=version.tag)


def _manifest(image_uri: str) -> str:
    """A manifest whose digest, as moto computes it, is the one that image versions built on it name."""
    layer = {"mediaType": f"{_DOCKER}.image.rootfs.diff.tar.gzip", "size": 1024, "digest": layer_digest(image_uri)}
    config = {"mediaType": f"{_DOCKER}.container.image.v1+json", "size": 7, "digest": layer_digest("config")}
    return json.dumps({"schemaVersion": 2, "mediaType": f"{_DOCKER}.distribution.manifest.v2+json", "config": config, "layers": [layer]})
