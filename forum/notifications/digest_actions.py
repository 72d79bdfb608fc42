"""The daily and the weekly mail: what is new in what a member follows openly, and whether something is new elsewhere.

All are made at a fixed hour and in random order, so that neither the time nor the position of a mail shows which text
it is about. About what a member wrote anonymously, a mail says only that something is new. The same run seals the
states of all members again, also in random order.

Members are processed in batches, drawn at random: each batch is prepared while others write, and then stored in one
transaction. A state records the day its member was last mailed for, so the next run can continue a killed one.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import SystemRandom
from typing import NamedTuple

from sqlalchemy import update

from forum import mail
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.accounts.queries import members_by_ids
from forum.db import db
from forum.links import external_url
from forum.mail import Mail
from forum.notifications import digest_looks as looks
from forum.notifications.digest_days import DigestDay, was_mailed
from forum.notifications.digest_looks import LONG_CHAIN, LOOK_AGAIN, has_outdated_items, is_chain_long
from forum.notifications.followed_items import FollowedItem
from forum.notifications.following import following_by_state, openly_followed
from forum.notifications.idle_mail import (
    IdleState,
    idle_state,
    is_mail_stopped,
    with_idle_state,
)
from forum.notifications.mail_content import ShownRows, shown_rows
from forum.notifications.mail_plans import MailPlan, prepare_news, section_plans
from forum.notifications.mail_queries import Recipient, all_sealed_states, sealed_states
from forum.notifications.member_state import UNKNOWN, SealedState, Target, seal_state, unseal_state
from forum.notifications.models import MemberState
from forum.notifications.paces import DAILY, MAIL_KINDS, NEVER, NOW, WEEKLY, kinds_at, pace_of
from forum.notifications.queries import item_totals, locked_states
from forum.notifications.unsubscribe_tokens import token_for
from forum.posts.chain_queries import readable_chain_links_of

# At least this many members (or all, if there are fewer) are stored together, so that nobody stands out.
BATCH_SIZE = 200


class MemberDigest(NamedTuple):
    """The day's mail of one member, and the counts of what they follow."""

    mail: MailPlan | None
    # Whether the mail would announce news about what they wrote anonymously, if there is any.
    is_announced: bool
    counts: dict[Target, int]
    # The same for threads, as everyone else would count it.
    open_counts: dict[Target, int]
    unread_counts: dict[Target, int]
    # How much is in each, by any author.
    totals: dict[Target, int]
    # The items of their state when the mail was planned. Those that they have followed since then stay.
    planned_targets: frozenset[Target]
    is_locked: bool
    # What the new state says about the next look (digest_looks.py).
    look_marks: frozenset[Target]
    idle: IdleState
    # A last mail, since the member has not visited for a long time.
    farewell: Recipient | None


class PreparedDigest(NamedTuple):
    """What to store for a member: their mails and their new state, to replace the former one.

    There is no digest for a member who already had the day's mail.
    """

    member_id: int
    digest: MemberDigest | None
    former: str
    resealed: str
    mails: Sequence[Mail]


