"""Questions about posts and comments alike: submissions, revisions and useful votes."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from forum.accounts.models import Member
from forum.db import db
from forum.direct_statements import DirectStatement
from forum.posts.models import Comment, Post, Revision, UsefulVote, target_columns

Item = TypeVar("Item", Post, Comment)
_vote = UsefulVote.__table__.c


def is_not_imported(table: Any) -> ColumnElement[bool]:
    """Return the condition that a text was written here, for a table of posts or comments, or its columns.

    Without IS NULL: SQLite would search for it in the unique index of this column, where nearly all rows are NULL.
    """
    return func.coalesce(table.imported_from, "") == ""


def item_by_submission(kind: type[Item], submission: str | None) -> Item | None:
    """Return the post or comment that the same form made when it was submitted before, or None."""
    if not submission:
        return None
    item_id = DirectStatement(_by_submission, kind is Post).scalar({"submission": submission})
    return db.session.get(kind, item_id) if item_id is not None else None


def _by_submission(is_post: bool) -> Select[int]:
    table = (Post if is_post else Comment).__table__.c
    return select(table.id).where(table.submission == bindparam("submission"))


def revisions_of(item: Post | Comment) -> Sequence[Revision]:
    """Return the item's revisions, the latest first."""
    statement = select(Revision).where(*_about(Revision, item)).order_by(Revision.number.desc())
    return db.session.scalars(statement).all()


def revisions_before(item: Post | Comment, number: int | None, limit: int) -> Sequence[Revision]:
    """Return the item's latest revisions, or the latest before a number, the latest first."""
    statement = select(Revision).where(*_about(Revision, item)).order_by(Revision.number.desc()).limit(limit)
    if number is not None:
        statement = statement.where(Revision.number < number)
    return db.session.scalars(statement).all()


def revision_count(item: Post | Comment) -> int:
    """Return how many revisions the item has."""
    return db.session.scalar(select(func.count()).select_from(Revision).where(*_about(Revision, item))) or 0


def useful_vote_of(member: Member, item: Post | Comment) -> UsefulVote | None:
    """Return the member's useful vote on the item, or None."""
    statement = select(UsefulVote).where(UsefulVote.member_id == member.id, *_about(UsefulVote, item))
    return db.session.scalar(statement)


def _about(kind: type[Revision] | type[UsefulVote], item: Post | Comment) -> list[ColumnElement[bool]]:
    return [getattr(kind, name) == value for name, value in target_columns(item).items()]
