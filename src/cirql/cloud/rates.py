"""Rates: what is known about how fast AWS's APIs may be asked, before any of them is. Data only.

`per_second` paces from the first request; it is for APIs whose limit is low and firm. `expected` is what AWS documents for APIs whose
limits have a bucket to draw on first or can be raised: nothing is held back until the first throttle, after which that rate is tried first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known about an API before it is first asked.

    `per_second` infinite: not paced until it throttles, and then at `expected` where that is known.
    `shared`: all operations of the service draw on one bucket. `ceiling`: never faster than this, whatever is learned.
    `burst`: requests that may go at once where `per_second` paces; a fifth of a second's worth where nothing is said.
    """

    per_second: float = math.inf
    concurrency: int = 256
    shared: bool = False
    ceiling: float = math.inf
    expected: float | None = None
    burst: float | None = None


def _documented(per_second: float, *operations: str) -> dict[str, Rate]:
    """Operations of which AWS documents how many calls a second an account may make, and says of nobody that they may make more.

    Four fifths of a second's worth go at once: a whole one, followed by the rate itself, runs into a bucket that holds no more.
    """
    return dict.fromkeys(operations, Rate(per_second, concurrency=32, burst=max(1.0, 0.8 * per_second)))


STARTING_RATES: Mapping[str, Rate] = {
    # Observed near 30 requests a second over all operations; tools settle on 25 (aws-nuke#508, #510).
    # Nothing is said of a bucket; a second's worth is the least that AWS's others hold.
    "cloudcontrol": Rate(25.0, concurrency=32, shared=True, burst=25.0),
    "organizations": Rate(8.0, concurrency=8, shared=True),
    "sts": Rate(100.0, concurrency=32),
    # Route 53 documents five requests a second for an account.
    "route53": Rate(5.0, concurrency=4, shared=True),
    # Cost Explorer bills each request.
    "ce": Rate(2.0, concurrency=2, shared=True),
    # CloudTrail User Guide, quotas.
    "cloudtrail:LookupEvents": Rate(2.0, concurrency=2),
    # Tag Editor User Guide, quotas.
    "resourcegroupstaggingapi:GetResources": Rate(15.0, concurrency=16),
    # EC2 Developer Guide, request throttling: a bucket of 100 for each reading API, refilled with 20 a second.
    "ec2": Rate(expected=20.0),
    # Not documented; tools pace the reading of roles and policies at about 15 a second.
    "iam": Rate(expected=15.0),
    # Lambda Developer Guide, quotas: 15 a second over all reading and managing APIs but these two, which have their own.
    "lambda": Rate(expected=15.0, shared=True),
    "lambda:GetFunction": Rate(expected=100.0),
    "lambda:GetPolicy": Rate(expected=15.0),
    # CloudWatch Logs User Guide, quotas: five in most regions.
    "logs:FilterLogEvents": Rate(expected=5.0),
    # Service Quotas User Guide, API request rates.
    "service-quotas": Rate(expected=5.0),
    "service-quotas:ListServiceQuotas": Rate(expected=10.0),
    "service-quotas:ListAWSDefaultServiceQuotas": Rate(expected=10.0),
    # What the API references say of single operations; botocore carries these texts, and a test reads the numbers there.
    **_documented(1.0, "kinesis:DescribeLimits", "ses:GetIdentityDkimAttributes", "ses:GetIdentityMailFromDomainAttributes"),
    **_documented(1.0, "ses:GetIdentityNotificationAttributes", "ses:GetIdentityVerificationAttributes"),
    **_documented(5.0, "kinesis:DescribeAccountSettings", "kinesis:ListStreams", "kinesis:ListTagsForStream"),
    **_documented(5.0, "kinesis:DescribeChannel", "kinesis:ListChannels"),
    **_documented(5.0, "dynamodb:ListBackups", "dynamodbstreams:ListStreams", "firehose:ListTagsForDeliveryStream"),
    **_documented(10.0, "kinesis:DescribeStream", "dynamodb:DescribeBackup", "dynamodb:DescribeContinuousBackups"),
    **_documented(10.0, "dynamodb:ListTagsOfResource", "dynamodbstreams:DescribeStream", "dax:ListTags"),
    **_documented(10.0, "cognito-identity:ListTagsForResource"),
    **_documented(15.0, "sns:ListPlatformApplications"),
    **_documented(20.0, "kinesis:DescribeStreamSummary"),
    **_documented(25.0, "logs:DescribeLogStreams"),
    **_documented(30.0, "sns:ListTopics", "sns:ListSubscriptions", "sns:ListSubscriptionsByTopic"),
    **_documented(30.0, "sns:ListEndpointsByPlatformApplication"),
    **_documented(50.0, "sesv2:GetEmailTemplate"),
}
"""Starting values by `service` or `service:Operation`; everything else starts with `Rate()`."""
