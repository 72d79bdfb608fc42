"""Sanctions that reach a member through a pseudonym: nobody learns whom, and only the member sees them.

Each is a link of the member's own chain, so two sanctions of one member share nothing that a row would show. What is in
force is asked at the moment the member writes anonymously, not before, and repeated warnings weigh more by themselves.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forum.accounts.models import Member, Pseudonym, Sanction
from forum.accounts.pseudonyms import member_behind
from forum.accounts.queries import sanctions_with_links, spent_links_among
from forum.chains import Chain
from forum.dates import format_day
from forum.db import db, lock, now, start_of_day

# No sanction is deleted before its member leaves, so this chain has no gaps.
SANCTION_CHAIN = Chain(
    "sanction mark",
    rows_with=sanctions_with_links,
    live_links=lambda links: {sanction.chain_link for sanction in sanctions_with_links(links)},
    spent_links=spent_links_among,
    batch_size=32,
    max_gap=32,
)
# A warning counts for half a year; three that count hold what is written next for a moderator.
WARNING_LASTS = timedelta(days=180)
WARNINGS_BEFORE_HOLD = 3


class ActiveSanctions(NamedTuple):
    """What is in force for a member's anonymous writing: until when it is barred, whether it is held, and why."""

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
        chain_link=SANCTION_CHAIN.next_link(member.id),
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


def active_sanctions(member: Any) -> ActiveSanctions:
    """What is in force today for the member's anonymous writing, found link by link along their chain."""
    today = start_of_day(now())
    own = [sanction for sanction in _chain(member) if sanction.ends_at is None or sanction.ends_at >= today]
    bars = [sanction.ends_at for sanction in own if sanction.kind == "bar" and sanction.ends_at]
    warnings = sum(sanction.kind == "warn" for sanction in own)
    held = warnings >= WARNINGS_BEFORE_HOLD or any(sanction.kind == "hold" for sanction in own)
    return ActiveSanctions(max(bars, default=None), held, own)


def anonymous_bar_message(member: Any) -> str | None:
    """Why the member cannot write anonymously today, in words for them; None when they can."""
    until = active_sanctions(member).barred_until
    if until is None:
        return None
    last = format_day(until, year=True)
    return f"You cannot write anonymously until {last} is over. Your settings say why, under “Anonymous writing”."


def delete_sanctions(member: Member) -> None:
    """Drop them all: the member leaves."""
    for sanction in _chain(member):
        db.session.delete(sanction)
    db.session.flush()


def _chain(member: Any) -> list[Sanction]:
    return sorted(SANCTION_CHAIN.rows(member.id), key=lambda sanction: (sanction.created_at, sanction.id))
