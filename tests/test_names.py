"""How names are spelled: regular ones, StackQL's, plurals, and table names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cirql.names import Scheme, TableName, plural, singular, snake, stackql_column, stackql_resource, stackql_singulars, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ImageVersionArn", "image_version_arn"),
        ("MLFramework", "ml_framework"),
        ("ProgrammingLang", "programming_lang"),
        ("AutoMLJob", "auto_ml_job"),
        ("SageMakerImage", "sage_maker_image"),
        ("DBInstanceClass", "db_instance_class"),
        ("TargetGroupARNs", "target_group_arns"),
        ("CallbackURLs", "callback_urls"),
        ("VPCs", "vpcs"),
        ("DBSnapshot", "db_snapshot"),
        ("AllowedOAuthFlows", "allowed_oauth_flows"),
        ("IPv6CidrBlock", "ipv6_cidr_block"),
        ("Ipv6Addresses", "ipv6_addresses"),
        ("EC2Fleet", "ec2_fleet"),
        ("imageId", "image_id"),
        ("x-amz-id", "x_amz_id"),
        ("EIP", "eip"),
    ],
)
def test_snake_case_keeps_acronyms_whole(name: str, expected: str) -> None:
    assert snake(name) == expected


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,30}", fullmatch=True))
def test_snake_case_is_lower_and_stable(name: str) -> None:
    once = snake(name)
    assert once == once.lower()
    assert snake(once) == once


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("image_version", "image_versions"),
        ("policy", "policies"),
        ("gateway", "gateways"),
        ("analysis", "analyses"),
        ("index", "indices"),
        ("vertex", "vertices"),
        ("schema", "schemata"),
        ("user_data", "user_data"),
        ("alias", "aliases"),
        ("status", "statuses"),
        ("access", "accesses"),
        ("box", "boxes"),
        ("patch", "patches"),
        ("dhcp_options", "dhcp_options"),
        ("storage_lens", "storage_lens"),
        ("location_efs", "location_efs"),
    ],
)
def test_plurals_are_those_of_the_published_pages(word: str, expected: str) -> None:
    assert plural(word) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ImageVersions", "ImageVersion"),
        ("Policies", "Policy"),
        ("Addresses", "Address"),
        ("EventBuses", "EventBus"),
        ("RestApis", "RestApi"),
        ("Analyses", "Analysis"),
        ("Indices", "Index"),
        ("VPCs", "VPC"),
        ("Caches", "Cache"),
        ("Leases", "Lease"),
        ("Batches", "Batch"),
        ("DhcpOptions", "DhcpOptions"),
        ("Databases", "Database"),
        ("Image", "Image"),
    ],
)
def test_an_operations_plural_gives_the_noun_it_is_about(name: str, expected: str) -> None:
    assert singular(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LocationFSxLustre", "locationf_sx_lustre"),
        ("LocationFSxOpenZFS", "locationf_sx_open_zfs"),
        ("EC2Fleet", "ec2fleet"),
        ("LocalGatewayRouteTableVPCAssociation", "local_gateway_route_tablevpc_association"),
        ("VirtualMFADevice", "virtualmfa_device"),
        ("WebACLAssociation", "webacl_association"),
        ("WebACL", "web_acl"),
        ("LocationEFS", "location_efs"),
        ("UserPoolUICustomizationAttachment", "user_poolui_customization_attachment"),
        ("S3AccessPointAttachment", "s3access_point_attachment"),
    ],
)
def test_stackqls_table_names_are_reproduced_with_their_quirks(name: str, expected: str) -> None:
    assert stackql_resource(name) == expected


def test_stackqls_first_generation_put_the_service_before_three_singulars() -> None:
    assert stackql_singulars("kinesis", "Stream") == ("stream", "kinesis_stream")
    assert stackql_singulars("kinesis", "Consumer") == ("consumer",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ImageVersionArn", "image_version_arn"),
        ("MLFramework", "ml_framework"),
        ("EIP", "e_ip"),
        ("VPNGatewayId", "v_pn_gateway_id"),
        ("EC2InboundPermissions", "e_c2_inbound_permissions"),
        ("AIAgentArn", "a_iagent_arn"),
        ("CSS", "c_ss"),
        ("TargetGroupARNs", "target_group_arns"),
        ("AllowedOAuthFlows", "allowed_oauth_flows"),
    ],
)
def test_stackqls_column_names_are_reproduced_with_their_quirks(name: str, expected: str) -> None:
    assert stackql_column(name) == expected


def test_a_title_has_an_acronym_as_one_word() -> None:
    assert words("ImageVersion") == "Image Version"
    assert words("DBInstance") == "DB Instance"


def test_a_table_name_reads_in_any_case_and_under_both_providers() -> None:
    assert str(TableName.parse("AWSCC.SageMaker.Image_Versions")) == "aws.sagemaker.image_versions"
    assert TableName.parse("aws.sagemaker_image").scheme is Scheme.DATASET
    assert TableName.parse("aws.sagemaker.image").scheme is Scheme.RESOURCE


@pytest.mark.parametrize("text", ["", "aws", "aws..image", "a.b.c.d", "aws.sagemaker."])
def test_what_is_no_dotted_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a table name"):
        TableName.parse(text)
