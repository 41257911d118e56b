"""What the page has around its editors: statements in files, those that were run, what words mean, and what is around them all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from cirql.web.serving import PageServer
from tests.web.conftest import NARROW, cells, run, write


def folder(server: PageServer) -> Path:
    return server.queries


def save(page: Page, name: str) -> None:
    page.keyboard.press("Control+s")
    page.get_by_role("searchbox", name="Name").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_statement_is_saved_in_a_file_opened_from_it_and_deleted(page: Page, server: PageServer) -> None:
    write(page, "-- Volumes without encryption\nSELECT volume_id FROM aws.ec2_volume WHERE NOT encrypted")
    save(page, "open volumes")
    expect(page.locator("#said")).to_contain_text("open volumes.sql")
    file = folder(server) / "open volumes.sql"
    assert file.read_text().endswith("WHERE NOT encrypted\n")
    file.with_name("of a colleague.sql").write_text("SELECT 42 AS answer\n")
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".named .hit").first).to_contain_text("of a colleague")
    expect(page.locator(".named .hit").last).to_contain_text("Volumes without encryption")
    page.locator(".named .hit").first.click()
    expect(page.locator(".cm-content")).to_contain_text("42")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete open volumes").click()
    expect(page.locator(".named .hit")).to_have_count(1)
    assert not file.exists()


def test_a_file_that_somebody_else_has_changed_is_not_overwritten(page: Page, server: PageServer) -> None:
    write(page, "SELECT 1 AS mine")
    save(page, "shared")
    expect(page.locator("#said")).to_contain_text("shared.sql")
    (folder(server) / "shared.sql").write_text("SELECT 2 AS theirs\n")
    write(page, "SELECT 3 AS mine")
    save(page, "shared")
    expect(page.locator("dialog [role=alert]")).to_contain_text("changed by somebody else")
    assert (folder(server) / "shared.sql").read_text() == "SELECT 2 AS theirs\n"
    page.keyboard.press("Escape")


def test_what_was_run_is_found_by_words_with_how_it_ended_and_opened_again(page: Page) -> None:
    run(page, "SELECT 'needle' AS word")
    run(page, "SELECT count(*) FROM aws.ec2_volume")
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".runs .hit").first).to_contain_text("6 calls")
    page.get_by_role("searchbox", name="Search what was run").fill("NEEDLE")
    expect(page.locator(".runs .hit")).to_have_count(1)
    page.locator(".runs .hit").click()
    expect(page.locator(".cm-content")).to_have_text("SELECT 'needle' AS word")


def test_the_panel_at_the_right_says_what_is_in_scope_what_was_asked_and_what_was_changed(page: Page) -> None:
    run(page, "SELECT count(*) FROM aws.ec2_volume")
    page.get_by_role("button", name="Around").click()
    panel = page.get_by_role("complementary", name="Around")
    expect(panel).to_contain_text("us-west-2")
    expect(panel).to_contain_text("ec2:DescribeVolumes")
    expect(panel).to_contain_text("a second")
    expect(panel).to_contain_text("aws.ec2_volume")
    panel.get_by_role("button", name="Look accounts and regions up").click()
    expect(panel.locator(".places li").first).to_contain_text("111111111111")
    write(page, "SELECT count(*) FROM range(100000000) a, range(100000) b")
    page.keyboard.press("Control+Enter")
    expect(panel.locator("section", has_text="Running").first).to_contain_text("range(100000000)")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".badge")).to_have_text("cancelled")


def test_pointing_at_a_word_says_what_it_is(page: Page) -> None:
    write(page, "SELECT volume_id, count(*) FROM aws.ec2_volume GROUP BY 1")
    for word, said in (("volume_id", "VARCHAR"), ("ec2_volume", "aws.ec2_volume"), ("count", "int8")):
        page.mouse.move(5, 5)
        expect(page.locator(".meaning")).to_have_count(0)
        box = page.evaluate(
            """(word) => {
              const walker = document.createTreeWalker(document.querySelector('.cm-content'), NodeFilter.SHOW_TEXT);
              while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at + 1); range.setEnd(walker.currentNode, at + 3);
                const { x, y, width, height } = range.getBoundingClientRect();
                return [x + width / 2, y + height / 2];
              }
            }""",
            word,
        )
        page.mouse.move(*box)
        page.mouse.move(box[0] + 1, box[1])
        expect(page.locator(".meaning")).to_contain_text(said)


def test_a_statement_is_put_in_order_and_undone_by_one_key(page: Page) -> None:
    text = "select volume_id from aws.ec2_volume where size>1 and region='us-east-1'"
    write(page, text)
    page.get_by_role("button", name="Format", exact=True).click()
    expect(page.locator(".cm-line")).to_have_text(
        ["SELECT volume_id", "FROM aws.ec2_volume", "WHERE size>1 AND region='us-east-1'"], use_inner_text=True
    )
    page.keyboard.press("Control+z")
    expect(page.locator(".cm-content")).to_have_text(text)


def test_a_column_is_pinned_filtered_by_and_copied(page: Page) -> None:
    run(page, "SELECT i AS n, 'word ' || i AS word, repeat('x', 60) AS a, repeat('y', 60) AS b, repeat('z', 60) AS c FROM range(30) t(i)")
    cells(page)
    page.locator(".column", has_text="word").hover()
    page.get_by_role("button", name="More on word").click()
    page.get_by_role("menuitem", name="Pin").click()
    page.locator(".grid").evaluate("grid => { grid.scrollLeft = 10_000 }")
    pinned = page.locator(".line .cell.pinned").first
    expect(pinned).to_be_in_viewport()
    assert page.locator(".grid").evaluate("grid => grid.scrollLeft") > 100
    page.get_by_role("button", name="More on word").click()
    page.get_by_role("menuitem", name="Copy the column").click()
    expect(page.locator("#said")).to_have_text("Copied 30 rows")
    assert page.evaluate("navigator.clipboard.readText()").split("\n")[2] == "word 2"
    page.get_by_role("button", name="More on word").click()
    page.get_by_role("menuitem", name="Filter this column").click()
    page.keyboard.type("word 1")
    expect(page.locator(".matches")).to_have_text("11 of 30 rows")


def test_a_range_of_cells_is_copied_as_spreadsheets_take_it(page: Page) -> None:
    run(page, "SELECT i AS n, 'w' || i AS word FROM range(9) t(i)")
    cells(page)
    page.locator(".cell", has_text="w2").click()
    page.locator(".line").nth(4).locator(".cell").first.click(modifiers=["Shift"])
    expect(page.locator(".cell.selected")).to_have_count(6)
    page.keyboard.press("Control+c")
    expect(page.locator("#said")).to_have_text("Copied 3 rows")
    assert page.evaluate("navigator.clipboard.readText()") == "2\tw2\n3\tw3\n4\tw4"


def test_totals_are_those_of_the_rows_that_are_looked_at(page: Page) -> None:
    run(page, "SELECT i AS n, CASE WHEN i % 2 = 0 THEN 'even' END AS word FROM range(10) t(i)")
    page.get_by_role("button", name="Totals").click()
    expect(page.locator(".totals").first).to_contain_text("Σ 45")
    expect(page.locator(".totals").last).to_contain_text("5 NULL")
    page.get_by_role("searchbox", name="Filter rows").fill("even")
    expect(page.locator(".totals").first).to_contain_text("Σ 20")
    page.get_by_role("button", name="Totals").click()
    expect(page.locator(".totals").first).to_be_hidden()


def test_charts_are_of_the_columns_that_are_chosen(page: Page) -> None:
    run(page, "SELECT region, size, iops FROM aws.ec2_volume")
    page.get_by_role("tab", name="Chart").click()
    kind = page.get_by_role("combobox", name="Kind of chart")
    for name in ("pie", "map", "area", "points"):
        kind.select_option(name)
        expect(page.locator(f"svg.chart.{name}")).to_be_visible()
    kind.select_option("map")
    expect(page.locator(".chartview h3")).to_contain_text("size by region")
    page.get_by_role("combobox", name="Up").select_option("iops")
    expect(page.locator(".chartview h3")).to_contain_text("iops by region")
    expect(page.locator("svg.chart.map")).to_contain_text("eu-west-1")


def test_on_a_telephone_the_panel_covers_the_page_and_goes_by_escape(visit: Callable[..., BrowserContext], server: PageServer) -> None:
    context = visit(NARROW)
    page = context.new_page()
    page.goto(server.address)
    page.get_by_role("button", name="Around").click()
    expect(page.get_by_role("heading", name="Around")).to_be_in_viewport()
    page.get_by_role("button", name="Close the panel").press("Escape")
    expect(page.locator(".cm-content")).to_be_visible()
    expect(page.locator("aside.around")).to_be_hidden()
    context.close()


def test_a_value_that_is_an_arn_opens_in_its_parts(page: Page) -> None:
    run(page, "SELECT 'arn:aws:iam::111111111111:role/images' AS arn")
    cells(page)
    page.locator(".line .cell").first.dblclick()
    expect(page.locator("dialog dl")).to_have_text(re.compile("iam.*111111111111.*role/images"))
    page.keyboard.press("Escape")
