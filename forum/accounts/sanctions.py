"""Sanctions that reach a member through a pseudonym: nobody learns whom, and only the member sees them.

Each is a link of the member's own chain, so two sanctions of one member share nothing that a row would show. What is in
force is asked at the moment the member writes anonymously, not before, and repeated warnings weigh more by themselves.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forum import anonymity
from forum.accounts.models import Member, Pseudonym, Sanction
from forum.accounts.queries import sanctions_marked, spent_among
from forum.dates import format_day
from forum.db import start_of_day, db, lock, now

CHAIN = "sanction mark"
STRETCH = 32
# A warning counts for half a year; three that count hold what is written next for a moderator.
WARNED_FOR = timedelta(days=180)
WARNINGS_THAT_HOLD = 3
MEMBER_PURPOSE = "member of a pseudonym"


class Standing(NamedTuple):
    """What is in force for a member's anonymous writing: until when it is barred, whether it is held, and why."""

    barred_until: datetime | None
    held: bool
    sanctions: list[Sanction]


def sealed_member(member: Any) -> str:
    """The member, sealed for a pseudonym's row: always as long."""
    return anonymity.seal(MEMBER_PURPOSE, f"{member.id:012d}")


def member_behind(pseudonym: Pseudonym) -> Member | None:
    """Whom the pseudonym stands for, to act on and never to show; None when the key is lost or the member is gone."""
    number = anonymity.unseal(MEMBER_PURPOSE, pseudonym.member_seal) if pseudonym.member_seal else None
    return db.session.get(Member, int(number)) if number else None


def sanction_pseudonym(pseudonym: Pseudonym, kind: str, said: str, until: datetime | None = None) -> bool:
    """Warn ("warn"), hold ("hold") or bar ("bar") the member behind the pseudonym, in all their anonymous writing.

    `said` is what the member reads: the rule and the reason. The last day is whole. Whether somebody was reached says
    nothing of who: False when the key is lost or the member has left.
    """
    member = member_behind(pseudonym)
    if member is None:
        return False
    lock(f"sanctions of {member.id}")
    today = start_of_day(now())
    last = start_of_day(until) if until else today + WARNED_FOR if kind == "warn" else None
    db.session.add(Sanction(mark=_next_mark(member), kind=kind, said=said, created_at=today, until=last))
    db.session.flush()
    return True


def lift_sanction(pseudonym: Pseudonym, kind: str, said: str) -> bool:
    """End a sanction that was given in these words, as after an appeal; False when there is none in force."""
    member = member_behind(pseudonym)
    given = [own for own in standing_of(member).sanctions if (own.kind, own.said) == (kind, said)] if member else []
    if not given:
        return False
    given[0].until = start_of_day(now()) - timedelta(days=1)
    db.session.flush()
    return True


def standing_of(member: Any) -> Standing:
    """What is in force today for the member's anonymous writing, found link by link along their chain."""
    today = start_of_day(now())
    own = [sanction for sanction in _chain(member) if sanction.until is None or sanction.until >= today]
    bars = [sanction.until for sanction in own if sanction.kind == "bar" and sanction.until]
    warnings = sum(sanction.kind == "warn" for sanction in own)
    held = warnings >= WARNINGS_THAT_HOLD or any(sanction.kind == "hold" for sanction in own)
    return Standing(max(bars, default=None), held, own)


def refusal_of(member: Any) -> str | None:
    """Why the member cannot write anonymously today, in words for them; None when they can."""
    until = standing_of(member).barred_until
    if until is None:
        return None
    last = format_day(until, year=True)
    return f"You cannot write anonymously until {last} is over. Your settings say why, under “Anonymous writing”."


def forget_sanctions(member: Member) -> None:
    """Drop them all: the member leaves."""
    for sanction in _chain(member):
        db.session.delete(sanction)
    db.session.flush()


def _chain(member: Any) -> list[Sanction]:
    # None is dropped before the member leaves, so this chain has no gaps.
    found: list[Sanction] = anonymity.along_chain(member.id, sanctions_marked, STRETCH, CHAIN, spent=spent_among)
    return sorted(found, key=lambda sanction: (sanction.created_at, sanction.id))


def _next_mark(member: Any) -> str:
    return anonymity.first_free_link(member.id, _used_among, STRETCH, CHAIN)


def _used_among(links: list[str]) -> set[str]:
    return {sanction.chain_link for sanction in sanctions_marked(links)}
