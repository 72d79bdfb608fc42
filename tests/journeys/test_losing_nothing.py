"""What somebody typed is never lost: not with the session, not with the token, not on the second try."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site, sign_in
from tests.journeys.steps import appear_by_name

pytestmark = pytest.mark.browser
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
LONG_TEXT = "\n\n".join(f"{n}. What happened in week {n}: nobody called back, “again” & <again>." for n in range(1, 90))


@with_and_without
def test_a_long_reply_survives_an_expired_session(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    page, text = visit("gwen", scripts=scripts), f"Written {'with' if scripts else 'without'} scripts.\n\n{LONG_TEXT}"
    page.goto(site.places["post, no replies"])
    page.get_by_label("Your reply").fill(text)
    page.get_by_label("Anonymous, as").check()
    page.context.clear_cookies()
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("alert")).to_contain_text("Your text is saved")
    # The first password is wrong, as it is.
    page.get_by_label("E-mail", exact=True).fill("gwen@walkers.example")
    page.get_by_label("Password", exact=True).fill("something else")
    page.get_by_role("button", name="Sign in").click()
    sign_in(page, "gwen")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Your reply")).to_have_value(text)
    expect(page.get_by_label("Anonymous, as")).to_be_checked()
    page.get_by_role("button", name="Post reply").click()
    mine = page.locator(".comment__box", has_text="in week 89").last
    expect(mine).to_contain_text("in week 1:")
    expect(mine).to_contain_text("anonymous")


@with_and_without
def test_a_new_post_survives_an_expired_session(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    page = visit("gwen", scripts=scripts)
    page.goto("/posts/new")
    title = f"A year in numbers, {'with' if scripts else 'without'} scripts"
    # Similar posts are not to be asked for once the session is gone: the console would report the answer.
    with page.expect_response("**/search/similar") if scripts else nullcontext():
        page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(f"{title}\n\n{LONG_TEXT}")
    page.get_by_label("Mixed").check()
    page.get_by_label("Tags", exact=True).fill("rebates")
    page.get_by_label("Keep it undisclosed").check()
    page.get_by_label("Category").select_option("Cloud")
    page.get_by_label("Described as").fill("a mid-sized cloud provider")
    appear_by_name(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Publish").click()
    sign_in(page, "gwen")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Title")).to_have_value(title)
    expect(page.get_by_label("Text", exact=True)).to_have_value(f"{title}\n\n{LONG_TEXT}")
    expect(page.get_by_label("Mixed")).to_be_checked()
    expect(page.get_by_label("Described as")).to_have_value("a mid-sized cloud provider")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".post-body")).to_contain_text("in week 89")


def test_a_form_of_an_earlier_session_goes_on_in_this_one(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("yara")
    page.goto(site.places["post, no replies"])
    page.get_by_label("Your reply").fill(LONG_TEXT)
    other = page.context.new_page()
    page.context.clear_cookies()
    sign_in(other, "yara")
    page.get_by_role("button", name="Post reply").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Your reply")).to_have_value(LONG_TEXT)


@with_and_without
def test_a_form_with_mistakes_keeps_the_rest(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    page = visit("zeno", scripts=scripts)
    page.goto("/posts/new")
    page.get_by_label("Text", exact=True).fill(LONG_TEXT)
    page.get_by_label("Tags", exact=True).fill("seminar")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("5 things need fixing")
    expect(page.get_by_label("Text", exact=True)).to_have_value(LONG_TEXT)
    page.get_by_role("alert").get_by_role("link", name="Did you mean seminars?").click()
    expect(page.get_by_label("Tags", exact=True)).to_be_in_viewport()
