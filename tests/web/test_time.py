"""What the inventory remembers, as the page shows it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.web.conftest import cells, run, write

IMAGES = "SELECT image_name FROM aws.sagemaker_image WHERE account_id = '111111111111' AND region = 'eu-west-1'"


def test_the_slider_reads_a_statement_as_of_a_moment_and_what_changed_since_is_a_click_away(page: Page) -> None:
    run(page, IMAGES)
    expect(page.locator(".moment")).to_contain_text("now · 1 moment known")
    before = len(cells(page))
    write(
        page,
        "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region, account_id) "
        "VALUES ('of-later', 'arn:aws:iam::111111111111:role/images', 'eu-west-1', '111111111111')",
    )
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Carry out 1 change").click()
    expect(page.locator(".outcome")).to_contain_text("succeeded")
    page.wait_for_timeout(1_100)  # Versions are told apart by the second in which they were read.
    run(page, IMAGES)
    expect(page.locator(".moment")).to_contain_text("2 moments known")
    assert len(cells(page)) == before + 1
    page.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("Home")
    expect(page.locator(".moment")).to_contain_text("as of")
    expect(page.locator(".status")).to_contain_text(f"{before} row")
    expect(page.locator(".status")).to_contain_text("0 calls")
    page.get_by_role("button", name="What changed since").click()
    expect(page.locator("#panel-differences")).to_contain_text("1 added")
    expect(page.locator("#panel-differences .change.create")).to_contain_text("of-later")
    page.get_by_role("button", name="As SQL").click()
    expect(page.locator(".cell", has_text="created").first).to_be_visible()


def test_a_row_shows_how_it_came_to_be_as_it_is(page: Page) -> None:
    rows = "SELECT image_arn, image_name, display_name, account_id, region FROM aws.sagemaker_image WHERE region = 'us-west-2'"
    run(page, rows)
    name = cells(page)[0][1]
    page.wait_for_timeout(1_100)  # Versions are told apart by the second in which they were read.
    write(page, f"UPDATE aws.sagemaker.images SET image_display_name = 'another' WHERE image_name = '{name}' AND region = 'us-west-2'")
    expect(page.locator(".run")).to_contain_text("Plan")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Carry out").click()
    expect(page.locator(".outcome")).to_contain_text("succeeded")
    run(page, rows)
    cells(page)
    page.get_by_role("searchbox", name="Filter rows").fill(f"image_name:{name}")
    expect(page.locator(".matches")).to_contain_text(" of ")
    page.locator(".line .cell").first.click()
    page.keyboard.press("h")
    timeline = page.get_by_role("dialog", name="History of this row")
    expect(timeline.locator("li").first).to_contain_text("changed")
    expect(timeline.locator("li .new").first).to_be_visible()
    page.keyboard.press("Escape")
    run(page, "SELECT count(*) AS n FROM aws.sagemaker_image")
    cells(page)
    page.locator(".grid").focus()
    page.keyboard.press("h")
    expect(page.get_by_role("dialog", name="History of this row")).to_contain_text("do not say which")
    page.keyboard.press("Escape")
