"""Forty mixed cases, two moderators at once, by keyboard: no refusal, no case twice, and every author is told."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.journeys.conftest import Site, Windows, running_site
from tests.journeys.world_queue import COUNT

pytestmark = pytest.mark.browser
# What is decided on each kind of case, in turn.
CHOICES = {
    "Reports": ["remove", "decline"],
    "Held": ["approve", "remove", "approve"],
    "Notices": ["hide", "decline"],
    "Appeals": ["upheld", "reversed"],
    "Vendor requests": ["approve", "decline"],
}
NEEDS_RULE = {"remove", "hide", "warn"}


@pytest.fixture
def queue_site(program: str, tmp_path: Path) -> Iterator[Site]:
    """Run a site where forty cases wait, and nothing else."""
    with running_site(tmp_path / "instance", "world_queue") as site:
        yield site


class Desk:
    """A moderator at the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.opened: list[str] = []
        self.refused: list[str] = []
        page.on("response", self._note)
        page.goto("/moderation/")
        self.press_through("s")

    @property
    def key(self) -> str | None:
        """The key of the case that is open, or None on the list."""
        path = self.page.url.split("?")[0]
        return path.rsplit("/", 1)[1] if "/cases/" in path else None

    def press_through(self, key: str) -> None:
        """Press a key that opens another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        if self.key is not None:
            self.opened.append(self.key)

    def decide(self, turns: Counter[str]) -> None:
        """Choose, cite a rule if one is needed, write a reason and decide."""
        kind = self.page.locator("h1").inner_text().split(":")[0]
        choices = CHOICES[kind]
        action = choices[turns[kind] % len(choices)]
        if self.page.locator(f"[name=action][value={action}]").count() == 0:
            action = "warn"  # of a reported member
        turns[kind] += 1
        self.page.keyboard.press(str(self.page.locator(f"[name=action][value={action}]").get_attribute("data-choice")))
        if action in NEEDS_RULE:
            for key in ("r", "3", "Escape"):
                self.page.keyboard.press(key)
        self.page.keyboard.press("w")
        self.page.keyboard.type("We have read it, and this is what the rules say about it.")
        self.page.keyboard.press("Escape")
        self.press_through("d")

    def _note(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(f"{response.status} {response.url}")


def test_forty_cases_are_decided_by_two_at_once(queue_site: Site, chromium: Browser) -> None:
    windows = Windows(queue_site, chromium)
    desks = [Desk(windows.visit("judith")), Desk(windows.visit("colin"))]
    decided: list[str] = []
    turns: Counter[str] = Counter()
    skipped: list[str] = []
    while any(desk.key for desk in desks):
        for desk in desks:
            if desk.key is None:
                continue
            if len(decided) in (5, 11) and len(skipped) < 2:
                skipped.append(desk.key)
                desk.press_through("s")
                continue
            decided.append(desk.key)
            desk.decide(turns)
    for desk in desks:
        assert len(desk.opened) == len(set(desk.opened)), "no case came twice"
        desk.press_through("s")  # once more from the beginning: what was skipped, and what a colleague had claimed
        while desk.key is not None:
            decided.append(desk.key)
            desk.decide(turns)
    assert [desk.refused for desk in desks] == [[], []]
    assert sorted(decided) == sorted(queue_site.places), "each case once"
    assert len(decided) == COUNT
    _assert_every_author_has_news(queue_site, windows)
    windows.close()
    assert not windows.complaints, windows.complaints


def _assert_every_author_has_news(site: Site, windows: Windows) -> None:
    """Each author reads a decision about each case of theirs, and those who sign get mail."""
    for address, count in Counter(site.places.values()).items():
        page = windows.visit(address)
        page.goto("/decisions")
        assert page.get_by_role("main").locator("a[href^='/decisions/']").count() >= count, address
        page.context.close()
    for name in ("flora", "hugo", "nils"):
        assert "/decisions/" in site.mail_to(f"{name}@walkers.example")
