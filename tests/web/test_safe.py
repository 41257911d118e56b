"""Who may ask, and what a page that was given bad things to show does with them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from cirql.web.serving import PageServer
from tests.web.conftest import cells, run

RUN = json.dumps({"editor": "e1", "text": "SELECT 1", "position": 0})


def ask(server: PageServer, method: str, path: str, headers: Mapping[str, str] = {}, body: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.admission.port, timeout=20)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.fixture(scope="module")
def cookie(server: PageServer) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.admission.port, timeout=20)
    connection.request("GET", "/enter?" + server.admission.link().partition("?")[2])
    answer = connection.getresponse()
    answer.read()
    given = answer.headers["set-cookie"]
    connection.close()
    assert "HttpOnly" in given and "SameSite=Strict" in given
    return given.partition(";")[0]


def own(server: PageServer, cookie: str) -> dict[str, str]:
    return {"Cookie": cookie, "Origin": f"http://127.0.0.1:{server.admission.port}", "Content-Type": "application/json"}


def test_who_has_the_cookie_and_is_the_page_may_run(server: PageServer, cookie: str) -> None:
    status, text = ask(server, "POST", "/api/run", own(server, cookie), RUN)
    assert status == 200, text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Cookie": ""}, 401),
        ({"Cookie": "cirql=guessed"}, 401),
    ],
)
def test_another_page_can_neither_run_nor_read(server: PageServer, cookie: str, change: dict[str, str], status: int) -> None:
    assert ask(server, "POST", "/api/run", {**own(server, cookie), **change}, RUN)[0] == status
    if "Origin" not in change:
        assert ask(server, "GET", "/api/facts", {**own(server, cookie), **change})[0] == status


def test_nothing_is_run_by_a_get(server: PageServer, cookie: str) -> None:
    for name in ("run", "cancel", "estimate", "complete", "close", "apply", "plan"):
        assert ask(server, "GET", f"/api/{name}?text=SELECT+1&editor=e1", own(server, cookie))[0] in (404, 405)


def test_a_link_works_once(server: PageServer) -> None:
    path = "/enter?" + server.admission.link().partition("?")[2]
    assert ask(server, "GET", path)[0] == 303
    assert ask(server, "GET", path)[0] == 403


def test_statements_of_the_page_open_no_file(server: PageServer, cookie: str) -> None:
    body = json.dumps({"editor": "e1", "text": "SELECT * FROM read_csv('/etc/passwd')", "position": 0})
    status, text = ask(server, "POST", "/api/estimate", own(server, cookie), body)
    assert status == 200
    assert json.loads(text)["kind"] == "error"


def test_html_and_turning_characters_in_cells_are_text(page: Page) -> None:
    run(page, "SELECT '<img src=x onerror=\"document.title=1\"><script>document.title=2</script>' AS a, 'abc\u202edcba' AS b")
    row = cells(page)[0]
    assert row[0].startswith("<img src=x")
    assert "\u202e" not in row[1]
    page.locator(".grid").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog pre")).to_contain_text("<script>")
    expect(page).to_have_title("cirql")


def test_the_page_asks_no_other_host(page: Page, server: PageServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator(".cm-content")).to_be_visible()
    run(page, "SELECT 1 AS one")
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {f"127.0.0.1:{server.admission.port}"}
