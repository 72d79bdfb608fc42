"""Remove spam in one step: a ban, the texts, the domain and similar sign-ups, all under one entry of the log.

Each text is removed, or restored, in a transaction of its own, so that nobody waits for a thousand of them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from forum.accounts.models import Member
from forum.dates import format_day
from forum.db import db, lock
from forum.domains import email_domain, registrable_domain
from forum.moderation.cases import lock_item_cases
from forum.moderation.decisions.actions import AlreadyDecided, apply_action, close_related_cases
from forum.moderation.decisions.effects import EFFECTS
from forum.moderation.models import Content, Decision
from forum.moderation.spam.models import SpamBatch
from forum.moderation.spam.queries import (
    domain_obstacle,
    is_removable,
    similar_sign_ups,
    text_by_id,
    texts_of_batch,
    was_held_before,
)
from forum.posts.signals import item_held
from forum.posts.visibility import release_revisions, unhide
from forum.site import change_setting, current_settings

HELD_AGAIN = "A moderator reviews it before it appears."


class SpamGrounds(TypedDict):
    """The rule that spam breaks, and the public reason."""

    rule: int
    reason: str


def ban_for_spam(
    member: Member,
    moderator: Member,
    grounds: SpamGrounds,
    *,
    since: datetime | None = None,
    blocks_domain: bool = False,
    rejects_sign_ups: bool = False,
) -> SpamBatch:
    """Ban the member and begin to remove what they signed, all of it or since a moment. Raise AlreadyDecided.

    Nothing anonymous is looked for: whatever it did would tell whose it is.
    """
    lock(f"spam of {member.id}")
    db.session.refresh(member)
    if member.banned_at is not None:
        raise AlreadyDecided
    scope = f"signed since {format_day(since, year=True)}" if since else "signed"
    facts = f"Everything that this account {scope} is removed."
    sign_ups = similar_sign_ups(member, domain_obstacle(member)) if rejects_sign_ups else []
    domain = _block_domain(member) if blocks_domain else None
    decision = apply_action(member, moderator, action="spam", source="own", facts=facts, **grounds)
    close_related_cases(member, decision, moderator)
    for sign_up in sign_ups:
        db.session.delete(sign_up)
    return _add(SpamBatch(decision_id=decision.id, since=since, blocked_domain=domain))


def remove_alias(item: Content, moderator: Member, grounds: SpamGrounds) -> SpamBatch:
    """Remove an anonymous text, and begin to remove what its alias wrote in the thread. Raise AlreadyDecided."""
    lock(f"text {item.id}")
    lock_item_cases(item)
    db.session.refresh(item)
    if not is_removable(item):
        raise AlreadyDecided
    facts = "The text itself, and everything under its alias in this thread."
    decision = apply_action(item, moderator, action="remove", source="own", facts=facts, **grounds)
    close_related_cases(item, decision, moderator)
    return _add(SpamBatch(decision_id=decision.id))


def undo_batch(batch: SpamBatch) -> None:
    """Begin to restore what the batch removed, and welcome the domain again."""
    lock(f"spam batch {batch.id}")
    db.session.refresh(batch)
    batch.is_undone, batch.is_settled = True, False
    if batch.blocked_domain is not None:
        _change_blocked(remove=batch.blocked_domain)
    db.session.flush()


def settle(batch_id: int, commit: Callable[[], object], limit: int | None = None) -> None:
    """Remove or restore the texts of a batch, or the first ones, with a commit after each."""
    batch = db.session.get_one(SpamBatch, batch_id)
    was_undone, texts, step = batch.is_undone, texts_of_batch(batch), _restore if batch.is_undone else _remove
    for kind, text_id in texts[:limit]:
        lock(f"spam batch {batch_id}")
        batch = db.session.get_one(SpamBatch, batch_id, populate_existing=True)
        if batch.is_undone != was_undone:
            return
        item = text_by_id(kind, text_id)
        if item is not None:
            step(item, batch.decision)
        commit()
    if limit is None or len(texts) <= limit:
        lock(f"spam batch {batch_id}")
        batch = db.session.get_one(SpamBatch, batch_id, populate_existing=True)
        batch.is_settled = batch.is_undone == was_undone
        db.session.flush()
        commit()


def _remove(item: Content, decision: Decision) -> None:
    lock(f"text {item.id}")
    lock_item_cases(item)
    db.session.refresh(item)
    if not is_removable(item):
        return
    EFFECTS["remove"](item, decision)
    if decision.moderator is not None:
        close_related_cases(item, decision, decision.moderator)
    db.session.flush()


def _restore(item: Content, decision: Decision) -> None:
    lock(f"text {item.id}")
    db.session.refresh(item)
    if item.decision_id != decision.id:
        return
    release_revisions(item, decision.id)
    if was_held_before(item, decision):
        item.removed_at = item.decision_id = None
        item.hidden_reason = HELD_AGAIN
        item_held.send(item, reason=HELD_AGAIN)
    else:
        unhide(item)
    db.session.flush()


def _add(batch: SpamBatch) -> SpamBatch:
    db.session.add(batch)
    db.session.flush()
    return batch


def _block_domain(member: Member) -> str | None:
    """Block the domain of the member's address. Return it, or None when it can't be blocked or is blocked already."""
    domain = registrable_domain(email_domain(member.email))
    return domain if domain_obstacle(member) is None and _change_blocked(add=domain) else None


def _change_blocked(*, add: str = "", remove: str = "") -> bool:
    """Add a domain to the blocked ones, or remove one. Return whether that changed anything."""
    lock("blocked domains")
    before = str(current_settings()["blocked_domains"]).split()
    after = [domain for domain in before if domain != remove]
    if add and add not in after:
        after.append(add)
    change_setting("blocked_domains", "\n".join(after))
    return after != before
