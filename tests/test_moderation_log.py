"""The public log, its feed and JSON, and the figures made from it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import insert

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.decisions.actions import apply_action
from forum.moderation.log.actions import log_change
from forum.moderation.log.transparency_views import banded_count, removal_rate
from forum.moderation.models import Appeal, Case, Decision
from forum.posts.actions import PostSubject
from tests.factories import make_comment, make_member, make_post, make_vendor

Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."


def decided(item: Any, judge: Member | None, action: str = "remove", **fields: Any) -> Decision:
    grounds = {"rule": 3, "facts": "The third line names Jan Klaassen.", "reason": WHY, "source": "flag", **fields}
    decision = apply_action(item, judge, action=action, **grounds)
    db.session.commit()
    return decision


def test_an_entry_tells_what_why_and_by_which_rule_and_neither_text_nor_author(browse: Browse, judge: Member) -> None:
    named = make_member(name="Greta Signed")
    vendor = make_vendor("Nordwall")
    hidden = PostSubject(category=vendor.category, description="a large supplier")
    posts = [
        make_post(named, title="Jan Klaassen called me at home", body="Jan Klaassen called. " * 9),
        make_post(named, title="The one with the blue logo", subject=hidden, anonymous=True),
    ]
    decisions = [decided(post, judge) for post in posts] + [
        decided(named, judge, "warn"),
        decided(posts[1], judge, "warn"),
    ]
    alias = posts[1].pseudonym.name
    for reader in (browse(), browse(make_member()), browse(judge)):
        pages = [reader.get(path).text for path in ("/log", "/log.json", "/log.atom", "/transparency")]
        pages += [reader.get(f"/log/{decision.id}").text for decision in decisions]
        for page in pages:
            for secret in ("Klaassen", "Greta Signed", "blue logo", "Nordwall", "a large supplier", alias):
                assert secret not in page
        assert all(WHY in page for page in [*pages[:3], *pages[4:]])
        assert "No private individuals" in pages[0]


def test_the_log_is_paged_by_key_and_filtered(browse: Browse, judge: Member) -> None:
    row = {"target_label": "a reply", "reason": WHY, "source": "flag", "moderator_name": "moderator 1", "facts": ""}
    rows = [{**row, "action": ("remove", "decline")[n % 2], "rule": 1 + n % 3, "automated": False} for n in range(120)]
    db.session.execute(insert(Decision), rows)
    db.session.commit()
    reader = browse()
    numbers: list[int] = []
    url = "/log.json"
    while url:
        page = reader.get(url).json
        numbers += [entry["number"] for entry in page["entries"]]
        url = page.get("next", "").removeprefix("http://localhost")
    assert numbers == sorted(numbers, reverse=True) and len(numbers) == 120
    only = reader.get("/log?action=decline&rule=2").text
    assert "Reports declined" in only and "<b>Removed" not in only and "rule-2" in only and "#rule-3" not in only
    assert "Older entries" in reader.get("/log").text
    for nonsense in ("?action=x", "?rule=99", "?rule=x"):
        assert reader.get(f"/log{nonsense}").status_code == 302
    assert reader.get("/log?before=x").status_code == 200 and reader.get("/log?before=99999999999").status_code == 200
    assert reader.get("/log/99999999999").status_code == 404


def test_an_entry_links_to_where_the_text_stood_unless_it_is_about_somebody(browse: Browse, judge: Member) -> None:
    comment = make_comment()
    removed, warned = decided(comment, judge), decided(comment, judge, "warn")
    assert "go to the reply" in browse().get(f"/log/{removed.id}").text
    assert ">go to the " not in browse().get(f"/log/{warned.id}").text


def test_the_feed_is_atom(browse: Browse, judge: Member) -> None:
    decision = decided(make_post(), judge)
    answer = browse().get("/log.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    (entry,) = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}id") == f"http://localhost/log/{decision.id}"


def test_strangers_and_authors_find_no_form_to_undo(browse: Browse, judge: Member) -> None:
    author = make_member()
    decision = decided(make_post(author), judge)
    assert "Undo this decision" in browse(judge).get(f"/log/{decision.id}").text
    for reader in (browse(), browse(author)):
        assert "Undo this decision" not in reader.get(f"/log/{decision.id}").text
    assert "Your statement of reasons" in browse(author).get(f"/log/{decision.id}").text
    assert "Your statement of reasons" not in browse(make_member()).get(f"/log/{decision.id}").text


def test_the_figures_are_those_of_the_rows(browse: Browse, judge: Member) -> None:
    posts = {leaning: [make_post(leaning=leaning) for _ in range(10)] for leaning in ("good", "bad", "mixed")}
    decisions = [decided(post, judge) for post in posts["bad"][:6]]
    decided(posts["mixed"][0], None, "hide")
    for hours, post in zip((1, 2, 30), posts["good"], strict=False):
        db.session.add(
            Case(kind="flag", source="flag", post_id=post.id, opened_at=now() - timedelta(hours=hours), closed_at=now())
        )
    for decision, outcome in zip(decisions, ["upheld"] * 5 + [None], strict=True):
        db.session.add(Appeal(decision_id=decision.id, body="No.", outcome=outcome))
    db.session.commit()
    figures = browse().get("/transparency.json").json
    assert figures["decisions"] == "7" and figures["automated"] == "1–4"
    assert figures["by_action"] == {"hide": "1–4", "remove": "6"} and figures["by_rule"] == {"3": "7"}
    assert figures["leanings"]["bad"] == {"removed": "6", "written": "10", "rate": "60.0%"}
    assert figures["leanings"]["good"] == {"removed": "0", "written": "10", "rate": "0.0%"}
    assert figures["hours_to_decide"] == 2.0
    assert figures["appeals"] == {"upheld": "5", "open": "1–4"}
    page = browse().get("/transparency").text
    assert "60.0%" in page and "2.0 h" in page


@pytest.mark.parametrize("count, expected", [(0, "0"), (1, "1–4"), (4, "1–4"), (5, "5"), (1234, "1,234")])
def test_small_counts_are_given_as_a_band(count: int, expected: str) -> None:
    assert banded_count(count) == expected


@pytest.mark.parametrize(
    "removed, written, expected",
    [(0, 4, "too few to say"), (0, 5, "0.0%"), (3, 50, "too few to say"), (5, 50, "10.0%")],
)
def test_a_share_of_few_is_not_given(removed: int, written: int, expected: str) -> None:
    assert removal_rate(removed, written) == expected


def test_numbers_have_no_gap_after_work_that_was_rolled_back(app: Flask, judge: Member) -> None:
    first = decided(make_post(), judge).id
    apply_action(make_post(), judge, action="remove", rule=3, facts="", reason=WHY, source="flag")
    log_change(judge, "operations", facts="a backup was started")
    db.session.rollback()
    db.session.refresh(judge)
    change = log_change(judge, "operations", facts="a backup was started")
    db.session.commit()
    assert change.id == first + 1 and decided(make_post(), judge).id == first + 2
