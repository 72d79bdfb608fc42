"""Operations that posts and comments share: signing, rendering, revisions, tombstones and useful votes."""

from datetime import datetime

from forum import text
from forum.accounts.models import Member
from forum.accounts.pseudonyms import get_or_create_pseudonym
from forum.db import db, lock, start_of_day
from forum.posts.authored import AuthoredText
from forum.posts.chain_queries import next_chain_link
from forum.posts.item_queries import revision_count, useful_vote_of
from forum.posts.mentions import link_mentions
from forum.posts.models import Comment, Post, Revision, UsefulVote, target_columns, timestamp_for
from forum.posts.recounts import request_recount
from forum.posts.screening.filters import fingerprint_of
from forum.text import Rendered


def sign(item: Post | Comment, author: Member, *, anonymous: bool, at: datetime) -> None:
    """Set the author and time, or, for an anonymous text, a pseudonym, a link of the author's chain and the day."""
    if not anonymous:
        item.author_id, item.created_at = author.id, at
        return
    lock(f"anonymous writing of {author.id}")
    item.pseudonym_id = get_or_create_pseudonym(item.thread_key, author).id
    item.chain_link = next_chain_link(author)
    item.created_at = start_of_day(at)


def set_body(item: AuthoredText, body: str | Rendered) -> None:
    """Store the text as typed, its HTML and its fingerprint."""
    source, html = body if isinstance(body, Rendered) else text.render(body)
    item.body = source
    item.fingerprint = fingerprint_of(source)
    item.body_html = link_mentions(html)
    item.render_version = text.RENDER_VERSION


def save_revision(item: Post | Comment, *, title: str | None = None, details: str = "") -> None:
    """Store the current text as a revision, before it is changed. What a decision objected to is withheld.

    What nobody else has read because it was held leaves no revision, which everyone could read later.
    """
    if item.is_held:
        return
    moment = timestamp_for(item)
    values = target_columns(item) | {"number": revision_count(item) + 1, "decision_id": item.decision_id}
    db.session.add(Revision(title=title, body=item.body, details=details, replaced_at=moment, **values))
    item.edited_at = moment


def leave_tombstone(item: Post | Comment) -> None:
    """Erase the text and its revisions, and keep its place in the thread."""
    condition = target_columns(item)
    db.session.query(Revision).filter_by(**condition).delete()
    db.session.query(UsefulVote).filter_by(**condition).delete()
    item.body = item.body_html = ""
    item.fingerprint = None
    item.useful_count = 0
    item.deleted_at = timestamp_for(item)


def mark_useful(member: Member, item: Post | Comment) -> None:
    """Add the member's useful vote. A second one changes nothing."""
    if useful_vote_of(member, item) is None:
        db.session.add(UsefulVote(member_id=member.id, **target_columns(item)))
        request_recount(type(item), item.id, 0)


def unmark_useful(member: Member, item: Post | Comment) -> None:
    """Remove the member's useful vote, if there is one."""
    db.session.query(UsefulVote).filter_by(member_id=member.id, **target_columns(item)).delete()
    request_recount(type(item), item.id, 0)
