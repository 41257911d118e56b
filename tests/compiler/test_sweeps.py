"""Which datasets have a tag sweep beside their own tag call: those that the overlay lists, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Column, Fetch, Input, Output, Role, Table
from cirql.compiler.overlay import OverlayError, load
from cirql.compiler.sweeps import with_sweeps
from cirql.names import TableName
from cirql.types import ColumnType

LIST = Fetch("list", Role.LIST, "shop", "ListWidgets", outputs=(Output("widget_arn", ("Arn",)), Output("name", ("Name",))))
TAGS = Fetch("tags", Role.ENRICH, "shop", "ListTags", inputs=(Input("ResourceArn", "widget_arn"),), outputs=(Output("tags", (), "tags"),))
BY_NAME = Fetch("tags", Role.ENRICH, "shop", "ListTags", inputs=(Input("Name", "name"),), outputs=(Output("tags", (), "tags"),))


def widget(*fetches: Fetch, key: tuple[str, ...] = ()) -> Table:
    columns = [Column(n, ColumnType.VARCHAR, "string") for n in ("name", "widget_arn")]
    columns.append(Column("tags", ColumnType.HSTORE_CSV, "hstore_csv"))
    permissions = {"read": ("shop:ListWidgets", "shop:ListTags")}
    return Table(TableName(("aws", "shop_widget")), "shop", "Widget", "", tuple(columns), fetches, permissions=permissions, key=key)


def test_a_listed_kind_has_a_sweep_that_falls_back_on_its_own_call() -> None:
    (table,) = with_sweeps([widget(LIST, TAGS)], {"shop": ["widget"]})
    sweep = table.fetches[-1]
    assert (sweep.service, sweep.operation, sweep.role, sweep.batch) == ("resourcegroupstaggingapi", "GetResources", Role.ENRICH, 100)
    assert [(i.param, i.column) for i in sweep.inputs] == [("ResourceARNList", "widget_arn")]
    assert table.fallback(sweep) == TAGS
    assert table.permissions["read"] == ("shop:ListWidgets", "shop:ListTags", "tag:GetResources")


def test_what_is_tagged_by_name_is_swept_by_the_arn_that_is_its_key() -> None:
    (table,) = with_sweeps([widget(LIST, BY_NAME, key=("widget_arn",))], {"shop": ["widget"]})
    assert table.fetches[-1].required == {"widget_arn"}


@pytest.mark.parametrize("table", [widget(LIST), widget(LIST, BY_NAME, key=("name",))], ids=["no tag call", "no ARN"])
def test_a_kind_that_cannot_be_swept_is_an_error(table: Table) -> None:
    with pytest.raises(OverlayError, match="widget has no dataset"):
        with_sweeps([table], {"shop": ["widget"]})


def test_a_kind_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OverlayError, match="gadget has no dataset"):
        with_sweeps([widget(LIST, TAGS)], {"shop": ["gadget"]})


def test_the_overlay_says_which_kinds_there_are(tmp_path: Path, catalog: Catalog) -> None:
    (tmp_path / "tagging.toml").write_text('[tag_sweep]\nshop = ["widget", "gadget"]\n')
    assert load(tmp_path).tag_sweep == {"shop": ("widget", "gadget")}
    listed = {f"aws.{service}_{noun}" for service, nouns in load().tag_sweep.items() for noun in nouns}
    swept = {str(t.name) for t in catalog.tables() if any(f.fallback and f.operation == "GetResources" for f in t.fetches)}
    assert swept == listed
    # Not documented as known to the tagging API, or documented as missing from it: these would look untagged.
    never = {
        "sagemaker_image_version",
        "iam_role",
        "iam_user",
        "autoscaling_auto_scaling_group",
        "events_rule",
        "lambda_alias",
        "wafv2_web_acl",
    }
    assert swept.isdisjoint(f"aws.{name}" for name in never)
