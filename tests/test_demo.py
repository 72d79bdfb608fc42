"""The demo community is the same at each start and shows every state that a vendor can have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from forum import create_app
from forum.access import is_employee
from forum.accounts.models import Member
from forum.anonymity import unseal
from forum.config import from_environment
from forum.db import db
from forum.demo.actions import fill_demo
from forum.mail import Mail
from forum.moderation.log.queries import transparency_counts
from forum.moderation.models import Appeal, Case, Decision
from forum.posts.models import Comment, Post
from forum.ratings.estimates import tier_differences
from forum.ratings.models import Rating, Snapshot
from forum.vendors.models import Vendor
from tests.built import copy_of_built, copy_of_demo
from tests.conftest import settings_for

pytestmark = pytest.mark.slow
# The second demo is filled on another day than today, under the keys of the tests.
OTHER_START = "2026-11-09 09:30:00+00:00"


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> list[Flask]:
    """Return two demos, filled on different days with different keys."""
    today, other = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("other")
    copy_of_demo(today)
    copy_of_built(other, "other-demo", _fill, "tests/test_demo.py")
    return [create_app(from_environment({"FORUM_INSTANCE": str(today)})), _app(other)]


def _app(folder: Path) -> Flask:
    return create_app(settings_for(f"sqlite:///{folder / 'demo.sqlite'}", folder))


def _fill(folder: Path) -> None:
    app = _app(folder)
    with time_machine.travel(OTHER_START, tick=False), app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        fill_demo()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def demo(demos: list[Flask]) -> Iterator[Flask]:
    """Provide the first demo inside an application context."""
    with demos[0].app_context(), demos[0].test_request_context():
        yield demos[0]
        db.session.remove()


def snapshots() -> dict[str, Snapshot]:
    """Return the current snapshots by vendor slug."""
    rows = db.session.execute(select(Vendor.slug, Snapshot).join(Snapshot, Snapshot.vendor_id == Vendor.id))
    return {slug: snapshot for slug, snapshot in rows if snapshot.current}


def _content(app: Flask) -> dict[str, Any]:
    """Return the content of a community, without ids, dates and keys."""
    with app.app_context(), app.test_request_context():
        posts = [
            (post.title, post.body, post.leaning, post.author_id is None, post.useful_count, post.comment_count)
            for post in db.session.scalars(select(Post).order_by(Post.title))
        ]
        comments = sorted((c.body, c.author_id is None, c.useful_count) for c in db.session.scalars(select(Comment)))
        ratings = sorted(
            tuple(str(getattr(rating, name)) for name in sorted(RATING_COLUMNS))
            for rating in db.session.scalars(select(Rating))
        )
        figures = {slug: (s.band, s.worth_mean, without_dates(s.figures)) for slug, s in snapshots().items()}
        db.session.remove()
        return {"posts": posts, "comments": comments, "ratings": ratings, "figures": figures}


def without_dates(figures: Any) -> str:
    """Return figures without their days, which depend on the day of the fill."""
    return re.sub(r"\d{4}-\d\d-\d\d", "a day", json.dumps(figures, sort_keys=True))


RATING_COLUMNS = {
    "vendor_id",
    "tier_id",
    "category_id",
    "worth",
    "again",
    "discounts",
    "beta",
    "annual_fee",
    "hours",
    "interest",
}


def test_two_fills_have_the_same_content(demos: list[Flask]) -> None:
    first, second = (_content(app) for app in demos)
    for kind, content in first.items():
        assert content == second[kind], kind


def test_there_are_over_two_hundred_ratings_signed_and_not(demo: Flask) -> None:
    ratings = db.session.scalars(select(Rating)).all()
    assert 180 <= len(ratings) <= 290
    anonymous = [rating for rating in ratings if rating.anonymous]
    assert 40 <= len(anonymous) <= len(ratings) - 40
    assert all(unseal("organisation of a rating", rating.organisation_seal) for rating in ratings)


def test_every_state_of_a_vendor_is_there(demo: Flask) -> None:
    bands = [snapshot.band for snapshot in snapshots().values()]
    assert {"20-29", "30-49"} & set(bands), "a large one"
    assert sum(band != "5-9" for band in bands) >= 5, "enough for a ranking"
    assert bands.count("5-9") >= 2, "early ones"
    rated = set(db.session.scalars(select(Rating.vendor_id).where(Rating.vendor_id.is_not(None))))
    assert len(rated) - len(bands) >= 2, "ones below the gate"


def test_tiers_differ_at_one_vendor_and_not_clearly_at_another(demo: Flask) -> None:
    tiers_of = {slug: list(s.figures["tiers"].values()) for slug, s in snapshots().items()}
    assert [len(tiers_of[slug]) for slug in ("northwind-storage", "meridian-networks")] == [3, 3]
    clear = {
        slug: [row.measure for row in tier_differences(tiers[0], tiers[-1]) if row.is_clear]
        for slug, tiers in tiers_of.items()
        if len(tiers) > 1
    }
    assert "discounts" in clear["northwind-storage"] and clear["meridian-networks"] == []


def test_undisclosed_vendors_have_figures_in_one_category(demo: Flask) -> None:
    rows = db.session.scalars(select(Snapshot).where(Snapshot.category_id.is_not(None), Snapshot.current)).all()
    assert (
        0 < len(rows) < len(set(db.session.scalars(select(Rating.category_id).where(Rating.category_id.is_not(None)))))
    )


def test_a_history_of_more_than_one_publication_can_be_seen(demo: Flask) -> None:
    vendor = db.session.scalars(select(Vendor).where(Vendor.slug == "northwind-storage")).one()
    history = db.session.scalars(select(Snapshot.published_at).where(Snapshot.vendor_id == vendor.id)).all()
    assert len(history) >= 2 and (max(history) - min(history)).days > 250


def test_a_vendor_has_answered_one_post(demo: Flask) -> None:
    reply = db.session.scalars(select(Comment).where(Comment.official_vendor_id.is_not(None))).one()
    assert reply.official_vendor_id == reply.post.vendor_id and reply.official_title
    member = db.session.get(Member, reply.author_id)
    assert member.represents_id == reply.official_vendor_id and is_employee(member, reply.post.vendor)
    assert reply.created_at > reply.post.created_at


def test_stories_are_good_and_bad_named_and_anonymous(demo: Flask) -> None:
    posts = db.session.scalars(select(Post)).all()
    assert {post.leaning for post in posts} == {"good", "bad", "mixed"}
    assert any(post.rating_id for post in posts) and any(not post.rating_id for post in posts)
    assert any(post.category_id and post.rating_id for post in posts), "an undisclosed vendor, rated"
    assert any(not post.author_id for post in posts) and any(post.author_id for post in posts)


def test_the_log_has_a_past_without_gaps_and_the_figures_are_no_zeros(demo: Flask) -> None:
    decisions = db.session.scalars(select(Decision).where(Decision.id > 0).order_by(Decision.id)).all()
    assert [decision.id for decision in decisions] == list(range(1, len(decisions) + 1)) and len(decisions) > 60
    days = [decision.decided_at for decision in decisions]
    assert days == sorted(days) and (days[-1] - days[0]).days > 365
    counts = transparency_counts()
    assert {"approve", "ask_to_edit", "decline", "hide", "remove", "restore", "suspend"} <= set(counts["by_action"])
    assert {"flag", "filter", "notice", "own", "appeal", "automated"} <= set(counts["by_source"])
    assert counts["appeals"].keys() == {"upheld", "reversed"} and len(counts["notices"]) >= 3
    assert any(removed for removed, _ in counts["leanings"].values()) and counts["spam_by_action"]
    assert counts["hours_to_decide"] and counts["hours_to_decide_notices"]


def test_nothing_waits_in_the_demos_queue_and_no_mail_of_its_past_is_sent(demo: Flask) -> None:
    assert db.session.scalars(select(Case).where(Case.closed_at.is_(None))).all() == []
    assert db.session.scalars(select(Mail)).all() == []
    hidden = db.session.scalars(select(Post).where(Post.hidden_at.is_not(None))).all()
    assert hidden and all(post.edit_deadline is None and post.decision_id for post in hidden)


def test_an_appeal_is_answered_by_another_moderator(demo: Flask) -> None:
    for appeal in db.session.scalars(select(Appeal)):
        case = db.session.scalars(select(Case).where(Case.appeal_id == appeal.id)).one()
        assert case.decision.moderator_id != appeal.decision.moderator_id
