"""The mail that says that something is new: to whom, and never why.

It is made for everybody in one go at a fixed hour, in random order, so that neither its moment nor its place among the
others tells which reply it is about. All follows are sealed anew by the way: which rows changed tells nothing either.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import SystemRandom
from typing import Any, NamedTuple


from forum.links import external_url
from forum import mail
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.actions import reseal
from forum.notifications.follow_state import FollowState, unseal_state
from forum.notifications.queries import all_follows, all_member_ids, mail_addresses, reachable_member_ids
from forum.notifications.unsubscribe_tokens import token_for

SUBJECT = "There is something new in what you follow"


class DigestRound(NamedTuple):
    """One day's digest: who is to be told, whom this day's mail may reach, who is a member, and all follows."""

    told: list[int]
    reachable: set[int]
    members: set[int]
    rows: Sequence[Any]


def set_digest_frequency(member: Member, digest: str) -> None:
    """Have it "daily", "weekly" or "never"."""
    member.digest = digest
    db.session.flush()


def plan_digest(moment: datetime) -> DigestRound:
    """Open all follows and see who has something new that no mail has told them of."""
    reachable = reachable_member_ids(moment)
    rows = list(all_follows())
    told = {
        state.member_id
        for row in rows
        if (state := unseal_state(row.follower_seal)) is not None
        and state.member_id in reachable
        and _is_news(row, state)
    }
    in_random_order = list(told)
    SystemRandom().shuffle(in_random_order)
    return DigestRound(in_random_order, reachable, all_member_ids(), rows)


def enqueue_digests(found: DigestRound) -> None:
    """Put one mail for each into the outbox. Their words are the same for all but the name."""
    known = {row.id: row for row in mail_addresses(found.told)}
    for number in found.told:
        mail.enqueue(
            known[number].email,
            "digest",
            subject=SUBJECT,
            name=known[number].name,
            link=external_url("following.index"),
            unsubscribe=external_url("following.unsubscribe", token=token_for(number)),
        )


def reseal_follows(found: DigestRound, rows: Iterable[Any]) -> None:
    """Note in these follows what mail has told of. One whose member has left is nobody's from then on."""
    for row in rows:

        def noted(state: FollowState, count: int | None = row.count) -> FollowState:
            if state.member_id not in found.members:
                return FollowState(0, False, 0, 0)
            if count is None:
                return state
            told = count if state.member_id in found.reachable else min(state.mailed_count, count)
            return state._replace(seen_count=min(state.seen_count, count), mailed_count=told)

        reseal(row, noted)


def _is_news(row: Any, state: FollowState) -> bool:
    return state.is_following and row.count is not None and row.count > max(state.seen_count, state.mailed_count)
