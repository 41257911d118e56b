"""A page over the demo world, and a browser that clicks and types in it: the Chromium that the machine has, without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.settings import Settings
from cirql.web.serving import DeskPlaces, PageServer

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
# Where there is no browser, or was no Node.js to build the page with, there is nothing to be tested: `make test` says so.
collect_ignore_glob = [] if CHROMIUM and (ROOT / "src/cirql/web/assets/app.js").exists() else ["test_*.py"]
SHOTS = ROOT / ".artefacts" / "page"
"""Where pictures of the page are kept with what axe said of each, for whoever wants to see how it looks."""
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What the page's policy refuses is a fault, wherever it is from.
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.log("refused: " + event.violatedDirective + " " + event.sourceFile);
});
if (!sessionStorage.begun) { localStorage.clear(); sessionStorage.begun = 1; }
"""
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def world() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def server(world: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    folder = tmp_path_factory.mktemp("page")
    own = {"journal": str(folder / "changes.sqlite"), "store": str(folder / "inventory")}
    settings = Settings.load(**settings_for(world.endpoint_url), locked=True, max_age=0, **own)
    with (
        Runtime(settings) as runtime,
        PageServer(runtime, scope="the embedded AWS", is_writable=True, desk=DeskPlaces(folder / "queries", folder / "past")) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def visit(browser: Browser, server: PageServer) -> Callable[..., BrowserContext]:
    """Lets a browser in, as the link that the program prints does."""

    def enter(viewport: ViewportSize = WIDE, scheme: str = "light") -> BrowserContext:
        dark = scheme == "dark"
        context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(server.admission.link())
        page.close()
        return context

    return enter


@pytest.fixture(scope="module")
def context(visit: Callable[..., BrowserContext]) -> Iterator[BrowserContext]:
    opened = visit()
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, server: PageServer) -> Iterator[Page]:
    """The page with one empty editor; nothing may go wrong in it that nobody sees."""
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if message.text.startswith("refused:") else None)
    opened.add_init_script(_WATCH)
    opened.goto(f"http://127.0.0.1:{server.admission.port}/")
    expect(opened.locator(".cm-content")).to_be_visible()
    yield opened
    opened.close()
    assert wrong == []


def write(page: Page, text: str) -> None:
    """Types a statement in place of what is in the editor."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def run(page: Page, text: str) -> None:
    """Runs a statement, and waits for its end."""
    write(page, text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".badge, .problem:visible").first).to_be_visible()


def cells(page: Page) -> list[list[str]]:
    """What the rows in sight say."""
    expect(page.locator(".line:not(.waiting)").first).to_be_visible()
    return [line.locator(".cell").all_inner_texts() for line in page.locator(".line").all()]
