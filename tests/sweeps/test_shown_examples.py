"""Every statement on every page of every service, planned."""

from __future__ import annotations

import pytest

from cirql.catalog.model import Face
from tests.introspection.shown import plan_selects, plan_writes
from tests.sweeps.figures import tell


def test_every_select_example_of_every_service_plans() -> None:
    planned = plan_selects()
    tell("SELECT examples planned", {face.value: n for face, n in planned.items()})
    assert planned[Face.SINGULAR] > 1_700
    assert planned[Face.PLURAL] > 1_700
    assert planned[Face.DATASET] > 3_800


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE", "DELETE"])
def test_every_write_example_of_every_service_plans(verb: str) -> None:
    planned, reasons = plan_writes(verb)
    tell(f"{verb} examples planned", {"planned": planned, **{f"none: {why}": n for why, n in reasons.items()}})
    assert planned > 1_500
