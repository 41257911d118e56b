"""Computing: Lambda, ECS, EKS, Auto Scaling."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import LOWER_TAG_LIST, TAGS, Aws, Case, Described
from tests.datasets.check import check
from tests.datasets.test_ec2 import make_image, make_subnet


def package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


def make_execution_role(aws: Aws, service: str) -> str:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    return str(aws("iam").create_role(RoleName=f"{service}-role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"])


def make_function(aws: Aws) -> str:
    made = aws("lambda").create_function(
        FunctionName="score",
        Runtime="python3.12",
        Role=make_execution_role(aws, "lambda"),
        Handler="app.handler",
        Code={"ZipFile": package()},
        Description="Scores what comes",
        Timeout=30,
        MemorySize=512,
        Environment={"Variables": {"STAGE": "test"}},
        Tags=TAGS,
    )
    return str(made["FunctionName"])


def describe_function(aws: Aws, key: str) -> Described:
    said = aws("lambda").get_function(FunctionName=key)
    return {**said["Configuration"], "Code": said["Code"], **({"Concurrency": said["Concurrency"]} if "Concurrency" in said else {})}


def make_layer_version(aws: Aws) -> str:
    made = aws("lambda").publish_layer_version(
        LayerName="tools", Description="Shared code", Content={"ZipFile": package()}, CompatibleRuntimes=["python3.12"], LicenseInfo="MIT"
    )
    return str(made["LayerVersionArn"])


def make_layer(aws: Aws) -> str:
    make_layer_version(aws)
    return "tools"


def make_cluster(aws: Aws) -> str:
    made = aws("ecs").create_cluster(
        clusterName="jobs", tags=LOWER_TAG_LIST, settings=[{"name": "containerInsights", "value": "enabled"}], capacityProviders=["FARGATE"]
    )
    return str(made["cluster"]["clusterArn"])


def make_task_definition(aws: Aws) -> str:
    made = aws("ecs").register_task_definition(
        family="worker",
        containerDefinitions=[{"name": "main", "image": "busybox", "cpu": 128, "memory": 256, "essential": True}],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        tags=LOWER_TAG_LIST,
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def make_service(aws: Aws) -> str:
    made = aws("ecs").create_service(
        cluster=make_cluster(aws), serviceName="queue", taskDefinition=make_task_definition(aws), desiredCount=2, tags=LOWER_TAG_LIST
    )
    return str(made["service"]["serviceArn"])


def make_task(aws: Aws) -> str:
    main = {"name": "main", "image": "busybox", "cpu": 128, "memory": 256, "essential": True}
    definition = aws("ecs").register_task_definition(family="batch", containerDefinitions=[main])["taskDefinition"]["taskDefinitionArn"]
    made = aws("ecs").run_task(
        cluster=make_cluster(aws), taskDefinition=definition, launchType="FARGATE", startedBy="a schedule", tags=LOWER_TAG_LIST
    )
    return str(made["tasks"][0]["taskArn"])


def make_eks_cluster(aws: Aws) -> str:
    made = aws("eks").create_cluster(
        name="prod",
        version="1.31",
        roleArn=f"arn:aws:iam::{aws.account}:role/eks",
        resourcesVpcConfig={"subnetIds": [make_subnet(aws)]},
        tags=TAGS,
    )
    return str(made["cluster"]["name"])


def make_nodegroup(aws: Aws) -> str:
    made = aws("eks").create_nodegroup(
        clusterName=make_eks_cluster(aws),
        nodegroupName="general",
        subnets=["subnet-0abc"],
        nodeRole=f"arn:aws:iam::{aws.account}:role/node",
        instanceTypes=["m7g.large"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
        labels={"tier": "general"},
        tags=TAGS,
    )
    return str(made["nodegroup"]["nodegroupName"])


def make_group(aws: Aws) -> str:
    asg, subnet = aws("autoscaling"), make_subnet(aws)
    asg.create_launch_configuration(LaunchConfigurationName="base", ImageId=make_image(aws), InstanceType="t3.micro")
    where = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    asg.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="base",
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=1,
        VPCZoneIdentifier=subnet,
        Tags=[{**where, "Key": key, "Value": value} for key, value in TAGS.items()],
    )
    return "web"


def ecs_cluster(aws: Aws, key: str) -> Any:
    shown = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
    return aws("ecs").describe_clusters(clusters=[key], include=shown)["clusters"][0]


CASES = (
    Case("aws.lambda_function", "function_name", make_function, describe_function, "lambda:GetFunction"),
    Case(
        "aws.lambda_layer",
        "layer_name",
        make_layer,
        lambda aws, key: aws("lambda").list_layers()["Layers"][0],
        "lambda:ListLayers lambda:GetLayerVersionPolicy",
        tags=None,
    ),
    Case(
        "aws.lambda_layer_version",
        "layer_version_arn",
        make_layer_version,
        lambda aws, key: aws("lambda").get_layer_version(LayerName="tools", VersionNumber=1),
        "lambda:ListLayers lambda:ListLayerVersions lambda:GetLayerVersion",
        tags=None,
    ),
    Case("aws.ecs_cluster", "cluster_arn", make_cluster, ecs_cluster, "ecs:DescribeClusters"),
    Case(
        "aws.ecs_service",
        "service_arn",
        make_service,
        lambda aws, key: aws("ecs").describe_services(cluster="jobs", services=[key], include=["TAGS"])["services"][0],
        "ecs:ListClusters ecs:ListServices ecs:DescribeServices",
    ),
    Case(
        "aws.ecs_task_definition",
        "task_definition_arn",
        make_task_definition,
        lambda aws, key: aws("ecs").describe_task_definition(taskDefinition=key)["taskDefinition"],
        "ecs:DescribeTaskDefinition",
    ),
    Case(
        "aws.ecs_task",
        "task_arn",
        make_task,
        lambda aws, key: aws("ecs").describe_tasks(cluster="jobs", tasks=[key], include=["TAGS"])["tasks"][0],
        "ecs:ListClusters ecs:ListTasks ecs:ListTasks ecs:DescribeTasks",
        moving=("last_status",),
    ),
    Case(
        "aws.eks_cluster",
        "name",
        make_eks_cluster,
        lambda aws, key: aws("eks").describe_cluster(name=key)["cluster"],
        "eks:DescribeCluster",
    ),
    Case(
        "aws.eks_nodegroup",
        "nodegroup_name",
        make_nodegroup,
        lambda aws, key: aws("eks").describe_nodegroup(clusterName="prod", nodegroupName=key)["nodegroup"],
        "eks:ListClusters eks:ListNodegroups eks:DescribeNodegroup",
    ),
    Case(
        "aws.autoscaling_auto_scaling_group",
        "auto_scaling_group_name",
        make_group,
        lambda aws, key: aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[key])["AutoScalingGroups"][0],
        "autoscaling:DescribeAutoScalingGroups",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)
