"""What happens to a case before it is decided: opened, claimed, released, given notes."""

from datetime import datetime, timedelta

from sqlalchemy import or_

from forum.accounts.models import Member
from forum.db import db, lock, now, start_of_day
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Case, CaseNote, Item, target_columns
from forum.moderation.queries import find_open_case
from forum.posts.models import Comment, Post

CLAIM_DURATION = timedelta(minutes=30)
# What a case takes over from the one that it replaces.
CARRIED_OVER = ("kind", "reason", "source", "weight", "opened_at", "claimed_by_id", "claimed_until")


def open_case(
    kind: str,
    item: Item,
    reason: str,
    *,
    by_author: bool = False,
    source: str | None = None,
    **links: int,
) -> Case:
    """Return the open case of this kind about the item, or a new one. Each appeal and each notice has its own.

    `by_author` says that the author caused it: then the case of an anonymous text stores only the day. `links` are
    the notice_id, appeal_id or representative_id that it is about.
    """
    lock_item_cases(item)
    existing = find_open_case(kind, item)
    if existing is not None and kind not in ("appeal", "notice"):
        return existing
    case = Case(
        kind=kind,
        reason=reason[:300],
        source=source or CASE_KINDS[kind].source,
        opened_at=now_or_day(item) if by_author else now(),
        **links,
        **target_columns(item),
    )
    db.session.add(case)
    db.session.flush()
    return case


def replace_held_case(item: Post | Comment) -> None:
    """Put another case in the place of the one about a held text that its author corrected.

    So nobody decides on a text that they have not read: a decision on the case of before comes too late.
    """
    lock_item_cases(item)
    former = find_open_case("held", item)
    if former is None:
        return
    former.closed_at = now_or_day(item)
    values = {name: getattr(former, name) for name in CARRIED_OVER}
    case = Case(**values, **target_columns(item))
    db.session.add(case)
    db.session.flush()
    db.session.query(CaseNote).filter_by(case_id=former.id).update({"case_id": case.id})


def lock_item_cases(item: Item) -> None:
    """Let no other transaction open or close cases about the item."""
    lock(f"cases about {type(item).__name__} {item.id}")


def now_or_day(item: Item) -> datetime:
    """Return now, or only the day for an anonymous text: its author's actions must not be dated more exactly."""
    return start_of_day(now()) if getattr(item, "pseudonym_id", None) is not None else now()


def close_cases_without_item() -> None:
    """Close reports and held texts whose item was deleted for good: there is nothing left to decide."""
    is_deleted = [column.is_(None) for column in (Case.post_id, Case.comment_id, Case.member_id)]
    db.session.query(Case).filter(Case.kind.in_(("flag", "held")), Case.closed_at.is_(None), *is_deleted).update(
        {"closed_at": now()}, synchronize_session=False
    )


def claim(case: Case, moderator: Member) -> bool:
    """Claim the case for half an hour; return False when a colleague has it or it is decided.

    One statement, so that two moderators cannot both succeed.
    """
    moment = now()
    is_free = or_(Case.claimed_until.is_(None), Case.claimed_until < moment, Case.claimed_by_id == moderator.id)
    free_case = db.session.query(Case).filter(Case.id == case.id, Case.closed_at.is_(None), is_free)
    was_free = free_case.update(
        {"claimed_by_id": moderator.id, "claimed_until": moment + CLAIM_DURATION}, synchronize_session=False
    )
    db.session.expire(case)
    return bool(was_free)


def release_claim(case: Case, moderator: Member) -> None:
    """Give the case back to the queue if the moderator has claimed it."""
    db.session.query(Case).filter(Case.id == case.id, Case.claimed_by_id == moderator.id).update(
        {"claimed_by_id": None, "claimed_until": None}, synchronize_session=False
    )
    db.session.expire(case)


def add_note(case: Case, moderator: Member, body: str) -> CaseNote:
    """Add a note for colleagues."""
    note = CaseNote(case_id=case.id, author_id=moderator.id, body=body)
    db.session.add(note)
    db.session.flush()
    return note
