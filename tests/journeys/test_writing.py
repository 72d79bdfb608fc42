"""A member's whole way, with scripts and without: join, confirm, write, change, reply, take down."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Site, sign_in
from tests.journeys.steps import appear_by_name

pytestmark = pytest.mark.browser
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
PASSWORD = "wet stone quiet harbour"


@with_and_without
def test_somebody_joins_writes_and_takes_it_down(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    page = visit(scripts=scripts)
    name = "Vera Novak" if scripts else "Viktor Novak"
    _join(page, site, name)
    title = f"Three managers in {'fourteen' if scripts else 'fifteen'} months"
    _write(page, title)
    address = page.url
    # Not the moderator, who decides twenty reports in a minute in another journey.
    _approve(visit("admin", scripts=scripts), title)
    page.reload()
    _edit(page)
    first = _reply(page, "The first **reply**.")
    expect(first.locator("strong")).to_have_text("reply")
    _answer(page, first, scripts)
    _delete(page, title)
    response = page.goto(address)
    assert response is not None and response.status == 404


def _join(page: Page, site: Site, name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Create account").click()
    address = f"{name.split()[0].lower()}@newcomers.example"
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail", exact=True).fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    # Quicker than this nobody types.
    page.wait_for_timeout(2100)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    link = re.search(rf"{re.escape(site.url)}/confirm/\S+", site.mail_to(address))
    assert link
    page.goto(link[0])
    page.get_by_label("The password you chose").fill(PASSWORD)
    page.get_by_role("button", name="Confirm and sign in").click()
    expect(page.get_by_role("status")).to_contain_text("Your e-mail address is confirmed")


def _write(page: Page, title: str) -> None:
    page.get_by_role("link", name="Write", exact=True).click()
    page.get_by_label("Name the vendor").check()
    page.get_by_label("Vendor", exact=True).fill("Northwind")
    page.get_by_role("button", name="Show its tiers").click()
    page.get_by_label("Programme and tier you held").select_option("Gold")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(
        "Each of them started from a **blank page**. The pipeline review began anew."
    )
    page.get_by_label("Bad", exact=True).check()
    page.get_by_label("Tags", exact=True).fill("channel manager, seminars")
    appear_by_name(page)
    page.get_by_role("main").get_by_role("button", name="Preview").click()
    expect(page.locator("#preview strong")).to_have_text("blank page")
    expect(page.get_by_label("Programme and tier you held").locator("option:checked")).to_have_text("Gold")
    # Quicker than three seconds nobody writes a text.
    page.wait_for_timeout(3100)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").filter(has_text="A moderator will review it before it appears.")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="because it is one of your first posts")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".post-head .meta")).to_contain_text("Northwind Storage")


def _approve(moderator: Page, title: str) -> None:
    moderator.goto("/moderation/?kind=held")
    moderator.locator("[data-case]", has_text=title).click()
    moderator.get_by_label("Approve: everyone can read it").check()
    moderator.get_by_label("Reason (public)").fill("It keeps to the rules of this place.")
    moderator.get_by_role("button", name="Decide and open next").click()
    expect(moderator.get_by_role("status").filter(has_text="Decided: entry")).to_be_visible()


def _edit(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Text", exact=True).fill(
        "Each of them started from a blank page, and so did we, three times over."
    )
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".post-body")).to_contain_text("three times over")
    page.get_by_role("link", name=re.compile("^edited")).click()
    expect(page.get_by_role("main")).to_contain_text("a **blank page**")
    page.go_back()


def _reply(page: Page, text: str) -> Locator:
    page.get_by_label("Your reply").fill(text)
    appear_by_name(page)
    # Twice, as people do.
    page.get_by_role("button", name="Post reply").dblclick()
    page.wait_for_load_state()
    expect(page.locator(".comment__box")).to_have_count(1)
    return page.locator(".comment__box")


def _answer(page: Page, first: Locator, scripts: bool) -> None:
    """Reply to the reply, cancel, and do it after all."""
    path, back = page.url.partition("#")[0], page.get_by_role("link", name="Cancel reply")
    first.get_by_role("link", name="Reply to").click()
    if scripts:
        expect(page.locator(".comment .reply-form h2")).to_contain_text("Reply to V")
        expect(page.get_by_label("Your reply")).to_be_focused()
        back.click()
        expect(page.locator(".comment .reply-form")).to_have_count(0)
    else:
        expect(page.locator(".evidence")).to_contain_text("The first reply.")
        back.click()
    assert page.url.partition("#")[0] == path
    first.get_by_role("link", name="Reply to").click()
    page.get_by_label("Your reply").fill("The answer to it.")
    appear_by_name(page)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".comment .comment .comment__body")).to_have_text("The answer to it.")


def _delete(page: Page, title: str) -> None:
    page.locator(".comment__box").first.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.locator(".comment__box").first.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".tombstone")).to_contain_text("Removed by its author")
    page.locator(".comment .comment").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No replies yet")).to_be_visible()
    page.locator("#post-actions").get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("Post deleted.")


@with_and_without
def test_a_stranger_who_clicks_reply_signs_in_and_is_back(
    scripts: bool, site: Site, visit: Callable[..., Page]
) -> None:
    page = visit(scripts=scripts)
    page.goto(site.places["post, fifty replies"])
    answered = page.locator(".comment__box").nth(3)
    words = answered.locator(".comment__body").inner_text()
    answered.get_by_role("link", name="Reply to").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, "piet")
    expect(page.locator(".evidence")).to_contain_text(words)
    text = f"Back where I was, {'with' if scripts else 'without'} scripts."
    page.get_by_label("Your reply").fill(text)
    appear_by_name(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview .prose")).to_have_text(text)
    page.get_by_role("button", name="Post reply").click()
    mine = page.locator(".comment__box", has_text=text)
    expect(mine).to_be_in_viewport()
    expect(mine.locator("..").locator("xpath=ancestor::li[1]/div")).to_contain_text(words)


@with_and_without
def test_a_member_finds_something_useful_and_thinks_again(
    scripts: bool, site: Site, visit: Callable[..., Page]
) -> None:
    page = visit("piet", scripts=scripts)
    page.goto(site.places["post, no replies"])
    button = page.locator("#post-actions").get_by_role("button", name="Useful")
    before = button.inner_text()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert button.inner_text() != before
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert button.inner_text() == before


def test_the_form_shows_only_what_belongs_to_the_choice(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara")
    page.goto("/posts/new")
    vendor, category = page.get_by_label("Vendor", exact=True), page.get_by_label("Category")
    verdict = page.get_by_role("heading", name="Your verdict")
    expect(vendor).to_be_visible()
    page.get_by_label("Keep it undisclosed").check()
    expect(vendor).to_be_hidden()
    expect(category).to_be_visible()
    expect(verdict).to_be_visible()
    page.get_by_label("About no vendor").check()
    expect(category).to_be_hidden()
    expect(verdict).to_be_hidden()
    plain = visit("yara", scripts=False)
    plain.goto("/posts/new")
    expect(plain.get_by_label("Vendor", exact=True)).to_be_visible()
    expect(plain.get_by_label("Category")).to_be_visible()


def test_leaving_a_typed_text_keeps_it(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara")
    page.goto("/posts/new")
    page.get_by_label("Text", exact=True).press_sequentially("Half a")
    page.goto("/")
    page.goto("/posts/new")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Half a")
