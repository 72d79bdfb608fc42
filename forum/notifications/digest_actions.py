"""The daily digest: a mail that says that something is new, and not what.

All digests are made at a fixed hour and in random order, so that neither the time nor the position of a mail shows
which reply it is about. All follows are resealed in the same run, so that the changed rows show nothing either.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import SystemRandom
from typing import NamedTuple

from forum import mail
from forum.accounts.models import Member
from forum.db import db
from forum.links import external_url
from forum.notifications.actions import reseal
from forum.notifications.follow_state import FollowState, unseal_state
from forum.notifications.queries import FollowRow, all_follows, all_member_ids, mail_addresses, reachable_member_ids
from forum.notifications.unsubscribe_tokens import token_for

SUBJECT = "Something is new in what you follow"
# State of a follow whose member has left.
NO_FOLLOWER = FollowState(0, False, 0, 0)


class DigestRound(NamedTuple):
    """One day's digests: the members who get one, those whom mail may reach, all members, and all follows."""

    recipient_ids: list[int]
    reachable_ids: set[int]
    member_ids: set[int]
    follows: Sequence[FollowRow]


def set_digest_frequency(member: Member, digest: str) -> None:
    """Set how often the member gets a digest: "daily", "weekly" or "never"."""
    member.digest = digest
    db.session.flush()


def plan_digest(moment: datetime) -> DigestRound:
    """Unseal all follows and find the members with news that no digest has announced."""
    reachable_ids = reachable_member_ids(moment)
    follows = list(all_follows())
    recipients = {
        state.member_id
        for row in follows
        if (state := unseal_state(row.follower_seal)) is not None
        and state.member_id in reachable_ids
        and _has_news(row, state)
    }
    recipient_ids = list(recipients)
    SystemRandom().shuffle(recipient_ids)
    return DigestRound(recipient_ids, reachable_ids, all_member_ids(), follows)


def enqueue_digests(digest_round: DigestRound) -> None:
    """Put one mail for each recipient into the outbox. The mails differ only in the name and the unsubscribe link."""
    addresses = {row.id: row for row in mail_addresses(digest_round.recipient_ids)}
    for member_id in digest_round.recipient_ids:
        mail.enqueue(
            addresses[member_id].email,
            "digest",
            subject=SUBJECT,
            name=addresses[member_id].name,
            link=external_url("following.index"),
            unsubscribe=external_url("following.unsubscribe", token=token_for(member_id)),
        )


def reseal_follows(digest_round: DigestRound, follows: Iterable[FollowRow]) -> None:
    """Reseal these follows with what the digests have announced. Those of members who left lose their follower."""
    for row in follows:

        def announced(state: FollowState, count: int | None = row.item_count) -> FollowState:
            if state.member_id not in digest_round.member_ids:
                return NO_FOLLOWER
            if count is None:
                return state
            is_reachable = state.member_id in digest_round.reachable_ids
            mailed_count = count if is_reachable else min(state.mailed_count, count)
            return state._replace(seen_count=min(state.seen_count, count), mailed_count=mailed_count)

        reseal(row, announced)


def _has_news(row: FollowRow, state: FollowState) -> bool:
    count: int | None = row.item_count
    return state.is_following and count is not None and count > max(state.seen_count, state.mailed_count)
