"""Drafts on the device: they survive a closed tab, Back and signing out, and no tab and no member takes another's."""

import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Site, chromium_with_page_cache, sign_in
from tests.journeys.steps import appear_by_name

pytestmark = pytest.mark.browser
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
TEXT = "Nobody called back for eleven weeks, and then the bid was refused because of our tier."


@pytest.fixture(scope="module", params=["page cache", "no page cache"])
def caching_chromium(request: pytest.FixtureRequest, program: str, chromium: Browser) -> Iterator[Browser]:
    """Run a Chromium as people's browsers are, and one whose Back loads each page anew."""
    if request.param == "no page cache":
        yield chromium
    else:
        with chromium_with_page_cache(program, chromium) as browser:
            yield browser


@with_and_without
def test_preview_publish_and_back_shows_the_form_again(scripts: bool, site: Site, go: Callable[..., Page]) -> None:
    page, typed = go("tomas", scripts=scripts), f"{TEXT} Once more: {secrets.token_hex(8)}."
    page.goto(site.places["post, no replies"])
    page.get_by_label("Your reply").fill(typed)
    appear_by_name(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview .prose")).to_be_in_viewport()
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".comment__body", has_text=typed)).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Your reply")).to_have_value(typed)


def test_a_link_and_back_keeps_whom_the_reply_is_for(site: Site, go: Callable[..., Page]) -> None:
    page = go("tomas")
    page.goto(site.places["post, fifty replies"])
    box = page.locator(".comment__box").nth(5)
    box.get_by_role("link", name="Reply to").click()
    target = page.locator("[name=to]").input_value()
    page.get_by_label("Your reply").fill(TEXT)
    page.get_by_role("link", name="About").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Your reply")).to_have_value(TEXT)
    expect(page.locator("[name=to]")).to_have_value(target)
    expect(page.locator(".comment .reply-form h2")).to_contain_text("Reply to")
    page.get_by_role("button", name="Discard it").click()


def other_member_sees_nothing(site: Site, visit: Callable[..., Page]) -> BrowserContext:
    """Sign in as somebody else in the same browser, look for the draft, and return the browser."""
    context = visit.__self__.opened[-1]  # type: ignore[attr-defined]
    context.clear_cookies()
    page = context.new_page()
    sign_in(page, "olga")
    page.goto(site.places["post, fifty replies"])
    page.wait_for_timeout(600)
    expect(page.get_by_label("Your reply")).to_have_value("")
    for words in ("draft is kept", "draft of this", "is back."):
        expect(page.get_by_text(words)).to_have_count(0)
    return context


def test_a_draft_survives_a_closed_tab_and_signing_out_and_goes_with_publication(
    site: Site, visit: Callable[..., Page]
) -> None:
    page = visit("rashid")
    page.goto(site.places["post, fifty replies"])
    page.locator(".comment__box").nth(2).get_by_role("link", name="Reply to").click()
    target = page.locator("[name=to]").input_value()
    page.get_by_label("Your reply").fill(TEXT)
    page.get_by_label("Anonymous, as").check()
    expect(page.get_by_text("A draft is kept on this device.")).to_be_visible()
    page.close(run_before_unload=False)
    context = other_member_sees_nothing(site, visit)
    context.clear_cookies()
    page = context.new_page()
    sign_in(page, "rashid")
    page.goto(site.places["post, fifty replies"])
    expect(page.get_by_label("Your reply")).to_have_value(TEXT)
    expect(page.get_by_label("Anonymous, as")).to_be_checked()
    expect(page.locator("[name=to]")).to_have_value(target)
    expect(page.get_by_text("is back.")).to_be_visible()
    page.get_by_label("Your reply").press("Control+Enter")
    expect(page.locator(".comment__body", has_text=TEXT)).to_be_visible()
    page.wait_for_timeout(600)
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.reload()
    page.wait_for_timeout(600)
    expect(page.get_by_label("Your reply")).to_have_value("")


def test_two_tabs_do_not_mix(site: Site, visit: Callable[..., Page]) -> None:
    first = visit("olga")
    first.goto("/posts/new")
    first.get_by_label("Title").fill("The first of two posts")
    first.get_by_label("Text", exact=True).fill(f"First. {TEXT}")
    first.wait_for_timeout(600)
    second = first.context.new_page()
    second.goto("/posts/new")
    expect(second.get_by_text("Another draft of this")).to_be_visible()
    expect(second.get_by_label("Title")).to_have_value("")
    second.get_by_label("Title").fill("The second of two posts")
    second.wait_for_timeout(600)
    first.reload()
    expect(first.get_by_label("Title")).to_have_value("The first of two posts")
    second.reload()
    expect(second.get_by_label("Title")).to_have_value("The second of two posts")
    second.get_by_role("button", name="Use it").click()
    expect(second.get_by_label("Title")).to_have_value("The first of two posts")
    expect(second.get_by_text("Another draft of this")).to_be_visible()
    second.get_by_role("button", name="Use it").click()
    expect(second.get_by_label("Title")).to_have_value("The second of two posts")


def test_the_toolbar_changes_the_selection_and_undo_takes_it_back(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("olga")
    page.goto(site.places["post, no replies"])
    area = page.get_by_label("Your reply")
    area.fill("They refused")
    area.select_text()
    page.get_by_role("button", name="Bold").click()
    expect(area).to_have_value("**They refused**")
    page.keyboard.press("Control+z")
    expect(area).to_have_value("They refused")
    page.get_by_role("button", name="Bold").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(area).to_have_value("- They refused")
    page.get_by_role("button", name="Result below the text").click()
    expect(page.locator("#preview li")).to_have_text("They refused")
    area.fill("They *agreed*")
    expect(page.locator("#preview em")).to_have_text("agreed")
    expect(page.locator("#preview .byline")).to_have_text("Olga Reuter")
    page.get_by_label("Anonymous, as").check()
    expect(page.locator("#preview .byline")).not_to_contain_text("Olga Reuter")
    page.get_by_role("button", name="Discard it").click()


def test_selected_words_are_quoted_in_a_reply_to_their_author(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("olga")
    page.goto(site.places["post, fifty replies"])
    body = page.locator(".comment__box").nth(4).locator(".comment__body p").first
    words = body.inner_text()
    body.select_text()
    page.get_by_role("button", name="Quote in your reply").click()
    expect(page.locator(".comment .reply-form h2")).to_contain_text("Reply to")
    area = page.get_by_label("Your reply")
    expect(area).to_have_value(f"> {words}\n\n")
    expect(area).to_be_focused()
