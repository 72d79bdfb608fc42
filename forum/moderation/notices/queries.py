"""Questions about notices from outside: one by its number or secret, those about a text, those the clock sees to."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Case, Notice
from forum.moderation.queries import has_target, has_target_among_texts
from forum.posts.models import Comment, Post

TIMED_CASES_LIMIT = 5000


def notice_by_id(number: int) -> Select[Any]:
    """The notice with the text it is about and the decision on it."""
    return _whole().where(Notice.id == number)


def notice_by_secret_hash(secret_hash: str) -> Select[Any]:
    """The notice whose secret has this hash."""
    return _whole().where(Notice.secret_hash == secret_hash)


def _whole() -> Select[Any]:
    return select(Notice).options(
        joinedload(Notice.post).joinedload(Post.pseudonym),
        joinedload(Notice.comment).options(
            joinedload(Comment.pseudonym), joinedload(Comment.post).joinedload(Post.pseudonym)
        ),
        joinedload(Notice.decision),
    )


def notices_about_item(item: Any) -> Sequence[Notice]:
    """The confirmed ones about a text whose words are still kept, the latest first."""
    return db.session.scalars(
        _whole().where(has_target(Notice, item), *_told()).order_by(Notice.confirmed_at.desc(), Notice.id)
    ).all()


def notices_for_member(member: Member, posts: Sequence[int], comments: Sequence[int], most: int = 50) -> Sequence[Notice]:
    """The same about what the member signed and about these anonymous texts of theirs."""
    own = has_target_among_texts(Notice, member, posts, comments)
    return db.session.scalars(
        _whole().where(own, *_told()).order_by(Notice.confirmed_at.desc(), Notice.id).limit(most)
    ).all()


def _told() -> tuple[Any, Any]:
    return Notice.confirmed_at.is_not(None), Notice.sender_seal != ""


def has_other_open_notice(notice: Notice, item: Any) -> bool:
    """Whether another notice about the text is open for the first time: an objection marks nothing."""
    others = select(Notice.id).where(
        has_target(Notice, item),
        Notice.id != notice.id,
        Notice.confirmed_at.is_not(None),
        Notice.closed_at.is_(None),
        Notice.objected_at.is_(None),
    )
    return db.session.scalar(others.limit(1)) is not None


def notices_closed_by(decision_id: int) -> Sequence[Notice]:
    """Those that this decision answered."""
    return db.session.scalars(_whole().where(Notice.decision_id == decision_id)).all()


def is_claimed(notice: Notice, moment: datetime) -> bool:
    """Whether a moderator has it in hand."""
    claimed = select(Case.id).where(Case.notice_id == notice.id, Case.closed_at.is_(None), Case.claimed_until > moment)
    return db.session.scalar(claimed.limit(1)) is not None


def unconfirmed_before(moment: datetime, most: int = 500) -> Sequence[Notice]:
    """Notices from before then that nobody confirmed."""
    late = select(Notice).where(Notice.confirmed_at.is_(None), Notice.created_at < moment)
    return db.session.scalars(late.limit(most)).all()


def closed_before(moment: datetime, most: int = 500) -> Sequence[Notice]:
    """Notices closed before then whose sender and words are still kept."""
    old = select(Notice).where(Notice.closed_at < moment, Notice.sender_seal != "")
    return db.session.scalars(old.limit(most)).all()


def open_without_text(most: int = 500) -> Sequence[Notice]:
    """Open notices whose text its author took down meanwhile."""
    gone = or_(
        Notice.post_id.is_(None) & Notice.comment_id.is_(None),
        Notice.post_id.in_(select(Post.id).where(Post.deleted_at.is_not(None))),
        Notice.comment_id.in_(select(Comment.id).where(Comment.deleted_at.is_not(None))),
    )
    waiting = (Notice.confirmed_at.is_not(None), Notice.closed_at.is_(None), gone)
    return db.session.scalars(_whole().where(*waiting).limit(most)).all()


def hours_to_decide_notices(least: int) -> float | None:
    """The median from confirmation to decision, over the latest; none when fewer than `least` were decided."""
    times = db.session.execute(
        select(Notice.confirmed_at, Notice.closed_at)
        .where(Notice.closed_at.is_not(None), Notice.decision_id.is_not(None), Notice.objected_at.is_(None))
        .order_by(Notice.closed_at.desc())
        .limit(TIMED_CASES_LIMIT)
    ).all()
    return median_hours(times) if len(times) >= least else None


def median_hours(times: Sequence[Any]) -> float | None:
    """The median of what lies between two moments, in hours with one decimal; None of none."""
    hours = [(end - start).total_seconds() / 3600 for start, end in times]
    return round(median(hours), 1) if hours else None
