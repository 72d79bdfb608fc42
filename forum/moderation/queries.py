"""Questions about flags, cases and decisions: one case with all that is needed to decide it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.models import Appeal, Case, CaseNote, Decision, Flag, Notice, WithheldText, target_columns
from forum.posts.models import Comment, Post
from forum.vendors.models import Representative, Vendor


def has_target(kind: Any, item: Any) -> Any:
    """The rows of a kind that are about the item."""
    ((column, number),) = target_columns(item).items()
    return getattr(kind, column) == number


def find_open_case(kind: str, item: Any) -> Case | None:
    """The open case of this kind about the item."""
    return db.session.scalar(select(Case).where(has_target(Case, item), Case.kind == kind, Case.closed_at.is_(None)))


def find_open_cases(item: Any) -> Sequence[Case]:
    """Every open flag, held or notice case about the item."""
    kinds = ("flag", "held", "notice")
    return db.session.scalars(
        select(Case).where(has_target(Case, item), Case.kind.in_(kinds), Case.closed_at.is_(None))
    ).all()


def case_by_id(case_id: int) -> Select[Any]:
    """The case with what it is about."""
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


class FlagWithRecord(NamedTuple):
    """A flag with its reporter's record."""

    flag: Flag
    upheld: int
    judged: int


def flags_with_records(case: Case) -> list[FlagWithRecord]:
    """The case's flags, the first first, each with how its reporter's earlier ones were decided: two queries."""
    flags = db.session.scalars(
        select(Flag).where(Flag.case_id == case.id).options(joinedload(Flag.reporter)).order_by(Flag.created_at, Flag.id)
    ).all()
    records = _records({flag.reporter_id for flag in flags if flag.reporter_id is not None})
    return [FlagWithRecord(flag, *records.get(flag.reporter_id or 0, (0, 0))) for flag in flags]


def reporter_record(member: Member) -> tuple[int, int]:
    """How many of the member's flags were upheld, and how many were decided."""
    return _records({member.id}).get(member.id, (0, 0))


def _records(member_ids: set[int]) -> dict[int, tuple[int, int]]:
    upheld = func.sum(func.coalesce(Flag.outcome == "upheld", False).cast(db.Integer))
    found = db.session.execute(
        select(Flag.reporter_id, upheld, func.count())
        .where(Flag.reporter_id.in_(member_ids), Flag.outcome.is_not(None))
        .group_by(Flag.reporter_id)
    )
    return {number: (int(upheld or 0), judged) for number, upheld, judged in found}


def existing_flag(member: Member, item: Any) -> Flag | None:
    """The member's flag on the item."""
    return db.session.scalar(select(Flag).where(Flag.reporter_id == member.id, has_target(Flag, item)))


def total_flag_weight(case: Case) -> float:
    """What the case's flags weigh together."""
    return db.session.scalar(select(func.sum(Flag.weight)).where(Flag.case_id == case.id)) or 0.0


def weightiest_rule(case: Case) -> int | None:
    """The rule that the case's flags speak of most."""
    total = func.sum(Flag.weight).desc()
    return db.session.scalar(
        select(Flag.rule).where(Flag.case_id == case.id).group_by(Flag.rule).order_by(total, Flag.rule).limit(1)
    )


def replied_recently(member: Member, item: Any, within: timedelta = timedelta(hours=1)) -> bool:
    """Whether the member answered this very text by name a moment ago.

    A reply under a pseudonym does not count: what somebody may do by name must not depend on it.
    """
    if isinstance(item, Post):
        answered: list[Any] = [Comment.post_id == item.id, Comment.parent_id.is_(None)]
    elif isinstance(item, Comment):
        answered = [Comment.post_id == item.post_id, Comment.parent_id == item.id]
    else:
        return False
    since = now() - within
    found = select(Comment.id).where(Comment.author_id == member.id, Comment.created_at > since, *answered)
    return db.session.scalar(found.limit(1)) is not None


def notes_for_case(case: Case) -> Sequence[CaseNote]:
    """What colleagues noted, the first first."""
    return db.session.scalars(
        select(CaseNote)
        .where(CaseNote.case_id == case.id)
        .options(joinedload(CaseNote.author))
        .order_by(CaseNote.written_at, CaseNote.id)
    ).all()


def decisions_about_item(item: Any) -> Sequence[Decision]:
    """Every decision about the item, the latest first."""
    return db.session.scalars(select(Decision).where(has_target(Decision, item)).order_by(Decision.id.desc())).all()


def decision_by_id(number: int) -> Select[Any]:
    """The decision with what it is about."""
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
    """The decision that undid it."""
    return db.session.scalar(select(Decision).where(Decision.reverses_id == decision.id).limit(1))


def withheld_text(decision: Decision) -> WithheldText | None:
    """What it took down."""
    return db.session.scalar(select(WithheldText).where(WithheldText.decision_id == decision.id))


def decisions_for_member(
    member: Member, posts: Sequence[int], comments: Sequence[int], most: int = 100
) -> Sequence[Decision]:
    """Decisions about the member, what they signed, and these of their anonymous texts; the latest first."""
    own = or_(Decision.member_id == member.id, has_target_among_texts(Decision, member, posts, comments))
    return db.session.scalars(select(Decision).where(own).order_by(Decision.id.desc()).limit(most)).all()


def has_target_among_texts(kind: Any, member: Member, posts: Sequence[int], comments: Sequence[int]) -> ColumnElement[bool]:
    """The rows of a kind that are about what the member signed, or about these anonymous texts of theirs."""
    return or_(
        kind.post_id.in_(select(Post.id).where(Post.author_id == member.id)),
        kind.comment_id.in_(select(Comment.id).where(Comment.author_id == member.id)),
        kind.post_id.in_(posts),
        kind.comment_id.in_(comments),
    )


def has_other_staff(member_ids: set[int]) -> bool:
    """Whether anybody else can decide: a moderator or admin who is none of these."""
    others = select(Member.id).where(
        Member.role.in_(("moderator", "admin")),
        Member.confirmed_at.is_not(None),
        Member.banned_at.is_(None),
        Member.id.not_in(member_ids),
    )
    return db.session.scalar(others.limit(1)) is not None


def highest_staff_number() -> int:
    """The last one given."""
    return db.session.scalar(select(func.max(Member.staff_number))) or 0


def overdue_edits(moment: datetime) -> Sequence[Post | Comment]:
    """Texts whose author was asked to change them and let the time pass."""
    found: list[Any] = []
    for kind in (Post, Comment):
        late = select(kind).where(kind.edit_deadline < moment, kind.removed_at.is_(None), kind.deleted_at.is_(None))
        found += db.session.scalars(late.limit(100)).all()
    return found
