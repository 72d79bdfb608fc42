"""Questions about how much a member has written: by name from their rows, anonymously along their chain."""

from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import ColumnElement, Select, bindparam, case, exists, func, or_, select

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.chains import carries_link
from forum.db import db
from forum.direct_statements import DirectStatement
from forum.posts.chain_queries import used_chain_links_of
from forum.posts.models import Comment, Post
from forum.posts.screening.new_member_limits import WritingRecord


class _Counts(Protocol):
    all: int
    visible: int
    last_at: datetime | None


def signed_record(member: Member, excluding: Post | Comment | None = None) -> WritingRecord:
    """Return what the member has signed, without the item `excluding`."""
    posts, comments = (_counts(kind, kind.author_id == member.id, excluding) for kind in (Post, Comment))
    moments = [counts.last_at for counts in (posts, comments) if counts.last_at is not None]
    return WritingRecord(posts.all, comments.all, posts.visible, comments.visible, max(moments, default=None))


def anonymous_record(member: Member, excluding: Post | Comment | None = None) -> WritingRecord:
    """Return what the member has written anonymously. It is only asked while they write, and shown to nobody."""
    links = used_chain_links_of(member)
    posts, comments = (_counts(kind, carries_link(kind.chain_link, links), excluding) for kind in (Post, Comment))
    return WritingRecord(posts.all, comments.all, posts.visible, comments.visible)


def is_repeated_text(fingerprint: str, since: datetime, excluding: Post | Comment) -> bool:
    """Return whether the same text was posted since then. Anonymous texts record their day only."""
    return _text_exists(fingerprint=fingerprint, since=since, excluding=excluding.id)


def has_signed_same_text(member: Member, fingerprint: str) -> bool:
    """Return whether the member has signed the same text before."""
    return _text_exists(fingerprint=fingerprint, author=member.id)


def _text_exists(**filters: object) -> bool:
    """Return whether a live post or comment matches the given filters: fingerprint, since, author, excluding."""
    return bool(DirectStatement(_live_text, *filters).scalar(filters))


def _live_text(*filters: str) -> Select[bool]:
    tables = (Post.__table__.c, Comment.__table__.c)
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "fingerprint": [table.fingerprint == bindparam("fingerprint") for table in tables],
        "since": [table.created_at >= bindparam("since") for table in tables],
        "author": [table.author_id == bindparam("author") for table in tables],
        "excluding": [table.id != bindparam("excluding") for table in tables],
    }
    in_either = [
        exists().where(table.deleted_at.is_(None), *(conditions[name][n] for name in filters))
        for n, table in enumerate(tables)
    ]
    return select(or_(*in_either))


def _counts(
    kind: type[Post] | type[Comment], condition: ColumnElement[bool], excluding: Post | Comment | None
) -> _Counts:
    visible = func.coalesce(func.sum(case((listed_clause(kind), 1), else_=0)), 0)
    statement = select(func.count().label("all"), visible.label("visible"), func.max(kind.created_at).label("last_at"))
    statement = statement.select_from(kind).where(condition)
    if isinstance(excluding, kind):
        statement = statement.where(kind.id != excluding.id)
    return cast(_Counts, db.session.execute(statement).one())
