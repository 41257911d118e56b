"""Every statement on every page of every service, planned."""

from __future__ import annotations

import sys

import pytest

from cirql.catalog.model import Face
from tests.introspection.shown import plan_selects, plan_writes


def test_every_select_example_of_every_service_plans() -> None:
    planned = plan_selects()
    sys.stdout.write(f"SELECT examples planned: { ({face.value: n for face, n in planned.items()}) }\n")
    assert planned[Face.SINGULAR] > 1_700
    assert planned[Face.PLURAL] > 1_700
    assert planned[Face.DATASET] > 3_800


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE", "DELETE"])
def test_every_write_example_of_every_service_plans(verb: str) -> None:
    planned, reasons = plan_writes(verb)
    sys.stdout.write(f"{verb} examples planned: {planned}; none, and why: {dict(reasons)}\n")
    assert planned > 1_500