def random_batches(day: DigestDay) -> Sequence[Sequence[int]]:
    """Return the ids of the members who have not had this day's mail, in random batches of a few hundred.

    If few remain after a killed run, other members fill up the batch: their states are only sealed again.
    """
    member_ids: list[int] = []
    mailed_ids: list[int] = []
    for member_id, sealed in all_sealed_states():
        (mailed_ids if was_mailed(unseal_state(sealed), day.day) else member_ids).append(member_id)
    if member_ids:
        missing = max(BATCH_SIZE - len(member_ids), 0)
        member_ids += SystemRandom().sample(mailed_ids, min(missing, len(mailed_ids)))
    SystemRandom().shuffle(member_ids)
    count = max(len(member_ids) // BATCH_SIZE, 1)
    return [member_ids[n::count] for n in range(count)]


def plan_digests(day: DigestDay, member_ids: Sequence[int]) -> list[tuple[MemberDigest | None, str, int]]:
    """Return each member's mail of the day (None for those who already had it), sealed state and id."""
    sealed = sealed_states(member_ids)
    states = {member_id: unseal_state(text) for member_id, text in sealed.items()}
    totals = item_totals({target for state in states.values() for target in state.items})
    digests: list[tuple[MemberDigest | None, str, int]] = []
    for member in members_by_ids(list(states)):
        state = states[member.id]
        digest = None if was_mailed(state, day.day) else _member_digest(member, state, day, totals)
        digests.append((digest, sealed[member.id], member.id))
    return digests


def prepare_digests(day: DigestDay, member_ids: Sequence[int]) -> list[PreparedDigest]:
    """Return what to store for these members, with all mails rendered and sealed."""
    digests = plan_digests(day, member_ids)
    mails = [digest.mail for digest, _, _ in digests if digest is not None and digest.mail is not None]
    rows = shown_rows(section for planned in mails for section in planned.sections)
    return [
        PreparedDigest(
            member_id,
            digest,
            sealed,
            seal_state(_announced(unseal_state(sealed), digest, day)),
            list(_mails_of(digest, rows)),
        )
        for digest, sealed, member_id in digests
    ]


def store_digests(day: DigestDay, batch: Sequence[PreparedDigest]) -> None:
    """Write the mails of a batch to the outbox, and the states that record them.

    A state that has changed since is sealed again. Its member gets no mail if another process has sent it already.
    """
    states = locked_states([row.member_id for row in batch])
    mails: list[Mail] = []
    rows = []
    for row in batch:
        present, sealed, digest = states.get(row.member_id), row.resealed, row.digest
        if present is None:
            continue
        if present != row.former:
            state = unseal_state(present)
            digest = None if was_mailed(state, day.day) else digest
            sealed = seal_state(_announced(state, digest, day))
        rows.append({"member_id": row.member_id, "sealed": sealed})
        mails += row.mails if digest is not None else ()
    if rows:
        db.session.execute(update(MemberState), rows)
    mail.enqueue_all(mails)


def _mails_of(digest: MemberDigest | None, rows: ShownRows) -> Iterator[Mail]:
    if digest is None:
        return
    if digest.mail is not None:
        yield prepare_news(digest.mail, rows)
    if digest.farewell is not None:
        yield _farewell(digest.farewell)


def _member_digest(member: Member, state: SealedState, day: DigestDay, totals: Mapping[Target, int]) -> MemberDigest:
    idle = idle_state(member, state, day.sign_ins)
    recipient = day.recipients.get(member.id)
    reachable = None if idle.is_over else recipient
    is_announced = reachable is not None and _is_due(pace_of(reachable.mail_paces, "post"), day)
    may_have_news = LOOK_AGAIN in state.marks or looks.may_have_news(member, state, day.news_links)
    is_look = (is_announced and may_have_news) or has_outdated_items(state.items, totals)
    links = readable_chain_links_of(member) if is_look else []
    items = following_by_state(member, state.items, links).by_target() if is_look else {}
    wants_mail = recipient is not None and kinds_at(recipient.mail_paces, [NEVER]) != MAIL_KINDS.keys()
    return MemberDigest(
        _news(member, state, reachable, items if is_announced else {}, day, links) if reachable else None,
        is_announced,
        {target: item.total for target, item in items.items()},
        {target: item.open_total for target, item in items.items() if target[0] == "post"},
        {target: item.unread for target, item in items.items()},
        {target: item.count for target, item in items.items()},
        frozenset(state.items) if is_look else frozenset(),
        is_anonymous_writing_locked(member),
        _look_marks(member, state, is_look, may_have_news and not is_announced),
        idle,
        recipient if idle.is_over and not is_mail_stopped(state) and wants_mail else None,
    )


def _look_marks(member: Member, state: SealedState, is_look: bool, is_later: bool) -> frozenset[Target]:
    is_long = is_chain_long(member) if is_look else LONG_CHAIN in state.marks
    return frozenset(mark for mark, is_set in ((LONG_CHAIN, is_long), (LOOK_AGAIN, is_later)) if is_set)


def _news(
    member: Member,
    state: SealedState,
    recipient: Recipient,
    items: dict[Target, FollowedItem],
    day: DigestDay,
    links: Sequence[str],
) -> MailPlan | None:
    """Return the mail to a member, or None. News about `items` may be announced without naming them."""
    rows_by_pace = day.rows_by_pace(state)
    due = {kind: rows_by_pace[pace_of(recipient.mail_paces, kind)] for kind in MAIL_KINDS}
    has_due = any(due.values()) and day.audience.may_include(member.id, state)
    plans = section_plans(member, due, day.audience) if has_due else []
    unannounced = {target for target, item in items.items() if item.is_unannounced and target[0] == "post"}
    has_anonymous_news = not day.decided_links[pace_of(recipient.mail_paces, "post")].isdisjoint(links) or (
        bool(unannounced) and bool(unannounced - openly_followed(member, state.items, links).by_target().keys())
    )
    return MailPlan(recipient, plans, has_anonymous_news) if plans or has_anonymous_news else None


def _is_due(pace: str, day: DigestDay) -> bool:
    return pace in (NOW, DAILY) or (pace == WEEKLY and day.is_monday)


def _announced(state: SealedState, digest: MemberDigest | None, day: DigestDay) -> SealedState:
    """Return the state after the mail, without items that no longer exist or read counts of deleted texts.

    While anonymous writing is locked the items stay, since not everything that the member follows is known then.
    """
    if digest is None:
        return state
    state = with_idle_state(state, digest.idle)
    marks = {target: mark for target, mark in state.marks.items() if target not in (LONG_CHAIN, LOOK_AGAIN)}
    state = state._replace(marks=marks | dict.fromkeys(digest.look_marks, 1) | day.marks(state))
    if digest.is_locked:
        return state
    removed = digest.planned_targets - digest.counts.keys()
    items = {t: item for t, item in state.items.items() if t not in removed or item.choice is False}
    for target, count in digest.counts.items():
        item = state.items.get(target, UNKNOWN)
        if item.seen_count is not None:
            item = item._replace(seen_count=min(item.seen_count, count))
        if item.seen_openly is not None:
            item = item._replace(seen_openly=min(item.seen_openly, digest.open_counts.get(target, item.seen_openly)))
        is_announced = digest.is_announced and digest.unread_counts[target] > 0
        item = item._replace(mailed_count=count if is_announced else min(item.mailed_count, count))
        if item != UNKNOWN:
            items[target] = item._replace(total=digest.totals[target])
    return state._replace(items=items)


def _farewell(recipient: Recipient) -> Mail:
    return mail.prepare(
        recipient.email,
        "last_news",
        subject="We stop sending you mail about what is new",
        name=recipient.name,
        link=external_url("accounts.sign_in"),
        settings_link=external_url("following.mail"),
        unsubscribe=external_url("following.unsubscribe", token=token_for(recipient.id, list(MAIL_KINDS))),
    )
