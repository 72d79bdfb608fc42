"""Mail about a decision to the member it is about."""

from forum import mail
from forum.accounts.models import Member
from forum.accounts.staff_actions import mail_admins
from forum.db import db
from forum.links import external_url
from forum.moderation.decisions.redress import is_open_to_appeal
from forum.moderation.models import Content, Decision, Item
from forum.moderation.queries import previous_decision
from forum.moderation.rules import rule_words
from forum.moderation.wording import log_words, outcome_for_author
from forum.posts.models import Post


def mail_decision(item: Item, decision: Decision, other_count: int = 0) -> None:
    """Mail the decision to the member or to the text's named author.

    Anonymous authors get no mail, which would reveal them: they find the decision on the site, where they are notified
    as of replies, and the daily mail says that something is new in what they wrote anonymously.
    `other_count` is how many more of the author's texts the same decision was made on.
    """
    member = _recipient(item)
    if member is None or not member.email or member.bounced_at or not is_mailed(item, decision):
        return
    mail.enqueue(
        member.email,
        "decision",
        subject=_subject(item, decision),
        name=member.name,
        decision=decision,
        rule=rule_words(decision.rule),
        outcome=outcome_for_author(decision),
        text="" if isinstance(item, Member) else _text_name(item),
        text_link="" if isinstance(item, Member) else _text_link(item),
        edit_deadline=item.edit_deadline if decision.action == "ask_to_edit" and not isinstance(item, Member) else None,
        is_open_to_appeal=is_open_to_appeal(member, decision),
        other_count=other_count,
        link=external_url("statements.show", number=decision.id),
    )


def is_mailed(item: Item, decision: Decision) -> bool:
    """Return whether the author is mailed the decision: nobody is told that reports about them were declined.

    Unless the reports had hidden the text, which they were told.
    """
    if decision.action != "decline" or decision.is_about_representation or decision.source == "appeal":
        return True
    previous = None if isinstance(item, Member) else previous_decision(item, decision)
    return previous is not None and previous.automated and previous.action == "hide"


def mail_admins_of_decision(decision: Decision) -> None:
    """Mail all admins a decision about the account of a member of staff; never one about an anonymous text."""
    member = db.session.get(Member, decision.member_id) if decision.member_id is not None else None
    if member is not None and member.role != "member":
        actor = decision.moderator.name if decision.moderator is not None else decision.moderator_name
        mail_admins(member, log_words(decision), decision.reason, actor)


def _subject(item: Item, decision: Decision) -> str:
    """Return the subject: for a text, its title, or that of the post that it replies to."""
    if isinstance(item, Member):
        return "A decision about your account"
    words = "Approved:" if decision.action == "approve" else "A decision about"
    return f"{words} “{item.title}”" if isinstance(item, Post) else f"{words} {_text_name(item)}"


def _text_name(item: Content) -> str:
    return f"your post “{item.title}”" if isinstance(item, Post) else f"your reply to “{item.post.title}”"


def _text_link(item: Content) -> str:
    if isinstance(item, Post):
        return external_url("posts.show", post_id=item.id, slug=item.slug)
    return external_url("comments.show", comment_id=item.id)


def _recipient(item: Item) -> Member | None:
    if isinstance(item, Member):
        return item
    return db.session.get(Member, item.author_id) if item.author_id else None
