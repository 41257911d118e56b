"""The size of pages that calls ask for: what models bound, and what only documentation says."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Fetch
from cirql.compiler.prose import default_of, largest_of


@pytest.mark.parametrize(
    ("said", "largest"),
    [
        ("<p>The default value is 25 and the maximum value is 500.</p>", 500),
        ("Default: 100</p> <p>Constraints: Minimum 20, maximum 1000.", 1000),
        ("Valid range is 1 to 100,000. Use with <code>NextToken</code>.", 100_000),
        ("it must be between 1 and 100, inclusive. By default, 50", 100),
        ("between 1 and 1000 ... If MaxResults is given a value larger than 500, you get 500", 500),
        ("You cannot specify this parameter and the IDs in the same request. Between 5 and 1000", None),
        ("Reserved. Valid range: 1-100", None),
        ("The maximum number of results to return.", None),
    ],
)
def test_a_bound_is_read_from_sentences_that_state_one(said: str, largest: int | None) -> None:
    assert largest_of(said) == largest


@pytest.mark.parametrize(
    ("said", "default"),
    [
        ("The default value is 25 and the maximum value is 500.", 25),
        ("The default is the same as the allowed maximum, 1,000.", 1000),
        ("If you don't specify a value, up to 300 are returned. Between 1 and 300", 300),
        ("The maximum is 100.", 0),
    ],
)
def test_a_default_is_read_where_one_is_told(said: str, default: int) -> None:
    assert default_of(said, 300) == default


def fetches(catalog: Catalog, service: str, operation: str) -> list[Fetch]:
    return [f for t in catalog.tables() for f in t.fetches if (f.service, f.operation) == (service, operation)]


def test_calls_ask_for_the_largest_page_that_is_documented() -> None:
    with Catalog.open() as catalog:
        sizes = {
            (service, operation): {f.paging.size for f in fetches(catalog, service, operation) if f.paging is not None}
            for service, operation in (
                ("apigateway", "GetRestApis"),  # prose only
                ("autoscaling", "DescribeAutoScalingGroups"),
                ("kms", "ListAliases"),  # less than the model says, in a correction's call too
                ("iam", "ListGroupsForUser"),  # a correction's call
                ("cloudcontrol", "ListResources"),
                ("ec2", "DescribeInstances"),  # all there are, unless a size is asked for
            )
        }
    assert list(sizes.values()) == [{500}, {100}, {100}, {1000}, {100}, {None}]
