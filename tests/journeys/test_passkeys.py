"""Passkeys in a real browser, with a device that Chromium simulates: add one, sign out, sign in with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from forum.demo.actions import PASSWORD
from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(site: Site, visit: Callable[..., Page]) -> Page:
    """Open a page at localhost, since passkeys work at no numeric address, with a device attached."""
    page = visit(base_url=site.url.replace("127.0.0.1", "localhost"))
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


def _sign_in_with_password(page: Page) -> None:
    page.goto("/sign-in?next=/settings/two-factor/passkeys")
    page.get_by_label("E-mail", exact=True).fill("kim@walkers.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_somebody_adds_a_passkey_and_signs_in_with_it(page: Page) -> None:
    _sign_in_with_password(page)
    page.get_by_label("Name").fill("My laptop")
    page.get_by_label("Your password").fill("not it at all")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("neither your password")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("rowheader", name="My laptop")).to_be_visible()
    page.get_by_role("link", name="Change My laptop").click()
    page.get_by_label("Name").fill("My new laptop")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("rowheader", name="My new laptop")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/sign-in?next=/settings")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.context.clear_cookies()
    _sign_in_with_password(page)
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("rowheader", name="My new laptop")).to_be_visible()


def test_without_javascript_the_page_says_that_passkeys_need_it(visit: Callable[..., Page]) -> None:
    page = visit(scripts=False)
    page.goto("/sign-in")
    expect(page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_disabled()
