"""Decisions about a member, what they signed and what they wrote anonymously: for the list that only they see."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Subquery, select, union

from forum import cursors
from forum.accounts.models import Member
from forum.chains import carries_link
from forum.db import db
from forum.moderation.models import Decision
from forum.moderation.queries import LATEST_FIRST
from forum.posts.models import Comment, Post
from forum.value_lists import is_selected

PAGE_SIZE = 30


class DecisionPage(NamedTuple):
    """Decisions, the latest first, and the cursor of the next page, or None."""

    rows: Sequence[Decision]
    next_cursor: str | None


def decisions_for_member(
    member: Member, links: Sequence[str], cursor: str | None = None, page_size: int = PAGE_SIZE
) -> DecisionPage:
    """Return a page of the decisions about the member, what they signed and their anonymous texts with these links."""
    about = decisions_about(member, links)
    latest = select(about.c.id).order_by(about.c.decided_at.desc(), about.c.id.desc()).limit(page_size + 1)
    position = cursors.unseal(cursor, datetime)
    if position is not None:
        is_older = cursors.is_after_position(about.c.decided_at, about.c.id)
        latest = latest.where(is_older).params(value=position.value, number=position.id)
    ids = latest.subquery()
    rows = db.session.scalars(select(Decision).join(ids, ids.c.id == Decision.id).order_by(*LATEST_FIRST)).all()
    last = rows[page_size - 1] if len(rows) > page_size else None
    return DecisionPage(rows[:page_size], cursors.seal(last.decided_at, last.id) if last is not None else None)


def decision_times(member: Member, links: Sequence[str], since: datetime, limit: int = 100) -> Sequence[datetime]:
    """Return when decisions about the member and their texts were made after a moment, the latest first.

    `links` are those of the member's anonymous texts.
    """
    about = decisions_about(member, links)
    statement = select(about.c.decided_at).where(about.c.decided_at > since).order_by(about.c.decided_at.desc())
    return db.session.scalars(statement.limit(limit)).all()


def decisions_about(member: Member, links: Sequence[str] = ()) -> Subquery:
    """Select id and moment of the decisions about the member, what they signed and their texts with these links.

    There is one search for each kind, since one condition would read the whole log.
    """
    columns = (Decision.id, Decision.decided_at)
    searches = [select(*columns).where(Decision.member_id == member.id)]
    for column, kind in ((Decision.post_id, Post), (Decision.comment_id, Comment)):
        searches.append(select(*columns).where(is_selected(column, select(kind.id).where(kind.author_id == member.id))))
        if links:
            anonymous = select(*columns).join(kind, kind.id == column)
            searches.append(anonymous.where(carries_link(kind.chain_link, links)))
    return union(*searches).subquery()
