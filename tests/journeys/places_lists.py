"""Pages of lists, of comparing, and of what members save for themselves."""

from playwright.sync_api import Page

from tests.journeys.steps import Place
from tests.journeys.texts import LONG


def _bookmarking(page: Page) -> None:
    page.locator("#post-actions").get_by_role("link", name="Bookmark").click()


def _bookmarked(page: Page) -> None:
    _bookmarking(page)
    page.get_by_label("Note").fill(LONG[:500])
    page.get_by_role("main").get_by_role("button", name="Save").click()
    page.goto("/bookmarks")


def _saved(page: Page) -> None:
    page.get_by_role("button", name="Save as my weights").click()
    page.locator(".pick").nth(0).click()
    page.locator(".pick").nth(1).click()
    page.get_by_role("button", name="Add to shortlist").click()
    page.wait_for_load_state()


VENDORS = "v=northwind-storage&v=halcyon-virtual&v=meridian-networks&v=osier-backup"
LISTS = [
    Place("compare, four vendors", f"/compare?{VENDORS}"),
    Place("compare, a tier", f"/compare?{VENDORS}&tier=middle"),
    Place("vendor, no posts match", "/vendors/northwind-storage?overall=good&year=2026&sort=useful"),
    Place("bookmarks, none", "/bookmarks", "ines"),
    Place("bookmark", "post, its kinds of text", "ines", steps=_bookmarking),
    Place("bookmarks", "post, long words", "tomas", steps=_bookmarked),
    Place("shortlist and weights", "/vendors?w_education=5", "tomas", steps=_saved),
]
