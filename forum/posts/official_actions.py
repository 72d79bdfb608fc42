"""A vendor's one official reply under a post, and the votes that its representative gives up."""

from datetime import datetime

from forum.accounts.models import Member
from forum.db import lock
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.official_queries import marks_about, official_reply_under
from forum.posts.writing import unmark_useful


class AnsweredAlready(Exception):
    """The vendor has its reply under this post."""


def answer_officially(
    post: Post, member: Member, *, title: str, body: str, submission: str | None = None, at: datetime | None = None
) -> Comment:
    """Answer for the vendor that the post names, by name, as what `title` says. Raises AnsweredAlready."""
    lock(f"official reply under {post.id}")
    if post.vendor_id is None or official_reply_under(post.id, post.vendor_id) is not None:
        raise AnsweredAlready
    return write_comment(post, member, body=body, submission=submission, official_title=title, at=at)


def drop_marks_about(member: Member, vendor_id: int) -> None:
    """Whoever speaks for a vendor has no vote in what is said of it: earlier marks go."""
    for item in marks_about(member.id, vendor_id):
        unmark_useful(member, item)
