"""Limits for new members: whose posts are held, and how much they may write at first.

Everything here is computed from the numbers passed in. Signed texts are measured by the signed record alone: what a
member wrote anonymously must not show in what happens to what they sign. Anonymous texts are measured by both.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from forum.accounts.models import Member
from forum.site import setting
from forum.templating import count_of


class Limits(NamedTuple):
    """The limits for new members, as the admins set them."""

    first_posts_held: int
    links: int
    seconds: int
    posts: int
    replies: int
    settled_after_days: int
    settled_after_texts: int


class WritingRecord(NamedTuple):
    """How much a member has written, how much of it is visible, and when the last was (unknown of anonymous texts)."""

    posts: int = 0
    replies: int = 0
    visible_posts: int = 0
    visible_replies: int = 0
    last_at: datetime | None = None

    def with_counts_of(self, other: "WritingRecord") -> "WritingRecord":
        """Return the sums of the counts in both records, keeping `last_at` of this one."""
        return WritingRecord(
            self.posts + other.posts,
            self.replies + other.replies,
            self.visible_posts + other.visible_posts,
            self.visible_replies + other.visible_replies,
            self.last_at,
        )


def limits_from_settings() -> Limits:
    """Return the limits in force."""
    return Limits(
        setting("first_posts_held"),
        setting("links_of_new_members"),
        setting("seconds_between_posts"),
        setting("posts_on_first_day"),
        setting("replies_on_first_day"),
        setting("settled_after_days"),
        setting("settled_after_texts"),
    )


def is_exempt(member: Member) -> bool:
    """Return whether no limits apply: to staff, and to those whom the operator or a moderator vouched for."""
    return member.vouched_at is not None or member.role != "member"


def is_new(member: Member, record: WritingRecord, limits: Limits, moment: datetime) -> bool:
    """Return whether the limits for new members apply.

    They end with the first approved post, or some days after the address was confirmed and with some visible texts.
    """
    if is_exempt(member):
        return False
    if record.visible_posts >= limits.first_posts_held > 0:
        return False
    age = moment - (member.confirmed_at or moment)
    visible_texts = record.visible_posts + record.visible_replies
    return age < timedelta(days=limits.settled_after_days) or visible_texts < limits.settled_after_texts


def is_first_post_held(record: WritingRecord, limits: Limits) -> bool:
    """Return whether a new member's next post is one of the first, which are held."""
    return record.visible_posts < limits.first_posts_held


def rate_limit_message(
    member: Member, record: WritingRecord, limits: Limits, moment: datetime, *, is_post: bool, scheduled: int = 0
) -> str | None:
    """Return why a new member can't send another text now, or None. `scheduled` counts texts that appear later."""
    if record.last_at is not None and (wait := limits.seconds - int((moment - record.last_at).total_seconds())) > 0:
        return wait_message(wait)
    if moment - (member.confirmed_at or moment) >= timedelta(days=1):
        return None
    maximum, written = (limits.posts, record.posts) if is_post else (limits.replies, record.replies)
    if written + scheduled < maximum:
        return None
    texts = count_of(maximum, "post") if is_post else count_of(maximum, "reply", "replies")
    return f"A new account can write at most {texts} on its first day. Your text is still here: send it tomorrow."


def wait_message(seconds: int) -> str:
    """Return a message that says how long to wait."""
    return f"Your account is new: wait {count_of(seconds, 'second')} and send this again. Your text is still here."
