"""EC2: machines, disks, images and networks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import REGION, TAG_LIST, Aws, Case, Described
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
    ),
    Case(
        "aws.ec2_volume",
        "volume_id",
        make_volume,
        lambda aws, key: aws("ec2").describe_volumes(VolumeIds=[key])["Volumes"][0],
        "ec2:DescribeVolumes",
    ),
    Case(
        "aws.ec2_snapshot",
        "snapshot_id",
        make_snapshot,
        lambda aws, key: aws("ec2").describe_snapshots(SnapshotIds=[key])["Snapshots"][0],
        "ec2:DescribeSnapshots",
    ),
    Case(
        "aws.ec2_image",
        "image_id",
        make_image,
        lambda aws, key: aws("ec2").describe_images(ImageIds=[key])["Images"][0],
        "ec2:DescribeImages",
    ),
    Case(
        "aws.ec2_vpc",
        "vpc_id",
        make_vpc,
        lambda aws, key: aws("ec2").describe_vpcs(VpcIds=[key])["Vpcs"][0],
        "ec2:DescribeVpcs",
    ),
    Case(
        "aws.ec2_subnet",
        "subnet_id",
        make_subnet,
        lambda aws, key: aws("ec2").describe_subnets(SubnetIds=[key])["Subnets"][0],
        "ec2:DescribeSubnets",
    ),
    Case(
        "aws.ec2_security_group",
        "group_id",
        make_group,
        lambda aws, key: aws("ec2").describe_security_groups(GroupIds=[key])["SecurityGroups"][0],
        "ec2:DescribeSecurityGroups",
    ),
    Case(
        "aws.ec2_security_group_rule",
        "security_group_rule_id",
        make_group_rule,
        lambda aws, key: aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[key])["SecurityGroupRules"][0],
        "ec2:DescribeSecurityGroupRules",
    ),
    Case(
        "aws.ec2_network_interface",
        "network_interface_id",
        make_interface,
        lambda aws, key: aws("ec2").describe_network_interfaces(NetworkInterfaceIds=[key])["NetworkInterfaces"][0],
        "ec2:DescribeNetworkInterfaces",
    ),
    Case(
        "aws.ec2_nat_gateway",
        "nat_gateway_id",
        make_nat_gateway,
        lambda aws, key: aws("ec2").describe_nat_gateways(NatGatewayIds=[key])["NatGateways"][0],
        "ec2:DescribeNatGateways",
    ),
    Case(
        "aws.ec2_internet_gateway",
        "internet_gateway_id",
        make_internet_gateway,
        lambda aws, key: aws("ec2").describe_internet_gateways(InternetGatewayIds=[key])["InternetGateways"][0],
        "ec2:DescribeInternetGateways",
    ),
    Case(
        "aws.ec2_route_table",
        "route_table_id",
        make_route_table,
        lambda aws, key: aws("ec2").describe_route_tables(RouteTableIds=[key])["RouteTables"][0],
        "ec2:DescribeRouteTables",
    ),
    Case(
        "aws.ec2_key_pair",
        "key_name",
        make_named_key,
        lambda aws, key: aws("ec2").describe_key_pairs(KeyNames=[key], IncludePublicKey=True)["KeyPairs"][0],
        "ec2:DescribeKeyPairs",
    ),
    Case(
        "aws.ec2_launch_template",
        "launch_template_id",
        make_launch_template,
        lambda aws, key: aws("ec2").describe_launch_templates(LaunchTemplateIds=[key])["LaunchTemplates"][0],
        "ec2:DescribeLaunchTemplates",
    ),
    Case(
        "aws.ec2_address",
        "allocation_id",
        make_address,
        lambda aws, key: aws("ec2").describe_addresses(AllocationIds=[key])["Addresses"][0],
        "ec2:DescribeAddresses",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)
