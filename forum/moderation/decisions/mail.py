"""Telling whoever a decision is about: by mail, and in which words."""

from typing import Any


from forum.links import external_url
from forum import mail
from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Decision
from forum.moderation.rules import rule_words

# What a decision is about when it is neither a text nor somebody's writing.
SPEAKER = "a vendor's representative"


def mail_decision(item: Any, decision: Decision, others: int = 0) -> None:
    """Mail to a named author; an anonymous one finds it on the site, and is told by what tells them of replies.

    `others` is how many more decisions of the same kind, on the same grounds, were made with this one. That reports of
    somebody were declined is told to nobody.
    """
    member = item if isinstance(item, Member) else db.session.get(Member, item.author_id) if item.author_id else None
    unheard = decision.action == "decline" and decision.target_label != SPEAKER
    if member is None or not member.email or unheard or member.bounced_at:
        return
    mail.enqueue(
        member.email,
        "decision",
        subject=f"A decision about {'your account' if item is member else 'your text'}",
        name=member.name,
        decision=decision,
        rule=rule_words(decision.rule),
        did=outcome_for_author(decision),
        others=others,
        link=external_url("statements.show", number=decision.id),
    )


# What was done, as its author is told.
DONE = {
    "decline": "Reports of it were declined: it stays",
    "approve": "It was let through and can be read by everybody",
    "ask_to_edit": "It is hidden until you change it, for which you have 72 hours",
    "hide": "It is hidden",
    "remove": "It was removed",
    "restore": "It is shown again",
    "lock": "The thread takes no more replies",
    "unlock": "The thread takes replies again",
    "move": "Its tags or its vendor were changed",
    "merge": "The thread goes on in another one",
    "warn": "You are warned",
    "hold": "What you write anonymously waits for a moderator",
    "bar": "You cannot write anonymously for a while",
    "suspend": "You cannot write for a while",
    "ban": "Your account is closed",
    "lift": "A sanction was lifted",
    "staff": "Staff changed something about your account",
    "approve a vendor's representative": "You speak for the vendor from now on",
    "decline a vendor's representative": "Your request to speak for a vendor was declined",
    "end a vendor's representative": "You no longer speak for the vendor",
}


def outcome_for_author(decision: Decision) -> str:
    """What was done, as the one is told whom it is about."""
    if decision.action == "decline" and decision.source == "notice":
        return "A notice about it was declined: it stays"
    return DONE.get(f"{decision.action} {decision.target_label}") or DONE[decision.action]
