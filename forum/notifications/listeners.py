"""Listeners to new posts and replies: authors follow their threads, and vendor representatives get mail."""

from forum.access import is_member
from forum.accounts.models import Member
from forum.accounts.pseudonyms import member_behind
from forum.db import db
from forum.notifications.actions import follow_as_author, skip_own_post
from forum.notifications.queries import tag_ids_of
from forum.notifications.representative_actions import queue_post_for_representatives
from forum.posts.models import Comment, Post
from forum.posts.signals import comment_published, post_published, vendor_named


@post_published.connect
def _follow_own_post(post: Post) -> None:
    author = _active_author(post)
    if author is not None:
        follow_as_author(author, post, anonymous=post.pseudonym_id is not None, replied=False)
        vendor = [("vendor", post.vendor_id)] if post.vendor_id is not None else []
        skip_own_post(author, [*vendor, *(("tag", tag_id) for tag_id in tag_ids_of(post.id))])


@comment_published.connect
def _follow_thread_replied_in(comment: Comment) -> None:
    author = _active_author(comment)
    if author is not None:
        follow_as_author(author, comment.post, anonymous=comment.pseudonym_id is not None, replied=True)


@post_published.connect
@vendor_named.connect
def _queue_for_representatives(post: Post) -> None:
    if post.vendor_id is not None:
        queue_post_for_representatives(post)


def _active_author(item: Post | Comment) -> Member | None:
    """Return the author, named or anonymous. None for an imported post whose author has not claimed their account."""
    pseudonym = item.pseudonym if item.pseudonym_id is not None else None
    if pseudonym is not None:
        member = member_behind(pseudonym)
    else:
        member = db.session.get(Member, item.author_id) if item.author_id is not None else None
    return member if member is not None and is_member(member) else None
