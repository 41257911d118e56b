"""The demo world's EC2, S3, IAM, Lambda and ECR objects, made through moto service by service when one of them is first asked.

Ids are the same on every run: moto's random source is seeded per service. Times are too: moto's clock stands still meanwhile.
"""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cirql.localcloud.demo import ACCOUNTS, EPOCH, IMAGES, REGIONS, execution_role, repository_uri
from cirql.localcloud.images import AccountRegion, layer_digest
from cirql.localcloud.moto_client import MotoClient, steady_moto

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Naming a key spares moto making one, which takes it 75 ms in every account and region.
_KEY = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"
_DOCKER = "application/vnd.docker"
# Where an account's global services are asked.
_HOME = REGIONS[0]


@dataclass(frozen=True, slots=True)
class Seed:
    """One service's part of the demo world."""

    service: str
    fill: Callable[[MotoClient], None]
    needs: tuple[str, ...] = ()

    def run(self, application: WSGIApplication) -> None:
        """Make this part."""
        with steady_moto(self.service, EPOCH):
            self.fill(MotoClient(application))


def needed_seeds(service: str) -> tuple[Seed, ...]:
    """The seeds that a call to a service needs, those they need first."""
    seed = _SEEDS.get(service)
    return () if seed is None else (*(_SEEDS[name] for name in seed.needs), seed)


