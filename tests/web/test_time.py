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
    page.wait_for_timeout(5_500)  # Moments that are closer are one.
    run(page, IMAGES)
    expect(page.locator(".moment")).to_contain_text("2 moments known")
    assert len(cells(page)) == before + 1
    page.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("Home")
    expect(page.locator(".moment")).to_contain_text("as of")
    expect(page.locator(".status")).to_contain_text(f"{before} row")
    expect(page.locator(".status")).to_contain_text("0 calls")
    page.get_by_role("button", name="What changed since").click()
    expect(page.locator(".cell", has_text="created").first).to_be_visible()
