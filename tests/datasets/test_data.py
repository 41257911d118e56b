"""Databases and analytics: RDS, DynamoDB, Glue, Athena, Kinesis."""

from __future__ import annotations

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session
from tests.datasets.case import TAG_LIST, TAGS, Aws, Case, Described, arn
from tests.datasets.check import check

PASSWORD = "not-a-secret-1"


def make_db_instance(aws: Aws) -> str:
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword=PASSWORD,
        BackupRetentionPeriod=7,
        StorageEncrypted=True,
        Tags=TAG_LIST,
    )
    return str(made["DBInstance"]["DBInstanceIdentifier"])


def make_db_snapshot(aws: Aws) -> str:
    made = aws("rds").create_db_snapshot(DBInstanceIdentifier=make_db_instance(aws), DBSnapshotIdentifier="orders-1", Tags=TAG_LIST)
    return str(made["DBSnapshot"]["DBSnapshotIdentifier"])


def make_db_cluster(aws: Aws) -> str:
    made = aws("rds").create_db_cluster(
        DBClusterIdentifier="ledger", Engine="aurora-postgresql", MasterUsername="admin", MasterUserPassword=PASSWORD, Tags=TAG_LIST
    )
    return str(made["DBCluster"]["DBClusterIdentifier"])


def make_db_cluster_snapshot(aws: Aws) -> str:
    made = aws("rds").create_db_cluster_snapshot(
        DBClusterIdentifier=make_db_cluster(aws), DBClusterSnapshotIdentifier="ledger-1", Tags=TAG_LIST
    )
    return str(made["DBClusterSnapshot"]["DBClusterSnapshotIdentifier"])


def make_table(aws: Aws) -> str:
    made = aws("dynamodb").create_table(
        TableName="sessions",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {"IndexName": "by_time", "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True,
        Tags=TAG_LIST,
    )
    return str(made["TableDescription"]["TableName"])


def make_database(aws: Aws) -> str:
    aws("glue").create_database(
        DatabaseInput={"Name": "lake", "Description": "What is known", "LocationUri": "s3://lake/", "Parameters": {"owner": "data"}},
        Tags=TAGS,
    )
    return "lake"


def make_glue_table(aws: Aws) -> str:
    storage = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://lake/events/", "Compressed": False}
    aws("glue").create_table(
        DatabaseName=make_database(aws),
        TableInput={
            "Name": "events",
            "Description": "What happened",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": "day", "Type": "date"}],
        },
    )
    return "events"


def make_work_group(aws: Aws) -> str:
    aws("athena").create_work_group(
        Name="analysts",
        Description="For analysts",
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}, "EnforceWorkGroupConfiguration": True},
        Tags=TAG_LIST,
    )
    return "analysts"


def describe_work_group(aws: Aws, key: str) -> Described:
    athena = aws("athena")
    (listed,) = [w for w in athena.list_work_groups()["WorkGroups"] if w["Name"] == key]
    return {**listed, **athena.get_work_group(WorkGroup=key)["WorkGroup"]}


def make_stream(aws: Aws) -> str:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=2)
    kinesis.add_tags_to_stream(StreamName="clicks", Tags=TAGS)
    return "clicks"


CASES = (
    Case(
        "aws.rds_db_instance",
        "db_instance_identifier",
        make_db_instance,
        lambda aws, key: aws("rds").describe_db_instances(DBInstanceIdentifier=key)["DBInstances"][0],
        "rds:DescribeDBInstances",
        moving=("latest_restorable_time",),
    ),
    Case(
        "aws.rds_db_snapshot",
        "db_snapshot_identifier",
        make_db_snapshot,
        lambda aws, key: aws("rds").describe_db_snapshots(DBSnapshotIdentifier=key)["DBSnapshots"][0],
        "rds:DescribeDBSnapshots",
    ),
    Case(
        "aws.rds_db_cluster",
        "db_cluster_identifier",
        make_db_cluster,
        lambda aws, key: aws("rds").describe_db_clusters(DBClusterIdentifier=key)["DBClusters"][0],
        "rds:DescribeDBClusters",
        moving=("latest_restorable_time",),
    ),
    Case(
        "aws.rds_db_cluster_snapshot",
        "db_cluster_snapshot_identifier",
        make_db_cluster_snapshot,
        lambda aws, key: aws("rds").describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=key)["DBClusterSnapshots"][0],
        "rds:DescribeDBClusterSnapshots",
    ),
    Case(
        "aws.dynamodb_table",
        "table_name",
        make_table,
        lambda aws, key: aws("dynamodb").describe_table(TableName=key)["Table"],
        "dynamodb:DescribeTable dynamodb:ListTagsOfResource",
    ),
    Case(
        "aws.glue_database",
        "name",
        make_database,
        lambda aws, key: aws("glue").get_database(Name=key)["Database"],
        "glue:GetDatabase glue:GetTags",
        also={"arn": arn("arn:aws:glue:{region}:{account}:database/lake")},
    ),
    Case(
        "aws.glue_table",
        "name",
        make_glue_table,
        lambda aws, key: aws("glue").get_table(DatabaseName="lake", Name=key)["Table"],
        "glue:GetDatabases glue:GetTables",
        also={"arn": arn("arn:aws:glue:{region}:{account}:table/lake/events")},
        tags=None,
    ),
    Case(
        "aws.athena_work_group",
        "name",
        make_work_group,
        describe_work_group,
        "athena:ListWorkGroups athena:GetWorkGroup athena:ListTagsForResource",
        also={"arn": arn("arn:aws:athena:{region}:{account}:workgroup/analysts")},
        moving=("creation_time",),
    ),
    Case(
        "aws.kinesis_stream",
        "stream_name",
        make_stream,
        lambda aws, key: aws("kinesis").describe_stream_summary(StreamName=key)["StreamDescriptionSummary"],
        "kinesis:ListStreams kinesis:DescribeStreamSummary kinesis:ListTagsForResource",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)
def test_every_column_says_what_boto3_says(case: Case, aws: Aws, cloud: LocalCloud, session: Session) -> None:
    check(case, aws, cloud, session)
