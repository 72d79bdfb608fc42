"""Triggers count what the transparency pages show, and the counts equal the rows whatever happened to them."""

from collections import Counter

from sqlalchemy import func, select

from forum.db import db
from forum.moderation.decisions.actions import apply_action
from forum.moderation.log.queries import is_listed_clause, public_source
from forum.moderation.models import Decision, DecisionCount
from forum.moderation.rules import SPAM_RULES
from forum.posts.actions import delete_post
from forum.posts.models import LeaningCount, Post
from tests.factories import make_comment, make_member, make_post

WHY = "It names somebody without a public role; leave the name out."


def counted_decisions():
    columns = (Decision.action, Decision.rule, Decision.source, public_source(), Decision.automated, is_listed_clause())
    rows = db.session.execute(select(*columns, Decision.decided_at))
    return Counter((f"{row[-1]:%Y-%m}", row[0], row[1] or 0, *row[2:5], bool(row[5])) for row in rows)


def stored_decisions():
    rows = db.session.scalars(select(DecisionCount).order_by(DecisionCount.month))
    names = ("month", "action", "rule", "source", "public_source", "automated", "is_listed")
    return {tuple(getattr(row, name) for name in names): row.number for row in rows}


def counted_leanings():
    spam = select(Decision.id).where(Decision.rule.in_(SPAM_RULES))
    is_spam = func.coalesce(Post.decision_id, 0).in_(spam)
    statement = select(Post.leaning, func.count(), func.count(Post.removed_at)).where(
        Post.deleted_at.is_(None), ~is_spam
    )
    return {row[0]: tuple(row[1:]) for row in db.session.execute(statement.group_by(Post.leaning))}


def stored_leanings():
    rows = db.session.scalars(select(LeaningCount)).all()
    return {row.leaning: (row.written, row.removed) for row in rows if row.written}


def decide(item, action, rule=3, source="flag"):
    apply_action(item, make_member(role="moderator"), action=action, rule=rule, facts="", reason=WHY, source=source)
    db.session.commit()


def make_a_history():
    """Write posts and decide about them in every way that the counts tell apart."""
    posts = [make_post(leaning=leaning, anonymous=n % 2 == 0) for n, leaning in enumerate(("good", "bad", "mixed") * 3)]
    db.session.commit()
    decide(posts[0], "approve", rule=None, source="filter")
    decide(posts[1], "approve", rule=None, source="filter")
    decide(posts[2], "remove", source="filter")
    decide(posts[3], "remove", rule=7)
    decide(posts[4], "hide")
    decide(posts[4], "restore", rule=None)
    decide(make_comment(posts[4], anonymous=True), "remove", source="filter")
    for post in (posts[5], posts[6]):
        delete_post(post)
    db.session.commit()
    posts[7].leaning = "good"
    db.session.commit()
    return posts


def test_the_counts_are_equal_to_the_rows(app):
    make_a_history()
    assert stored_decisions() == counted_decisions()
    assert stored_leanings() == counted_leanings()
    assert {key[-1] for key in stored_decisions()} == {True, False} and sum(stored_decisions().values()) == 7


def test_a_post_whose_row_is_deleted_is_no_longer_counted(app):
    posts = make_a_history()
    db.session.execute(Post.__table__.delete().where(Post.id.in_([posts[7].id, posts[8].id])))
    db.session.commit()
    assert stored_leanings() == counted_leanings()
