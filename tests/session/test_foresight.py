"""EXPLAIN says how many rows and calls it expects, from when it knows, and never more certain calls than are made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cirql.session import Session
from cirql.settings import Settings
from cirql.startup.records import replace

IMAGES = "SELECT image_name, description FROM aws.sagemaker_image"
VERSIONS = "SELECT image_name, version, base_image FROM aws.sagemaker_image_version"
LIVE = "/*+ max_age(live) */"


@pytest.fixture
def remembering(settings: Settings, tmp_path: Path) -> Iterator[Session]:
    with Session(replace(settings, store=str(tmp_path / "inventory"))) as opened:
        yield opened


def text(session: Session, sql: str) -> str:
    return "\n".join(line for (line,) in session.execute(f"EXPLAIN {sql}").fetchall())


def calls(session: Session, sql: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(session, f"(FORMAT JSON) {sql}"))["calls"]
    return found


def test_nothing_is_expected_of_what_was_never_read(remembering: Session) -> None:
    assert "expects" not in text(remembering, IMAGES)
    assert calls(remembering, IMAGES) == {
        "certain": 6,
        "depending": ["sagemaker:ListImages: ceil(rows / 100) in 6 targets, at least 6"],
        "expected": None,
    }


def test_what_the_inventory_answers_costs_no_call_and_says_from_when_it_is(remembering: Session) -> None:
    rows = len(remembering.execute(IMAGES).fetchall())
    said = text(remembering, IMAGES)
    assert re.search(rf"expects {rows} rows, as 6 of 6 targets had when last read on \d{{4}}-\d\d-\d\d at \d\d:\d\d:\d\d UTC", said)
    assert said.endswith("the inventory answers for 6 of them, and AWS is not asked\ncalls: 0 certain")
    again = remembering.execute(IMAGES)
    assert len(again.fetchall()) == rows
    assert again.stats.calls == {}


def test_the_calls_that_depend_on_rows_are_expected_by_how_many_rows_there_were(remembering: Session) -> None:
    images, versions = len(remembering.execute(IMAGES).fetchall()), len(remembering.execute(VERSIONS).fetchall())
    assert calls(remembering, f"{LIVE} {VERSIONS}")["expected"] == 6 + images + versions
    assert text(remembering, f"{LIVE} {VERSIONS}").endswith(f"about {6 + images + versions} in all")
    live = remembering.execute(f"{LIVE} {VERSIONS}")
    live.fetchall()
    assert sum(live.stats.calls.values()) == 6 + images + versions


def test_a_condition_makes_it_a_most(remembering: Session) -> None:
    remembering.execute(IMAGES).fetchall()
    versions = len(remembering.execute(VERSIONS).fetchall())
    said = text(remembering, f"{LIVE} {VERSIONS} WHERE version = 3")
    assert f"expects at most {versions} rows" in said
    assert "at most about" in said


def test_without_an_inventory_the_statement_before_is_what_is_known(session: Session) -> None:
    rows = len(session.execute(IMAGES).fetchall())
    assert f"expects {rows} rows, as 6 of 6 targets had when last read by the statement before" in text(session, IMAGES)
    assert "expects" not in text(session, "SELECT app_image_config_name FROM aws.sagemaker_app_image_config")


@pytest.mark.parametrize("hint", ["", LIVE])
@pytest.mark.parametrize("limit", ["", " LIMIT 3"])
def test_what_is_certain_is_never_less_than_the_least_that_is_named(remembering: Session, hint: str, limit: str) -> None:
    for sql in (IMAGES, VERSIONS, "SELECT region, identifier FROM aws.sagemaker.images"):
        found = calls(remembering, f"{hint} {sql}{limit}")
        least = sum(int(n) for formula in found["depending"] for n in re.findall(r"at least (\d+)", formula))
        assert found["certain"] >= least
