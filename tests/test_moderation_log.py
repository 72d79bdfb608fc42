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
from forum.moderation.log.views import banded_count, removal_rate
from forum.moderation.models import Appeal, Case, Decision
from forum.posts.actions import PostSubject
from tests.factories import make_comment, make_member, make_post, make_vendor

Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


def done(item: Any, judge: Member | None, action: str = "remove", **given: Any) -> Decision:
    said = {"rule": 3, "facts": "The third line names Jan Klaassen.", "reason": WHY, "source": "flag", **given}
    made = apply_action(item, judge, action=action, **said)
    db.session.commit()
    return made


def test_an_entry_tells_what_why_and_by_which_rule_and_neither_text_nor_author(browse: Browse, judge: Member) -> None:
    named = make_member(name="Greta Signed")
    vendor = make_vendor("Nordwall")
    hidden = PostSubject(category=vendor.category, description="a large supplier")
    posts = [
        make_post(named, title="Jan Klaassen called me at home", body="Jan Klaassen called. " * 9),
        make_post(named, title="The one with the blue logo", subject=hidden, anonymous=True),
    ]
    made = [done(post, judge) for post in posts] + [done(named, judge, "warn"), done(posts[1], judge, "warn")]
    alias = posts[1].pseudonym.name
    for reader in (browse(), browse(make_member()), browse(judge)):
        pages = [reader.get(path).text for path in ("/log", "/log.json", "/log.atom", "/transparency")]
        pages += [reader.get(f"/log/{decision.id}").text for decision in made]
        for page in pages:
            for secret in ("Klaassen", "Greta Signed", "blue logo", "Nordwall", "a large supplier", alias):
                assert secret not in page
        assert all(WHY in page for page in [*pages[:3], *pages[4:]])
        assert "No private individuals" in pages[0]


def test_the_log_is_paged_by_key_and_filtered(browse: Browse, judge: Member) -> None:
    row = {"what": "a reply", "reason": WHY, "source": "flag", "moderator_name": "moderator 1", "facts": ""}
    rows = [{**row, "action": ("remove", "decline")[n % 2], "rule": 1 + n % 3, "automated": False} for n in range(120)]
    db.session.execute(insert(Decision), rows)
    db.session.commit()
    reader = browse()
    seen: list[int] = []
    url = "/log.json"
    while url:
        page = reader.get(url).json
        seen += [entry["number"] for entry in page["entries"]]
        url = page.get("next", "").removeprefix("http://localhost")
    assert seen == sorted(seen, reverse=True) and len(seen) == 120
    only = reader.get("/log?action=decline&rule=2").text
    assert "Reports declined" in only and "<b>Removed" not in only and "rule-2" in only and "#rule-3" not in only
    assert "Older entries" in reader.get("/log").text
    for nonsense in ("?action=x", "?rule=99", "?rule=x"):
        assert reader.get(f"/log{nonsense}").status_code == 302
    assert reader.get("/log?before=x").status_code == 200 and reader.get("/log?before=99999999999").status_code == 200
    assert reader.get("/log/99999999999").status_code == 404


def test_an_entry_links_to_where_the_text_stood_unless_it_is_about_somebody(browse: Browse, judge: Member) -> None:
    comment = make_comment()
    removed, warned = done(comment, judge), done(comment, judge, "warn")
    assert "where it stands" in browse().get(f"/log/{removed.id}").text
    assert "where it stands" not in browse().get(f"/log/{warned.id}").text


def test_the_feed_is_atom(browse: Browse, judge: Member) -> None:
    made = done(make_post(), judge)
    answer = browse().get("/log.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    (entry,) = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert entry.findtext("{http://www.w3.org/2005/Atom}id") == f"http://localhost/log/{made.id}"


def test_strangers_and_authors_find_no_form_to_undo(browse: Browse, judge: Member) -> None:
    author = make_member()
    made = done(make_post(author), judge)
    assert "Undo it" in browse(judge).get(f"/log/{made.id}").text
    for reader in (browse(), browse(author)):
        assert "Undo it" not in reader.get(f"/log/{made.id}").text
    assert "Your statement of reasons" in browse(author).get(f"/log/{made.id}").text
    assert "Your statement of reasons" not in browse(make_member()).get(f"/log/{made.id}").text


def test_the_figures_are_those_of_the_rows(browse: Browse, judge: Member) -> None:
    posts = {leaning: [make_post(leaning=leaning) for _ in range(10)] for leaning in ("good", "bad", "mixed")}
    made = [done(post, judge) for post in posts["bad"][:6]]
    done(posts["mixed"][0], None, "hide")
    for hours, post in zip((1, 2, 30), posts["good"], strict=False):
        db.session.add(Case(kind="flag", post_id=post.id, opened_at=now() - timedelta(hours=hours), closed_at=now()))
    for decision, outcome in zip(made, ["upheld"] * 5 + [None], strict=True):
        db.session.add(Appeal(decision_id=decision.id, body="No.", outcome=outcome))
    db.session.commit()
    found = browse().get("/transparency.json").json
    assert found["decisions"] == "7" and found["automated"] == "1–4"
    assert found["by_action"] == {"hide": "1–4", "remove": "6"} and found["by_rule"] == {"3": "7"}
    assert found["leanings"]["bad"] == {"removed": "6", "written": "10", "rate": "60.0%"}
    assert found["leanings"]["good"] == {"removed": "0", "written": "10", "rate": "0.0%"}
    assert found["hours_to_decide"] == 2.0
    assert found["appeals"] == {"upheld": "5", "open": "1–4"}
    page = browse().get("/transparency").text
    assert "60.0%" in page and "2.0 h" in page


@pytest.mark.parametrize("count, said", [(0, "0"), (1, "1–4"), (4, "1–4"), (5, "5"), (1234, "1,234")])
def test_small_counts_are_given_as_a_band(count: int, said: str) -> None:
    assert banded_count(count) == said


@pytest.mark.parametrize(
    "removed, written, said",
    [(0, 4, "too few to say"), (0, 5, "0.0%"), (3, 50, "too few to say"), (5, 50, "10.0%")],
)
def test_a_share_of_few_is_not_given(removed: int, written: int, said: str) -> None:
    assert removal_rate(removed, written) == said
