"""What each action does to a text, a thread or a member, and how it is undone. The decision is logged before."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from forum.accounts.models import Member
from forum.accounts.sanctions import lift_sanction, sanction_pseudonym
from forum.accounts.staff_actions import require_other_admin
from forum.db import db, now
from forum.markdown_writer import escape_markdown
from forum.moderation.kinds import ACTIONS, TAKES_TEXT
from forum.moderation.models import Decision, Item
from forum.moderation.queries import withheld_text
from forum.moderation.rules import rule_words
from forum.posts.actions import PostSubject, edit_post, write_post
from forum.posts.models import Comment, Post, Tag
from forum.posts.tags.queries import tag_slugs_of, tags_by_word
from forum.posts.thread_moves import move_all_branches, move_branch
from forum.posts.visibility import approve_held, hide, release_revisions, unhide, withhold_revisions
from forum.site import pin_post, unpin_post
from forum.urls import path_of

EDIT_PERIOD = timedelta(hours=72)
Effect = Callable[..., None]


def explanation(decision: Decision) -> str:
    """Return the rule and the reason, as shown in place of the text."""
    return f"{rule_words(decision.rule)}. {decision.reason}" if decision.rule else decision.reason


def sanction_message(decision: Decision) -> str:
    """Return what the member behind a pseudonym reads."""
    return f"{explanation(decision)} (Log entry {decision.id})"


def _decline(item: Item, decision: Decision) -> None:
    """Show a text again that reports alone had hidden. What a moderator removed, held or asked to edit stays so.

    A notice never hides a text, so declining one shows nothing.
    """
    if decision.source == "notice" or not isinstance(item, Post | Comment):
        return
    if item.hidden_at is None or item.removed_at is not None:
        return
    if item.decision_id is not None and item.edit_deadline is None:
        unhide(item)


def _approve(item: Item, decision: Decision) -> None:
    if isinstance(item, Post | Comment) and item.hidden_at is not None and item.removed_at is None:
        approve_held(item)


def _ask_to_edit(item: Post | Comment, decision: Decision, *, suggested_body: str = "") -> None:
    """Hide the text until its author edits it. The suggested wording changes nothing by itself."""
    _hide(item, decision)
    item.edit_deadline = decision.decided_at + EDIT_PERIOD
    if suggested_body and (withheld := withheld_text(decision)) is not None:
        withheld.suggested_body = suggested_body


def _hide(item: Post | Comment, decision: Decision) -> None:
    hide(item, explanation(decision))
    item.decision_id, item.edit_deadline, item.hidden_until_review = decision.id, None, False
    withhold_revisions(item, decision.id)


def _remove(item: Post | Comment, decision: Decision) -> None:
    _hide(item, decision)
    item.removed_at = decision.decided_at


def _restore(item: Post | Comment, decision: Decision) -> None:
    unhide(item)


def _lock(item: Post, decision: Decision) -> None:
    item.locked_at, item.locked_reason = decision.decided_at, explanation(decision)


def _unlock(item: Post, decision: Decision) -> None:
    item.locked_at = item.locked_reason = item.merged_into_id = None


def _move(item: Post, decision: Decision, *, tags: Sequence[Tag], subject: PostSubject) -> None:
    edit_post(item, title=item.title, body=item.body, leaning=item.leaning, tags=tags, subject=subject)


def _merge(item: Post, decision: Decision, *, into: Post, moves_replies: bool = False) -> None:
    """Close the thread and point to the other one, and move what may move there; see thread_moves.py."""
    _lock(item, decision)
    item.merged_into_id = into.id
    if moves_replies:
        move_all_branches(item, into)
        item.news_count += 1  # who follows the thread sees that something happened


def _split(item: Comment, decision: Decision, *, into: Post | None, title: str = "") -> None:
    """Move a branch to another thread, or to a new one that the moderator begins with a link to the old one."""
    old, moderator = item.post, decision.moderator
    if into is None and moderator is not None:
        link = f"[{escape_markdown(old.title)}]({path_of('posts.show', post_id=old.id, slug=old.slug)})"
        tags = list(tags_by_word(tag_slugs_of([old.id]).get(old.id, [])).values())
        body = f"These replies were moved from another thread: {link}"
        into = write_post(moderator, title=title, body=body, leaning="mixed", tags=tags, at=now())
    if into is not None:
        move_branch(item, into)


def _pin(item: Post, decision: Decision) -> None:
    pin_post(item.id)


def _unpin(item: Post, decision: Decision) -> None:
    unpin_post(item.id)


def _sanction_pseudonym(item: Item, decision: Decision) -> None:
    """Reach an anonymous author through the pseudonym. A named member reads the decision itself."""
    if isinstance(item, Post | Comment) and item.pseudonym is not None:
        message = sanction_message(decision)
        sanction_pseudonym(item.pseudonym, decision.action, message, decision.ends_at, decision_id=decision.id)


def _suspend(item: Item, decision: Decision) -> None:
    if (member := named_member(item)) is not None:
        require_other_admin(member)
        member.suspended_until = decision.ends_at


def _ban(item: Item, decision: Decision) -> None:
    if (member := named_member(item)) is not None:
        require_other_admin(member)
        member.banned_at = now()


def _do_nothing(item: Item, decision: Decision) -> None:
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
    "split": _split,
    "pin": _pin,
    "unpin": _unpin,
    "warn": _sanction_pseudonym,
    "hold": _sanction_pseudonym,
    "bar": _sanction_pseudonym,
    "suspend": _suspend,
    "ban": _ban,
    "spam": _ban,
    "staff": _do_nothing,
}


def undo(item: Item, decision: Decision) -> None:
    """Undo what the decision did, unless a later one replaced it."""
    if isinstance(item, Post | Comment) and decision.action in TAKES_TEXT:
        release_revisions(item, decision.id)
        if item.decision_id == decision.id:
            unhide(item)
    elif isinstance(item, Post) and ACTIONS[decision.action].undone_by == "unlock":
        _unlock(item, decision)
    elif isinstance(item, Post) and decision.action == "pin":
        unpin_post(item.id)
    elif isinstance(item, Post | Comment) and item.pseudonym is not None:
        lift_sanction(item.pseudonym, decision.id)
    elif (member := named_member(item)) is not None:
        if decision.action == "suspend" and member.suspended_until == decision.ends_at:
            member.suspended_until = None
        elif decision.action in ("ban", "spam"):
            member.banned_at = None


def named_member(item: Item) -> Member | None:
    """Return the member that the item is, or who signed it by name."""
    if isinstance(item, Member):
        return item
    return db.session.get(Member, item.author_id) if item.author_id is not None else None
