"""The page as somebody uses it: a table found, a statement typed, its cost seen, its rows read."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from tests.web.conftest import cells, run, write


def test_a_table_is_found_by_words_and_an_example_of_it_runs(page: Page) -> None:
    page.get_by_role("searchbox", name="Search tables").fill("s3 buckets")
    page.locator(".hit").first.click()
    expect(page.locator(".card h2")).to_have_text("aws.s3_bucket")
    write(page, "")
    page.get_by_role("button", name="How many, where").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".badge")).to_have_text("complete")
    assert sorted(row[0] for row in cells(page)) == ["111111111111", "222222222222"]


def test_a_json_column_opens_as_a_tree_whose_members_are_put_where_the_cursor_is(page: Page) -> None:
    page.get_by_role("searchbox", name="Search tables").fill("ec2_security_group")
    page.locator(".hit").first.click()
    column = page.locator(".columns > li", has=page.get_by_role("button", name="ip_permissions", exact=True))
    write(page, "SELECT ")
    column.get_by_text("what is in it").first.click()
    column.get_by_role("button", name="FromPort", exact=True).click()
    expect(page.locator(".cm-content")).to_have_text("SELECT ip_permissions->0->>'FromPort'")


def test_what_a_statement_will_ask_is_said_before_it_runs(page: Page, world: LocalCloud) -> None:
    write(page, "SELECT vol")
    world.calls.clear()
    write(page, "SELECT volume_id FROM aws.ec2_volume")
    expect(page.locator('.estimate[aria-busy="false"] .calls')).to_have_attribute("title", re.compile("ec2:DescribeVolumes"))
    expect(page.locator(".estimate .calls")).to_have_text("at least 6 calls")
    expect(page.locator(".estimate .places")).to_have_text("6 places")
    page.get_by_role("button", name="1 permission").click()
    expect(page.locator("dialog pre")).to_contain_text("ec2:DescribeVolumes")
    page.keyboard.press("Escape")
    assert not world.calls


def test_an_error_is_underlined_where_it_is_also_behind_characters_that_browsers_count_twice(page: Page) -> None:
    write(page, "SELECT '😀😀' AS face;\nSELECT volume_idd FROM aws.ec2_volume")
    expect(page.locator(".cm-lintRange-error")).to_have_text("volume_idd")
    expect(page.locator(".estimate")).to_contain_text("did you mean volume_id")


def test_typing_over_what_is_selected_replaces_it_and_breaks_no_rule_of_the_page(page: Page) -> None:
    write(page, "SELECT 1;\n-- a remark\nSELECT 'a', \"b\" FROM t")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.type("-")
    expect(page.locator(".cm-content")).to_have_text("-SELECT 'a', \"b\" FROM t")
    page.keyboard.press("Control+z")
    expect(page.locator(".cm-line")).to_have_count(3)
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.type("(")
    expect(page.locator(".cm-line").last).to_have_text("SELECT 'a', \"b\" FROM (t)")


def test_completion_knows_the_columns_of_the_tables_in_scope(page: Page) -> None:
    write(page, "SELECT  FROM aws.ec2_volume")
    for _ in range(len(" FROM aws.ec2_volume")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("snap")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("snapshot_id")
    page.wait_for_timeout(150)  # The editor takes no key for a list that has just come up under somebody who types.
    page.keyboard.press("Tab")
    expect(page.locator(".cm-content")).to_have_text("SELECT snapshot_id FROM aws.ec2_volume")


def test_only_the_statement_at_the_cursor_runs(page: Page) -> None:
    run(page, "SELECT 1 AS one;\nSELECT 2 AS two")
    assert cells(page) == [["2"]]


def test_rows_are_sorted_and_filtered_without_asking_again(page: Page, world: LocalCloud) -> None:
    run(page, "SELECT volume_id, size, region FROM aws.ec2_volume")
    world.calls.clear()
    page.locator(".sorter", has_text="size").click()
    page.locator(".sorter", has_text="size").click()
    expect(page.get_by_role("columnheader", name="size")).to_have_attribute("aria-sort", "descending")
    sizes = [int(row[1]) for row in cells(page)]
    assert sizes == sorted(sizes, reverse=True)
    page.get_by_role("searchbox", name="Filter rows").fill("WEST")
    expect(page.locator(".matches")).to_have_text("18 of 30 rows")
    assert {row[2] for row in cells(page)} == {"eu-west-1", "us-west-2"}
    assert not world.calls


def test_after_words_that_no_row_has_other_words_and_none_find_rows_again(page: Page) -> None:
    run(page, "SELECT 'name-' || i AS name FROM generate_series(1, 3000) AS s(i)")
    words = page.get_by_role("searchbox", name="Filter rows")
    for typed, said in (("name-12", "111 of 3,000 rows"), ("zzz", "0 of 3,000 rows"), ("name-299", "11 of 3,000 rows")):
        words.fill(typed)
        expect(page.locator(".matches")).to_have_text(said)
    assert cells(page)[0] == ["name-299"]
    words.fill("")
    expect(page.locator(".matches")).to_have_text("")
    assert cells(page)[0] == ["name-1"]
    expect(page.locator(".grid")).to_have_attribute("aria-rowcount", "3001")
    page.locator(".grid").focus()
    page.keyboard.press("Control+End")
    expect(page.locator(".cell", has_text="name-3000")).to_be_visible()


def test_a_long_value_is_cut_in_its_cell_and_whole_when_it_is_opened(page: Page) -> None:
    run(page, "SELECT repeat('x', 5000) AS long, '{\"a\": {\"b\": [1, 2]}}'::json AS doc")
    assert len(cells(page)[0][0]) == 401
    page.locator(".grid").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog pre")).to_have_text("x" * 5000)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .json")).to_contain_text("b")


def test_what_could_not_be_read_is_said_with_the_policy_that_would_mend_it(page: Page, world: LocalCloud) -> None:
    world.faults.add(Rule(operation="DescribeVolumes", account="222222222222", kind="access_denied"))
    try:
        run(page, "SELECT volume_id FROM aws.ec2_volume")
        expect(page.locator(".badge")).to_have_text("not complete")
        page.get_by_role("tab", name="Not read").click()
        expect(page.locator(".failure .places")).to_contain_text("222222222222 us-east-1")
        expect(page.locator(".failure pre")).to_contain_text('"ec2:DescribeVolumes"')
    finally:
        world.faults.clear()


def test_a_statement_is_cancelled_by_the_button_that_ran_it(page: Page) -> None:
    write(page, "SELECT count(*) FROM range(100000000) a, range(100000) b")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".badge")).to_have_text("cancelled")
    run(page, "SELECT 1 AS one")
    assert cells(page) == [["1"]]


def test_another_editor_runs_its_own_statement_while_the_first_one_s_goes_on(page: Page) -> None:
    write(page, "SELECT count(*) AS n FROM generate_series(1, 300000) a(x), generate_series(1, 300000) b(y)")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".run")).to_contain_text("Cancel")
    page.get_by_role("button", name="New editor").click()
    expect(page.locator(".run")).to_contain_text("Run")
    run(page, "SELECT 5 AS five")
    assert cells(page) == [["5"]]
    page.get_by_role("tab", name="Query 1").click()
    expect(page.locator(".run")).to_contain_text("Cancel")
    page.locator(".run").click()
    expect(page.locator(".badge")).to_have_text("cancelled")


def test_editors_and_their_results_are_there_after_the_page_was_loaded_again(page: Page) -> None:
    run(page, "SELECT 'kept' AS word")
    page.get_by_role("button", name="New editor").click()
    run(page, "SELECT 'other' AS word")
    page.reload()
    assert cells(page) == [["other"]]
    page.get_by_role("tab", name="Query 1").click()
    expect(page.locator(".cell").first).to_have_text("kept")


def test_a_million_rows_are_scrolled_to_their_end(page: Page) -> None:
    run(page, "SELECT i, 'row ' || i AS name FROM generate_series(1, 1000000) AS t(i)")
    expect(page.locator(".status")).to_contain_text("1,000,000 rows")
    page.locator(".grid").focus()
    page.keyboard.press("Control+End")
    expect(page.locator(".line:not(.waiting) .cell.here")).to_have_text("row 1000000")
    page.keyboard.press("Control+Home")
    expect(page.locator(".line:not(.waiting) .cell").first).to_have_text("1")
