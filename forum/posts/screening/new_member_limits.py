"""The pace of new members: whose texts wait for a moderator, and how much they may write at first.

Everything here is worked out from numbers that are passed in. Named texts are measured by the named record alone: what
a member wrote anonymously must not show in what happens to what they sign. Anonymous ones are measured by both.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forum.site import setting
from forum.templating import count_of


class Limits(NamedTuple):
    """What applies to new members today, as the admins set it."""

    first_posts_held: int
    links: int
    seconds: int
    posts: int
    replies: int
    settled_after_days: int
    settled_after_texts: int


class WritingRecord(NamedTuple):
    """How much somebody has written, how much of it stands, and when they last did (not known of anonymous texts)."""

    posts: int = 0
    replies: int = 0
    visible_posts: int = 0
    visible_replies: int = 0
    last_at: datetime | None = None

    def plus(self, other: "WritingRecord") -> "WritingRecord":
        """Both together; the moment is this one's."""
        return WritingRecord(
            self.posts + other.posts,
            self.replies + other.replies,
            self.visible_posts + other.visible_posts,
            self.visible_replies + other.visible_replies,
            self.last_at,
        )


def current_limits() -> Limits:
    """The limits in force."""
    return Limits(
        setting("first_posts_held"),
        setting("links_of_new_members"),
        setting("seconds_between_posts"),
        setting("posts_on_first_day"),
        setting("replies_on_first_day"),
        setting("settled_after_days"),
        setting("settled_after_texts"),
    )


def is_exempt(member: Any) -> bool:
    """Staff, and those whom the operator or a moderator vouched for."""
    return member.vouched_at is not None or member.role != "member"


def is_new(member: Any, record: WritingRecord, given: Limits, moment: datetime) -> bool:
    """Whether the limits for new members apply.

    They end with the first post that a moderator let through, or some days and texts after the address was confirmed.
    """
    if is_exempt(member):
        return False
    if record.visible_posts >= given.first_posts_held > 0:
        return False
    days = moment - (member.confirmed_at or moment)
    stand = record.visible_posts + record.visible_replies
    return days < timedelta(days=given.settled_after_days) or stand < given.settled_after_texts


def is_first_post_held(record: WritingRecord, given: Limits) -> bool:
    """Whether a new member's post is among the first, which a moderator reads before others do."""
    return record.visible_posts < given.first_posts_held


def rate_limit_message(
    member: Any, record: WritingRecord, given: Limits, moment: datetime, *, is_post: bool, waiting: int = 0
) -> str | None:
    """Why a new member cannot send another text now, in words, or None. `waiting` are those that appear later."""
    if record.last_at is not None and (wait := given.seconds - int((moment - record.last_at).total_seconds())) > 0:
        return wait_message(wait)
    if moment - (member.confirmed_at or moment) >= timedelta(days=1):
        return None
    most, written = (given.posts, record.posts) if is_post else (given.replies, record.replies)
    if written + waiting < most:
        return None
    what = count_of(most, "experience") if is_post else count_of(most, "reply", "replies")
    return f"On the first day an account writes at most {what}. Yours is kept in this form; send it tomorrow."


def wait_message(seconds: int) -> str:
    """In words, how long to wait."""
    return f"While your account is new, wait {count_of(seconds, 'second')} and send this again. Nothing is lost."
