"""A stranger reads: lists, filters, posts, links to single replies, feeds."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_stranger_filters_and_pages_through_the_list(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    page = visit(scripts=scripts)
    page.goto("/")
    titles = page.locator(".post-row h3").all_inner_texts()
    page.get_by_role("link", name="Older posts").click()
    assert not set(titles) & set(page.locator(".post-row h3").all_inner_texts())
    page.get_by_role("link", name="First page").click()
    assert page.locator(".post-row h3").all_inner_texts() == titles
    page.get_by_label("Overall").select_option("Bad")
    page.get_by_label("Tag", exact=True).fill("exam-renewal")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator(".post-row")
    assert rows.count() > 0
    expect(rows.locator(".post-row__facts b")).to_have_text(["Bad"] * rows.count())
    page.get_by_role("link", name="Top", exact=True).click()
    expect(page.get_by_label("Overall")).to_have_value("bad")
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_label("Overall")).to_have_value("")


def test_a_link_to_a_reply_shows_it_wherever_it_stands(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto(site.places["post, 230 replies"])
    page.get_by_role("link", name="Next").first.click()
    last = page.locator(".comment__box").last
    key = last.get_attribute("id")
    last.locator("time").click()
    expect(page.locator(f"#{key}")).to_be_in_viewport()
    assert page.url.endswith(f"#{key}")
    # The same from outside, where nothing is open yet.
    page.goto("about:blank")
    page.goto(f"/replies/{(key or '').removeprefix('r-')}")
    expect(page.locator(f"#{key}")).to_be_in_viewport()
    page.get_by_role("link", name="Page 1").first.click()
    expect(page.locator(f"#{key}")).to_have_count(0)


def test_what_a_page_lists_its_feed_has_too(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    for path in ("/?sort=new", "/tags/exam-renewal", "/vendors/northwind-storage", site.places["post, fifty replies"]):
        page.goto(path)
        address = page.locator("link[rel=alternate]").get_attribute("href")
        answer = page.request.get(address or "")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        entries = ElementTree.fromstring(answer.body()).findall(f"{ATOM}entry")
        assert entries, path
        if "/posts/" not in path:
            feed_titles = {entry.findtext(f"{ATOM}title") for entry in entries}
            first_title = page.locator(".post-row h3").first
            assert first_title.inner_text() in feed_titles, path


def test_the_theme_that_was_chosen_stays(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="light")
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch light or dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.goto("/rules")
    assert page.evaluate(paper) == dark
    plain = visit(scripts=False)
    plain.goto("/")
    expect(plain.get_by_role("button", name="Switch light or dark")).to_have_count(0)
