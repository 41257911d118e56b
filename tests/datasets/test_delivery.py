"""What stands between the world and a service: CloudFront, Route 53, load balancers, API Gateway, certificates."""

from __future__ import annotations

from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import REGION, TAG_LIST, TAGS, Aws, Case, Described, arn
from tests.datasets.check import check
from tests.datasets.test_ec2 import make_vpc

ORIGIN = {"Id": "site", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
BEHAVIOUR = {
    "TargetOriginId": "site",
    "ViewerProtocolPolicy": "redirect-to-https",
    "MinTTL": 0,
    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
}


def make_distribution(aws: Aws) -> str:
    config = {
        "CallerReference": "site",
        "Comment": "The site",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [ORIGIN]},
        "DefaultCacheBehavior": BEHAVIOUR,
    }
    made = aws("cloudfront").create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": TAG_LIST}}
    )
    return str(made["Distribution"]["Id"])


def describe_distribution(aws: Aws, key: str) -> Described:
    cloudfront = aws("cloudfront")
    return {**cloudfront.list_distributions()["DistributionList"]["Items"][0], **cloudfront.get_distribution(Id=key)["Distribution"]}


def make_zone(aws: Aws) -> str:
    route53 = aws("route53")
    made = route53.create_hosted_zone(Name="example.org.", CallerReference="1", HostedZoneConfig={"Comment": "Ours", "PrivateZone": False})
    key = str(made["HostedZone"]["Id"])
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=key.removeprefix("/hostedzone/"), AddTags=TAG_LIST)
    return key


def describe_zone(aws: Aws, key: str) -> Described:
    said = aws("route53").get_hosted_zone(Id=key)
    return {**said["HostedZone"], **{m: v for m, v in said.items() if m not in ("HostedZone", "ResponseMetadata")}}


def make_record(aws: Aws) -> str:
    record = {"Name": "www.example.org.", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    aws("route53").change_resource_record_sets(
        HostedZoneId=make_zone(aws), ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    return "www.example.org."


def describe_record(aws: Aws, key: str) -> Described:
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    sets = aws("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {**next(s for s in sets if s["Name"] == key), "HostedZoneId": zone}


def make_load_balancer(aws: Aws) -> str:
    ec2 = aws("ec2")
    vpc = make_vpc(aws)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    made = aws("elbv2").create_load_balancer(Name="web", Subnets=subnets, Scheme="internal", Tags=TAG_LIST)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def make_target_group(aws: Aws) -> str:
    made = aws("elbv2").create_target_group(
        Name="web", Protocol="HTTP", Port=8080, VpcId=make_vpc(aws), HealthCheckPath="/healthy", Tags=TAG_LIST
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def make_listener(aws: Aws) -> str:
    made = aws("elbv2").create_listener(
        LoadBalancerArn=make_load_balancer(aws),
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": make_target_group(aws)}],
        Tags=TAG_LIST,
    )
    return str(made["Listeners"][0]["ListenerArn"])


def make_api(aws: Aws) -> str:
    made = aws("apigateway").create_rest_api(
        name="orders", description="Orders", version="1", endpointConfiguration={"types": ["REGIONAL"]}, tags=TAGS
    )
    return str(made["id"])


def make_certificate(aws: Aws) -> str:
    made = aws("acm").request_certificate(
        DomainName="example.org",
        SubjectAlternativeNames=["www.example.org"],
        ValidationMethod="DNS",
        KeyAlgorithm="EC_prime256v1",
        Tags=TAG_LIST,
    )
    return str(made["CertificateArn"])


def describe_certificate(aws: Aws, key: str) -> Described:
    acm = aws("acm")
    (listed,) = acm.list_certificates(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})["CertificateSummaryList"]
    return {**listed, **acm.describe_certificate(CertificateArn=key)["Certificate"]}


CASES = (
    Case(
        "aws.cloudfront_distribution",
        "id",
        make_distribution,
        describe_distribution,
        "cloudfront:ListDistributions cloudfront:GetDistribution cloudfront:ListTagsForResource",
    ),
    Case(
        "aws.route53_hosted_zone",
        "id",
        make_zone,
        describe_zone,
        "route53:GetHostedZone route53:ListTagsForResources",
        also={"arn": lambda aws, described: f"arn:aws:route53:::{described['Id'].removeprefix('/')}"},
    ),
    Case(
        "aws.route53_resource_record_set",
        "name",
        make_record,
        describe_record,
        "route53:ListHostedZones route53:ListResourceRecordSets",
        tags=None,
    ),
    Case(
        "aws.elbv2_load_balancer",
        "load_balancer_arn",
        make_load_balancer,
        lambda aws, key: aws("elbv2").describe_load_balancers(LoadBalancerArns=[key])["LoadBalancers"][0],
        "elbv2:DescribeLoadBalancers elbv2:DescribeTags",
    ),
    Case(
        "aws.elbv2_target_group",
        "target_group_arn",
        make_target_group,
        lambda aws, key: aws("elbv2").describe_target_groups(TargetGroupArns=[key])["TargetGroups"][0],
        "elbv2:DescribeTargetGroups elbv2:DescribeTags",
    ),
    Case(
        "aws.elbv2_listener",
        "listener_arn",
        make_listener,
        lambda aws, key: aws("elbv2").describe_listeners(ListenerArns=[key])["Listeners"][0],
        "elbv2:DescribeLoadBalancers elbv2:DescribeListeners elbv2:DescribeTags",
    ),
    Case(
        "aws.apigateway_rest_api",
        "id",
        make_api,
        lambda aws, key: aws("apigateway").get_rest_api(restApiId=key),
        "apigateway:GetRestApi",
        also={"arn": arn("arn:aws:apigateway:{region}::/restapis/{id}")},
    ),
    Case(
        "aws.acm_certificate",
        "certificate_arn",
        make_certificate,
        describe_certificate,
        "acm:ListCertificates acm:DescribeCertificate acm:ListTagsForCertificate",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)


def test_the_tags_of_many_balancers_take_one_call(aws: Aws, cloud: LocalCloud, session: Session) -> None:
    make_listener(aws)
    aws("elbv2").create_target_group(Name="other", Protocol="HTTP", Port=8081, VpcId=make_vpc(aws))
    cloud.calls.clear()
    rows: list[Any] = session.execute("SELECT target_group_name, tags FROM aws.elbv2_target_group ORDER BY 1").fetchall()
    assert rows == [("other", {}), ("web", TAGS)]
    assert cloud.calls.counts() == {"elbv2:DescribeTargetGroups": 1, "elbv2:DescribeTags": 1}
