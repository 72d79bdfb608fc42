"""The daily and the weekly mail: what is new in what a member follows openly, and whether something is new elsewhere.

All are made at a fixed hour and in random order, so that neither the time nor the position of a mail shows which text
it is about. Of what a member wrote anonymously a mail says no more than that something is new. The states of all
members are sealed anew in the same run, also in random order.

This is done in batches of members drawn at random: each is prepared while others write, and then stored at once. A
state says for which day its member was last mailed, so that after a run was killed the next one goes on with the rest.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import SystemRandom
from typing import NamedTuple

from sqlalchemy import delete, update

from forum import mail
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.db import db
from forum.links import external_url
from forum.mail import Mail
from forum.notifications.following import FollowedItem, following_by_state, open_total, openly_followed
from forum.notifications.idle_mail import (
    IdleState,
    SignIns,
    idle_state,
    is_mail_stopped,
    recent_sign_ins,
    with_idle_state,
)
from forum.notifications.mail_content import ShownRows, shown_rows
from forum.notifications.mail_plans import Audience, DueRows, MailPlan, audience_of, prepare_news, section_plans
from forum.notifications.mail_queries import Recipient, all_sealed_states, reachable_members, sealed_states
from forum.notifications.member_state import UNKNOWN, SealedState, Target, seal_state, unseal_state
from forum.notifications.models import MemberState, UnmailedText
from forum.notifications.paces import DAILY, MAIL_KINDS, NEVER, NOW, WEEKLY, kinds_at, pace_of
from forum.notifications.queries import locked_states
from forum.notifications.queue_queries import queued_texts
from forum.notifications.signals import anonymous_news_collected
from forum.notifications.unsubscribe_tokens import token_for
from forum.posts.chain_queries import readable_chain_links_of

# The mark in a sealed state that says for which day its member was last mailed.
MAILED_FOR: Target = ("mailed_for", 0)
# The states and mails of at least this many members, if there are, are stored together, so that nobody stands out.
BATCH_SIZE = 200


class MemberDigest(NamedTuple):
    """What a day's mail is for one member, and how much is in what they follow."""

    member_id: int
    mail: MailPlan | None
    # Whether the mail tells of what they wrote anonymously whenever something is new there.
    is_announced: bool
    counts: dict[Target, int]
    # The same of threads as everyone else counts it.
    open_counts: dict[Target, int]
    unread_counts: dict[Target, int]
    # The items of their state when the mail was planned. What they have followed since then is kept.
    planned_targets: frozenset[Target]
    is_locked: bool
    idle: IdleState
    # A last mail, since the member has not been here for long.
    farewell: Recipient | None


class PreparedDigest(NamedTuple):
    """What to store for a member: their mails, and their state sealed anew, if it is still the former one."""

    digest: MemberDigest
    former: str
    resealed: str
    mails: Sequence[Mail]


class DigestDay(NamedTuple):
    """What all mails of a day have in common."""

    # None for a run on demand.
    day: date | None
    text_ids: Sequence[int]
    # Texts that no later mail is about.
    finished_text_ids: Sequence[int]

    rows_by_pace: DueRows
    # Chain links of anonymous texts that something was decided about.
    decided_links: dict[str, set[str]]
    audience: Audience
    sign_ins: SignIns
    recipients: dict[int, Recipient]
    is_monday: bool


def plan_day(moment: datetime, day: date | None = None) -> DigestDay:
    """Return what all mails of a day are about."""
    rows = queued_texts()
    # A signed text is first announced at once, minutes after it appeared.
    due = [row for row in rows if row.is_listed and (row.was_mailed_at_once or not row.is_signed)]
    fresh = [row for row in due if not row.was_mailed_daily]
    is_monday = moment.weekday() == 0
    rows_by_pace = {
        NOW: [row for row in fresh if not row.is_signed],
        DAILY: fresh,
        WEEKLY: due if is_monday else [],
        NEVER: [],
    }
    recipients = {recipient.id: recipient for recipient in reachable_members(moment)}
    due_ids = {row.id for row in due}
    return DigestDay(
        day,
        sorted(due_ids),
        [row.id for row in rows if not row.is_listed or (is_monday and row.id in due_ids)],
        rows_by_pace,
        _decided_links(moment, is_monday),
        audience_of(due),
        recent_sign_ins(),
        recipients,
        is_monday,
    )


