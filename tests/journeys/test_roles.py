"""Three people, from their first visit to the one a week later, with the browser's page cache on: an angry engineer on
a phone, a partner manager who chooses among programmes, and a reader of a thread with 230 replies."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
ways = pytest.mark.parametrize(
    ("width", "scripts"),
    [(390, True), (390, False), (1280, True), (1280, False)],
    ids=["phone", "phone, no scripts", "laptop", "laptop, no scripts"],
)
TEXT = (
    "We registered the deal in March. In May a partner two tiers below us had the special bid, and nobody calls back."
)


def search_for(page: Page, words: str) -> None:
    """Search by the box in the header, or on a phone by the page behind its icon."""
    box = page.get_by_role("banner").get_by_role("searchbox")
    if not box.is_visible():
        page.get_by_role("banner").get_by_role("link", name="Search").click()
        box = page.get_by_role("main").get_by_role("searchbox")
    box.fill(words)
    box.press("Enter")
    page.wait_for_load_state()


def publish(page: Page, title: str, tags: str, identity: str, *, vendor: str = "") -> None:
    """Write a post without a rating about a vendor, or about an undisclosed one."""
    page.goto("/posts/new?kind=text")
    if vendor:
        page.get_by_label("Name the vendor").check()
        page.get_by_label("Vendor", exact=True).fill(vendor)
    else:
        page.get_by_label("Keep it undisclosed").check()
        page.get_by_label("Category").select_option("Hardware")
        page.get_by_label("Described as").fill("a mid-sized hardware supplier")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(f"{TEXT} {title}")
    page.get_by_label("Bad", exact=True).check()
    page.get_by_label("Tags", exact=True).fill(tags)
    page.locator(f"[name=identity][value={identity}]").check()
    # Quicker than three seconds nobody writes a text.
    page.wait_for_timeout(3100)
    page.get_by_role("main").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def reply(page: Page, address: str, words: str) -> None:
    """Reply by name."""
    page.goto(address)
    page.get_by_label("Your reply").fill(words)
    page.locator("[name=identity][value=name]").first.check()
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".comment__box", has_text=words)).to_be_visible()


@ways
def test_an_angry_engineer_finds_others_says_it_anonymously_and_hears_back(
    site: Site, go: Callable[..., Page], width: int, scripts: bool
) -> None:
    page, title = go(width=width, scripts=scripts), f"Registered, and lost all the same {width} {scripts}"
    page.goto("/")
    search_for(page, '"deal registration" -webinar')
    expect(page.locator("mark").first).to_be_visible()
    page.locator("main h3 a, main h2 a").first.click()
    page.go_back(wait_until="commit")
    expect(page.locator("mark").first).to_be_visible()
    page = go("piet" if scripts else "gwen", width=width, scripts=scripts)
    publish(page, title, "deal registration", "anonymous")
    answer = f"The same happened to us in April. {width} {scripts}"
    reply(go("ines"), page.url.partition("#")[0], answer)
    page.goto("/notifications")
    expect(page.get_by_role("main")).to_contain_text(title)
    expect(page.get_by_role("main")).to_contain_text(answer)


@ways
def test_a_partner_manager_chooses_among_three_programmes_and_is_told_what_is_new(
    site: Site, go: Callable[..., Page], width: int, scripts: bool
) -> None:
    member = {390: {True: "rosa", False: "rolf"}, 1280: {True: "noor", False: "zeno"}}[width][scripts]
    page = go(member, width=width, scripts=scripts)
    page.goto("/vendors")
    for slug in ("northwind-storage", "halcyon-virtual", "meridian-networks"):
        page.locator(f"[name=v][value={slug}]").check()
    page.get_by_role("button", name="Add to shortlist").click()
    # Before the answer is there, the same link can lead to the shortlist as it was.
    expect(page.get_by_role("main")).to_contain_text("Your shortlist")
    page.get_by_role("link", name="Compare my shortlist").first.click()
    for name in ("Northwind Storage", "Halcyon Virtual", "Meridian Networks"):
        expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    page.get_by_role("rowheader", name="Cost of a year").scroll_into_view_if_needed()
    page.get_by_role("main").get_by_role("link", name=" posts").first.click()
    page.go_back(wait_until="commit")
    expect(page.get_by_role("rowheader", name="Cost of a year")).to_be_visible()
    page.goto("/vendors/halcyon-virtual")
    page.get_by_role("button", name="Follow Halcyon Virtual").click()
    expect(page.get_by_role("button", name="Following Halcyon Virtual")).to_be_visible()
    title = f"Halcyon changed the terms again {width} {scripts}"
    publish(go("olga" if scripts else "yara"), title, "programme changes", "name", vendor="Halcyon Virtual")
    page.goto("/notifications")
    expect(page.get_by_role("main")).to_contain_text("Halcyon Virtual")
    expect(page.get_by_role("main")).to_contain_text(title)


@ways
def test_a_reader_of_a_long_thread_comes_back_to_what_is_new(
    site: Site, go: Callable[..., Page], width: int, scripts: bool
) -> None:
    member = {390: {True: "yara", False: "zeno"}, 1280: {True: "quinn", False: "sven"}}[width][scripts]
    page, address = go(member, width=width, scripts=scripts), site.places["post, 230 replies"]
    page.goto(address)
    pages = page.get_by_role("navigation", name="Pages of replies", exact=True)
    expect(pages).to_contain_text("Page 1 of 3")
    pages.get_by_role("link", name="Page 3").click()
    expect(pages).to_contain_text("Page 3 of 3")
    page.goto(address)
    page.get_by_role("button", name="Follow this post").click()
    page.get_by_role("link", name="Bookmark", exact=True).click()
    page.get_by_label("Note").fill("For the renewal in spring.")
    page.get_by_role("button", name="Save bookmark").click()
    page.goto("/bookmarks")
    expect(page.get_by_role("main")).to_contain_text("For the renewal in spring.")
    words = f"What changed since: nothing at all. {width} {scripts}"
    reply(go("ines"), address, words)
    come_back_to(page, address, words, scripts)


def come_back_to(page: Page, address: str, words: str, scripts: bool) -> None:
    """Find what is new in a thread that one follows, and mark it as read."""
    if scripts:
        page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=7))
    page.goto(address)
    expect(page.locator("[data-unread]")).to_contain_text("unread")
    page.get_by_role("link", name="First unread").click()
    fresh = page.locator(".comment__box", has_text=words)
    expect(fresh).to_be_in_viewport()
    if scripts:
        expect(fresh.locator(".badge--new")).to_be_visible()
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)
