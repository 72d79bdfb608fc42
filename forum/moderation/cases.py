"""What can happen to a case before it is decided: opened, claimed, released, noted on."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_

from forum.accounts.models import Member
from forum.db import start_of_day, db, lock, now
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Case, CaseNote, target_columns
from forum.moderation.queries import find_open_case

CLAIM_DURATION = timedelta(minutes=30)


def open_case(
    kind: str, item: Any, reason: str, *, by_author: bool = False, source: str | None = None, **more: Any
) -> Case:
    """The open case of this kind about the item, or a new one. One at a time for each item; each appeal and each
    notice has its own.

    `by_author` says that the item's author is the cause: of an anonymous one the case keeps the day only.
    """
    lock_item_cases(item)
    known = find_open_case(kind, item)
    if known is not None and kind not in ("appeal", "notice"):
        return known
    opened_at = author_event_time(item) if by_author else now()
    case = Case(kind=kind, reason=reason[:300], source=source or CASE_KINDS[kind].source, opened_at=opened_at, **target_columns(item), **more)
    db.session.add(case)
    db.session.flush()
    return case


def lock_item_cases(item: Any) -> None:
    """One at a time opens or closes cases about the item."""
    lock(f"cases about {type(item).__name__} {item.id}")


def author_event_time(item: Any) -> datetime:
    """Now, as finely as something that the item's author does may be known."""
    return start_of_day(now()) if getattr(item, "pseudonym_id", None) is not None else now()


def close_cases_without_item() -> None:
    """What a report or a held text was about was deleted for good: there is nothing left to decide."""
    gone = [column.is_(None) for column in (Case.post_id, Case.comment_id, Case.member_id)]
    db.session.query(Case).filter(Case.kind.in_(("flag", "held")), Case.closed_at.is_(None), *gone).update(
        {"closed_at": now()}, synchronize_session=False
    )


def claim(case: Case, moderator: Member) -> bool:
    """Take it for half an hour; False when a colleague has it or it is decided. One statement: two cannot both win."""
    moment = now()
    free = or_(Case.claimed_until.is_(None), Case.claimed_until < moment, Case.claimed_by_id == moderator.id)
    taken = (
        db.session.query(Case)
        .filter(Case.id == case.id, Case.closed_at.is_(None), free)
        .update({"claimed_by_id": moderator.id, "claimed_until": moment + CLAIM_DURATION}, synchronize_session=False)
    )
    db.session.expire(case)
    return bool(taken)


def release(case: Case, moderator: Member) -> None:
    """Give it back to the queue, if it is the moderator's."""
    db.session.query(Case).filter(Case.id == case.id, Case.claimed_by_id == moderator.id).update(
        {"claimed_by_id": None, "claimed_until": None}, synchronize_session=False
    )
    db.session.expire(case)


def add_note(case: Case, moderator: Member, body: str) -> CaseNote:
    """Tell the colleagues something about it."""
    note = CaseNote(case_id=case.id, author_id=moderator.id, body=body)
    db.session.add(note)
    db.session.flush()
    return note
