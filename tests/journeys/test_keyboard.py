"""Without a mouse: the order of stops, a focus that is seen, and everything within reach."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from forum.demo.actions import PASSWORD
from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
# The focused element: its words or name, whether it comes after the one before, whether its focus is seen.
STOP = """() => {
    const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
    const after = !window.before || !!(window.before.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING);
    window.before = it;
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const shown = box.width > 0 && box.height > 0 && box.top < innerHeight && box.bottom > 0 && box.left >= 0;
    return {name: (it.matches("input, select, textarea") && it.name) || it.innerText || it.tagName, after, seen: outlined && shown};
}"""


def test_every_stop_on_the_home_page_is_in_order_and_seen(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/")
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert stop["after"] and stop["seen"], stop
        names.append(stop["name"])
    assert names[0] == "Skip to content"
    expected = ["Posts", "Vendors", "Write", "Sign in", "Active", "vendor", "Filter"]
    assert [name for name in names if name in expected] == expected


def test_the_skip_link_leads_past_the_header(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/vendors")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_somebody_signs_in_and_replies_by_keyboard_alone(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto(site.places["post, fifty replies"])
    _tab_to(page, "Reply")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    _tab_to(page, "email")
    page.keyboard.type("zeno@walkers.example")
    _tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leave a reply")
    _tab_to(page, "body")
    page.keyboard.type("Written without a mouse.")
    _tab_to(page, "identity")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Anonymous, as")).to_be_checked()
    _tab_to(page, "Post reply")
    page.keyboard.press("Enter")
    expect(page.locator(".comment__box", has_text="Written without a mouse.")).to_be_in_viewport()


def test_a_reply_form_that_moved_is_where_the_focus_goes(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("zeno")
    page.goto(site.places["post, fifty replies"])
    link = page.locator("[data-reply-to]").nth(5)
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your reply")).to_be_focused()
    # The toolbar above the text is one stop.
    page.keyboard.press("Shift+Tab")
    expect(page.locator("[role=toolbar] :focus")).to_have_count(1)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="Cancel reply")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".comment .reply-form")).to_have_count(0)
    expect(link).to_be_focused()


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert stop["seen"], stop
        if stop["name"].strip() == name:
            return
    raise AssertionError(f"{name} is not within sixty stops")
