"""What a call is told, by its inputs and the values of columns."""

from __future__ import annotations

from cirql.catalog.model import Fetch, Input, Role
from cirql.fetch.requests import request


def test_a_number_is_told_as_text_where_the_service_wants_one() -> None:
    fetch = Fetch(
        "get", Role.GET, "mq", "DescribeConfigurationRevision", inputs=(Input("ConfigurationRevision", "revision", is_text=True),)
    )
    assert request(fetch, {"revision": 3}) == {"ConfigurationRevision": "3"}
