"""GetResources of the Resource Groups Tagging API: the tags that each resource's own service says it has, for a list of ARNs or for all.

moto has this API for some kinds of resource only, and pages where AWS does not. As with AWS, what is untagged, unknown, or in another
account or region is not in the answer. "All" are the types of `native/`, and SageMaker's images. API reference: GetResources; errors:
InvalidParameterException.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cirql.localcloud.identity import Caller
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.localcloud.moto_client import exchange
from cirql.localcloud.operations import service_model, services_signing_as
from cirql.localcloud.paging import take_page
from cirql.localcloud.wire import Protocol, ServiceError, WireOperation, json_answer
from cirql.startup.regexes import regex

Send = Callable[[HttpRequest, Caller], HttpAnswer]

_MOST_ARNS = 100
_ARN = regex(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]*|aws):(.+)", re.DOTALL)
_ALONE = ("PaginationToken", "ResourcesPerPage", "ResourceTypeFilters", "TagFilters", "TagsPerPage")
# Kinds that AWS does not document as known to this API: tagged or not, they are not in its answers.
_UNKNOWN = regex(r"arn:[^:]*:(sagemaker:[^:]*:[^:]*:image-version/|events:[^:]*:[^:]*:rule/.+/|iam::[^:]*:(role|user)/)")
_IN_ONE_REGION = {"cloudfront": "us-east-1", "iam": "us-east-1", "route53": "us-east-1"}
_SIGNED_AS = {"cloudwatch": "monitoring"}
_OPERATIONS = regex(r"ListTagsForResource|ListTagsOfResource|ListTags|ListResourceTags|GetTags|DescribeTags")


class TaggingApi:
    """Answers GetResources by asking the rest of the local AWS through `send`; `all_tagged` are ARNs with their tags."""

    def __init__(self, send: Send, all_tagged: Callable[[AccountRegion], Iterable[tuple[str, Mapping[str, str]]]]) -> None:
        self._send = send
        self._all_tagged = all_tagged

    def answer(self, place: AccountRegion, operation: WireOperation, body: bytes, page_limit: int | None) -> HttpAnswer | None:
        """The answer to GetResources; None for every other operation. Raises ServiceError."""
        if operation.name != "GetResources" or operation.protocol is not Protocol.JSON:
            return None
        asked = json.loads(body or b"{}")
        if "ResourceARNList" in asked:
            arns, token = dict.fromkeys(_checked(asked)), None
            tagged: Sequence[tuple[str, Mapping[str, str]]] = [(arn, tags) for arn in arns if (tags := self._tags_here(place, arn))]
        else:
            everything = {arn: tags for arn, tags in self._everything(place) if _is_here(arn, place) and _is_meant(arn, tags, asked)}
            size = min(int(asked.get("ResourcesPerPage") or _MOST_ARNS), page_limit or _MOST_ARNS)
            tagged, token = take_page([(a, everything[a]) for a in sorted(everything)], size, asked.get("PaginationToken"), str(place))
        mappings = [{"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]} for arn, tags in tagged]
        return json_answer(
            json.dumps({"PaginationToken": token or "", "ResourceTagMappingList": mappings}).encode(), operation.json_version
        )

    def _tags_here(self, place: AccountRegion, arn: str) -> Mapping[str, str]:
        return self._tags(place, arn) if _is_here(arn, place) else {}

    def _everything(self, place: AccountRegion) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield from self._all_tagged(place)
        ec2: dict[str, dict[str, str]] = {}
        for tag in self._all(place, "ec2", "DescribeTags", "Tags"):
            arn = f"arn:aws:ec2:{place.region}:{place.account}:{tag['ResourceType']}/{tag['ResourceId']}"
            ec2.setdefault(arn, {})[tag["Key"]] = tag["Value"]
        yield from ec2.items()
        for image in self._all(place, "sagemaker", "ListImages", "Images"):
            if tags := self._tags(place, image["ImageArn"]):
                yield image["ImageArn"], tags

    def _all(self, place: AccountRegion, service: str, operation: str, member: str) -> Iterator[Mapping[str, Any]]:
        """The items of a list, over all its pages; none where nobody answers for the service."""
        token: dict[str, str] = {}
        while True:
            _, answer = exchange(self._send, place, service, operation, token)
            yield from answer.get(member, ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _tags(self, place: AccountRegion, arn: str) -> dict[str, str]:
        if arn.split(":")[2] == "s3" and self._bucket_region(place, arn.split(":")[-1]) != place.region:
            return {}
        for service, operation, members in self._questions(place, arn):
            status, answer = exchange(self._send, place, service, operation, members)
            if status < 300 and (tags := _read(answer)):
                return tags
        return {}

    def _questions(self, place: AccountRegion, arn: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """The operations of the resource's own service that may know its tags."""
        service, name = arn.split(":")[2], arn.split(":", 5)[5]
        match service:
            case "s3":
                yield "s3", "GetBucketTagging", {"Bucket": name}
            case "route53":
                yield "route53", "ListTagsForResource", {"ResourceType": name.split("/")[0], "ResourceId": name.split("/")[-1]}
            case "kms":
                yield "kms", "ListResourceTags", {"KeyId": arn}
            case "ssm":
                yield "ssm", "ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": _parameter(name)}
            case "firehose":
                yield "firehose", "ListTagsForDeliveryStream", {"DeliveryStreamName": name.split("/")[-1]}
            case "sqs":
                status, answer = exchange(self._send, place, "sqs", "GetQueueUrl", {"QueueName": name})
                if status < 300:
                    yield "sqs", "ListQueueTags", {"QueueUrl": answer["QueueUrl"]}
            case _:
                for owner in services_signing_as(_SIGNED_AS.get(service, service)):
                    yield from ((owner, operation, {member: value}) for operation, member, value in _general(owner, arn))

    def _bucket_region(self, place: AccountRegion, bucket: str) -> str:
        status, answer = exchange(self._send, place, "s3", "HeadBucket", {"Bucket": bucket})
        return answer.get("BucketRegion", "") if status < 300 else ""


