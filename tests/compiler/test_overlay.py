"""Corrections: what they change, and that one which fits nothing is an error naming its file and entry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cirql.catalog.model import Column, Fetch, Output, Role, Table
from cirql.compiler.actions import with_actions
from cirql.compiler.overlay import OverlayError, apply, load
from cirql.names import TableName
from cirql.types import ColumnType


def widget() -> Table:
    return Table(
        name=TableName(("aws", "shop_widget")),
        service="shop",
        title="Widget",
        description="",
        columns=(Column("name", ColumnType.VARCHAR, "string"), Column("size", ColumnType.BIGINT, "int64")),
        fetches=(Fetch("list", Role.LIST, "shop", "ListWidgets", outputs=(Output("name", ("Name",)),)),),
    )


def corrected(folder: Path, text: str) -> Table:
    (folder / "shop.toml").write_text(text)
    (table,) = apply(load(folder), [widget()])
    return table


def test_columns_can_be_put_in_order(tmp_path: Path) -> None:
    table = corrected(tmp_path, '[table."aws.shop_widget"]\norder = ["size"]\n')
    assert [c.name for c in table.columns] == ["size", "name"]


def test_a_fetch_can_be_added_and_another_changed_in_place(tmp_path: Path) -> None:
    table = corrected(
        tmp_path,
        '[[table."aws.shop_widget".fetch]]\nname = "list"\npermissions = ["shop:List"]\n'
        '[[table."aws.shop_widget".fetch]]\nname = "size"\nrole = "enrich"\nservice = "shop"\noperation = "GetSize"\n'
        'inputs = [{ param = "Name", column = "name" }]\noutputs = [{ column = "size", path = ["Size"] }]\n',
    )
    assert [f.name for f in table.fetches] == ["list", "size"]
    assert table.fetches[0].operation == "ListWidgets"
    assert table.fetches[0].permissions == ("shop:List",)
    assert table.fetches[1].gives == {"name", "size"}


def test_a_column_can_be_added_in_its_place(tmp_path: Path) -> None:
    table = corrected(tmp_path, '[table."aws.shop_widget".column.policy]\ntype = "JSON"\n')
    assert [(c.name, c.declared) for c in table.columns] == [("name", "string"), ("policy", "json"), ("size", "int64")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[table."aws.shop_gadget"]\ntitle = "x"\n', "aws.shop_gadget: there is no such table"),
        ('[table."aws.shop_widget"]\ncolour = "x"\n', "unknown field colour"),
        ('[table."aws.shop_widget"]\norder = ["weight"]\n', "order: there is no column weight"),
        ('[table."aws.shop_widget"]\nkey = ["weight"]\n', "there is no column weight"),
        ('[table."aws.shop_widget"]\narn = { column = "arn", template = "x" }\n', "arn: there is no column arn"),
        ('[table."aws.shop_widget"]\nparents = { name = "aws.shop_shop.name" }\n', "there is no column aws.shop_shop.name"),
        ('[table."aws.shop_widget".column.weight]\naliases = ["w"]\n', "there is no column weight"),
        ('[table."aws.shop_widget".column.size]\ncolour = "red"\n', "column size: unknown field colour"),
        ('[[table."aws.shop_widget".fetch]]\nname = "get"\n', "fetch get: needs"),
        ('[[table."aws.shop_widget".fetch]]\nname = "list"\nspeed = 1\n', "fetch list: unknown field speed"),
        ('[[table."aws.shop_widget".fetch]]\nname = "list"\noutputs = [{ column = "x", path = [] }]\n', "fetch list: there is no column x"),
        ("[dataset.shop.Widget]\ncolour = 1\n", "shop.Widget: unknown field colour"),
        ("[tables]\n", "unknown section tables"),
        ("not toml", ""),
    ],
)
def test_a_correction_that_fits_nothing_names_its_file_and_entry(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(OverlayError) as raised:
        corrected(tmp_path, text)
    assert str(raised.value).startswith("overlay/shop.toml")
    assert complaint in str(raised.value)


def test_actions_are_called_what_iam_calls_them(tmp_path: Path) -> None:
    (tmp_path / "iam.toml").write_text('[actions]\n"shop:List" = ["shop:See", "shop:Read"]\n"mall:*" = ["shop:*"]\n"inner:*" = []\n')
    asked = replace(widget(), permissions={"read": ("shop:List", "mall:Get"), "update": ("inner:Put",)})
    (table,) = with_actions([asked], load(tmp_path).actions)
    assert table.permissions == {"read": ("shop:See", "shop:Read", "shop:Get")}


def test_an_action_that_no_table_needs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "iam.toml").write_text('[actions]\n"shop:List" = ["shop:See"]\n')
    with pytest.raises(OverlayError, match="actions: no table needs shop:List"):
        with_actions([widget()], load(tmp_path).actions)


def test_two_files_may_speak_of_one_noun_but_not_of_one_member(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[dataset.ec2.Image]\nconstants = { Owners = ["self"] }\n')
    (tmp_path / "b.toml").write_text('[dataset.ec2.Image]\nconstants = { IncludeDisabled = true }\nleaves = { X = "y" }\n')
    hint = load(tmp_path).hints["ec2", "Image"]
    assert hint.constants == {"Owners": ["self"], "IncludeDisabled": True}
    assert hint.leaves == {"X": "y"}
    (tmp_path / "c.toml").write_text("[dataset.ec2.Image]\nconstants = { IncludeDisabled = false }\n")
    with pytest.raises(OverlayError, match="constants is given in another file too"):
        load(tmp_path)
