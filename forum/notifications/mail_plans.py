"""Whom a mail is for and what it says: found among the queued texts and what each member follows openly.

Whoever reads all mail sees who is told of a text. So a mail goes by what everybody could know: an explicit follow, or
signed writing. A member's own anonymous text is announced to them like anybody's, else the one without a mail would be
its author.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from forum import mail
from forum.accounts.models import Member
from forum.links import external_url
from forum.mail import Mail
from forum.notifications.mail_content import (
    MAX_SECTIONS,
    SectionPlan,
    ShownRows,
    kinds_in,
    reasons,
    section_plan,
    sections,
    subject_of,
)
from forum.notifications.mail_queries import Recipient
from forum.notifications.member_state import SealedState, Target
from forum.notifications.news import news_of
from forum.notifications.paces import MAIL_KINDS
from forum.notifications.queue_queries import QueuedRow, latest_signed_texts, mentioned_member_ids, tags_of_posts
from forum.notifications.unsubscribe_tokens import token_for

DueRows = Mapping[str, Sequence[QueuedRow]]


class Audience(NamedTuple):
    """Who may be told of the texts that are due: who follows openly, signed a text in the thread or is mentioned."""

    targets: Collection[Target]
    signed_at: Mapping[tuple[int, int], datetime]
    member_ids: Collection[int]

    def may_include(self, member_id: int, state: SealedState) -> bool:
        """Return whether a mail to this member is possible, so that it is worth finding out."""
        has_target = any(target in self.targets and item.choice for target, item in state.items.items())
        return has_target or bool(state.searches) or member_id in self.member_ids


class MailPlan(NamedTuple):
    """A mail to one member."""

    recipient: Recipient
    sections: Sequence[SectionPlan]
    # Something is new in what they wrote anonymously.
    has_anonymous_news: bool = False


def audience_of(rows: Iterable[QueuedRow]) -> Audience:
    """Return who may get a mail about these texts."""
    rows = list(rows)
    post_ids = {row.post_id for row in rows}
    new_post_ids = {row.post_id for row in rows if row.kind == "post"}
    targets = {("post", post_id) for post_id in post_ids} | {("tag", tag_id) for tag_id in tags_of_posts(new_post_ids)}
    targets |= {("vendor", row.vendor_id) for row in rows if row.kind == "post" and row.vendor_id is not None}
    signed_at = latest_signed_texts(post_ids)
    member_ids = mentioned_member_ids(post_ids) | {member_id for _, member_id in signed_at}
    return Audience(targets, signed_at, member_ids)


def section_plans(member: Member, due: DueRows, audience: Audience) -> list[SectionPlan]:
    """Return what a mail tells the member, the latest first, of the texts that are due by kind of mail.

    What they have marked as read is left out, and signed replies from before they signed one in the thread themselves.
    """
    ids_by_kind = {kind: _ids(member, kind, rows, audience) for kind, rows in due.items()}
    events = {row.post_id for row in due.get("post", ()) if row.kind == "event"}
    new_posts = {row.post_id for row in due.get("mention", ()) if row.kind == "post"}
    plans: list[SectionPlan] = []
    for group in news_of(member, with_anonymous=False, with_muted=True, targets=audience.targets):
        happened = {"post": group.item in events, "mention": group.item in new_posts}
        plan = section_plan(group, ids_by_kind, [kind for kind in happened if happened[kind]])
        if plan.ids:
            plans.append(plan)
            if not plan.is_thread:  # a post is announced once, though its vendor and a tag of it may be followed
                ids_by_kind["topic"] -= set(plan.ids["topic"])
    return plans[:MAX_SECTIONS]


def prepare_news(plan: MailPlan, rows: ShownRows) -> Mail:
    """Return a mail about news, ready for the outbox."""
    recipient, mail_sections = plan.recipient, sections(plan.sections, rows)
    kinds = kinds_in(plan.sections)
    if plan.has_anonymous_news and "post" not in kinds:
        kinds = [kind for kind in MAIL_KINDS if kind in (*kinds, "post")]
    return mail.prepare(
        recipient.email,
        "news",
        subject=subject_of(mail_sections),
        name=recipient.name,
        sections=mail_sections,
        has_anonymous_news=plan.has_anonymous_news,
        reasons=reasons(kinds, recipient.mail_paces),
        list_link=external_url("following.index"),
        settings_link=external_url("following.mail"),
        unsubscribe=external_url("following.unsubscribe", token=token_for(recipient.id, kinds)),
    )


def _ids(member: Member, kind: str, rows: Iterable[QueuedRow], audience: Audience) -> frozenset[int]:
    if kind == "topic":
        return frozenset(row.post_id for row in rows if row.kind == "post")
    return frozenset(
        row.comment_id
        for row in rows
        if row.comment_id is not None and not _was_there(audience.signed_at.get((row.post_id, member.id)), row)
    )


def _was_there(signed_at: datetime | None, row: QueuedRow) -> bool:
    return signed_at is not None and row.is_signed and row.created_at < signed_at
