"""Write a vendor's official reply, and withdraw the useful votes that its representative may not keep."""

from datetime import datetime

from forum.accounts.models import Member
from forum.db import lock
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.official_queries import items_voted_useful, official_reply_of
from forum.posts.writing import unmark_useful


class AlreadyAnswered(Exception):
    """The vendor already has an official reply under this post."""


def write_official_reply(
    post: Post, member: Member, *, title: str, body: str, submission: str | None = None, at: datetime | None = None
) -> Comment:
    """Reply by name for the vendor that the post names. `title` is the member's at the vendor.

    Raises AlreadyAnswered.
    """
    lock(f"official reply under {post.id}")
    if post.vendor_id is None or official_reply_of(post.id, post.vendor_id) is not None:
        raise AlreadyAnswered
    return write_comment(post, member, body=body, submission=submission, official_title=title, at=at)


def withdraw_useful_votes(member: Member, vendor_id: int) -> None:
    """Remove the member's votes on texts about the vendor, which its representative may not vote on."""
    for item in items_voted_useful(member.id, vendor_id):
        unmark_useful(member, item)
