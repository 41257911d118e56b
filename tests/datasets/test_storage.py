"""Storage and registries: S3, EFS, ECR."""

from __future__ import annotations

import json

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import TAG_LIST, Aws, Case, Described, arn
from tests.datasets.check import check

LAYER = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1024, "digest": "sha256:" + "a" * 64}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": "sha256:" + "b" * 64},
    "layers": [LAYER],
}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}


def make_bucket(aws: Aws) -> str:
    s3, name = aws("s3"), f"records-{aws.account}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/records"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAG_LIST})
    return name


def describe_bucket(aws: Aws, name: str) -> Described:
    s3 = aws("s3")
    (listed,) = [b for b in s3.list_buckets(BucketRegion="us-east-1")["Buckets"] if b["Name"] == name]
    return {
        **listed,
        "Encryption": s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
        "Policy": s3.get_bucket_policy(Bucket=name)["Policy"],
        "PublicAccessBlock": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "VersioningStatus": s3.get_bucket_versioning(Bucket=name)["Status"],
    }


def make_file_system(aws: Aws) -> str:
    made = aws("efs").create_file_system(
        CreationToken="shared", PerformanceMode="generalPurpose", ThroughputMode="bursting", Encrypted=True, Tags=TAG_LIST
    )
    return str(made["FileSystemId"])


def make_repository(aws: Aws) -> str:
    made = aws("ecr").create_repository(
        repositoryName="team/app", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True}, tags=TAG_LIST
    )
    return str(made["repository"]["repositoryName"])


def make_image(aws: Aws) -> str:
    repository = make_repository(aws)
    made = aws("ecr").put_image(repositoryName=repository, imageManifest=json.dumps(MANIFEST), imageTag="1.0")
    return str(made["image"]["imageId"]["imageDigest"])


CASES = (
    Case(
        "aws.s3_bucket",
        "name",
        make_bucket,
        describe_bucket,
        "s3:ListBuckets s3:GetBucketEncryption s3:GetBucketPolicy s3:GetPublicAccessBlock s3:GetBucketTagging s3:GetBucketVersioning",
        also={"arn": arn("arn:aws:s3:::{Name}")},
    ),
    Case(
        "aws.efs_file_system",
        "file_system_id",
        make_file_system,
        lambda aws, key: aws("efs").describe_file_systems(FileSystemId=key)["FileSystems"][0],
        "efs:DescribeFileSystems",
        moving=("size_in_bytes",),
    ),
    Case(
        "aws.ecr_repository",
        "repository_name",
        make_repository,
        lambda aws, key: aws("ecr").describe_repositories(repositoryNames=[key])["repositories"][0],
        "ecr:DescribeRepositories ecr:ListTagsForResource",
    ),
    Case(
        "aws.ecr_image",
        "image_digest",
        make_image,
        lambda aws, key: aws("ecr").describe_images(repositoryName="team/app", imageIds=[{"imageDigest": key}])["imageDetails"][0],
        "ecr:DescribeRepositories ecr:DescribeImages",
        tags=None,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)


def test_a_bare_bucket_has_none_of_what_was_never_configured(aws: Aws, session: Session) -> None:
    aws("s3").create_bucket(Bucket=f"bare-{aws.account}")
    (row,) = session.execute("SELECT policy, public_access_block, versioning_status, tags, mfa_delete FROM aws.s3_bucket").fetchall()
    assert row == (None, None, None, {}, None)
