"""Queries for flags, cases and decisions: one case with all that is needed to decide it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.chains import carries_link
from forum.db import db, lock, now
from forum.moderation.models import (
    Appeal,
    Case,
    CaseNote,
    Decision,
    Flag,
    Item,
    Notice,
    TargetMixin,
    WithheldText,
    target_columns,
)
from forum.posts.comment_queries import REPORT_DELAY
from forum.posts.models import Comment, Post
from forum.vendors.models import Representative, Vendor

Text = TypeVar("Text", Post, Comment)


def has_target(model: type[TargetMixin], item: Item) -> ColumnElement[bool]:
    """Return the condition that a row is about the item."""
    ((column, item_id),) = target_columns(item).items()
    condition: ColumnElement[bool] = getattr(model, column) == item_id
    return condition


def has_target_among_texts(model: type[TargetMixin], member: Member, links: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row is about what the member signed, or about anonymous texts with these links."""
    conditions: list[ColumnElement[bool]] = []
    for column, kind in ((model.post_id, Post), (model.comment_id, Comment)):
        conditions.append(column.in_(select(kind.id).where(kind.author_id == member.id)))
        if links:
            conditions.append(column.in_(select(kind.id).where(carries_link(kind.chain_link, links))))
    return or_(*conditions)


def find_open_case(kind: str, item: Item) -> Case | None:
    """Return the open case of this kind about the item."""
    return db.session.scalar(select(Case).where(has_target(Case, item), Case.kind == kind, Case.closed_at.is_(None)))


def find_open_cases(item: Item) -> Sequence[Case]:
    """Return all open cases about the item except appeals."""
    kinds = ("flag", "held", "notice")
    return db.session.scalars(
        select(Case).where(has_target(Case, item), Case.kind.in_(kinds), Case.closed_at.is_(None))
    ).all()


def case_by_id(case_id: int) -> Select[Case]:
    """Select a case with all that its page shows."""
    return (
        select(Case)
        .where(Case.id == case_id)
        .options(
            joinedload(Case.post).options(joinedload(Post.author), joinedload(Post.pseudonym), joinedload(Post.vendor)),
            joinedload(Case.comment).options(
                joinedload(Comment.author),
                joinedload(Comment.pseudonym),
                joinedload(Comment.post),
                joinedload(Comment.parent),
            ),
            joinedload(Case.member),
            joinedload(Case.representative).options(
                joinedload(Representative.member),
                joinedload(Representative.vendor).selectinload(Vendor.domains),
            ),
            joinedload(Case.claimed_by),
            joinedload(Case.appeal).joinedload(Appeal.decision),
            joinedload(Case.notice).joinedload(Notice.decision),
            joinedload(Case.decision),
        )
    )


class ReporterRecord(NamedTuple):
    """How many of a member's reports were upheld, of how many decided."""

    upheld: int
    decided: int


class FlagWithRecord(NamedTuple):
    """A flag with its reporter's record."""

    flag: Flag
    upheld: int
    decided: int


def flags_with_records(case: Case) -> list[FlagWithRecord]:
    """Return the case's flags, the first first, each with its reporter's record. Two queries.

    Where a decision is contested they are all flags on the item: it was decided on them.
    """
    item = case.item if case.contested_decision is not None else None
    flags = db.session.scalars(
        select(Flag)
        .where(has_target(Flag, item) if item is not None else Flag.case_id == case.id)
        .options(joinedload(Flag.reporter))
        .order_by(Flag.created_at, Flag.id)
    ).all()
    records = _records({flag.reporter_id for flag in flags if flag.reporter_id is not None})
    return [FlagWithRecord(flag, *records.get(flag.reporter_id or 0, ReporterRecord(0, 0))) for flag in flags]


def reporter_record(member: Member) -> ReporterRecord:
    """Return the member's record as a reporter."""
    return _records({member.id}).get(member.id, ReporterRecord(0, 0))


def _records(member_ids: set[int]) -> dict[int | None, ReporterRecord]:
    upheld = func.sum(func.coalesce(Flag.outcome == "upheld", False).cast(db.Integer))
    rows = db.session.execute(
        select(Flag.reporter_id, upheld, func.count())
        .where(Flag.reporter_id.in_(member_ids), Flag.outcome.is_not(None))
        .group_by(Flag.reporter_id)
    )
    return {member_id: ReporterRecord(int(upheld or 0), decided) for member_id, upheld, decided in rows}


def existing_flag(member: Member, item: Item) -> Flag | None:
    """Return the member's flag on the item."""
    return db.session.scalar(select(Flag).where(Flag.reporter_id == member.id, has_target(Flag, item)))


def total_flag_weight(case: Case) -> float:
    """Return the sum of the weights of the case's flags, where one organisation and one network count once."""
    flags = db.session.scalars(
        select(Flag).where(Flag.case_id == case.id).options(joinedload(Flag.reporter)).order_by(Flag.weight.desc())
    )
    total, sources = 0.0, set[str]()
    for flag in flags:
        names = {organisation_of(flag.reporter).name} if flag.reporter else set()
        names |= {flag.network_hmac} if flag.network_hmac else set()
        total += flag.weight if sources.isdisjoint(names) else 0.0
        sources |= names
    return total


