"""SageMaker: models, endpoints, notebooks, jobs, pipelines, domains, and everything around images."""

from __future__ import annotations

import json

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import TAG_LIST, Aws, Case, Described
from tests.datasets.check import check

CONTAINER = "123456789012.dkr.ecr.us-east-1.amazonaws.com/score:1"


def role(aws: Aws) -> str:
    return f"arn:aws:iam::{aws.account}:role/ml"


def make_model(aws: Aws) -> str:
    aws("sagemaker").create_model(
        ModelName="score",
        ExecutionRoleArn=role(aws),
        PrimaryContainer={"Image": CONTAINER, "ModelDataUrl": "s3://models/score.tar.gz"},
        VpcConfig={"SecurityGroupIds": ["sg-0abc"], "Subnets": ["subnet-0abc"]},
        EnableNetworkIsolation=True,
        Tags=TAG_LIST,
    )
    return "score"


def make_endpoint_config(aws: Aws) -> str:
    variant = {"VariantName": "all", "ModelName": make_model(aws), "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    aws("sagemaker").create_endpoint_config(EndpointConfigName="score-1", ProductionVariants=[variant], KmsKeyId="alias/ml", Tags=TAG_LIST)
    return "score-1"


def make_endpoint(aws: Aws) -> str:
    aws("sagemaker").create_endpoint(EndpointName="score", EndpointConfigName=make_endpoint_config(aws), Tags=TAG_LIST)
    return "score"


def make_notebook(aws: Aws) -> str:
    aws("sagemaker").create_notebook_instance(
        NotebookInstanceName="explore",
        InstanceType="ml.t3.medium",
        RoleArn=role(aws),
        SubnetId="subnet-0abc",
        SecurityGroupIds=["sg-0abc"],
        VolumeSizeInGB=20,
        DirectInternetAccess="Disabled",
        RootAccess="Disabled",
        Tags=TAG_LIST,
    )
    return "explore"


def make_training_job(aws: Aws) -> str:
    aws("sagemaker").create_training_job(
        TrainingJobName="fit-1",
        AlgorithmSpecification={"TrainingImage": CONTAINER, "TrainingInputMode": "File"},
        RoleArn=role(aws),
        HyperParameters={"depth": "6"},
        OutputDataConfig={"S3OutputPath": "s3://models/"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
        EnableManagedSpotTraining=False,
        Tags=TAG_LIST,
    )
    return "fit-1"


def make_pipeline(aws: Aws) -> str:
    aws("sagemaker").create_pipeline(
        PipelineName="nightly",
        PipelineDisplayName="Nightly",
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": []}),
        PipelineDescription="Every night",
        ClientRequestToken="a" * 32,
        RoleArn=role(aws),
        Tags=TAG_LIST,
    )
    return "nightly"


def make_domain(aws: Aws) -> str:
    made = aws("sagemaker").create_domain(
        DomainName="studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": role(aws)},
        SubnetIds=["subnet-0abc"],
        VpcId="vpc-0abc",
        Tags=TAG_LIST,
    )
    return str(made["DomainArn"]).rpartition("/")[2]


def make_image(aws: Aws) -> str:
    aws("sagemaker").create_image(ImageName="kernel", RoleArn=role(aws), Description="A kernel", DisplayName="Kernel", Tags=TAG_LIST)
    while aws("sagemaker").describe_image(ImageName="kernel")["ImageStatus"] != "CREATED":
        pass
    return "kernel"


def make_version(aws: Aws) -> str:
    made = aws("sagemaker").create_image_version(
        ImageName=make_image(aws),
        BaseImage=CONTAINER,
        ClientToken="one",
        Aliases=["latest", "stable"],
        JobType="NOTEBOOK_KERNEL",
        Processor="CPU",
        ProgrammingLang="Python 3.12",
        MLFramework="PyTorch 2.6",
        VendorGuidance="STABLE",
        Horovod=False,
        ReleaseNotes="First",
    )
    arn = str(made["ImageVersionArn"])
    aws("sagemaker").add_tags(ResourceArn=arn, Tags=TAG_LIST)
    while aws("sagemaker").describe_image_version(ImageName="kernel", Version=1)["ImageVersionStatus"] != "CREATED":
        pass
    return arn


def describe_image(aws: Aws, key: str) -> Described:
    sagemaker = aws("sagemaker")
    return {**sagemaker.list_images()["Images"][0], **sagemaker.describe_image(ImageName=key)}


def make_alias(aws: Aws) -> str:
    make_version(aws)
    return "stable"


def make_app_image_config(aws: Aws) -> str:
    files = {"MountPath": "/home/ml", "DefaultUid": 1000, "DefaultGid": 100}
    kernel = {"KernelSpecs": [{"Name": "python3", "DisplayName": "Python 3"}], "FileSystemConfig": files}
    aws("sagemaker").create_app_image_config(AppImageConfigName="kernel", KernelGatewayImageConfig=kernel, Tags=TAG_LIST)
    return "kernel"


CASES = (
    Case(
        "aws.sagemaker_model",
        "model_name",
        make_model,
        lambda aws, key: aws("sagemaker").describe_model(ModelName=key),
        "sagemaker:DescribeModel sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_endpoint",
        "endpoint_name",
        make_endpoint,
        lambda aws, key: aws("sagemaker").describe_endpoint(EndpointName=key),
        "sagemaker:DescribeEndpoint sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_endpoint_config",
        "endpoint_config_name",
        make_endpoint_config,
        lambda aws, key: aws("sagemaker").describe_endpoint_config(EndpointConfigName=key),
        "sagemaker:DescribeEndpointConfig sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_notebook_instance",
        "notebook_instance_name",
        make_notebook,
        lambda aws, key: aws("sagemaker").describe_notebook_instance(NotebookInstanceName=key),
        "sagemaker:DescribeNotebookInstance sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_training_job",
        "training_job_name",
        make_training_job,
        lambda aws, key: {
            **aws("sagemaker").list_training_jobs()["TrainingJobSummaries"][0],
            **aws("sagemaker").describe_training_job(TrainingJobName=key),
        },
        "sagemaker:ListTrainingJobs sagemaker:DescribeTrainingJob sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_pipeline",
        "pipeline_name",
        make_pipeline,
        lambda aws, key: {
            **aws("sagemaker").list_pipelines()["PipelineSummaries"][0],
            **aws("sagemaker").describe_pipeline(PipelineName=key),
        },
        "sagemaker:ListPipelines sagemaker:DescribePipeline sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_domain",
        "domain_id",
        make_domain,
        lambda aws, key: aws("sagemaker").describe_domain(DomainId=key),
        "sagemaker:DescribeDomain sagemaker:ListTags",
    ),
    Case("aws.sagemaker_image", "image_name", make_image, describe_image, "sagemaker:DescribeImage sagemaker:ListTags"),
    Case(
        "aws.sagemaker_image_version",
        "image_version_arn",
        make_version,
        lambda aws, key: aws("sagemaker").describe_image_version(ImageName="kernel", Version=1),
        "sagemaker:DescribeImageVersion sagemaker:ListTags",
    ),
    Case(
        "aws.sagemaker_alias",
        "sage_maker_image_version_alias",
        make_alias,
        lambda aws, key: {"SageMakerImageVersionAlias": "stable", "ImageName": "kernel"},
        "sagemaker:ListImages sagemaker:ListAliases",
        tags=None,
    ),
    Case(
        "aws.sagemaker_app_image_config",
        "app_image_config_name",
        make_app_image_config,
        lambda aws, key: aws("sagemaker").describe_app_image_config(AppImageConfigName=key),
        "sagemaker:DescribeAppImageConfig sagemaker:ListTags",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)
