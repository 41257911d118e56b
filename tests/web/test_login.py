"""The page on another address: TLS, and users who sign in; nobody without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from cirql.errors import LoginRefused, SettingsError
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.server.scram import Verifier
from cirql.server.users import User, UserRole
from cirql.settings import Settings
from cirql.web.entrance import Entrance
from cirql.web.gate import Admission
from cirql.web.serving import DeskPlaces, PageServer
from tests.web.conftest import run, write

USERS = {
    "ada": User("ada", UserRole.WRITER, Verifier.of("right")),
    "bob": User("bob", UserRole.READER, Verifier.of("proper")),
}
INSERT = (
    "INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region, account_id) "
    "VALUES ('of-the-login', 'arn:aws:iam::111111111111:role/images', 'us-east-1', '111111111111')"
)


@pytest.fixture(scope="module")
def secured(world: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    folder = tmp_path_factory.mktemp("login")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    settings = Settings.load(**settings_for(world.endpoint_url), locked=True, journal=str(folder / "changes.sqlite"))
    door = Entrance("127.0.0.1", 0, str(folder / "cert.pem"), str(folder / "key.pem"), USERS)
    desk = DeskPlaces(folder / "queries")
    with Runtime(settings) as runtime, PageServer(runtime, door=door, is_writable=True, desk=desk) as served:
        yield served


def sign_in(browser: Browser, server: PageServer, name: str, password: str) -> Page:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(server.address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_without_the_right_password_nobody_comes_in(browser: Browser, secured: PageServer) -> None:
    page = sign_in(browser, secured, "ada", "wrong")
    expect(page.get_by_role("alert")).to_have_text("name or password is wrong")
    assert page.request.get(f"{secured.address}api/facts").status == 401
    page.context.close()


def test_a_user_signs_in_asks_and_signs_out(browser: Browser, secured: PageServer) -> None:
    page = sign_in(browser, secured, "ada", "right")
    expect(page.locator(".cm-content")).to_be_visible()
    cookie = page.context.cookies()[0]
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    run(page, "SELECT count(*) AS n FROM aws.ec2_volume")
    expect(page.locator(".badge")).to_have_text("complete")
    page.get_by_role("button", name="Sign out ada").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.request.get(f"{secured.address}api/facts").status == 401
    page.context.close()


def test_a_reader_sees_what_would_change_and_cannot_have_it_done_nor_see_what_others_ran(browser: Browser, secured: PageServer) -> None:
    page = sign_in(browser, secured, "bob", "proper")
    write(page, INSERT)
    expect(page.locator(".run")).to_contain_text("Plan")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".change.create").first).to_be_visible()
    expect(page.get_by_role("button", name="Carry out")).to_have_count(0)
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".runs")).to_contain_text("Nothing was run yet")
    page.context.close()


def test_an_address_that_others_can_reach_needs_tls_and_users() -> None:
    for door in (Entrance("0.0.0.0"), Entrance("0.0.0.0", users=USERS), Entrance("192.0.2.1", certificate="cert.pem", key="key.pem")):
        with pytest.raises(SettingsError, match="TLS and users"):
            door.check()


def test_after_ten_wrong_passwords_nobody_comes_in_for_a_minute() -> None:
    admission = Admission(1, users={"ada": USERS["ada"]}, has_tls=True)
    for _ in range(10):
        with pytest.raises(LoginRefused, match="wrong"):
            admission.sign_in("ada", "guess")
    with pytest.raises(LoginRefused, match="too many"):
        admission.sign_in("ada", "right")
