"""Questions about how much a member has written: by name from the database, anonymously link by link of their chain."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, case, exists, func, or_, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.chain_queries import used_chain_links_of
from forum.posts.models import Comment, Post
from forum.posts.screening.new_member_limits import WritingRecord


def signed_record(member: Any, excluding: Any = None) -> WritingRecord:
    """What the member signed, without the item in hand."""
    posts, comments = (_counts(kind, kind.author_id == member.id, excluding) for kind in (Post, Comment))
    moments = [counted.last_at for counted in (posts, comments) if counted.last_at is not None]
    return WritingRecord(posts.all, comments.all, posts.stand, comments.stand, max(moments, default=None))


def anonymous_record(member: Any, excluding: Any = None) -> WritingRecord:
    """What the member wrote anonymously: asked only while they write, and shown to nobody."""
    own = used_chain_links_of(member)
    posts, comments = (_counts(kind, kind.chain_link.in_(own), excluding) for kind in (Post, Comment))
    return WritingRecord(posts.all, comments.all, posts.stand, comments.stand)


def is_repeated_text(fingerprint: str, since: Any, excluding: Any) -> bool:
    """Whether somebody wrote the same since then; anonymous texts know their day only."""
    return _same(fingerprint, since=since, excluding=excluding.id)


def has_signed_same_text(member: Any, fingerprint: str) -> bool:
    """Whether the member has signed the same text before."""
    return _same(fingerprint, author=member.id)


def _same(fingerprint: str, **given: Any) -> bool:
    given["fingerprint"] = fingerprint
    return bool(db.session.scalar(_alike(tuple(given)), given))


@cache
def _alike(given: tuple[str, ...]) -> Select[Any]:
    """Whether a text that is not deleted is like this, with what is given of: fingerprint, since, author, besides."""
    kinds = [kind.__table__.c for kind in (Post, Comment)]
    return select(or_(*(exists().where(text.deleted_at.is_(None), *_meant(text, given)) for text in kinds)))


def _meant(text: Any, given: tuple[str, ...]) -> list[Any]:
    meaning: dict[str, Any] = {
        "fingerprint": text.fingerprint == bindparam("fingerprint"),
        "since": text.created_at >= bindparam("since"),
        "author": text.author_id == bindparam("author"),
        "excluding": text.id != bindparam("excluding"),
    }
    return [meaning[name] for name in given]


def _counts(kind: Any, condition: Any, excluding: Any) -> Any:
    stand = func.coalesce(func.sum(case((listed_clause(kind), 1), else_=0)), 0)
    statement = select(func.count().label("all"), stand.label("stand"), func.max(kind.created_at).label("last_at"))
    statement = statement.select_from(kind).where(condition)
    if isinstance(excluding, kind):
        statement = statement.where(kind.id != excluding.id)
    return db.session.execute(statement).one()
