"""An anonymous author's name stands nowhere: not on pages, not in their source, not in feeds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
# Two of them: the same text twice would wait for a moderator.
TEXTS = {
    "us": "The list price rose twice in a quarter, and the notice came with the invoice.",
    "em": "Maintenance was renewed at a price that nobody had seen before the order was placed.",
}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_nobody_learns_who_wrote_it_and_its_author_finds_it(
    scripts: bool, site: Site, visit: Callable[..., Page]
) -> None:
    author = "quinn" if scripts else "sven"
    page, title = visit(author, scripts=scripts), f"What the price list did not say to {'us' if scripts else 'them'}"
    address = _write(page, title)
    alias = page.locator(".post-head .author").inner_text()
    _reply(page, title, alias)
    stranger = visit(scripts=scripts)
    key = address.split("/posts/")[1].split("/")[0]
    pages = ["/", "/?sort=new", "/tags/price-changes", *(f"/posts/{key}/{end}" for end in ("", "reply", "revisions"))]
    sources = ["/feed.atom", "/tags/price-changes/feed.atom", f"/posts/{key}/feed.atom", "/sitemap.xml"]
    for path in pages:
        stranger.goto(path)
        _assert_unnamed(stranger.content(), author)
    for path in sources + pages:
        answer = stranger.request.get(path)
        _assert_unnamed(answer.text() + str(answer.headers), author)
    stranger.goto(f"/members/{author}-unsaid")
    expect(stranger.get_by_text(title)).to_have_count(0)
    expect(stranger.get_by_text(alias)).to_have_count(0)
    page.goto("/settings")
    page.get_by_role("link", name="Anonymous writing").click()
    expect(page.get_by_role("link", name=title)).to_have_count(2)
    expect(page.get_by_text(alias)).to_have_count(2)


def _write(page: Page, title: str) -> str:
    page.goto("/posts/new")
    page.get_by_label("About no vendor").check()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(TEXTS[title[-2:]])
    page.get_by_label("Bad", exact=True).check()
    page.get_by_label("Tags", exact=True).fill("price-changes")
    page.get_by_label("Anonymous", exact=True).check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").filter(has_text="Published.")).to_be_visible()
    expect(page.locator(".post-head .badge")).to_have_text("anonymous")
    return page.url


def _reply(page: Page, title: str, alias: str) -> None:
    page.get_by_label("Your reply").fill(f"It took eleven days, and {title[-4:].strip()} was the last word.")
    page.get_by_label(f"Anonymous, as {alias}").check()
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".comment__box .author")).to_have_text(alias)
    expect(page.locator(".comment__box").get_by_text("author", exact=True)).to_be_visible()


def _assert_unnamed(source: str, author: str) -> None:
    folded = source.lower()
    assert "unsaid" not in folded and f"{author}@" not in folded and author not in folded
