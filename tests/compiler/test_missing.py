"""The codes by which services say that a thing is not there: from their models by rule, from their habits as data."""

from __future__ import annotations

from functools import cache

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from cirql.compiler import missing


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("waf", "GetRule", "WAFNonexistentItemException"),
        ("wafv2", "GetWebACL", "WAFNonexistentItemException"),
        ("cloudformation", "DescribeStacks", "ValidationError: does not exist"),
        ("swf", "DescribeDomain", "UnknownResourceFault"),
        ("acm-pca", "DescribeCertificateAuthority", "ResourceNotFoundException"),
        ("ds", "DescribeDirectories", "EntityDoesNotExistException"),
        ("ssm", "DescribeDocument", "InvalidDocument"),
        ("sagemaker", "DescribeEndpoint", "ValidationException: could not find"),
        ("iot", "DescribeAuditTask", "ResourceNotFoundException"),
        ("ce", "GetAnomalyMonitors", "UnknownMonitorException"),
        ("organizations", "DescribeOrganization", "AWSOrganizationsNotInUseException"),
        ("securityhub", "DescribeHub", "InvalidAccessException: not subscribed to aws security hub"),
    ],
)
def test_a_code_that_says_missing_is_known(service: str, operation: str, code: str) -> None:
    assert code in missing.codes(model(service).operation_model(operation))


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("lambda", "ListFunctions", "ServiceException"),
        ("sqs", "GetQueueAttributes", "InvalidAttributeName"),
        ("workdocs", "GetDocument", "UnauthorizedResourceAccessException"),
        ("codecommit", "GetRepository", "InvalidRepositoryNameException"),
        ("codecommit", "GetRepository", "EncryptionKeyNotFoundException"),
        ("cloudformation", "DescribeType", "TypeNotFoundException"),
    ],
)
def test_a_code_that_says_something_else_is_not(service: str, operation: str, code: str) -> None:
    assert code not in missing.codes(model(service).operation_model(operation))


def test_every_call_for_a_named_thing_that_has_such_a_code_knows_it() -> None:
    lacking = []
    with Catalog.open() as catalog:
        for name in catalog.names():
            table = catalog.find(str(name)).table
            for fetch in table.fetches:
                if fetch.role is Role.LIST or fetch.service == "cloudcontrol" or fetch.fallback or fetch.not_found:
                    continue
                if codes := missing.codes(model(fetch.service).operation_model(fetch.operation)):
                    lacking.append((str(table.name), fetch.operation, codes))
    assert lacking == []