def random_batches(day: DigestDay) -> Sequence[Sequence[int]]:
    """Return the ids of the members who have not had this day's mail, in random batches of a few hundred."""
    member_ids = [id for id, sealed in all_sealed_states() if not _was_mailed(unseal_state(sealed), day.day)]
    SystemRandom().shuffle(member_ids)
    count = max(len(member_ids) // BATCH_SIZE, 1)
    return [member_ids[n::count] for n in range(count)]


def plan_digests(day: DigestDay, member_ids: Sequence[int]) -> list[tuple[MemberDigest, str]]:
    """Return the day's mail for each of these members who has not had it, with their sealed state."""
    states = sealed_states(member_ids)
    digests = []
    for member_id in member_ids:
        state = unseal_state(states.get(member_id))
        if member_id in states and not _was_mailed(state, day.day):
            digests.append((_member_digest(member_id, state, day), states[member_id]))
    return digests


def prepare_digests(day: DigestDay, member_ids: Sequence[int]) -> list[PreparedDigest]:
    """Return what to store for these members, with all mails rendered and sealed."""
    digests = plan_digests(day, member_ids)
    mails = [digest.mail for digest, _ in digests if digest.mail is not None]
    rows = shown_rows(section for planned in mails for section in planned.sections)
    return [
        PreparedDigest(
            digest, sealed, seal_state(_announced(unseal_state(sealed), digest, day.day)), list(_mails_of(digest, rows))
        )
        for digest, sealed in digests
    ]


def store_digests(day: DigestDay, batch: Sequence[PreparedDigest]) -> None:
    """Write the mails of a batch to the outbox, and the states that say so.

    A state that has changed meanwhile is sealed again. If another process has mailed its member, nothing is written.
    """
    states = locked_states([row.digest.member_id for row in batch])
    mails: list[Mail] = []
    rows = []
    for row in batch:
        present, sealed = states.get(row.digest.member_id), row.resealed
        if present != row.former:
            state = unseal_state(present)
            if present is None or _was_mailed(state, day.day):
                continue
            sealed = seal_state(_announced(state, row.digest, day.day))
        rows.append({"member_id": row.digest.member_id, "sealed": sealed})
        mails += row.mails
    if rows:
        db.session.execute(update(MemberState), rows)
    mail.enqueue_all(mails)


def record_texts(day: DigestDay) -> None:
    """Record which texts the mails have announced, and remove those that no later mail is about."""
    announced = update(UnmailedText).where(UnmailedText.id.in_(day.text_ids)).values(was_mailed_daily=True)
    db.session.execute(announced, execution_options={"synchronize_session": False})
    finished = delete(UnmailedText).where(UnmailedText.id.in_(day.finished_text_ids))
    db.session.execute(finished, execution_options={"synchronize_session": False})


def _was_mailed(state: SealedState, day: date | None) -> bool:
    return day is not None and state.marks.get(MAILED_FOR) == day.toordinal()


def _mails_of(digest: MemberDigest, rows: ShownRows) -> Iterator[Mail]:
    if digest.mail is not None:
        yield prepare_news(digest.mail, rows)
    if digest.farewell is not None:
        yield _farewell(digest.farewell)


def _member_digest(member_id: int, state: SealedState, day: DigestDay) -> MemberDigest:
    member = db.session.get_one(Member, member_id)
    links = readable_chain_links_of(member)
    items = following_by_state(member, state.items, links).by_target()
    idle = idle_state(member, state, day.sign_ins)
    recipient = day.recipients.get(member_id)
    news = MailPlan(recipient, []) if recipient is not None and not idle.is_over else None
    is_announced = news is not None and _is_due(pace_of(news.recipient.mail_paces, "post"), day)
    if news is not None:
        news = _news(member, state, news.recipient, items if is_announced else {}, day, links)
    wants_mail = recipient is not None and kinds_at(recipient.mail_paces, [NEVER]) != MAIL_KINDS.keys()
    return MemberDigest(
        member_id,
        news,
        is_announced,
        {target: item.total for target, item in items.items()},
        {target: open_total(item) for target, item in items.items() if target[0] == "post"},
        {target: item.unread for target, item in items.items()},
        frozenset(state.items),
        is_anonymous_writing_locked(member),
        idle,
        recipient if idle.is_over and not is_mail_stopped(state) and wants_mail else None,
    )


def _news(
    member: Member,
    state: SealedState,
    recipient: Recipient,
    items: dict[Target, FollowedItem],
    day: DigestDay,
    links: Sequence[str],
) -> MailPlan | None:
    """Return the mail to a member, or None; `items` are those whose news may be announced without naming them."""
    due = {kind: day.rows_by_pace[pace_of(recipient.mail_paces, kind)] for kind in MAIL_KINDS}
    has_due = any(due.values()) and day.audience.may_include(member.id, state)
    plans = section_plans(member, due, day.audience) if has_due else []
    unannounced = {target for target, item in items.items() if item.is_unannounced and target[0] == "post"}
    has_anonymous_news = not day.decided_links[pace_of(recipient.mail_paces, "post")].isdisjoint(links) or (
        bool(unannounced) and bool(unannounced - openly_followed(member, state.items, links).by_target().keys())
    )
    return MailPlan(recipient, plans, has_anonymous_news) if plans or has_anonymous_news else None


def _decided_links(moment: datetime, is_monday: bool) -> dict[str, set[str]]:
    """Return the links of anonymous texts that something was decided about since the last mail of each pace."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    daily = _links_since(hour - timedelta(days=1))
    return {
        NOW: daily,
        DAILY: daily,
        WEEKLY: _links_since(hour - timedelta(days=7)) if is_monday else set(),
        NEVER: set(),
    }


def _links_since(moment: datetime) -> set[str]:
    return {link for _, links in anonymous_news_collected.send(moment) for link in links}


def _is_due(pace: str, day: DigestDay) -> bool:
    return pace in (NOW, DAILY) or (pace == WEEKLY and day.is_monday)


def _announced(state: SealedState, digest: MemberDigest, day: date | None) -> SealedState:
    """Return the state after the mail. What is gone is forgotten, and of what was deleted nothing counts as read.

    While anonymous writing is locked the items stay: not all that the member follows is known.
    """
    state = with_idle_state(state, digest.idle)
    if day is not None:
        state = state._replace(marks=state.marks | {MAILED_FOR: day.toordinal()})
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
            items[target] = item
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
