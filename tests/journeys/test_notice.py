"""A notice from outside, without an account and without scripts: sent, confirmed, answered anonymously, decided."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
SENDER = "counsel@outside.example"


def link_in(mail: str) -> str:
    match = re.search(r"https?://\S+", mail)
    assert match
    return match[0]


def test_a_notice_goes_its_whole_way(site: Site, visit: Callable[..., Page]) -> None:
    sender = visit(scripts=False)
    status = _send(sender, site)
    _answer(visit("noor", scripts=False), site)
    _decide(visit("admin", scripts=False))
    sender.goto(status)
    expect(sender.get_by_text("Decided. The content stays up.")).to_be_visible()
    expect(sender.get_by_text("the terms followed")).to_be_visible()
    sender.get_by_label("Why is the decision wrong?").fill("Nobody looked at the terms of August.")
    sender.get_by_role("button", name="Object").click()
    expect(sender.get_by_text("We received your objection")).to_be_visible()
    assert status in site.mail_to(SENDER)


def _send(sender: Page, site: Site) -> str:
    """Send and confirm a notice; return the address of its status page."""
    sender.goto(site.places["post, anonymous"])
    sender.get_by_role("link", name="Report incorrect or illegal content (no account needed)").click()
    sender.get_by_label("It is inaccurate").check()
    sender.get_by_label("What is wrong, and why").fill("The threshold moved in August, as the terms of that month say.")
    sender.get_by_label("Your name").fill("Lena Lawful")
    sender.get_by_label("Your e-mail").fill(SENDER)
    sender.get_by_label("I believe in good faith").check()
    sender.wait_for_timeout(3100)  # faster than anyone types
    sender.get_by_role("button", name="Send the notice").click()
    expect(sender.get_by_role("heading", name="Check your e-mail")).to_be_visible()
    sender.goto(link_in(site.mail_to(SENDER)))
    sender.get_by_role("button", name="Confirm the notice").click()
    expect(sender.get_by_text("Received.")).to_be_visible()
    return sender.url


def _answer(author: Page, site: Site) -> None:
    author.goto(site.places["post, anonymous"])
    author.get_by_role("link", name="Read the notice and answer it").click()
    expect(author.get_by_text("as the terms of that month say")).to_be_visible()
    expect(author.get_by_text("Lena Lawful")).to_have_count(0)
    author.get_by_label("Your answer").fill("It moved on the first of July, and the terms followed.")
    author.get_by_role("button", name="Answer").click()
    expect(author.get_by_text("Your answer was sent to the moderators")).to_be_visible()


def _decide(moderator: Page) -> None:
    moderator.goto("/moderation/?kind=notice")
    moderator.get_by_role("link", name="Someone outside the forum says that it is inaccurate").last.click()
    expect(moderator.get_by_text("Lena Lawful")).to_be_visible()
    expect(moderator.get_by_text("the terms followed")).to_be_visible()
    moderator.get_by_label("Decline the notice").check()
    moderator.get_by_role("button", name="Fill in the standard text").click()
    moderator.get_by_role("button", name="Decide and open next").click()
    expect(moderator.get_by_text("Decided: entry")).to_be_visible()
