"""EC2: machines, disks, images and networks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import REGION, TAG_LIST, Aws, Case, Described, arn
from tests.datasets.check import check

ZONE = f"{REGION}a"


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAG_LIST}]


def make_vpc(aws: Aws) -> str:
    return str(aws("ec2").create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"])


def make_subnet(aws: Aws) -> str:
    made = aws("ec2").create_subnet(VpcId=make_vpc(aws), CidrBlock="10.9.1.0/24", AvailabilityZone=ZONE, TagSpecifications=tagged("subnet"))
    return str(made["Subnet"]["SubnetId"])


def make_image(aws: Aws) -> str:
    made = aws("ec2").register_image(
        Name="golden",
        Description="What every machine starts from",
        Architecture="x86_64",
        RootDeviceName="/dev/sda1",
        VirtualizationType="hvm",
    )
    aws("ec2").create_tags(Resources=[made["ImageId"]], Tags=TAG_LIST)
    return str(made["ImageId"])


def make_group(aws: Aws) -> str:
    ec2 = aws("ec2")
    made = ec2.create_security_group(GroupName="web", Description="Web", VpcId=make_vpc(aws), TagSpecifications=tagged("security-group"))
    ports = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}]}
    ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[ports])
    return str(made["GroupId"])


def make_group_rule(aws: Aws) -> str:
    ports = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "ssh"}]}
    made = aws("ec2").authorize_security_group_ingress(
        GroupId=make_group(aws), IpPermissions=[ports], TagSpecifications=tagged("security-group-rule")
    )
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def make_instance(aws: Aws) -> str:
    ec2 = aws("ec2")
    subnet = make_subnet(aws)
    made = ec2.run_instances(
        ImageId=make_image(aws),
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        KeyName=make_named_key(aws),
        EbsOptimized=True,
        Monitoring={"Enabled": True},
        TagSpecifications=tagged("instance"),
    )
    return str(made["Instances"][0]["InstanceId"])


def describe_instance(aws: Aws, key: str) -> Described:
    reservation = aws("ec2").describe_instances(InstanceIds=[key])["Reservations"][0]
    return {**{m: v for m, v in reservation.items() if m not in ("Instances", "Groups")}, **reservation["Instances"][0]}


def make_volume(aws: Aws) -> str:
    made = aws("ec2").create_volume(AvailabilityZone=ZONE, Size=8, VolumeType="gp3", Iops=3500, TagSpecifications=tagged("volume"))
    return str(made["VolumeId"])


def make_snapshot(aws: Aws) -> str:
    made = aws("ec2").create_snapshot(VolumeId=make_volume(aws), Description="before the change", TagSpecifications=tagged("snapshot"))
    return str(made["SnapshotId"])


def make_interface(aws: Aws) -> str:
    made = aws("ec2").create_network_interface(
        SubnetId=make_subnet(aws), Description="second", TagSpecifications=tagged("network-interface")
    )
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def make_address(aws: Aws) -> str:
    return str(aws("ec2").allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"])


def make_nat_gateway(aws: Aws) -> str:
    made = aws("ec2").create_nat_gateway(SubnetId=make_subnet(aws), AllocationId=make_address(aws), TagSpecifications=tagged("natgateway"))
    return str(made["NatGateway"]["NatGatewayId"])


def make_internet_gateway(aws: Aws) -> str:
    ec2 = aws("ec2")
    made = str(ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway"))["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=make_vpc(aws))
    return made


def make_route_table(aws: Aws) -> str:
    ec2 = aws("ec2")
    vpc = make_vpc(aws)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    made = str(ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table"))["RouteTable"]["RouteTableId"])
    ec2.create_route(RouteTableId=made, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.2.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
    return made


def make_named_key(aws: Aws) -> str:
    return str(aws("ec2").create_key_pair(KeyName="deploy", TagSpecifications=tagged("key-pair"))["KeyName"])


def make_launch_template(aws: Aws) -> str:
    data = {"ImageId": "ami-0abc", "InstanceType": "t3.micro", "UserData": base64.b64encode(b"#!/bin/sh").decode()}
    made = aws("ec2").create_launch_template(
        LaunchTemplateName="worker", VersionDescription="first", LaunchTemplateData=data, TagSpecifications=tagged("launch-template")
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


CASES = (
    Case(
        "aws.ec2_instance",
        "instance_id",
        make_instance,
        describe_instance,
        "ec2:DescribeInstances",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:instance/{InstanceId}")},
    ),
    Case(
        "aws.ec2_volume",
        "volume_id",
        make_volume,
        lambda aws, key: aws("ec2").describe_volumes(VolumeIds=[key])["Volumes"][0],
        "ec2:DescribeVolumes",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:volume/{VolumeId}")},
    ),
    Case(
        "aws.ec2_snapshot",
        "snapshot_id",
        make_snapshot,
        lambda aws, key: aws("ec2").describe_snapshots(SnapshotIds=[key])["Snapshots"][0],
        "ec2:DescribeSnapshots",
        also={"arn": arn("arn:aws:ec2:{region}::snapshot/{SnapshotId}")},
    ),
    Case(
        "aws.ec2_image",
        "image_id",
        make_image,
        lambda aws, key: aws("ec2").describe_images(ImageIds=[key])["Images"][0],
        "ec2:DescribeImages",
        also={"arn": arn("arn:aws:ec2:{region}::image/{ImageId}")},
    ),
    Case(
        "aws.ec2_vpc",
        "vpc_id",
        make_vpc,
        lambda aws, key: aws("ec2").describe_vpcs(VpcIds=[key])["Vpcs"][0],
        "ec2:DescribeVpcs",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:vpc/{VpcId}")},
    ),
    Case(
        "aws.ec2_subnet",
        "subnet_id",
        make_subnet,
        lambda aws, key: aws("ec2").describe_subnets(SubnetIds=[key])["Subnets"][0],
        "ec2:DescribeSubnets",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:subnet/{SubnetId}")},
    ),
    Case(
        "aws.ec2_security_group",
        "group_id",
        make_group,
        lambda aws, key: aws("ec2").describe_security_groups(GroupIds=[key])["SecurityGroups"][0],
        "ec2:DescribeSecurityGroups",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:security-group/{GroupId}")},
    ),
    Case(
        "aws.ec2_security_group_rule",
        "security_group_rule_id",
        make_group_rule,
        lambda aws, key: aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[key])["SecurityGroupRules"][0],
        "ec2:DescribeSecurityGroupRules",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:security-group-rule/{SecurityGroupRuleId}")},
    ),
    Case(
        "aws.ec2_network_interface",
        "network_interface_id",
        make_interface,
        lambda aws, key: aws("ec2").describe_network_interfaces(NetworkInterfaceIds=[key])["NetworkInterfaces"][0],
        "ec2:DescribeNetworkInterfaces",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:network-interface/{NetworkInterfaceId}")},
    ),
    Case(
        "aws.ec2_nat_gateway",
        "nat_gateway_id",
        make_nat_gateway,
        lambda aws, key: aws("ec2").describe_nat_gateways(NatGatewayIds=[key])["NatGateways"][0],
        "ec2:DescribeNatGateways",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:natgateway/{NatGatewayId}")},
    ),
    Case(
        "aws.ec2_internet_gateway",
        "internet_gateway_id",
        make_internet_gateway,
        lambda aws, key: aws("ec2").describe_internet_gateways(InternetGatewayIds=[key])["InternetGateways"][0],
        "ec2:DescribeInternetGateways",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:internet-gateway/{InternetGatewayId}")},
    ),
    Case(
        "aws.ec2_route_table",
        "route_table_id",
        make_route_table,
        lambda aws, key: aws("ec2").describe_route_tables(RouteTableIds=[key])["RouteTables"][0],
        "ec2:DescribeRouteTables",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:route-table/{RouteTableId}")},
    ),
    Case(
        "aws.ec2_key_pair",
        "key_name",
        make_named_key,
        lambda aws, key: aws("ec2").describe_key_pairs(KeyNames=[key], IncludePublicKey=True)["KeyPairs"][0],
        "ec2:DescribeKeyPairs",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:key-pair/deploy")},
    ),
    Case(
        "aws.ec2_launch_template",
        "launch_template_id",
        make_launch_template,
        lambda aws, key: aws("ec2").describe_launch_templates(LaunchTemplateIds=[key])["LaunchTemplates"][0],
        "ec2:DescribeLaunchTemplates",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:launch-template/{LaunchTemplateId}")},
    ),
    Case(
        "aws.ec2_address",
        "allocation_id",
        make_address,
        lambda aws, key: aws("ec2").describe_addresses(AllocationIds=[key])["Addresses"][0],
        "ec2:DescribeAddresses",
        also={"arn": arn("arn:aws:ec2:{region}:{account}:elastic-ip/{AllocationId}")},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)


def make_template_version(aws: Aws) -> str:
    template = make_launch_template(aws)
    aws("ec2").create_launch_template_version(
        LaunchTemplateId=template, VersionDescription="second", LaunchTemplateData={"InstanceType": "t3.small"}
    )
    return template


def test_every_version_of_a_template_is_a_row(aws: Aws, cloud: LocalCloud, session: Session) -> None:
    template = make_template_version(aws)
    cloud.calls.clear()
    rows = session.execute("SELECT version_number, version_description, _key FROM aws.ec2_launch_template_version ORDER BY 1").fetchall()
    path = f"arn:aws:ec2:{REGION}:{aws.account}:ec2_launch_template_version/{template}"
    assert rows == [(1, "first", f"{path}/1"), (2, "second", f"{path}/2")]
    assert cloud.calls.counts() == {"ec2:DescribeLaunchTemplates": 1, "ec2:DescribeLaunchTemplateVersions": 1}


def test_an_arn_that_no_answer_has_names_the_row_and_its_region(aws: Aws, cloud: LocalCloud, open_session: Callable[..., Session]) -> None:
    volume = make_volume(aws)
    cloud.calls.clear()
    name = f"arn:aws:ec2:{REGION}:{aws.account}:volume/{volume}"
    session = open_session(REGION, "eu-west-1")
    assert session.execute("SELECT volume_id, size FROM aws.ec2_volume WHERE _key = $1", [name]).fetchall() == [(volume, 8)]
    assert {call.region for call in cloud.calls} == {REGION}
