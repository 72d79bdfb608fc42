"""Who writes a post or a reply follows the thread from then on, by name or anonymously alike.

And whoever speaks for the vendor that a post names is to be told of it.
"""

from typing import Any

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
    member = _author_of(post)
    if member is not None:
        follow_as_author(member, post, anonymous=post.pseudonym_id is not None, replied=False)
        vendor = [("vendor", post.vendor_id)] if post.vendor_id is not None else []
        skip_own_post(member, [*vendor, *(("tag", number) for number in tag_ids_of(post.id))])


@comment_published.connect
def _follow_where_one_replied(comment: Comment) -> None:
    member = _author_of(comment)
    if member is not None:
        follow_as_author(member, comment.post, anonymous=comment.pseudonym_id is not None, replied=True)


@post_published.connect
@vendor_named.connect
def _tell_who_speaks_for_the_vendor(post: Post) -> None:
    if post.vendor_id is not None:
        queue_post_for_representatives(post)


def _author_of(item: Any) -> Member | None:
    """Whom to tell of answers; nobody for what was moved in, until its author has taken over the account."""
    if item.pseudonym_id is not None:
        member = member_behind(item.pseudonym)
    else:
        member = db.session.get(Member, item.author_id) if item.author_id is not None else None
    return member if member is not None and is_member(member) else None
