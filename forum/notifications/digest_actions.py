"""The daily digest: a mail that says that something is new, and not what.

All digests are made at a fixed hour and in random order, so that neither the time nor the position of a mail shows
which reply it is about. The states of all members are sealed anew in the same run, also in random order.
"""

from collections.abc import Sequence
from datetime import datetime
from random import SystemRandom
from typing import NamedTuple

from sqlalchemy import update

from forum import mail
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.db import db
from forum.links import external_url
from forum.notifications.following import following_of
from forum.notifications.member_state import UNKNOWN, ItemState, Target, reseal_items, unseal_items
from forum.notifications.models import MemberState
from forum.notifications.queries import all_member_ids, locked_states, mail_addresses, reachable_member_ids
from forum.notifications.unsubscribe_tokens import token_for

SUBJECT = "Something is new in what you follow"


class MemberDigest(NamedTuple):
    """What a day's digest is for one member: whether they get one, and how much is in what they follow."""

    member_id: int
    is_reachable: bool
    has_news: bool
    counts: dict[Target, int]
    unread_counts: dict[Target, int]
    is_locked: bool


def set_digest_frequency(member: Member, digest: str) -> None:
    """Set how often the member gets a digest: "daily", "weekly" or "never"."""
    member.digest = digest
    db.session.flush()


def plan_digest(moment: datetime) -> list[MemberDigest]:
    """Return the digests of all members, in random order."""
    reachable_ids = reachable_member_ids(moment)
    member_ids = list(all_member_ids())
    SystemRandom().shuffle(member_ids)
    plan = []
    for member_id in member_ids:
        member = db.session.get(Member, member_id)
        items = following_of(member).by_target() if member is not None else {}
        is_reachable = member_id in reachable_ids
        counts = {target: item.total for target, item in items.items()}
        unread_counts = {target: item.unread for target, item in items.items()}
        has_news = is_reachable and any(item.is_unannounced for item in items.values())
        is_locked = member is not None and is_anonymous_writing_locked(member)
        plan.append(MemberDigest(member_id, is_reachable, has_news, counts, unread_counts, is_locked))
    return plan


def enqueue_digests(plan: Sequence[MemberDigest]) -> None:
    """Put one mail for each recipient into the outbox. The mails differ only in the name and the unsubscribe link."""
    recipient_ids = [digest.member_id for digest in plan if digest.has_news]
    addresses = {row.id: row for row in mail_addresses(recipient_ids)}
    for member_id in recipient_ids:
        mail.enqueue(
            addresses[member_id].email,
            "digest",
            subject=SUBJECT,
            name=addresses[member_id].name,
            link=external_url("following.index"),
            unsubscribe=external_url("following.unsubscribe", token=token_for(member_id)),
        )


def reseal_states(plan: Sequence[MemberDigest]) -> None:
    """Seal these members' states anew, with what the digests have announced: in the transaction of the mails.

    All at once, so that no transaction shows which few members were in it beside a mail.
    """
    states = locked_states()
    rows = [
        {
            "member_id": digest.member_id,
            "sealed": reseal_items(
                states[digest.member_id], _announced(unseal_items(states[digest.member_id]), digest)
            ),
        }
        for digest in plan
        if digest.member_id in states
    ]
    if rows:
        db.session.execute(update(MemberState), rows)


def _announced(items: dict[Target, ItemState], digest: MemberDigest) -> dict[Target, ItemState]:
    """Return the state after the digest. What is gone is forgotten, and of what was deleted nothing counts as read.

    While anonymous writing is locked the state stays: not all that the member follows is known.
    """
    if digest.is_locked:
        return items
    result = {target: state for target, state in items.items() if target in digest.counts or state.choice is False}
    for target, count in digest.counts.items():
        state = items.get(target, UNKNOWN)
        if state.seen_count is not None:
            state = state._replace(seen_count=min(state.seen_count, count))
        is_announced = digest.is_reachable and digest.unread_counts[target] > 0
        state = state._replace(mailed_count=count if is_announced else min(state.mailed_count, count))
        if state != UNKNOWN:
            result[target] = state
    return result
