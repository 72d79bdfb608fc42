"""Questions about posts and comments alike: submissions, revisions and useful votes."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select

from forum.accounts.models import Member
from forum.db import db
from forum.posts.models import Revision, UsefulVote, target_columns

_mark = UsefulVote.__table__.c


def item_by_submission(kind: Any, submission: str) -> Any:
    """The post or comment that an earlier press of the same button made, or None."""
    return db.session.scalar(_submitted(kind), {"submission": submission}) if submission else None


@cache
def _submitted(kind: Any) -> Select[Any]:
    return select(kind).where(kind.submission == bindparam("submission"))


def revisions_of(item: Any) -> Sequence[Revision]:
    """What it said before, the latest first."""
    condition = [getattr(Revision, name) == value for name, value in target_columns(item).items()]
    return db.session.scalars(select(Revision).where(*condition).order_by(Revision.number.desc())).all()


def revision_count(item: Any) -> int:
    """How often it was changed."""
    condition = [getattr(Revision, name) == value for name, value in target_columns(item).items()]
    return db.session.scalar(select(func.count()).select_from(Revision).where(*condition)) or 0


def useful_vote_of(member: Member, item: Any) -> UsefulVote | None:
    """The member's mark on this item."""
    condition = [getattr(UsefulVote, name) == value for name, value in target_columns(item).items()]
    return db.session.scalar(select(UsefulVote).where(UsefulVote.member_id == member.id, *condition))


def useful_votes_in(post_id: int, comment_ids: Sequence[int], member_id: int) -> set[int]:
    """Which of the post and these comments the member has marked useful."""
    given = {"post_id": post_id, "comment_ids": comment_ids, "member_id": member_id}
    return {row.post_id or row.comment_id for row in db.session.execute(_marked_useful_in(), given)}


@cache
def _marked_useful_in() -> Select[Any]:
    return select(_mark.post_id, _mark.comment_id).where(
        _mark.member_id == bindparam("member_id"),
        or_(
            _mark.post_id == bindparam("post_id"),
            _mark.comment_id.in_(bindparam("comment_ids", expanding=True)),
        ),
    )
