"""How the page looks, wide and narrow, light and dark: nothing that somebody could not see or reach; and pictures, to be looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.web.serving import PageServer
from tests.web.conftest import NARROW, ROOT, SHOTS, WIDE, run, write

AXE = (ROOT / "page/node_modules/axe-core/axe.min.js").read_text("utf-8")
# Of hundreds of services and rows that are alike, the first few are looked at: contrast is worked out element by element. The list of
# completions is gone through by the editor's own keys, and so needs no focus.
LEFT_OUT = [
    ".services > li:nth-child(n+4)",
    ".hits > li:nth-child(n+4)",
    ".line:nth-child(n+3)",
    ".columns > li:nth-child(n+6)",
    ".around li:nth-child(n+3)",
    ".runs > li:nth-child(n+3)",
    ".change:nth-child(n+4)",
    ".cm-tooltip-autocomplete",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHECK = f"() => axe.run({{ include: [document], exclude: {LEFT_OUT} }}, {{ runOnly: {RULES} }})"


def unreachable(page: Page, name: str) -> list[str]:
    """What axe finds wrong, each with the element; its report is kept beside the picture."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(CHECK)
    kept = {"engine": found["testEngine"], "violations": found["violations"]}
    kept |= {kind: [rule["id"] for rule in found[kind]] for kind in ("passes", "incomplete", "inapplicable")}
    (SHOTS / f"{name}.axe.json").write_text(json.dumps(kept, indent=1), "utf-8")
    return [f"{v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}" for v in found["violations"] for n in v["nodes"]]


def look(page: Page, name: str) -> list[str]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    expect(page.locator('.estimate[aria-busy="false"]')).to_be_attached()
    page.screenshot(path=SHOTS / f"{name}.png")
    return [f"{name}: {line}" for line in unreachable(page, name)]


LOOKED_AT = pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])


@LOOKED_AT
def test_nor_is_what_stands_beside_the_rows(
    visit: Callable[..., BrowserContext], server: PageServer, viewport: ViewportSize, scheme: str
) -> None:
    context, name = visit(viewport, scheme), f"{'wide' if viewport == WIDE else 'narrow'}-{scheme}"
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.admission.port}/")
    run(page, "SELECT region, volume_id, size, encrypted FROM aws.ec2_volume")
    expect(page.locator(".line:not(.waiting)").first).to_be_visible()
    page.get_by_role("button", name="Totals").click()
    expect(page.locator(".totals").first).to_be_visible()
    wrong = look(page, f"{name}-totals")
    page.get_by_role("button", name="What changed since").click()
    expect(page.locator("#panel-differences h3")).to_be_visible()
    wrong += look(page, f"{name}-differences")
    page.get_by_role("button", name="Around").click()
    expect(page.locator(".around li").first).to_be_visible()
    wrong += look(page, f"{name}-around")
    page.get_by_role("button", name="Close the panel").click()
    if viewport == NARROW:
        page.get_by_role("button", name="Tables").click()
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".runs .hit").first).to_be_visible()
    wrong += look(page, f"{name}-library")
    context.close()
    assert wrong == []


@LOOKED_AT
def test_nothing_is_hidden_from_who_sees_little_or_has_no_pointer(
    visit: Callable[..., BrowserContext], server: PageServer, world: LocalCloud, viewport: ViewportSize, scheme: str
) -> None:
    context, size = visit(viewport, scheme), "wide" if viewport == WIDE else "narrow"
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.admission.port}/")
    expect(page.locator(".services li").first).to_be_attached()
    wrong = look(page, f"{size}-{scheme}-first")
    world.faults.add(Rule(operation="ListImageVersions", account="222222222222", region="us-west-2", kind="access_denied"))
    try:
        run(page, "SELECT image_version_arn, version, image_name, region, job_type, creation_time\nFROM aws.sagemaker_image_version")
    finally:
        world.faults.clear()
    expect(page.locator(".line:not(.waiting)").first).to_be_visible()
    wrong += look(page, f"{size}-{scheme}-rows")
    for name in ("Chart", "Calls", "Not read"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(300)
        wrong += look(page, f"{size}-{scheme}-{name.lower().replace(' ', '-')}")
    if size == "narrow":
        page.get_by_role("button", name="Tables").click()
    page.get_by_role("searchbox", name="Search tables").fill("sagemaker image version")
    page.locator(".found .hit").first.click()
    expect(page.locator(".card .columns li").first).to_be_visible()
    wrong += look(page, f"{size}-{scheme}-table")
    if size == "narrow":
        page.keyboard.press("Escape")
    write(page, "SELECT volume_idd FROM aws.ec2_volume")
    expect(page.locator(".cm-lintRange-error")).to_be_visible()
    wrong += look(page, f"{size}-{scheme}-error")
    context.close()
    assert wrong == []
