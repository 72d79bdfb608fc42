"""Somebody at a vendor asks to speak for it, a moderator confirms, and their answer stands first for everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_vendor_answers_once(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    name = "Hanne" if scripts else "Harald"
    address, title = f"{name.lower()}@halcyon-virtual.example", f"What Halcyon owes {name}"
    voice = visit(address, scripts=scripts)
    voice.goto("/vendors/halcyon-virtual")
    voice.get_by_role("link", name="Do you work for Halcyon Virtual?").click()
    voice.get_by_label("Your job title there").fill("Head of partners")
    voice.get_by_role("button", name="Send request").click()
    expect(voice.get_by_role("status").first).to_contain_text("Request sent")
    moderator = visit("moderator", scripts=scripts)
    moderator.goto("/moderation/?kind=representative")
    moderator.get_by_role("link", name=f"{name} Voice").click()
    moderator.get_by_label("Confirm: they represent the vendor").check()
    moderator.get_by_role("button", name="Fill in the standard text").click()
    moderator.get_by_role("button", name="Decide and open next").click()
    expect(moderator.get_by_role("status").first).to_contain_text("Decided: entry")
    assert "You now represent the vendor" in site.mail_to(address)
    voice.goto("/vendors/halcyon-virtual/desk")
    voice.get_by_role("link", name=title, exact=True).click()
    expect(voice.get_by_label("Anonymous, as")).to_have_count(0)
    voice.get_by_label("Your reply").fill(
        f"You are right, {name}, and from May on it is paid within 30 days. We have told every partner so."
    )
    voice.get_by_role("button", name="Post official reply").click()
    expect(voice.get_by_text("Halcyon Virtual has already replied to this post")).to_be_visible()
    stranger = visit(scripts=scripts)
    stranger.goto(voice.url)
    first = stranger.locator(".thread > .comment").first
    for words in ("Official reply", "from Halcyon Virtual", f"{name} Voice", "Head of partners", "within 30 days"):
        expect(first).to_contain_text(words)
