"""A moderator's day without a mouse, and what the author sees of it: reasons, appeal, reversal."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
DECIDED = "Decided: entry"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def decide(page: Page, choice: str, rule: str = "") -> None:
    """Choose, take the standard text for the rule, decide: keys alone."""
    press(page, choice)
    if rule:
        press(page, "r", rule, "Escape")
    with page.expect_navigation():
        press(page, "u")
    assert page.get_by_label("Reason (public)").input_value()
    with page.expect_navigation():
        press(page, "d")
    expect(page.get_by_role("status").filter(has_text=DECIDED)).to_be_visible()


def test_twenty_items_are_decided_by_keyboard_and_an_appeal_undoes_one(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("moderator")
    page.goto("/moderation/?kind=flag")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press(page, "j", "j", "k")
    with page.expect_navigation():
        press(page, "Enter")
    with page.expect_navigation():
        press(page, "c")
    expect(page.get_by_text("You have claimed it until")).to_be_visible()
    removed = 0
    for n in range(20):
        if "Answer" in page.locator(".evidence").first.inner_text() and n % 2:
            decide(page, "4", rule="3")
            removed += 1
        else:
            decide(page, "1")
    assert removed >= 5
    page.goto("/log?action=remove")
    assert page.locator(".log-row").count() >= removed
    _appeal_of_the_author(site, visit)


def _appeal_of_the_author(site: Site, visit: Callable[..., Page]) -> None:
    author = visit("vera")
    author.goto("/decisions")
    author.get_by_role("link", name="It was removed").first.click()
    author.wait_for_load_state()
    expect(author.get_by_role("heading", name="What was hidden")).to_be_visible()
    expect(author.get_by_text("ask Jan Klaassen at home")).to_be_visible()
    address = author.url
    author.get_by_label("Why is the decision wrong?").fill("Jan Klaassen is the vendor's spokesman, and says so.")
    author.get_by_role("button", name="Appeal").click()
    expect(author.get_by_text("Your appeal was sent to a moderator who did not make this decision.")).to_be_visible()
    admin = visit("admin")
    admin.goto("/moderation/?kind=appeal")
    admin.locator("[data-case]").first.click()
    admin.wait_for_load_state()
    expect(admin.get_by_text("is the vendor's spokesman")).to_be_visible()
    admin.get_by_label("The decision was wrong: undo it").check()
    admin.get_by_label("Reason (public)").fill("He speaks for the vendor in public, so his role is public.")
    admin.get_by_role("button", name="Decide and open next").click()
    admin.wait_for_load_state()
    author.goto(address)
    expect(author.get_by_text("Your appeal succeeded: the decision was undone.")).to_be_visible()
    author.get_by_role("link", name="your reply").click()
    author.wait_for_load_state()
    expect(author.get_by_text("ask Jan Klaassen at home").first).to_be_visible()
