"""Queries about whom mail may reach."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.models import MemberState

ROWS_IN_MEMORY = 200


def sealed_states(member_ids: Collection[int] | None = None) -> dict[int, str]:
    """Return the sealed states of these members by id, or of all."""
    rows = select(MemberState.member_id, MemberState.sealed)
    rows = rows if member_ids is None else rows.where(MemberState.member_id.in_(member_ids))
    return {row.member_id: row.sealed for row in db.session.execute(rows)}


def all_sealed_states() -> Iterator[tuple[int, str]]:
    """Yield each member's id and sealed state, in constant memory."""
    rows = select(MemberState.member_id, MemberState.sealed).execution_options(yield_per=ROWS_IN_MEMORY)
    yield from ((row.member_id, row.sealed) for row in db.session.execute(rows))


class Recipient(NamedTuple):
    """A member whom mail may reach."""

    id: int
    name: str
    email: str
    mail_paces: dict[str, str]


def reachable_members(moment: datetime) -> list[Recipient]:
    """Return the members whom mail about news may reach: none who is unconfirmed, banned or whose mail came back.

    While anonymous writing is locked, mail about what the pages do not list would tell the mailbox that there is more.
    """
    rows = db.session.execute(
        select(Member.id, Member.name, Member.email, Member.mail_paces).where(
            Member.email.is_not(None),
            Member.confirmed_at.is_not(None),
            Member.banned_at.is_(None),
            Member.bounced_at.is_(None),
            or_(Member.anonymous_locked_until.is_(None), Member.anonymous_locked_until <= moment),
        )
    )
    return [Recipient(row.id, row.name, row.email or "", row.mail_paces) for row in rows]
