"""Answers with several lists of structures: each list is rows or columns of some table, or says why it is neither."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from tests.sweeps.figures import tell

# What accompanies rows, by its name: what could not be answered, how objects would be grouped, and the groups that were asked for.
_NO_ROWS = {
    *("errors", "failures", "failedSet", "QueryErrors", "UnprocessedAccounts", "UnprocessedStatistics", "UnprocessedBoostStatistics"),
    *("CommonPrefixes", "aggregates", "GroupDefinitions", "DimensionValueAttributes"),
}
# Decided one by one.
_DECIDED = {
    "autoscaling:DescribeMetricCollectionTypes": "the one granularity there is, for all metrics",
    "apprunner:DescribeCustomDomains": "where domains of any kind point to: of the service, and not of a domain",
    "billing:GetEnterpriseSupportContractDetails": "parts of one contract: the accounts that pay are its rows",
    "codeguruprofiler:GetRecommendations": "anomalies of the profile, beside what is recommended",
    "compute-optimizer:GetEffectiveRecommendationPreferences": "parts of one answer: the preferences are the rows",
    "connect:GetEffectiveHoursOfOperations": "what overrides hours is in the effective hours already",
    "connect:ListReplicationFindings": "counts of what the findings list",
    "datazone:GetSubscriptionRequestDetails": "parts of one request",
    "ec2:DescribeApplicationStatusCheckAssociations": "tags of the answer as a whole",
    "iam-toolbox:GetRequestAuthorizationDetails": "the policies that each evaluation names",
    "kinesis:GetRecords": "the shards that a reader goes on with",
    "logs:FilterLogEvents": "which streams were looked through",
    "nova-act:ListModels": "other names of the models",
    "pi:DescribeDimensionKeys": "what the values of each key's partitions are called",
    "rekognition:GetFaceLivenessSessionResults": "parts of one session",
    "resource-groups:ListGroups": "the same groups in an older form",
    "resource-groups:ListGroupResources": "the same resources in an older form",
    "sagemaker:SearchTrainingPlanOfferings": "offers to extend a plan that is there: only where one is named",
    "servicecatalog:DescribeProvisioningParameters": "parts of one product: the parameters are the rows",
    "sesv2:GetMessageInsights": "tags of the message",
    "snowball:ListServiceVersions": "what the versions that were asked for depend on",
}


def test_no_list_of_an_answer_is_lost() -> None:
    session = botocore.session.get_session()

    @cache
    def model(service: str) -> ServiceModel:
        return session.get_service_model(service)

    with Catalog.open() as catalog:
        fetches = [f for t in catalog.tables() if len(t.name.parts) == 2 for f in t.fetches]
    used: dict[tuple[str, str], set[str]] = {}
    for fetch in fetches:
        names = used.setdefault((fetch.service, fetch.operation), set())
        names.update(path[0] for path in (fetch.rows, *fetch.beside) if path)
        names.update(o.path[0] for o in fetch.outputs if fetch.role is not Role.LIST and o.path)
    several, lost = 0, set()
    for service, operation in sorted({(f.service, f.operation) for f in fetches if f.role is Role.LIST and f.rows}):
        members = model(service).operation_model(operation).output_shape.members
        lists = {n for n, s in members.items() if s.type_name == "list" and getattr(s.member, "members", None)}
        names = used[service, operation]
        if len(lists) < 2 or not lists & names:
            continue
        several += 1
        if lists <= _NO_ROWS | names and names & lists <= _NO_ROWS:
            lost.add(f"{service}:{operation} lists what is no row")
        if (rest := lists - names - _NO_ROWS) and f"{service}:{operation}" not in _DECIDED:
            lost.add(f"{service}:{operation} has {', '.join(sorted(rest))}")
    tell("several lists", {"answers": several, "decided one by one": len(_DECIDED), "lost": len(lost)})
    assert sorted(lost) == []