def weightiest_rule(case: Case) -> int | None:
    """Return the rule that the case's flags cite with the most weight."""
    total = func.sum(Flag.weight).desc()
    return db.session.scalar(
        select(Flag.rule).where(Flag.case_id == case.id).group_by(Flag.rule).order_by(total, Flag.rule).limit(1)
    )


def replied_recently(member: Member, item: Item) -> bool:
    """Return whether the member replied to this very text by name.

    Anonymous replies are ignored; otherwise a refused report would reveal that the member wrote one.
    """
    if isinstance(item, Post):
        is_reply = (Comment.post_id == item.id) & Comment.parent_id.is_(None)
    elif isinstance(item, Comment):
        is_reply = (Comment.post_id == item.post_id) & (Comment.parent_id == item.id)
    else:
        return False
    is_recent = Comment.created_at > now() - REPORT_DELAY
    replies = select(Comment.id).where(Comment.author_id == member.id, is_recent, is_reply)
    return db.session.scalar(replies.limit(1)) is not None


def notes_for_case(case: Case) -> Sequence[CaseNote]:
    """Return the colleagues' notes, the first first."""
    return db.session.scalars(
        select(CaseNote)
        .where(CaseNote.case_id == case.id)
        .options(joinedload(CaseNote.author))
        .order_by(CaseNote.written_at, CaseNote.id)
    ).all()


# Numbers of entries that are not listed in public are negative and in no order.
LATEST_FIRST = (Decision.decided_at.desc(), Decision.id.desc())


def decisions_about_item(item: Item) -> Sequence[Decision]:
    """Return all decisions about the item, the latest first."""
    return db.session.scalars(select(Decision).where(has_target(Decision, item)).order_by(*LATEST_FIRST)).all()


def previous_decision(item: Item, decision: Decision) -> Decision | None:
    """Return the decision about the item before this one."""
    is_earlier = (Decision.id != decision.id) & (Decision.decided_at <= decision.decided_at)
    earlier = select(Decision).where(has_target(Decision, item), is_earlier)
    return db.session.scalar(earlier.order_by(*LATEST_FIRST).limit(1))


def decision_by_id(number: int) -> Select[Decision]:
    """Select a decision with what it is about."""
    return (
        select(Decision)
        .where(Decision.id == number)
        .options(
            joinedload(Decision.post).options(joinedload(Post.pseudonym), joinedload(Post.author)),
            joinedload(Decision.comment).options(
                joinedload(Comment.pseudonym), joinedload(Comment.author), joinedload(Comment.post)
            ),
        )
    )


def reversal_of(decision: Decision) -> Decision | None:
    """Return the decision that reversed this one, or None."""
    return db.session.scalar(select(Decision).where(Decision.reverses_id == decision.id).limit(1))


def withheld_text(decision: Decision) -> WithheldText | None:
    """Return the text that the decision hid."""
    return db.session.scalar(select(WithheldText).where(WithheldText.decision_id == decision.id))


def decided_chain_links(since: datetime) -> Sequence[str]:
    """Return the chain links of the anonymous texts that a decision was made about after a moment."""
    return db.session.scalars(
        select(func.coalesce(Comment.chain_link, Post.chain_link))
        .select_from(Decision)
        .outerjoin(Post, Post.id == Decision.post_id)
        .outerjoin(Comment, Comment.id == Decision.comment_id)
        .where(Decision.decided_at > since, or_(Comment.chain_link.is_not(None), Post.chain_link.is_not(None)))
    ).all()


def has_other_staff(member_ids: set[int]) -> bool:
    """Return whether a moderator or admin exists besides these."""
    staff = select(Member.id).where(
        Member.role.in_(("moderator", "admin")),
        Member.confirmed_at.is_not(None),
        Member.banned_at.is_(None),
        Member.id.not_in(member_ids),
    )
    return db.session.scalar(staff.limit(1)) is not None


def next_log_number() -> int:
    """Return the number of the next public entry of the log, and let nobody else take one until the transaction ends.

    A sequence would skip numbers after a rollback or a crash, and a gap looks like an entry that was removed.
    """
    lock("numbers of the log")
    return (db.session.scalar(select(func.max(Decision.id)).where(Decision.id > 0)) or 0) + 1


def highest_staff_number() -> int:
    """Return the last number assigned to a moderator."""
    return db.session.scalar(select(func.max(Member.staff_number))) or 0


def overdue_edits(moment: datetime, limit: int = 100) -> list[Post | Comment]:
    """Return texts whose author did not edit them in time: at most `limit` posts and as many comments."""
    return [*_overdue_edits(Post, moment, limit), *_overdue_edits(Comment, moment, limit)]


def _overdue_edits(model: type[Text], moment: datetime, limit: int) -> Sequence[Text]:
    overdue = select(model).where(model.edit_deadline < moment, model.removed_at.is_(None), model.deleted_at.is_(None))
    return db.session.scalars(overdue.limit(limit)).all()
