"""On a phone: a few taps and little scrolling from Write to a published rating, and tags without their exact names."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
WIDTH, SCREEN = 390, 800  # pixels
MAX_TAPS = 20


class Thumb:
    """A thumb that counts its taps, and how far it scrolls to reach what it taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.scrolled = page, 0, 0.0

    def tap(self, target: Locator) -> None:
        """Scroll the target into view if need be, and tap it."""
        before = self.page.evaluate("scrollY")
        target.scroll_into_view_if_needed()
        self.scrolled += abs(self.page.evaluate("scrollY") - before)
        target.click()
        self.taps += 1
        self.page.wait_for_load_state()


@with_and_without
def test_a_rating_takes_less_than_20_taps_and_two_screens(
    scripts: bool, site: Site, visit: Callable[..., Page]
) -> None:
    page = visit("rosa" if scripts else "rolf", scripts=scripts, width=WIDTH)
    page.goto("/")
    thumb = Thumb(page)
    thumb.tap(page.get_by_role("link", name="Write", exact=True))
    thumb.tap(page.get_by_role("link", name="Rate only"))
    thumb.tap(page.get_by_label("Vendor", exact=True))
    page.keyboard.type("Bare Ridge")
    thumb.tap(page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rate Bare Ridge")
    for name, value in (("worth", "4"), ("again", "yes"), ("interest", "none"), ("identity", "anonymous")):
        thumb.tap(page.locator(f"[name={name}][value='{value}']"))
    thumb.tap(page.get_by_role("button", name="Submit rating"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bare Ridge")
    expect(page.get_by_text("Rating saved.")).to_be_visible()
    expect(page.get_by_role("link", name="Revise your rating").first).to_be_visible()
    assert thumb.taps < MAX_TAPS and thumb.scrolled < 2 * SCREEN, (thumb.taps, thumb.scrolled)


def test_a_step_opens_on_demand_and_a_star_is_one_tap(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara", width=WIDTH)
    page.goto("/posts/new")
    height = page.evaluate("document.documentElement.scrollHeight")
    star = page.locator("[name=presales][value='4']")
    expect(star).to_be_hidden()
    page.get_by_role("heading", name="Stars").click()
    page.locator("label", has=star).click()
    expect(star).to_be_checked()
    assert height < 4000


def test_a_tag_is_found_by_a_part_of_it_and_chosen_by_keyboard(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara")
    page.goto("/posts/new")
    box, chips = page.get_by_role("combobox", name="Tags"), page.get_by_role("list", name="Chosen tags")
    options = page.get_by_role("listbox", name="Suggested tags").get_by_role("option")
    box.press_sequentially("channel man")
    expect(options.first).to_contain_text("channel-manager")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.and_(page.locator("[aria-selected=true]"))).to_contain_text("channel-manager")
    box.press("Enter")
    expect(chips.get_by_role("button", name="Remove channel-manager")).to_be_visible()
    expect(box).to_have_value("")
    box.fill("price changes, sem")
    expect(chips.get_by_role("button", name="Remove price-changes")).to_be_visible()
    box.press("Escape")
    expect(options).to_have_count(0)
    chips.get_by_role("button", name="Remove price-changes").click()
    expect(chips.get_by_role("button")).to_have_count(1)
    expect(page.locator("[name=tags]:checked")).to_have_count(1)


def test_without_scripts_tags_are_boxes_in_a_list(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara", scripts=False)
    page.goto("/posts/new?kind=text")
    page.locator("summary", has_text="tags").click()
    page.get_by_label("channel-manager").check()
    page.get_by_role("main").get_by_role("button", name="Preview").click()
    expect(page.get_by_label("channel-manager")).to_be_checked()
