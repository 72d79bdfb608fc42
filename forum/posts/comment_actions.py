"""Write, edit and delete comments."""

from datetime import datetime

from forum import anonymity
from forum.access import is_listed
from forum.accounts.models import Member
from forum.db import db, lock, new_random_id, now
from forum.inserts import insert_now
from forum.posts.anonymous.badges import badge_for
from forum.posts.models import Comment, Post
from forum.posts.recount_queries import add_reply_to_counts, count_answers, count_listed_replies
from forum.posts.recounts import request_recount
from forum.posts.screening.holds import hold_if_needed
from forum.posts.signals import comment_published
from forum.posts.visibility import adjust_visible_counts, hold_if_edit_requested
from forum.posts.writing import leave_tombstone, save_revision, set_body, sign
from forum.text import Rendered
from forum.urls import key_text

MAX_DEPTH = 4
# Part of the key that seals positions: it never changes.
POSITION_PURPOSE = "position in a thread"


def write_comment(
    post: Post,
    author: Member,
    *,
    body: str | Rendered,
    parent: Comment | None = None,
    anonymous: bool = False,
    badged: bool = False,
    submission: str | None = None,
    official_title: str | None = None,
    at: datetime | None = None,
) -> Comment:
    """Reply to a post, or to a comment under it. `at` is for imported or invented comments.

    With `official_title` it is the official reply of the vendor that the post names; see official_actions.py.
    """
    comment = Comment(id=new_random_id(), post=post, post_id=post.id, submission=submission or None)
    comment.official_vendor_id = post.vendor_id if official_title is not None else None
    comment.official_title = official_title
    set_body(comment, body)
    sign(comment, author, anonymous=anonymous, at=at or now())
    comment.badge = badge_for(author) if anonymous and badged else ""
    comment.position_seal = _sealed_position(post, is_import=at is not None)
    _add_to_thread(comment, _parent_in(post, parent))
    hold_if_needed(comment, author, is_import=at is not None)
    _count_in_thread(comment, post)
    if is_listed(comment):
        comment_published.send(comment)
    return comment


def edit_comment(comment: Comment, *, body: str | Rendered, author: Member | None = None) -> None:
    """Change a comment and store its current text as a revision. `author` is None when a moderator changes it."""
    save_revision(comment)
    set_body(comment, body)
    db.session.flush()
    hold_if_edit_requested(comment)
    hold_if_needed(comment, author)


def delete_comment(comment: Comment) -> bool:
    """Delete a comment for its author. Return True when a tombstone stays because there are answers to it.

    An imported comment leaves one, too, so that the next import does not bring it back.
    """
    if is_listed(comment):
        adjust_visible_counts(comment, -1)
    has_answers = count_answers(comment.id) > 0
    leaves_tombstone = comment.removed_at is not None or has_answers or comment.imported_from is not None
    if leaves_tombstone:
        leave_tombstone(comment)
    else:
        db.session.delete(comment)
        if comment.parent_id is not None:
            request_recount(Comment, comment.parent_id)
    db.session.flush()
    return leaves_tombstone


def position_of(position_seal: str | None) -> int:
    """Return how much was in the thread before a comment; 0 for one from before that was stored."""
    return int(anonymity.unseal(POSITION_PURPOSE, position_seal) or 0) if position_seal else 0


def _sealed_position(post: Post, *, is_import: bool) -> str:
    """Return how much is in the thread, sealed."""
    # Of imported and invented replies, many are written before they are counted.
    reply_count = count_listed_replies(post.id) if is_import else post.comment_count
    return anonymity.seal(POSITION_PURPOSE, f"{reply_count + post.news_count:08d}")


def _parent_in(post: Post, parent: Comment | None) -> Comment | None:
    """Return the parent, or None if it was moved to another thread meanwhile: the comment then answers the post."""
    lock(f"thread {post.id}", shared=True)
    if parent is not None:
        db.session.refresh(parent, ["post_id"])
    return parent if parent is not None and parent.post_id == post.id else None


def place(comment: Comment, parent: Comment | None) -> None:
    """Put the comment below its parent, or on top of its thread. Answers to the deepest level stay on that level."""
    comment.parent_id = parent.id if parent else None
    comment.depth = min(parent.depth + 1, MAX_DEPTH) if parent else 0
    comment.path = _parent_path(parent) + _path_segment(comment)


def _add_to_thread(comment: Comment, parent: Comment | None) -> None:
    """Give the comment its place and insert it, and have it counted by its parent."""
    place(comment, parent)
    insert_now(comment)
    if parent is not None:
        request_recount(Comment, parent.id, +1)


def _count_in_thread(comment: Comment, post: Post) -> None:
    """Count a new comment in its thread, later if one of them is anonymous: its row is not written beside a name."""
    if is_listed(comment) and comment.pseudonym_id is None and post.pseudonym_id is None:
        add_reply_to_counts(post.id, comment.created_at)
    else:
        request_recount(Post, post.id, +1)


def _parent_path(parent: Comment | None) -> str:
    """Return the path that an answer's own path begins with."""
    if parent is None:
        return ""
    return parent.path if parent.depth < MAX_DEPTH else parent.path[: -len(_path_segment(parent))]


def _path_segment(comment: Comment) -> str:
    """Return the comment's own part of its path: time and id. An official reply has no time and its vendor's id."""
    if comment.official_vendor_id is not None:
        return f"{0:08x}{key_text(comment.official_vendor_id)}"
    return f"{int(comment.created_at.timestamp()):08x}{key_text(comment.id)}"
