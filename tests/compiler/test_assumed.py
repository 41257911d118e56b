"""What is asked where AWS requires an answer and a statement gives none."""

from __future__ import annotations

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Default, Table
from cirql.names import Scheme


def _default(table: Table, column: str) -> Default | None:
    return next(i.default for i in table.roots[0].inputs if i.column == column)


def test_a_required_beginning_and_end_are_the_time_frames(catalog: Catalog) -> None:
    table = catalog.find("aws.application_signals_service").table
    assert _default(table, "start_time") == Default("{start}")
    assert _default(table, "end_time") == Default("{end}")
    assert table.problem == ""


def test_a_time_that_the_rows_have_too_is_asked_under_a_name_of_its_own_and_conditions_on_theirs_say_it(catalog: Catalog) -> None:
    table = catalog.find("aws.xray_insight_summary").table
    assert _default(table, "asked_start_time") == Default("{start}", moments=("start_time", "end_time"))
    assert {o.column for o in table.roots[0].outputs} >= {"start_time", "end_time"}


@pytest.mark.parametrize(
    "name",
    ["aws.connect_contact", "aws.ce_dimension_value", "aws.swf_open_workflow_execution", "aws.devops_guru_event", "aws.pricing_price_list"],
)
def test_what_the_overlay_names_needs_no_condition(catalog: Catalog, name: str) -> None:
    table = catalog.find(name).table
    assert table.problem == ""
    assert any(i.default is not None for i in table.roots[0].inputs)


def test_columns_that_say_a_time_frame_are_times_of_the_rows(catalog: Catalog) -> None:
    """A default speaks of columns by name: those must be there, and their conditions must be moments, or they would never say it."""
    wrong = [
        f"{table.name}: {moment}"
        for table in catalog.tables()
        if table.name.scheme is Scheme.DATASET
        for fetch in table.fetches
        for given in fetch.inputs
        for moment in (given.default.moments if given.default is not None else ())
        if (column := table.column(moment)) is None or column.type.value != "TIMESTAMP"
    ]
    assert wrong == []
