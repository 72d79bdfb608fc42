"""Note whom a text mentions, in a transaction of its own.

A row that names a member must not be written together with an anonymous text. So a text only notes that its mentions
are to be looked up (see listeners.py), and right after the commit that is done. What a crash left behind, a job does.
"""

from collections.abc import Callable

from flask import g
from sqlalchemy.exc import DBAPIError

from forum.accounts.queries import reachable_ids_by_slug
from forum.db import db, lock, writing
from forum.notifications.mention_queries import mentions_in, pending_texts, text_of
from forum.notifications.models import Mention, PendingMention
from forum.posts.mentions import mentioned_slugs

# Whoever mentions more members in one text reaches the first of them.
MAX_REACHED = 5


def settle_mentions(commit: Callable[[], object]) -> None:
    """Look up the mentions of every text that waits for it, and commit after each."""
    for post_id, comment_id in pending_texts():
        _settle(post_id, comment_id)
        commit()


def settle_after_request() -> None:
    """Look up the mentions of what the request that ends has written. When that fails, the job does it."""
    if not g.pop("has_pending_mentions", False):
        return
    try:
        with writing():
            settle_mentions(db.session.commit)
    except DBAPIError:
        db.session.rollback()


def _settle(post_id: int, comment_id: int | None) -> None:
    """Make the rows of a text's mentions those of its present version: an edit reaches only who is new in it."""
    lock(f"mentions in {comment_id or post_id}")
    text = text_of(post_id, comment_id)
    slugs = mentioned_slugs(text.body_html) if text is not None else []
    ids = reachable_ids_by_slug(slugs)
    member_ids = [ids[slug] for slug in slugs if slug in ids and ids[slug] != (text.author_id if text else None)]
    present = {row.member_id: row for row in mentions_in(post_id, comment_id)}
    for member_id, row in present.items():
        if member_id not in member_ids:
            db.session.delete(row)
    for member_id in member_ids[:MAX_REACHED]:
        if member_id not in present:
            db.session.add(Mention(member_id=member_id, post_id=post_id, comment_id=comment_id))
    db.session.query(PendingMention).filter_by(post_id=post_id, comment_id=comment_id).delete()
    db.session.flush()
