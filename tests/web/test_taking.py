"""What one takes from the page: files, charts, links, and changes that one has agreed to."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from cirql.localcloud import LocalCloud
from tests.web.conftest import cells, run, write

ROWS = "SELECT * FROM (VALUES (2, '=1+1', INTERVAL '1 day'), (1, 'plain', NULL)) AS t(n, word, span)"


def download(page: Page, name: str, folder: Path) -> Path:
    page.get_by_text("Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    place = folder / waiting.value.suggested_filename
    waiting.value.save_as(place)
    return place


def test_rows_are_had_as_files_in_the_order_that_they_are_looked_at(page: Page, tmp_path: Path) -> None:
    run(page, ROWS)
    cells(page)
    page.locator(".sorter").first.click()
    with download(page, "CSV", tmp_path).open(newline="") as file:
        assert list(csv.reader(file)) == [["n", "word", "span"], ["1", "plain", ""], ["2", "'=1+1", "1 day"]]
    assert json.loads(download(page, "JSON", tmp_path).read_text()) == [
        {"n": 1, "word": "plain", "span": None},
        {"n": 2, "word": "=1+1", "span": "1 day"},
    ]
    assert pq.read_table(download(page, "Parquet", tmp_path)).to_pydict() == {
        "n": [1, 2],
        "word": ["plain", "=1+1"],
        "span": [None, "1 day"],
    }


def test_a_chart_is_drawn_by_the_columns_changed_by_hand_and_saved(page: Page, tmp_path: Path) -> None:
    run(page, "SELECT i AS n, 'g' || i % 3 AS word FROM generate_series(1, 9) AS t(i)")
    page.get_by_role("tab", name="Chart").click()
    expect(page.locator("svg.chart.bars")).to_be_visible()
    page.get_by_role("combobox", name="Kind of chart").select_option("histogram")
    expect(page.locator("svg.chart.histogram")).to_be_visible()
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind).click()
        waiting.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(begins)


def test_the_calls_of_a_statement_are_shown_with_how_many_there_were(page: Page) -> None:
    write(page, "SELECT image_version_arn, job_type FROM aws.sagemaker_image_version")
    page.get_by_role("tab", name="Calls").click()
    expect(page.locator(".chain .node header code")).to_have_text(["aws.sagemaker_image", "aws.sagemaker_image_version"])
    expect(page.locator(".node").last).to_contain_text("sagemaker:DescribeImageVersion")
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".node .live.done").last).to_contain_text("rows")


def test_a_link_to_a_text_opens_it_and_runs_nothing(page: Page, world: LocalCloud) -> None:
    write(page, "SELECT '→' AS arrow, volume_id FROM aws.ec2_volume")
    page.get_by_role("button", name="Copy a link to this text").click()
    expect(page.locator("#said")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    world.calls.clear()
    other = page.context.new_page()
    other.goto(link)
    expect(other.get_by_role("tab", name="Shared")).to_be_visible()
    expect(other.locator(".cm-content")).to_have_text("SELECT '→' AS arrow, volume_id FROM aws.ec2_volume")
    expect(other.locator(".estimate .calls")).to_be_visible()
    other.close()
    assert not world.calls


def test_a_link_has_how_the_rows_are_looked_at_for_the_first_that_come(page: Page) -> None:
    run(page, "SELECT region, instance_type, count(*) AS n FROM aws.ec2_instance GROUP BY region, instance_type")
    cells(page)
    page.locator(".sorter").nth(1).click()
    page.locator(".sorter").nth(1).click()
    page.get_by_role("searchbox", name="Filter rows").fill("micro")
    expect(page.locator(".matches")).to_contain_text(" of ")
    page.get_by_role("tab", name="Chart").click()
    page.get_by_role("combobox", name="Kind of chart").select_option("pie")
    expect(page.locator("svg.chart.pie")).to_be_visible()
    page.get_by_role("combobox", name="Across").select_option("instance_type")
    page.get_by_role("button", name="Copy a link to this text").click()
    link = page.evaluate("navigator.clipboard.readText()")
    other = page.context.new_page()
    other.goto(link)
    expect(other.get_by_role("tab", name="Shared")).to_be_visible()
    other.locator(".cm-content").focus()
    other.keyboard.press("Control+Enter")
    expect(other.locator("svg.chart.pie")).to_be_visible()
    expect(other.get_by_role("combobox", name="Across")).to_have_value("instance_type")
    other.get_by_role("tab", name="Rows").click()
    expect(other.get_by_role("searchbox", name="Filter rows")).to_have_value("micro")
    expect(other.locator('[aria-sort="descending"]')).to_contain_text("instance_type")
    kinds = [row[1] for row in cells(other)]
    assert kinds == sorted(kinds, reverse=True)
    assert all("micro" in kind for kind in kinds)
    other.close()


def test_a_change_is_shown_before_and_after_and_done_by_a_second_click(page: Page) -> None:
    run(page, "SELECT count(*) AS n FROM aws.sagemaker.images WHERE region = 'us-east-1'")
    before = int(cells(page)[0][0])
    write(
        page,
        "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region, account_id) "
        "VALUES ('of-the-page', 'arn:aws:iam::111111111111:role/images', 'us-east-1', '111111111111')",
    )
    expect(page.locator(".run")).to_contain_text("Plan")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".change.create .new", has_text="of-the-page").first).to_be_visible()
    run(page, "SELECT count(*) AS n FROM aws.sagemaker.images WHERE region = 'us-east-1'")
    assert int(cells(page)[0][0]) == before
    write(
        page,
        "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region, account_id) "
        "VALUES ('of-the-page', 'arn:aws:iam::111111111111:role/images', 'us-east-1', '111111111111')",
    )
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Carry out 1 change").click()
    expect(page.locator(".outcome")).to_contain_text("of-the-page")
    run(page, "SELECT count(*) AS n FROM aws.sagemaker.images WHERE region = 'us-east-1'")
    assert int(cells(page)[0][0]) == before + 1
