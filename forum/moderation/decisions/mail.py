"""Mail about a decision to the member it is about."""

from forum import mail
from forum.accounts.models import Member
from forum.accounts.staff_actions import mail_admins
from forum.db import db
from forum.links import external_url
from forum.moderation.kinds import ACTIONS, log_words
from forum.moderation.models import Decision, Item
from forum.moderation.rules import rule_words
from forum.posts.models import Post


def mail_decision(item: Item, decision: Decision, other_count: int = 0) -> None:
    """Mail the decision to the member or to the text's named author.

    Anonymous authors get no mail, which would reveal them: they find the decision on the site, where they are notified
    as of replies. Nobody is told that reports about them were declined.
    `other_count` is how many more of the author's texts the same decision was made on.
    """
    member = _recipient(item)
    is_silent = decision.action == "decline" and not decision.is_about_representation
    if member is None or not member.email or member.bounced_at or is_silent:
        return
    mail.enqueue(
        member.email,
        "decision",
        subject=_subject(item, decision),
        name=member.name,
        decision=decision,
        rule=rule_words(decision.rule),
        outcome=outcome_for_author(decision),
        other_count=other_count,
        link=external_url("statements.show", number=decision.id),
    )


def mail_admins_of_decision(decision: Decision) -> None:
    """Mail all admins a decision about the account of a member of staff; never one about an anonymous text."""
    member = db.session.get(Member, decision.member_id) if decision.member_id is not None else None
    if member is not None and member.role != "member":
        actor = decision.moderator.name if decision.moderator is not None else decision.moderator_name
        mail_admins(member, log_words(decision), decision.reason, actor)


def outcome_for_author(decision: Decision) -> str:
    """Return what was decided, as the member concerned is told."""
    return ACTIONS[decision.action].words(decision.source).author


def _subject(item: Item, decision: Decision) -> str:
    """Return the subject: for a text, its title, or that of the post that it replies to."""
    if isinstance(item, Member):
        return "A decision about your account"
    words = "Approved:" if decision.action == "approve" else "A decision about"
    return f"{words} “{item.title}”" if isinstance(item, Post) else f"{words} your reply to “{item.post.title}”"


def _recipient(item: Item) -> Member | None:
    if isinstance(item, Member):
        return item
    return db.session.get(Member, item.author_id) if item.author_id else None
