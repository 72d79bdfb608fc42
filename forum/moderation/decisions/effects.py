"""What each decision does to a text, a thread or a member, and what undoes it. The log's row is there already."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from forum.accounts.models import Member
from forum.accounts.sanctions import lift_sanction, sanction_pseudonym
from forum.db import db, now
from forum.moderation.models import Decision
from forum.moderation.queries import withheld_text
from forum.moderation.rules import rule_words
from forum.posts.actions import PostSubject, edit_post
from forum.posts.models import Comment, Post, Tag
from forum.posts.visibility import hide, approve_held, unhide

EDIT_PERIOD = timedelta(hours=72)
Effect = Callable[..., None]


def explanation(decision: Decision) -> str:
    """What stands beside the text: the rule and the reason."""
    return f"{rule_words(decision.rule)}. {decision.reason}" if decision.rule else decision.reason


def sanction_message(decision: Decision) -> str:
    """What the member behind a pseudonym reads."""
    return f"{explanation(decision)} (Log entry {decision.id})"


def _decline(item: Any, decision: Decision) -> None:
    """Reports are declined: what they hid by their weight is shown again. A removal stays what it is.

    A notice from outside hid nothing, so declining it shows nothing.
    """
    if decision.source == "notice":
        return
    if not isinstance(item, Post | Comment) or item.hidden_at is None or item.removed_at is not None:
        return
    if item.decision_id is not None and item.edit_deadline is None:
        unhide(item)


def _approve(item: Any, decision: Decision) -> None:
    if isinstance(item, Post | Comment) and item.hidden_at is not None and item.removed_at is None:
        approve_held(item)


def _ask_to_edit(item: Any, decision: Decision, *, proposed: str = "") -> None:
    """A wording of the moderator's own is a proposal: it changes nothing until the author takes it over."""
    _hide(item, decision)
    item.edit_deadline = decision.decided_at + EDIT_PERIOD
    if proposed and (taken := withheld_text(decision)) is not None:
        taken.suggested_body = proposed


def _hide(item: Any, decision: Decision) -> None:
    hide(item, explanation(decision))
    item.decision_id, item.edit_deadline = decision.id, None


def _remove(item: Any, decision: Decision) -> None:
    _hide(item, decision)
    item.removed_at = decision.decided_at


def _restore(item: Any, decision: Decision) -> None:
    unhide(item)


def _lock(item: Any, decision: Decision) -> None:
    item.locked_at, item.locked_reason = decision.decided_at, explanation(decision)


def _unlock(item: Any, decision: Decision) -> None:
    item.locked_at = item.locked_reason = item.merged_into_id = None


def _move(item: Any, decision: Decision, *, tags: Sequence[Tag], about: PostSubject) -> None:
    edit_post(item, title=item.title, body=item.body, leaning=item.leaning, tags=tags, subject=about)


def _merge(item: Any, decision: Decision, *, into: Post) -> None:
    """The thread is closed and says where it goes on; what was written stays where it was written, under its names."""
    _lock(item, decision)
    item.merged_into_id = into.id


def _warn(item: Any, decision: Decision) -> None:
    """Somebody named reads the decision itself; somebody anonymous is reached through the pseudonym."""
    if _anonymous(item):
        sanction_pseudonym(item.pseudonym, "warn", sanction_message(decision), decision_id=decision.id)


def _hold(item: Any, decision: Decision) -> None:
    if _anonymous(item):
        sanction_pseudonym(item.pseudonym, "hold", sanction_message(decision), decision.ends_at, decision_id=decision.id)


def _bar(item: Any, decision: Decision) -> None:
    if _anonymous(item):
        sanction_pseudonym(item.pseudonym, "bar", sanction_message(decision), decision.ends_at, decision_id=decision.id)


def _suspend(item: Any, decision: Decision) -> None:
    if (member := _member(item)) is not None:
        member.suspended_until = decision.ends_at


def _ban(item: Any, decision: Decision) -> None:
    if (member := _member(item)) is not None:
        member.banned_at = now()


def _nothing(item: Any, decision: Decision) -> None:
    pass


EFFECTS: dict[str, Effect] = {
    "decline": _decline,
    "approve": _approve,
    "ask_to_edit": _ask_to_edit,
    "hide": _hide,
    "remove": _remove,
    "restore": _restore,
    "lock": _lock,
    "unlock": _unlock,
    "move": _move,
    "merge": _merge,
    "warn": _warn,
    "hold": _hold,
    "bar": _bar,
    "suspend": _suspend,
    "ban": _ban,
    "staff": _nothing,
}

def undo(item: Any, decision: Decision) -> None:
    """Put back what the decision did, as far as it is still its doing."""
    if decision.action in ("ask_to_edit", "hide", "remove"):
        if item.decision_id == decision.id:
            unhide(item)
    elif decision.action in ("lock", "merge"):
        _unlock(item, decision)
    elif _anonymous(item):
        lift_sanction(item.pseudonym, decision.id)
    elif (member := _member(item)) is not None:
        if decision.action == "suspend" and member.suspended_until == decision.ends_at:
            member.suspended_until = None
        elif decision.action == "ban":
            member.banned_at = None


def _anonymous(item: Any) -> bool:
    return getattr(item, "pseudonym_id", None) is not None


def _member(item: Any) -> Member | None:
    if isinstance(item, Member):
        return item
    return db.session.get(Member, item.author_id) if item.author_id is not None else None
