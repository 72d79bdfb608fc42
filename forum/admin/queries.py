"""Queries of the admin pages about members and about what was decided on them.

Anonymous posts are left out: only rows that carry the member's own id are counted, and no chain or seal is opened.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select

from forum import text
from forum.accounts.models import Member
from forum.db import db, now
from forum.domains import ascii_domain
from forum.moderation import own_decision_queries
from forum.moderation.models import Decision
from forum.posts.models import Comment, Post
from forum.ratings.models import Rating

PAGE_SIZE = 50
MEMBER_GROUPS = {
    "": "Everyone",
    "staff": "Moderators and admins",
    "new": "Not vouched for",
    "unconfirmed": "Not confirmed",
    "bounced": "Mail bounced",
    "sanctioned": "Suspended or banned",
    "suspended": "Suspended",
    "banned": "Banned",
    "representatives": "Vendor representatives",
    "unclaimed": "Imported, not claimed",
}


class MemberRow(NamedTuple):
    """A member in the list."""

    id: int
    name: str
    slug: str
    role: str
    joined_at: datetime
    confirmed_at: datetime | None
    vouched_at: datetime | None
    suspended_until: datetime | None
    banned_at: datetime | None
    bounced_at: datetime | None


class MemberPage(NamedTuple):
    """Members, the latest first, and the id below which the next page begins (or None)."""

    rows: list[MemberRow]
    next_key: int | None


def search_members(words: str, group: str, before: int | None, *, by_address: bool) -> MemberPage:
    """Return members of a group who match each of the words.

    A word is a part of the name or slug, with or without accents; `by_address`, also of the e-mail address, and
    "@acme.example" is its domain, subdomains included, or the work domain.
    """
    statement = select(*(getattr(Member, name) for name in MemberRow._fields))
    statement = statement.where(*(_has_word(word, by_address=by_address) for word in words.split()[:8]))
    if group:
        statement = statement.where(_in_group(group))
    if before is not None:
        statement = statement.where(Member.id < before)
    rows = [MemberRow(*row) for row in db.session.execute(statement.order_by(Member.id.desc()).limit(PAGE_SIZE + 1))]
    return MemberPage(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None)


def _has_word(word: str, *, by_address: bool) -> ColumnElement[bool]:
    if by_address and word.startswith("@") and (domain := ascii_domain(word[1:])):
        columns = (Member.email.endswith(f"@{domain}", autoescape=True), Member.work_domain == domain)
        return or_(*columns, Member.email.endswith(f".{domain}", autoescape=True))
    folded = text.fold(word)
    matches = [Member.name.icontains(word, autoescape=True)]
    if folded:
        matches.append(Member.slug.contains(folded, autoescape=True))
    if by_address:
        matches.append(Member.email.contains(word.lower(), autoescape=True))
    return or_(*matches)


def _in_group(group: str) -> ColumnElement[bool]:
    conditions: dict[str, ColumnElement[bool]] = {
        "staff": Member.role != "member",
        "new": Member.vouched_at.is_(None) & Member.confirmed_at.is_not(None),
        "unconfirmed": Member.confirmed_at.is_(None) & Member.password_hash.is_not(None),
        "bounced": Member.bounced_at.is_not(None),
        "suspended": Member.suspended_until > now(),
        "banned": Member.banned_at.is_not(None),
        "representatives": Member.represents_id.is_not(None),
        "unclaimed": Member.password_hash.is_(None),
        "sanctioned": Member.banned_at.is_not(None) | (Member.suspended_until > now()),
    }
    return conditions[group]


def signed_counts(member: Member) -> Row[int, int, int]:
    """Return how many posts, replies and ratings carry the member's name."""
    posts, replies, ratings = (
        select(func.count()).select_from(model).where(model.author_id == member.id).scalar_subquery()
        for model in (Post, Comment, Rating)
    )
    return db.session.execute(select(posts.label("posts"), replies.label("replies"), ratings.label("ratings"))).one()


def decisions_about(member: Member, limit: int = 20) -> Sequence[Row[int, str, str, bool, str, str, datetime]]:
    """Return decisions about the member and about what they signed, the latest first."""
    columns = (
        Decision.id,
        Decision.action,
        Decision.source,
        Decision.automated,
        Decision.target_label,
        Decision.reason,
        Decision.decided_at,
    )
    about = own_decision_queries.decisions_about(member)
    latest = select(about.c.id).order_by(about.c.id.desc()).limit(limit).subquery()
    statement = select(*columns).join(latest, latest.c.id == Decision.id).order_by(Decision.id.desc())
    return db.session.execute(statement).all()
