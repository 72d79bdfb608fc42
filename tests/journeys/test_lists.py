"""Lists on a phone and on a laptop: where the posts begin, and filters that fold away without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("member", [None, "ines"])
def test_on_a_phone_the_first_post_is_within_the_first_half_screen(visit: Callable[..., Page], member: str) -> None:
    page = visit(member, width=390, scripts=False)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    box = page.locator(".post-row h3").first.bounding_box()
    assert box and box["y"] + box["height"] < 844 / 2 + 20, box


def test_the_filter_opens_on_a_phone_and_is_always_open_on_a_laptop(visit: Callable[..., Page]) -> None:
    page = visit(width=390, scripts=False)
    page.goto("/")
    expect(page.get_by_label("Overall")).to_be_hidden()
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Overall").select_option("Bad")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("summary", has_text="Filter: bad")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_label("Overall")).to_be_visible()
    expect(page.get_by_label("Overall")).to_have_value("bad")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_vendors_names_stay_in_sight_while_a_comparison_scrolls(visit: Callable[..., Page], width: int) -> None:
    page = visit(width=width, scripts=False)
    page.goto("/compare?v=northwind-storage&v=halcyon-virtual&v=meridian-networks")
    name = page.get_by_role("columnheader", name="Halcyon Virtual")
    page.get_by_text("No competing with partners").scroll_into_view_if_needed()
    box = name.bounding_box()
    assert box and 0 <= box["y"] < 80, box
    page.get_by_role("link", name="€", exact=False).first.click()
    expect(page.get_by_role("heading", name="really costs")).to_be_in_viewport()
