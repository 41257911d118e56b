"""Which columns name other tables' rows: pairs that people have read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.catalog.artefact import DEFAULT_PATH
from cirql.catalog.lookup import Catalog

READ = (Path(__file__).parent / "references.txt").read_text("utf-8").splitlines()
RIGHT = [line.removeprefix("+ ").split(" -> ") for line in READ if line.startswith("+ ")]
WRONG = [line.removeprefix("- ").split(" -> ") for line in READ if line.startswith("- ")]
MOST_BYTES = 14_000_000


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    pairs: dict[str, set[str]] = {}
    with Catalog.open() as catalog:
        for r in catalog.references():
            pairs.setdefault(f"{r.table}.{r.place}", set()).add(f"{r.other}.{r.other_column}")
    return pairs


def test_what_was_read_and_is_right_is_there(found: dict[str, set[str]]) -> None:
    assert [pair for pair in RIGHT if pair[1] not in found.get(pair[0], ())] == []
    assert len(RIGHT) > 90


def test_what_was_read_and_is_wrong_is_no_more_than_it_was(found: dict[str, set[str]]) -> None:
    assert len([pair for pair in WRONG if pair[1] in found.get(pair[0], ())]) <= 4


def test_both_ends_of_every_reference_are_columns() -> None:
    with Catalog.open() as catalog:
        columns = {str(t.name): {c.name for c in t.columns} for t in catalog.tables()}
        bad = [r for r in catalog.references() if r.column not in columns[r.table] or r.other_column not in columns[r.other]]
    assert bad == []


def test_the_file_stays_small() -> None:
    assert DEFAULT_PATH.stat().st_size < MOST_BYTES


def test_they_are_a_relation_from_either_side() -> None:
    with Catalog.open() as catalog:
        of = {r.column for r in catalog.references("aws.ec2_subnet")}
        to = {(r.table, r.column) for r in catalog.referrers("aws.ec2_vpc")}
    assert "vpc_id" in of
    assert ("aws.ec2_subnet", "vpc_id") in to