def _seed_iam(moto: MotoClient) -> None:
    users = {ACCOUNTS[0]: ("alice", "bob"), ACCOUNTS[1]: ("carol",)}
    for account in ACCOUNTS:
        place = AccountRegion(account, _HOME)
        for name, principals in {
            "ml-execution": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"],
            "ci-deploy": ["codebuild.amazonaws.com"],
        }.items():
            trust = {"Effect": "Allow", "Principal": {"Service": principals}, "Action": "sts:AssumeRole"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            tags = _tags({"team": "ml-platform" if name == "ml-execution" else "delivery"})
            moto.call(place, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=policy, Description=f"Role {name}", Tags=tags)
        read = {"Effect": "Allow", "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [read]})
        arn = moto.call(place, "iam", "CreatePolicy", PolicyName="pull-images", PolicyDocument=document)["Policy"]["Arn"]
        moto.call(place, "iam", "AttachRolePolicy", RoleName="ml-execution", PolicyArn=arn)
        for name in users[account]:
            moto.call(place, "iam", "CreateUser", UserName=name, Tags=_tags({"team": "research"}))


def _seed_s3(moto: MotoClient) -> None:
    for place in IMAGES:
        for purpose, env in (("models", "prod"), ("logs", "dev")):
            bucket = f"acme-{purpose}-{place.account}-{place.region}"
            where = {} if place.region == _HOME else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
            moto.call(place, "s3", "CreateBucket", Bucket=bucket, **where)
            moto.call(place, "s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": _tags({"env": env, "purpose": purpose})})
            if purpose == "models":
                moto.call(place, "s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
                moto.call(place, "s3", "PutObject", Bucket=bucket, Key="xgboost/2.0/model.bin", Body=b"\0" * 1024)
    _date_buckets()


def _date_buckets() -> None:
    # moto's buckets take their time from datetime itself, which the standing clock does not reach.
    from moto.s3.models import s3_backends

    moment = datetime.datetime.fromtimestamp(EPOCH, datetime.UTC)
    for account in ACCOUNTS:
        for bucket in s3_backends[account]["aws"].buckets.values():
            bucket.creation_date = moment


def _seed_ecr(moto: MotoClient) -> None:
    for place, images in IMAGES.items():
        for repository in sorted({image.repository for image in images}):
            env = "prod" if repository in ("ml/pytorch", "ml/xgboost") else "dev"
            moto.call(
                place,
                "ecr",
                "CreateRepository",
                repositoryName=repository,
                imageScanningConfiguration={"scanOnPush": env == "prod"},
                tags=_tags({"env": env}),
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


def _seed_ec2(moto: MotoClient) -> None:
    for number, place in enumerate(IMAGES, 1):
        vpc = moto.call(place, "ec2", "CreateVpc", CidrBlock=f"10.{number}.0.0/16", TagSpecifications=_tagged("vpc", "main"))["Vpc"][
            "VpcId"
        ]
        subnets = [
            moto.call(
                place,
                "ec2",
                "CreateSubnet",
                VpcId=vpc,
                CidrBlock=f"10.{number}.{zone}.0/24",
                AvailabilityZone=f"{place.region}{letter}",
                TagSpecifications=_tagged("subnet", f"private-{letter}"),
            )["Subnet"]["SubnetId"]
            for zone, letter in enumerate("ab")
        ]
        groups = [_make_group(moto, place, vpc, name, port) for name, port in (("web", 443), ("database", 5432))]
        machine_image = moto.call(
            place,
            "ec2",
            "RegisterImage",
            Name="acme-base-2025.01",
            Architecture="x86_64",
            RootDeviceName="/dev/sda1",
            VirtualizationType="hvm",
        )["ImageId"]
        wanted = [("web-1", "t3.micro", 0, 0), ("web-2", "t3.micro", 1, 0), ("trainer", "g5.xlarge", 0, 1)]
        for name, kind, subnet, group in wanted if place.region != "eu-west-1" else wanted[:1]:
            moto.call(
                place,
                "ec2",
                "RunInstances",
                ImageId=machine_image,
                InstanceType=kind,
                MinCount=1,
                MaxCount=1,
                SubnetId=subnets[subnet],
                SecurityGroupIds=[groups[group]],
                TagSpecifications=_tagged("instance", name),
            )
        for name, size, encrypted in (("scratch", 20, False), ("datasets", 500, True)):
            moto.call(
                place,
                "ec2",
                "CreateVolume",
                AvailabilityZone=f"{place.region}a",
                Size=size,
                VolumeType="gp3",
                Encrypted=encrypted,
                **({"KmsKeyId": f"arn:aws:kms:{place.region}:{place.account}:key/{_KEY}"} if encrypted else {}),
                TagSpecifications=_tagged("volume", name),
            )


def _make_group(moto: MotoClient, place: AccountRegion, vpc: str, name: str, port: int) -> str:
    made = moto.call(
        place,
        "ec2",
        "CreateSecurityGroup",
        GroupName=name,
        Description=f"Access to {name}",
        VpcId=vpc,
        TagSpecifications=_tagged("security-group", name),
    )
    allowed = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    moto.call(place, "ec2", "AuthorizeSecurityGroupIngress", GroupId=made["GroupId"], IpPermissions=allowed)
    group: str = made["GroupId"]
    return group


def _seed_lambda(moto: MotoClient) -> None:
    for place in IMAGES:
        for name, runtime, memory in (("score-transactions", "python3.12", 512), ("rotate-images", "python3.9", 128)):
            moto.call(
                place,
                "lambda",
                "CreateFunction",
                FunctionName=name,
                Runtime=runtime,
                Role=execution_role(place.account),
                Handler="app.handler",
                Code={"ZipFile": _package()},
                Description=f"Function {name}",
                MemorySize=memory,
                Timeout=30,
                Environment={"Variables": {"ENV": "prod"}},
                Tags={"env": "prod", "team": "fraud" if memory == 512 else "ml-platform"},
            )


def _package() -> bytes:
    """A function's code as a zip that has the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("app.py", date_time=(2025, 1, 6, 9, 0, 0))
        archive.writestr(entry, "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tagged(resource: str, name: str) -> list[dict[str, Any]]:
    env = "dev" if name in ("scratch", "trainer") else "prod"
    return [{"ResourceType": resource, "Tags": _tags({"Name": name, "env": env})}]


_SEEDS = {
    seed.service: seed
    for seed in (
        Seed("iam", _seed_iam),
        Seed("s3", _seed_s3),
        Seed("ecr", _seed_ecr),
        Seed("ec2", _seed_ec2),
        Seed("lambda", _seed_lambda, needs=("iam",)),
    )
}
