"""Sanctions that reach a member through a pseudonym. Nobody learns who it is; only the member sees them.

Each sanction carries one link of the member's own chain, so the rows do not show that two sanctions belong to the same
member. They are looked up whenever the member writes anonymously; three active warnings act like a hold.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from forum.access import is_anonymous_writing_locked
from forum.accounts.lock_actions import lock_message
from forum.accounts.models import Member, Pseudonym, Sanction
from forum.accounts.pseudonyms import member_behind
from forum.accounts.queries import sanctions_with_links
from forum.chains import chain_of_rows
from forum.dates import format_day
from forum.db import db, lock, now, start_of_day

# Sanctions are never deleted, so this chain has no gaps and no spent links.
SANCTION_CHAIN = chain_of_rows("sanction mark", sanctions_with_links, lambda links: (), batch_size=8, max_gap=8)
# A warning counts for half a year. With three of them, what the member writes next is held for a moderator.
WARNING_LASTS = timedelta(days=180)
WARNINGS_BEFORE_HOLD = 3


class ActiveSanctions(NamedTuple):
    """The sanctions in force for a member's anonymous writing, and what they add up to."""

    barred_until: datetime | None
    is_held: bool
    sanctions: list[Sanction]


def sanction_pseudonym(
    pseudonym: Pseudonym,
    kind: str,
    message: str,
    ends_at: datetime | None = None,
    *,
    decision_id: int | None = None,
) -> bool:
    """Warn ("warn"), hold ("hold") or bar ("bar") the member behind the pseudonym, in all their anonymous writing.

    `message` tells the member the rule and the reason; `decision_id` is the decision that `lift_sanction` ends later.
    Returns False when the key is lost or the member has left, and never says who was sanctioned.
    """
    member = member_behind(pseudonym)
    if member is None:
        return False
    lock(f"sanctions of {member.id}")
    today = start_of_day(now())
    default_end = today + WARNING_LASTS if kind == "warn" else None
    sanction = Sanction(
        chain_link=SANCTION_CHAIN.next_link(member.secret),
        kind=kind,
        message=message,
        created_at=today,
        ends_at=start_of_day(ends_at) if ends_at else default_end,
        decision_id=decision_id,
    )
    db.session.add(sanction)
    db.session.flush()
    return True


def lift_sanction(pseudonym: Pseudonym, decision_id: int) -> bool:
    """End the sanction that a decision made, for example after an appeal; False when it is not in force."""
    member = member_behind(pseudonym)
    active = active_sanctions(member).sanctions if member else []
    sanction = next((sanction for sanction in active if sanction.decision_id == decision_id), None)
    if sanction is None:
        return False
    sanction.ends_at = start_of_day(now()) - timedelta(days=1)
    db.session.flush()
    return True


def active_sanctions(member: Member) -> ActiveSanctions:
    """Return the sanctions in force today for the member's anonymous writing, found along their chain."""
    today = start_of_day(now())
    active = [sanction for sanction in _chain(member) if sanction.ends_at is None or sanction.ends_at >= today]
    bars = [sanction.ends_at for sanction in active if sanction.kind == "bar" and sanction.ends_at]
    warnings = sum(sanction.kind == "warn" for sanction in active)
    is_held = warnings >= WARNINGS_BEFORE_HOLD or any(sanction.kind == "hold" for sanction in active)
    return ActiveSanctions(max(bars, default=None), is_held, active)


def readable_sanctions(member: Member) -> ActiveSanctions:
    """Return the sanctions that the member may read: none while their anonymous writing is locked."""
    return ActiveSanctions(None, False, []) if is_anonymous_writing_locked(member) else active_sanctions(member)


def anonymous_bar_message(member: Member) -> str | None:
    """Return the message that tells the member why they cannot write anonymously today; None when they can.

    While anonymous writing is locked it does not say whether a moderator has barred the member.
    """
    if is_anonymous_writing_locked(member):
        return lock_message(member)
    barred_until = active_sanctions(member).barred_until
    if barred_until is None:
        return None
    last_day = format_day(barred_until, year=True)
    return (
        f"You cannot write anonymously until the end of {last_day}. "
        "The reason is in your settings under “Anonymous writing”."
    )


def _chain(member: Member) -> list[Sanction]:
    return sorted(SANCTION_CHAIN.rows(member.secret), key=lambda sanction: (sanction.created_at, sanction.id))
