"""The demo world's SageMaker images: two accounts, three regions, every state, the same on every run.

The registry paths name the ECR repositories that `demo_services` makes, so that the two join.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.localcloud.images import AccountRegion, Image, ImageStore, build_version
from cirql.startup.records import dataclass, field

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")

# 2025-01-06 09:00:00 UTC: every time in the demo world counts from here.
EPOCH = 1736154000.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class DemoVersion:
    """One version to make: the tag of its base image, and what sets it apart."""

    tag: str
    aliases: tuple[str, ...] = ()
    status: str = "CREATED"
    failure: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoImage:
    """One image to make, `day` days after EPOCH, with its versions a week apart. `repository` is one of REPOSITORIES."""

    name: str
    repository: str
    day: int
    tags: Mapping[str, str]
    versions: tuple[DemoVersion, ...] = ()
    description: str | None = None
    display_name: str | None = None
    status: str = "CREATED"
    failure: str = ""


_TRAINING = {"JobType": "TRAINING", "Processor": "GPU", "Horovod": True, "ProgrammingLang": "Python 3.11"}
_INFERENCE = {"JobType": "INFERENCE", "Processor": "CPU", "Horovod": False, "ProgrammingLang": "Python 3.11"}
_KERNEL = {"JobType": "NOTEBOOK_KERNEL", "Processor": "CPU", "ProgrammingLang": "Python 3.12"}
_NO_SUCH_BASE = "The base image could not be pulled: the manifest is unknown to the registry."

PYTORCH = DemoImage(
    "pytorch-training",
    "ml/pytorch",
    0,
    {"env": "prod", "team": "ml-platform", "cost-center": "4711"},
    (
        DemoVersion("2.1", traits={**_TRAINING, "MLFramework": "PyTorch 2.1", "VendorGuidance": "ARCHIVED", "ReleaseNotes": "First."}),
        DemoVersion("2.2", traits={**_TRAINING, "MLFramework": "PyTorch 2.2", "VendorGuidance": "TO_BE_ARCHIVED"}),
        DemoVersion("2.3-broken", status="CREATE_FAILED", failure=_NO_SUCH_BASE),
        DemoVersion(
            "2.3",
            ("stable",),
            traits={**_TRAINING, "MLFramework": "PyTorch 2.3", "VendorGuidance": "STABLE", "ReleaseNotes": 'Fixes, "faster" I/O; 100 %.'},
            tags={"env": "prod", "scanned": "true"},
        ),
        DemoVersion(
            "2.4",
            ("latest", "2.4"),
            traits={**_TRAINING, "MLFramework": "PyTorch 2.4", "VendorGuidance": "NOT_PROVIDED", "ReleaseNotes": "Größere Stapel möglich."},
            tags={"env": "staging", "scanned": "false"},
        ),
        DemoVersion("2.5-rc1", status="CREATING", traits={**_TRAINING, "MLFramework": "PyTorch 2.5"}),
    ),
    "Training image with PyTorch for the platform team",
    "PyTorch Training",
)
TENSORFLOW = DemoImage(
    "tensorflow-training",
    "ml/tensorflow",
    10,
    {"env": "dev", "team": "research"},
    (
        DemoVersion("2.15", traits={**_TRAINING, "Horovod": False, "MLFramework": "TensorFlow 2.15", "VendorGuidance": "TO_BE_ARCHIVED"}),
        DemoVersion("2.16", ("latest",), traits={**_TRAINING, "MLFramework": "TensorFlow 2.16.1", "VendorGuidance": "STABLE"}),
        DemoVersion("2.17-nightly", status="CREATE_FAILED", failure="Access to the base image's repository was denied."),
    ),
    display_name="TensorFlow Training",
)
XGBOOST = DemoImage(
    "xgboost-inference",
    "ml/xgboost",
    20,
    {"env": "prod", "team": "fraud"},
    (
        DemoVersion("1.7", traits={**_INFERENCE, "MLFramework": "XGBoost 1.7", "VendorGuidance": "STABLE"}, tags={"env": "prod"}),
        DemoVersion("2.0", ("stable", "blue"), traits={**_INFERENCE, "MLFramework": "XGBoost 2.0", "VendorGuidance": "STABLE"}),
        DemoVersion("2.1", ("green",), traits={**_INFERENCE, "MLFramework": "XGBoost 2.1.0", "ReleaseNotes": "Canary."}),
    ),
    "Scores transactions",
)
NOTEBOOK = DemoImage(
    "notebook-kernel",
    "ml/notebook",
    30,
    {"team": "research"},
    # Twelve versions: more than a page of ListImageVersions.
    tuple(
        DemoVersion(f"2025.{week}", ("latest",) if week == 12 else (), traits={**_KERNEL, "ReleaseNotes": f"Week {week}."})
        for week in range(1, 13)
    ),
    "Studio kernels, rebuilt every week",
    "Notebook Kernel",
)
SCRATCH = DemoImage("scratch", "ml/notebook", 40, {}, description="Nothing built yet")
BROKEN = DemoImage("broken-role", "ml/xgboost", 50, {"env": "dev"}, status="CREATE_FAILED", failure="The execution role cannot be assumed.")

IMAGES: Mapping[AccountRegion, tuple[DemoImage, ...]] = {
    AccountRegion("111111111111", "us-east-1"): (PYTORCH, TENSORFLOW, XGBOOST, NOTEBOOK, SCRATCH, BROKEN),
    AccountRegion("111111111111", "us-west-2"): (PYTORCH, XGBOOST),
    AccountRegion("111111111111", "eu-west-1"): (XGBOOST, SCRATCH),
    AccountRegion("222222222222", "us-east-1"): (TENSORFLOW, XGBOOST),
    AccountRegion("222222222222", "us-west-2"): (NOTEBOOK,),
    AccountRegion("222222222222", "eu-west-1"): (PYTORCH, TENSORFLOW),
}


def seed_images(store: ImageStore) -> None:
    """Put the demo world's images into a store."""
    for place, images in IMAGES.items():
        for image in images:
            store.add(place, _build(place, image))


def repository_uri(place: AccountRegion, repository: str) -> str:
    """The registry path of an ECR repository."""
    return f"{place.account}.dkr.ecr.{place.region}.amazonaws.com/{repository}"


def execution_role(account: str) -> str:
    """The ARN of the role that `demo_services` makes for images and functions."""
    return f"arn:aws:iam::{account}:role/ml-execution"


def _build(place: AccountRegion, demo: DemoImage) -> Image:
    created = EPOCH + demo.day * _DAY + 3600 * (REGIONS.index(place.region) + 3 * ACCOUNTS.index(place.account))
    arn = f"arn:aws:sagemaker:{place.region}:{place.account}:image/{demo.name}"
    image = Image(demo.name, arn, execution_role(place.account), demo.status, created, created + 60.0)
    image.description, image.display_name, image.failure_reason = demo.description, demo.display_name, demo.failure
    image.tags = {**demo.tags, "region": place.region} if demo.tags else {}
    for number, wanted in enumerate(demo.versions, 1):
        base_image = f"{repository_uri(place, demo.repository)}:{wanted.tag}"
        when = created + 7 * _DAY * number
        version = build_version(place, demo.name, number, base_image, when, dict(wanted.traits))
        version.modified = when + (120.0 if wanted.aliases else 5.0)
        version.status, version.failure_reason = wanted.status, wanted.failure
        version.aliases, version.tags = list(wanted.aliases), dict(wanted.tags)
        if wanted.status != "CREATED":
            version.container_image = ""
        image.versions[number] = version
        image.modified = version.modified
    image.last_number = len(demo.versions)
    return image
