"""Queries for mail to moderators: who gets it, and which cases it may count."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select

from forum.accounts.models import Member
from forum.db import db, start_of_day
from forum.moderation.models import Appeal, Case, Decision, Notice
from forum.moderation.staff_mail.models import DEFAULT_PACE, StaffMail
from forum.posts.models import Comment, Post

MAX_CASES = 1000


class Recipient(NamedTuple):
    """A moderator or admin whom mail reaches."""

    member_id: int
    name: str
    email: str
    pace: str
    mailed_at: datetime | None


class WaitingCase(NamedTuple):
    """An open case that nobody has claimed, and who is known to be concerned. `due_at` is the deadline of a notice."""

    kind: str
    opened_at: datetime
    due_at: datetime | None
    author_id: int | None
    member_id: int | None
    decided_by_id: int | None

    def is_for(self, member_id: int) -> bool:
        """Return whether a mail to the moderator counts it: not what they signed, are the subject of or decided.

        What they wrote anonymously is counted. If one moderator's mail left it out, the mails would name its author.
        """
        return member_id not in (self.author_id, self.member_id, self.decided_by_id)

    def is_newer_than(self, moment: datetime) -> bool:
        """Return whether a mail of that moment may not have counted it."""
        return self.opened_at >= moment or self.opened_at == start_of_day(moment)


def staff_with_mail() -> list[Recipient]:
    """Return the moderators and admins who can sign in and get mail."""
    pace = func.coalesce(StaffMail.pace, DEFAULT_PACE)
    rows = db.session.execute(
        select(Member.id, Member.name, Member.email, pace, StaffMail.mailed_at)
        .outerjoin(StaffMail, StaffMail.member_id == Member.id)
        .where(Member.role.in_(("moderator", "admin")), Member.confirmed_at.is_not(None), Member.email.is_not(None))
        .where(Member.banned_at.is_(None), Member.bounced_at.is_(None))
        .order_by(Member.id)
    )
    return [Recipient._make(row) for row in rows]


def waiting_cases(moment: datetime) -> list[WaitingCase]:
    """Return the open cases that mail may count, the oldest first, at most MAX_CASES.

    What an anonymous author caused is dated by the day. It is counted from the next day on: else mail of that day would
    tell at which minute or hour they wrote.
    """
    contested = func.coalesce(Appeal.decision_id, Notice.decision_id)
    rows = db.session.execute(
        select(
            *(Case.kind, Case.opened_at, Notice.due_at, func.coalesce(Comment.author_id, Post.author_id)),
            *(Case.member_id, Decision.moderator_id),
        )
        .outerjoin(Post, Post.id == Case.post_id)
        .outerjoin(Comment, Comment.id == Case.comment_id)
        .outerjoin(Appeal, Appeal.id == Case.appeal_id)
        .outerjoin(Notice, Notice.id == Case.notice_id)
        .outerjoin(Decision, Decision.id == contested)
        .where(Case.closed_at.is_(None), Case.opened_at != start_of_day(moment))
        .where(or_(Case.claimed_until.is_(None), Case.claimed_until < moment))
        .order_by(Case.closed_at, Case.opened_at, Case.id)
        .limit(MAX_CASES)
    )
    return [WaitingCase._make(row) for row in rows]


def pace_of(member: Member) -> str:
    """Return how soon the moderator gets mail."""
    return db.session.scalar(select(StaffMail.pace).where(StaffMail.member_id == member.id)) or DEFAULT_PACE
