"""A long thread: its pages and orders, what is new, branches, links, and the reader's keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
# As if the last visit had been a week ago, three replies earlier.
A_WEEK_AGO = """() => {
    sessionStorage.clear();
    const threads = JSON.parse(localStorage.threads);
    for (const [, seen] of threads) {
        Object.assign(seen, {count: seen.count - 3, latest: "2001-01-01T00:00:00Z", keys: []});
    }
    localStorage.threads = JSON.stringify(threads);
}"""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_long_thread_has_pages_with_numbers_and_three_orders(
    scripts: bool, site: Site, visit: Callable[..., Page]
) -> None:
    page = visit(scripts=scripts, width=390)
    page.goto(site.places["post, 230 replies"])
    pages = page.get_by_role("navigation", name="Pages of replies", exact=True)
    expect(pages).to_contain_text("Page 1 of ")
    pages.get_by_role("link", name="Page 2").click()
    expect(pages).to_contain_text("Page 2 of ")
    for order in ("Newest first", "Most useful", "Oldest first"):
        page.get_by_role("link", name=order).click()
        expect(page.locator(".talk-tools b")).to_have_text(order)
        assert page.locator(".comment__box").count() > 50


def test_replies_since_the_last_visit_are_marked_and_jumped_to(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(width=390)
    page.goto(site.places["post, fifty replies"])
    expect(page.locator(".badge--new")).to_have_count(0)
    page.evaluate(A_WEEK_AGO)
    page.reload()
    expect(page.get_by_text("new since you were here")).to_be_visible()
    page.get_by_role("button", name="First new").click()
    first = page.locator(".comment__box:has(.badge--new)").first
    expect(first).to_be_focused()
    expect(first).to_be_in_viewport()
    page.get_by_role("button", name="Next new").click()
    expect(page.locator(".comment__box:has(.badge--new)").nth(1)).to_be_focused()
    page.go_back()
    assert page.url.endswith(first.get_attribute("id") or "?")


def test_a_branch_folds_and_a_link_into_it_opens_it(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto(site.places["post, fifty replies"])
    branch = page.locator(".thread .thread").first
    fold = page.locator(".comment:has(> .thread) > .comment__box .actions button[aria-expanded]").first
    fold.click()
    expect(branch).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    key = branch.locator(".comment__box").first.get_attribute("id")
    page.evaluate(f"location.hash = '{key}'")
    expect(branch).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")


def test_an_open_page_offers_new_replies(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.clock.install()
    page.goto(site.places["post, fifty replies"])
    page.route("**/reply-count", lambda route: route.fulfill(body="1000"))
    page.clock.run_for(61_000)
    page.get_by_role("link", name="new replies, show").click()
    expect(page.locator(".talk-tools b")).to_have_text("Newest first")


def test_the_form_answers_what_was_pressed_last(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("ines")
    page.goto(site.places["post, fifty replies"])
    to = page.locator("#reply [name=to]")
    page.locator("[data-reply-to]").nth(3).click()
    expect(to).not_to_have_value("")
    page.get_by_role("link", name="Reply to the post").click()
    expect(to).to_have_value("")
    expect(page.locator(".comment #reply")).to_have_count(0)
    expect(page.locator("#reply [name=body]")).to_be_focused()


def test_keys_go_through_posts_and_replies_unless_they_are_off(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".post-row h3 a").nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next, previous post or reply")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/posts/**")
    page.goto(site.places["post, fifty replies"])
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.locator("main [name=email]").press_sequentially("jk?")
    expect(page.locator("main [name=email]")).to_have_value("jk?")
    page.goto("/keyboard")
    page.get_by_label("Use keyboard shortcuts on this device").uncheck()
    page.goto("/")
    page.keyboard.press("j")
    expect(page.locator("body")).to_be_focused()
