"""Operations that posts and comments share: signing, rendering, revisions, tombstones and useful votes."""

from datetime import datetime
from typing import Any

from forum import text
from forum.accounts.pseudonyms import get_or_create_pseudonym
from forum.accounts.models import Member
from forum.db import db, lock, start_of_day
from forum.posts.chain_queries import free_chain_link
from forum.posts.item_queries import revision_count, useful_vote_of
from forum.posts.models import Comment, Post, Revision, UsefulVote, timestamp_for, target_columns
from forum.posts.screening.filters import fingerprint_of


def sign(item: Any, author: Member, *, anonymous: bool, at: datetime) -> None:
    """Put the author's name to it, or a pseudonym and a link of their chain; then only the day is kept."""
    if not anonymous:
        item.author_id, item.created_at = author.id, at
        return
    lock(f"anonymous writing of {author.id}")
    item.pseudonym_id = get_or_create_pseudonym(item.thread_key, author).id
    item.chain_link = free_chain_link(author)
    item.created_at = start_of_day(at)


def set_body(item: Any, body: str) -> None:
    """Keep the text as typed and render it, once."""
    item.body = text.clean(body)
    item.fingerprint = fingerprint_of(item.body)
    item.body_html = text.to_html(item.body)
    item.render_version = text.RENDER_VERSION


def save_revision(item: Post | Comment, *, title: str | None = None, facts: str = "") -> None:
    """Keep what the item says now, before it is changed."""
    moment = timestamp_for(item)
    number = revision_count(item) + 1
    db.session.add(
        Revision(number=number, title=title, body=item.body, details=facts, replaced_at=moment, **target_columns(item))
    )
    item.edited_at = moment


def leave_tombstone(item: Post | Comment) -> None:
    """Take its text away, its former texts too, and leave the place in the thread."""
    condition = target_columns(item)
    db.session.query(Revision).filter_by(**condition).delete()
    db.session.query(UsefulVote).filter_by(**condition).delete()
    item.body = item.body_html = ""
    item.fingerprint = None
    item.useful_count = 0
    item.deleted_at = timestamp_for(item)


def mark_useful(member: Member, item: Post | Comment) -> None:
    """Say that it was useful. Saying so twice is saying so once."""
    if useful_vote_of(member, item) is None:
        db.session.add(UsefulVote(member_id=member.id, **target_columns(item)))
        db.session.flush()
        item.useful_count = type(item).useful_count + 1
        db.session.flush()


def unmark_useful(member: Member, item: Post | Comment) -> None:
    """Take that back."""
    # The count follows what was really deleted: of two presses at once, one finds nothing left.
    if db.session.query(UsefulVote).filter_by(member_id=member.id, **target_columns(item)).delete():
        item.useful_count = type(item).useful_count - 1
        db.session.flush()