def _checked(asked: Mapping[str, Any]) -> list[str]:
    """The ARNs of a request, in AWS's bounds."""
    arns = asked["ResourceARNList"]
    if not isinstance(arns, list) or not 1 <= len(arns) <= _MOST_ARNS:
        raise _invalid(f"ResourceARNList takes 1 to {_MOST_ARNS} ARNs.")
    if others := [name for name in _ALONE if asked.get(name)]:
        raise _invalid(f"ResourceARNList cannot be given together with {others[0]}.")
    for arn in arns:
        if not isinstance(arn, str) or _ARN.fullmatch(arn) is None:
            raise _invalid(f"{arn} is not a valid ARN.")
    return arns


def _is_meant(arn: str, tags: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """Whether the filters of a request let a resource through: one of the types, and each of the tags."""
    _, _, service, _, _, name = arn.split(":", 5)
    kinds = {service, f"{service}:{re.split('[:/]', name)[0]}"} | ({"s3:bucket"} if service == "s3" else set())
    wanted = asked.get("ResourceTypeFilters") or ()
    if wanted and kinds.isdisjoint(wanted):
        return False
    filters = asked.get("TagFilters") or ()
    return all(f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in filters)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def _is_here(arn: str, place: AccountRegion) -> bool:
    _, _, service, region, account, _ = arn.split(":", 5)
    if region not in ("", place.region) or account not in ("", place.account) or _UNKNOWN.match(arn):
        return False
    return _IN_ONE_REGION.get(service, place.region) == place.region


def _parameter(name: str) -> str:
    return name.removeprefix("parameter/") if name.count("/") == 1 else name.removeprefix("parameter")


def _general(service: str, arn: str) -> Iterator[tuple[str, str, Any]]:
    """A service's operations that give the tags of an ARN: name, request member and its value."""
    model = service_model(service)
    for name in sorted(n for n in model.get("operations", {}) if _OPERATIONS.fullmatch(n)):
        shape = model["shapes"][model["operations"][name]["input"]["shape"]]
        if len(required := shape.get("required", ())) == 1:
            kind = model["shapes"][shape["members"][required[0]]["shape"]]["type"]
            yield name, required[0], [arn] if kind == "list" else arn


def _read(answer: Mapping[str, Any]) -> dict[str, str]:
    """The tags in an answer of any service: the first map, or list of keys and values, whose name speaks of tags."""
    for name, value in answer.items():
        if "tag" not in name.lower() or not value:
            continue
        if isinstance(value, dict) and "Items" not in value:
            return {k: v for k, v in value.items() if isinstance(v, str)}
        value = value["Items"] if isinstance(value, dict) else value
        if isinstance(value, Sequence) and not isinstance(value, str):
            inner = next((found for item in value if (found := _read(item))), None)
            return inner if inner is not None else {_part(item, "key"): _part(item, "value") for item in value}
    return {}


def _part(tag: Mapping[str, str], name: str) -> str:
    """The key or value of a tag: `Key`, `key`, `TagKey`."""
    return next((text for member, text in tag.items() if member.lower().removeprefix("tag") == name), "")
