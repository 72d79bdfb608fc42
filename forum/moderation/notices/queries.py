"""Queries for notices: one by id or secret, those about a text, and those that a job closes or deletes."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Case, Content, Notice
from forum.moderation.queries import has_target, has_target_among_texts
from forum.posts.models import Comment, Post

# How many of the latest cases a median is computed from.
TIMED_CASES_LIMIT = 5000


def notice_by_id(notice_id: int) -> Select[Notice]:
    """Select a notice, with its text and the decision on it."""
    return _with_details().where(Notice.id == notice_id)


def notice_by_secret_hash(secret_hash: str) -> Select[Notice]:
    """Select the notice whose secret has this hash."""
    return _with_details().where(Notice.secret_hash == secret_hash)


def notices_about_item(item: Content) -> Sequence[Notice]:
    """Return the confirmed notices about a text that are not deleted yet, the latest first."""
    return db.session.scalars(
        _with_details()
        .where(has_target(Notice, item), *_visible_to_author())
        .order_by(Notice.confirmed_at.desc(), Notice.id)
    ).all()


def notices_for_member(member: Member, links: Sequence[str], limit: int = 50) -> Sequence[Notice]:
    """Return the same about what the member signed, and about their anonymous texts with these links."""
    about_own_texts = has_target_among_texts(Notice, member, links)
    return db.session.scalars(
        _with_details()
        .where(about_own_texts, *_visible_to_author())
        .order_by(Notice.confirmed_at.desc(), Notice.id)
        .limit(limit)
    ).all()


def has_other_open_notice(notice: Notice, item: Content) -> bool:
    """Return whether another notice about the text is open. One reopened by an objection does not count."""
    open_notices = select(Notice.id).where(
        has_target(Notice, item),
        Notice.id != notice.id,
        Notice.confirmed_at.is_not(None),
        Notice.closed_at.is_(None),
        Notice.objected_at.is_(None),
    )
    return db.session.scalar(open_notices.limit(1)) is not None


def notices_closed_by(decision_id: int) -> Sequence[Notice]:
    """Return the notices that this decision closed."""
    return db.session.scalars(_with_details().where(Notice.decision_id == decision_id)).all()


def is_claimed(notice: Notice, moment: datetime) -> bool:
    """Return whether a moderator has claimed the notice's case."""
    claimed = select(Case.id).where(Case.notice_id == notice.id, Case.closed_at.is_(None), Case.claimed_until > moment)
    return db.session.scalar(claimed.limit(1)) is not None


def unconfirmed_before(moment: datetime) -> Select[Notice]:
    """Select notices sent before then that were not confirmed."""
    return select(Notice).where(Notice.confirmed_at.is_(None), Notice.created_at < moment)


def notices_to_erase(moment: datetime) -> Select[Notice]:
    """Select notices closed before then whose sender and text are still stored."""
    return select(Notice).where(Notice.closed_at < moment, Notice.sender_seal != "")


def open_without_text() -> Select[Notice]:
    """Select open notices whose text its author deleted. Each looks up its own text: deleted texts are never listed."""
    is_deleted = or_(
        Notice.post_id.is_(None) & Notice.comment_id.is_(None),
        exists().where(Post.id == Notice.post_id, Post.deleted_at.is_not(None)),
        exists().where(Comment.id == Notice.comment_id, Comment.deleted_at.is_not(None)),
    )
    return select(Notice).where(Notice.confirmed_at.is_not(None), Notice.closed_at.is_(None), is_deleted)


def hours_to_decide_notices(min_count: int) -> float | None:
    """Return the median from confirmation to decision, in hours; None when fewer than `min_count` were decided."""
    times = db.session.execute(
        select(Notice.confirmed_at, Notice.closed_at)
        .where(Notice.closed_at.is_not(None), Notice.decision_id.is_not(None), Notice.objected_at.is_(None))
        .order_by(Notice.closed_at.desc())
        .limit(TIMED_CASES_LIMIT)
    ).all()
    return median_hours(times) if len(times) >= min_count else None


def median_hours(times: Sequence[Row[Any, Any]]) -> float | None:
    """Return the median of the hours between two moments, with one decimal; None without any."""
    hours = [(end - start).total_seconds() / 3600 for start, end in times if start and end]
    return round(median(hours), 1) if hours else None


def _visible_to_author() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Notice.confirmed_at.is_not(None), Notice.sender_seal != ""


def _with_details() -> Select[Notice]:
    return select(Notice).options(
        joinedload(Notice.post).joinedload(Post.pseudonym),
        joinedload(Notice.comment).options(
            joinedload(Comment.pseudonym), joinedload(Comment.post).joinedload(Post.pseudonym)
        ),
        joinedload(Notice.decision),
    )
