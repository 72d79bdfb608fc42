"""What the admin pages ask about members: found by name, one at a time, and what was decided about them.

Anonymous writing is absent: only what carries a member's own number is counted, and no chain or seal is opened.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.models import Decision
from forum.posts.models import Comment, Post
from forum.ratings.models import Rating

PAGE_SIZE = 50
# Groups of members, and what makes one belong.
MEMBER_GROUPS = {
    "": "Everybody",
    "staff": "Moderators and admins",
    "new": "Not vouched for",
    "unconfirmed": "Not confirmed",
    "bounced": "Mail came back",
    "sanctioned": "Suspended or banned",
}


class MemberPage(NamedTuple):
    """Members, the latest first, and the number the next page begins below (or None)."""

    rows: Sequence[Any]
    next_key: int | None


def search_members(words: str, group: str, before: int | None, *, by_address: bool) -> MemberPage:
    """Members whose name or page (or e-mail address) begins so, by key."""
    table = Member.__table__.c
    columns = (table.id, table.name, table.slug, table.role, table.joined_at, table.confirmed_at, table.vouched_at)
    statement = select(*columns, table.suspended_until, table.banned_at, table.bounced_at)
    if words:
        ways = [Member.name.istartswith(words, autoescape=True), Member.slug.startswith(words.lower(), autoescape=True)]
        if by_address:
            ways.append(Member.email.startswith(words.lower(), autoescape=True))
        statement = statement.where(or_(*ways))
    if group:
        statement = statement.where(_in_group(group))
    if before is not None:
        statement = statement.where(Member.id < before)
    found = db.session.execute(statement.order_by(Member.id.desc()).limit(PAGE_SIZE + 1)).all()
    return MemberPage(found[:PAGE_SIZE], found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None)


def _in_group(group: str) -> ColumnElement[bool]:
    conditions: dict[str, ColumnElement[bool]] = {
        "staff": Member.role != "member",
        "new": Member.vouched_at.is_(None) & Member.confirmed_at.is_not(None),
        "unconfirmed": Member.confirmed_at.is_(None) & Member.password_hash.is_not(None),
        "bounced": Member.bounced_at.is_not(None),
        "sanctioned": Member.banned_at.is_not(None) | (Member.suspended_until > now()),
    }
    return conditions[group]


def account_by_slug(slug: str) -> Select[Any]:
    """The member with this slug, whatever the state of the account."""
    return select(Member).where(Member.slug == slug)


def signed_counts(member: Member) -> Any:
    """How many posts, replies and ratings carry the member's name."""

    def of(kind: Any) -> Any:
        return select(func.count()).select_from(kind).where(kind.author_id == member.id).scalar_subquery()

    return db.session.execute(
        select(of(Post).label("posts"), of(Comment).label("replies"), of(Rating).label("ratings"))
    ).one()


def decisions_about(member: Member, limit: int = 20) -> Sequence[Any]:
    """Decisions about the member and about what they signed, the latest first."""
    return db.session.execute(
        select(
            Decision.id,
            Decision.action,
            Decision.source,
            Decision.target_label,
            Decision.rule,
            Decision.reason,
            Decision.decided_at,
        )
        .outerjoin(Post, Post.id == Decision.post_id)
        .outerjoin(Comment, Comment.id == Decision.comment_id)
        .where(or_(Decision.member_id == member.id, Post.author_id == member.id, Comment.author_id == member.id))
        .order_by(Decision.id.desc())
        .limit(limit)
    ).all()
