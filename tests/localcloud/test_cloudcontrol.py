"""Cloud Control, asked by boto3: the eight operations, their errors, and the state shared with SageMaker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cirql.localcloud import ACCOUNTS, LocalCloud

Client = Callable[..., Any]
IMAGE = "AWS::SageMaker::Image"
VERSION = "AWS::SageMaker::ImageVersion"
PREFIX = f"arn:aws:sagemaker:us-east-1:{ACCOUNTS[0]}"
ROLE = f"arn:aws:iam::{ACCOUNTS[0]}:role/ml-execution"
BASE = f"{ACCOUNTS[0]}.dkr.ecr.us-east-1.amazonaws.com/ml/pytorch:2.4"


@pytest.fixture
def control(client: Client) -> Iterator[Any]:
    yield client("cloudcontrol")


def refused(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**members)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def finish(control: Any, answer: Any) -> Any:
    """Poll a request to its end."""
    event = answer["ProgressEvent"]
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"):
        event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    return event


def create(control: Any, type_name: str, **desired: Any) -> Any:
    return finish(control, control.create_resource(TypeName=type_name, DesiredState=json.dumps(desired)))


def update(control: Any, type_name: str, identifier: str, *patch: dict[str, Any]) -> Any:
    answer = control.update_resource(TypeName=type_name, Identifier=identifier, PatchDocument=json.dumps(patch))
    return finish(control, answer)


def read(control: Any, type_name: str, identifier: str) -> Any:
    return json.loads(control.get_resource(TypeName=type_name, Identifier=identifier)["ResourceDescription"]["Properties"])


def listed(control: Any, type_name: str) -> set[str]:
    pages = control.get_paginator("list_resources").paginate(TypeName=type_name)
    return {item["Identifier"] for page in pages for item in page["ResourceDescriptions"]}


def test_reading_an_image_version_gives_everything_but_its_aliases(control: Any) -> None:
    model = read(control, VERSION, f"{PREFIX}:image-version/pytorch-training/5")
    assert model["ImageName"] == "pytorch-training" and model["Version"] == 5 and model["Horovod"] is True
    assert not {"Alias", "Aliases"} & set(model)


def test_listing_image_versions_needs_the_image(control: Any) -> None:
    code, message = refused(control.list_resources, TypeName=VERSION)
    assert code == "InvalidRequestException"
    assert message == (
        "Missing or invalid ResourceModel property in AWS::SageMaker::ImageVersion list handler request input."
        "Required property: (#: required key [ImageName] not found)"
    )
    pages = control.get_paginator("list_resources").paginate(TypeName=VERSION, ResourceModel='{"ImageName": "notebook-kernel"}')
    assert [len(page["ResourceDescriptions"]) for page in pages] == [10, 2]


def test_one_state_stands_behind_both_apis(client: Client, control: Any) -> None:
    sagemaker = client("sagemaker")
    image = create(control, IMAGE, ImageName="shared", ImageRoleArn=ROLE, Tags=[{"Key": "env", "Value": "x"}])
    assert image["OperationStatus"] == "SUCCESS" and image["Identifier"] == f"{PREFIX}:image/shared"
    assert sagemaker.describe_image(ImageName="shared")["ImageStatus"] == "CREATED"
    assert sagemaker.list_tags(ResourceArn=image["Identifier"])["Tags"] == [{"Key": "env", "Value": "x"}]

    version = create(control, VERSION, ImageName="shared", BaseImage=BASE, Alias="one", Aliases=["two"], Processor="GPU")
    assert sagemaker.describe_image_version(ImageName="shared", Alias="two")["Processor"] == "GPU"
    assert "Aliases" not in json.loads(version["ResourceModel"])

    update(control, VERSION, version["Identifier"], {"op": "add", "path": "/Horovod", "value": True})
    assert sagemaker.list_aliases(ImageName="shared", Version=1)["SageMakerImageVersionAliases"] == ["one", "two"]
    update(control, VERSION, version["Identifier"], {"op": "add", "path": "/Aliases", "value": ["two", "three"]})
    assert sagemaker.list_aliases(ImageName="shared", Version=1)["SageMakerImageVersionAliases"] == ["three", "two"]
    update(control, IMAGE, image["Identifier"], {"op": "add", "path": "/ImageDisplayName", "value": "Shared"})
    assert sagemaker.describe_image(ImageName="shared")["DisplayName"] == "Shared"

    native = sagemaker.create_image_version(ImageName="shared", BaseImage=BASE, ClientToken="t")["ImageVersionArn"]
    assert read(control, VERSION, native)["Version"] == 2
    gone = finish(control, control.delete_resource(TypeName=VERSION, Identifier=version["Identifier"]))
    assert gone["OperationStatus"] == "SUCCESS"
    assert [v["Version"] for v in sagemaker.list_image_versions(ImageName="shared")["ImageVersions"]] == [2]


@pytest.mark.parametrize(
    ("desired", "problem"),
    [
        ({"BaseImage": BASE}, "#: required key [ImageName] not found"),
        ({"ImageName": "scratch", "BaseImage": BASE, "Bogus": 1}, "#: extraneous key [Bogus] is not permitted"),
        ({"ImageName": "scratch", "BaseImage": BASE, "Processor": "TPU"}, "#/Processor: TPU is not a valid enum value"),
        ({"ImageName": "scratch", "BaseImage": BASE, "Horovod": "yes"}, "#/Horovod: expected type: Boolean, found: String"),
        ({"ImageName": "-", "BaseImage": BASE}, "#/ImageName: string [-] does not match pattern"),
        ({"ImageName": "scratch", "BaseImage": ""}, "#/BaseImage: expected minLength: 1, actual: 0"),
    ],
)
def test_a_desired_state_that_breaks_the_schema_is_refused_at_once(control: Any, desired: dict[str, Any], problem: str) -> None:
    code, message = refused(control.create_resource, TypeName=VERSION, DesiredState=json.dumps(desired))
    assert code == "ValidationException"
    assert message.startswith("Model validation failed (") and problem in message
    assert control.list_resource_requests()["ResourceRequestStatusSummaries"] == []


def test_a_read_only_property_fails_the_request(control: Any) -> None:
    event = create(control, VERSION, ImageName="scratch", BaseImage=BASE, Version=7)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "InvalidRequest")
    assert "ReadOnly properties" in event["StatusMessage"]


@pytest.mark.parametrize(
    ("type_name", "desired", "code"),
    [
        (IMAGE, {"ImageName": "scratch", "ImageRoleArn": ROLE}, "AlreadyExists"),
        (VERSION, {"ImageName": "nope", "BaseImage": BASE}, "InvalidRequest"),
    ],
)
def test_what_a_handler_finds_wrong_is_a_failed_event(control: Any, type_name: str, desired: dict[str, Any], code: str) -> None:
    event = create(control, type_name, **desired)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", code)


def test_any_type_can_be_created_read_updated_listed_and_deleted(control: Any) -> None:
    before = listed(control, "AWS::Logs::LogGroup")
    made = create(control, "AWS::Logs::LogGroup", LogGroupName="app", RetentionInDays=7)
    assert made["Identifier"] == "app"
    model = read(control, "AWS::Logs::LogGroup", "app")
    assert model["LogGroupClass"] == "STANDARD", "defaults are filled in"
    assert model["Arn"].startswith(f"arn:aws:logs:us-east-1:{ACCOUNTS[0]}:"), "read-only values are made up"
    again = create(control, "AWS::Logs::LogGroup", LogGroupName="app")
    assert again["ErrorCode"] == "AlreadyExists"

    update(control, "AWS::Logs::LogGroup", "app", {"op": "test", "path": "/RetentionInDays", "value": 7}, _replace("/RetentionInDays", 30))
    assert read(control, "AWS::Logs::LogGroup", "app")["RetentionInDays"] == 30
    assert listed(control, "AWS::Logs::LogGroup") - before == {"app"}
    finish(control, control.delete_resource(TypeName="AWS::Logs::LogGroup", Identifier="app"))
    assert refused(control.get_resource, TypeName="AWS::Logs::LogGroup", Identifier="app")[0] == "ResourceNotFoundException"
    event = finish(control, control.delete_resource(TypeName="AWS::Logs::LogGroup", Identifier="app"))
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotFound")


def test_a_patch_can_work_on_arrays(control: Any) -> None:
    made = create(control, "AWS::SNS::Topic", TopicName="t", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    patch: list[dict[str, Any]] = [
        {"op": "remove", "path": "/Tags/0"},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "c", "Value": "3"}},
    ]
    update(control, "AWS::SNS::Topic", made["Identifier"], *patch)
    assert [tag["Key"] for tag in read(control, "AWS::SNS::Topic", made["Identifier"])["Tags"]] == ["b", "c"]


def test_compound_identifiers_are_joined_by_bars(control: Any) -> None:
    desired = {"RestApiId": "abc", "StageName": "prod", "DeploymentId": "d1"}
    made = create(control, "AWS::ApiGateway::Stage", **desired)
    assert made["Identifier"] == "abc|prod"
    create(control, "AWS::ApiGateway::Stage", **{**desired, "RestApiId": "other"})
    listed = control.list_resources(TypeName="AWS::ApiGateway::Stage", ResourceModel='{"RestApiId": "abc"}')["ResourceDescriptions"]
    assert [item["Identifier"] for item in listed] == ["abc|prod"]


def test_write_only_values_are_kept_but_never_shown(control: Any) -> None:
    made = create(control, "AWS::SecretsManager::Secret", Name="db", SecretString="hunter2")
    assert "SecretString" not in made["ResourceModel"]
    assert "SecretString" not in read(control, "AWS::SecretsManager::Secret", made["Identifier"])


def test_a_patch_sees_what_a_read_sees_so_required_write_only_values_must_come_again(control: Any) -> None:
    made = create(control, "AWS::MSK::Configuration", Name="c", ServerProperties="auto.create.topics.enable = false")
    described = {"op": "add", "path": "/Description", "value": "x"}
    asked = {"TypeName": "AWS::MSK::Configuration", "Identifier": made["Identifier"]}
    code, message = refused(control.update_resource, PatchDocument=json.dumps([described]), **asked)
    assert code == "ValidationException" and "required key [ServerProperties] not found" in message
    properties = {"op": "add", "path": "/ServerProperties", "value": "log.retention.hours = 1"}
    assert update(control, "AWS::MSK::Configuration", made["Identifier"], described, properties)["OperationStatus"] == "SUCCESS"
    assert read(control, "AWS::MSK::Configuration", made["Identifier"])["Description"] == "x"


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        (
            [{"op": "replace", "path": "/ImageName", "value": "x"}],
            "NotUpdatableException",
            "Invalid patch update: createOnlyProperties [/properties/ImageName] cannot be updated",
        ),
        (
            [{"op": "replace", "path": "/Version", "value": 9}],
            "ValidationException",
            "Invalid patch update: readOnlyProperties [/properties/Version] cannot be updated",
        ),
        ([{"op": "replace", "path": "/Processor", "value": "TPU"}], "ValidationException", "Model validation failed (#/Processor"),
        ([{"op": "test", "path": "/Version", "value": 1}], "ValidationException", "Invalid patch update"),
        ([{"op": "replace", "path": "/Nope/0", "value": 1}], "ValidationException", "Invalid patch update"),
        ("not a list", "ValidationException", "Invalid patch update"),
    ],
)
def test_patches_that_cannot_be_applied_are_refused(control: Any, patch: Any, code: str, message: str) -> None:
    identifier = f"{PREFIX}:image-version/pytorch-training/5"
    got = refused(control.update_resource, TypeName=VERSION, Identifier=identifier, PatchDocument=json.dumps(patch))
    assert got[0] == code and got[1].startswith(message)


def test_a_patch_that_is_no_text_is_a_serialisation_error(client: Client) -> None:
    control = client("cloudcontrol", parameter_validation=False)
    code, message = refused(control.update_resource, TypeName=VERSION, Identifier="x", PatchDocument=[{"op": "remove"}])
    assert code == "SerializationException" and message.startswith("Start of list found where not expected")


def test_requests_move_on_as_they_are_polled(control: Any) -> None:
    event = control.create_resource(TypeName="AWS::SNS::Topic", DesiredState="{}")["ProgressEvent"]
    seen = [event["OperationStatus"]]
    for _ in range(2):
        event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
        seen.append(event["OperationStatus"])
    assert seen == ["PENDING", "IN_PROGRESS", "SUCCESS"]
    assert json.loads(event["ResourceModel"])["TopicArn"] == event["Identifier"]
    assert refused(control.get_resource_request_status, RequestToken="nope")[0] == "RequestTokenNotFoundException"


def test_a_client_token_repeats_and_conflicts(control: Any) -> None:
    def ask(name: str) -> Any:
        return control.create_resource(TypeName="AWS::SNS::Topic", DesiredState=json.dumps({"TopicName": name}), ClientToken="same")

    first = ask("a")["ProgressEvent"]
    assert ask("a")["ProgressEvent"]["RequestToken"] == first["RequestToken"]
    with pytest.raises(ClientError, match="ClientTokenConflictException"):
        ask("b")


def test_one_resource_takes_one_operation_at_a_time(control: Any) -> None:
    made = create(control, "AWS::SNS::Topic", TopicName="busy")["Identifier"]
    running = control.update_resource(
        TypeName="AWS::SNS::Topic", Identifier=made, PatchDocument='[{"op":"add","path":"/DisplayName","value":"x"}]'
    )
    assert refused(control.delete_resource, TypeName="AWS::SNS::Topic", Identifier=made)[0] == "ConcurrentOperationException"
    finish(control, running)
    assert finish(control, control.delete_resource(TypeName="AWS::SNS::Topic", Identifier=made))["OperationStatus"] == "SUCCESS"


def test_a_request_can_be_cancelled_while_it_is_open(control: Any) -> None:
    answer = control.create_resource(TypeName="AWS::SNS::Topic", DesiredState='{"TopicName": "never"}')
    token = answer["ProgressEvent"]["RequestToken"]
    assert control.cancel_resource_request(RequestToken=token)["ProgressEvent"]["OperationStatus"] == "CANCEL_IN_PROGRESS"
    assert finish(control, answer)["OperationStatus"] == "CANCEL_COMPLETE"
    assert not any("never" in identifier for identifier in listed(control, "AWS::SNS::Topic"))
    assert refused(control.cancel_resource_request, RequestToken=token)[0] == "ConcurrentModificationException"


def test_requests_are_listed_by_operation_and_status(control: Any) -> None:
    for name in ("a", "b", "c"):
        create(control, "AWS::SNS::Topic", TopicName=name)
    create(control, VERSION, ImageName="nope", BaseImage=BASE)
    failed = control.list_resource_requests(ResourceRequestStatusFilter={"OperationStatuses": ["FAILED"], "Operations": ["CREATE"]})
    assert [event["TypeName"] for event in failed["ResourceRequestStatusSummaries"]] == [VERSION]
    pages = control.get_paginator("list_resource_requests").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["ResourceRequestStatusSummaries"]) for page in pages] == [3, 1]


def test_requests_and_client_tokens_expire() -> None:
    from cirql.localcloud.images import AccountRegion
    from cirql.localcloud.progress import Outcome, RequestBook
    from cirql.localcloud.wire import ServiceError

    now = [0.0]
    book = RequestBook(lambda: now[0], settle_looks=0, settle_seconds=1.0)
    place = AccountRegion(ACCOUNTS[0], "us-east-1")
    request = book.submit(place, "AWS::SNS::Topic", "CREATE", None, lambda: Outcome("x"), "token", "a")
    now[0] = 37 * 3600.0
    assert book.find_repeated(place, "token", "b") is None
    now[0] = 8 * 86400.0
    with pytest.raises(ServiceError, match="RequestTokenNotFoundException"):
        book.look(place, request.token)


@pytest.mark.parametrize(
    ("call", "members", "code"),
    [
        ("get_resource", {"TypeName": "AWS::Nope::Nothing", "Identifier": "x"}, "TypeNotFoundException"),
        ("list_resources", {"TypeName": "nope"}, "ValidationException"),
        ("list_resources", {"TypeName": "AWS::CloudFormation::WaitCondition"}, "UnsupportedActionException"),
        ("get_resource", {"TypeName": VERSION, "Identifier": f"{PREFIX}:image-version/scratch/1"}, "ResourceNotFoundException"),
        ("get_resource", {"TypeName": VERSION, "Identifier": "no-arn"}, "ResourceNotFoundException"),
        ("update_resource", {"TypeName": IMAGE, "Identifier": "x", "PatchDocument": "[]"}, "ResourceNotFoundException"),
        ("create_resource", {"TypeName": IMAGE, "DesiredState": "[1]"}, "InvalidRequestException"),
    ],
)
def test_calls_that_make_no_sense_have_their_own_codes(client: Client, call: str, members: dict[str, Any], code: str) -> None:
    control = client("cloudcontrol", parameter_validation=False)
    assert refused(getattr(control, call), **members)[0] == code


def test_long_lists_come_in_pages_of_25_and_max_results_has_no_effect(cloud: LocalCloud, control: Any) -> None:
    for number in range(30 - len(listed(control, "AWS::SNS::Topic"))):
        create(control, "AWS::SNS::Topic", TopicName=f"t{number:02}")
    cloud.calls.clear()
    first = control.list_resources(TypeName="AWS::SNS::Topic", MaxResults=3)
    rest = control.list_resources(TypeName="AWS::SNS::Topic", NextToken=first["NextToken"])
    assert (len(first["ResourceDescriptions"]), len(rest["ResourceDescriptions"])) == (25, 5)
    assert "NextToken" not in rest
    assert cloud.calls.counts()["cloudcontrol:ListResources"] == 2


def _replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}
