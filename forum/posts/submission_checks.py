"""Whether a text may be sent now: the pace of new members, and what was signed before. Asked once a form is right."""

from datetime import UTC, datetime
from typing import Any

from limits import RateLimitItemPerSecond

from forum import anonymity
from forum.db import now
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.screening import new_member_limits
from forum.posts.screening.filters import fingerprint_of
from forum.posts.screening.queries import anonymous_record, signed_record, has_signed_same_text
from forum.rate_limits import limiter

# Nobody reads a page and writes a text in less, in seconds.
MIN_SECONDS_OPEN = 3


def submission_error(member: Any, *, body: str, is_post: bool, anonymous: bool, seconds_open: float | None) -> str | None:
    """Why the text cannot be sent now, in words for its author; None when it can.

    `seconds_open` is how long the form was open, if that is known.
    """
    fingerprint = fingerprint_of(body)
    if not anonymous and fingerprint and has_signed_same_text(member, fingerprint):
        return "You have published this very text already. Write what is new, or reply there."
    if new_member_limits.is_exempt(member):
        return None
    given, moment = new_member_limits.current_limits(), now()
    record, waiting = signed_record(member), 0
    if anonymous:
        record = record.plus(anonymous_record(member))
        waiting = sum(one.kind == ("post" if is_post else "comment") for one in scheduled_texts_of(member))
    if not new_member_limits.is_new(member, record, given, moment):
        return None
    if seconds_open is not None and seconds_open < MIN_SECONDS_OPEN:
        return "That was quicker than anybody types. Read your text once more and send it again."
    words = new_member_limits.rate_limit_message(member, record, given, moment, is_post=is_post, waiting=waiting)
    if words is None and anonymous and not _anonymous_again(member, given.seconds):
        words = new_member_limits.wait_message(given.seconds)
    return words


def _anonymous_again(member: Any, seconds: int) -> bool:
    """Count an anonymous text; False when the last was less than so many seconds ago.

    Its row knows the day only. What is kept for these seconds is a counter under a key that changes every hour.
    """
    if seconds <= 0:
        return True
    key = anonymity.hashed_limit_key(f"anonymous pace of {member.id} {datetime.now(UTC):%Y-%m-%d %H}")
    counted: bool = limiter.limiter.hit(RateLimitItemPerSecond(1, seconds), "anonymous pace", key)
    return counted
