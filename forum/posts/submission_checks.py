"""Whether a text may be sent now: its form was not sent before, it is no repetition, and within the limits."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from limits import RateLimitItemPerSecond

from forum import anonymity
from forum.access import is_author
from forum.accounts.models import Member
from forum.db import lock, now
from forum.forms import Form, SubmissionField
from forum.posts.item_queries import Item, item_by_submission
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.screening import new_member_limits
from forum.posts.screening.filters import fingerprint_of
from forum.posts.screening.queries import anonymous_record, has_signed_same_text, signed_record
from forum.rate_limits import writing_limiter
from forum.submissions import TYPED_TOO_FAST, typed_too_fast
from forum.templating import current_reader

SENT_BEFORE = (
    "You have already sent this form, with another text. To change what you sent then, edit it; to send this text as "
    "well, send the form again."
)


def sent_before(kind: type[Item], submission: SubmissionField) -> Item | None:
    """Return what the reader wrote when they sent the same form before, or None. Wait while it is being written.

    Asked before the limits, which the first sending has used. A number of somebody else's form is replaced.
    """
    if not submission.data:
        return None
    lock(f"form {submission.data}")
    first = item_by_submission(kind, submission.data)
    if first is None or is_author(current_reader(), first):
        return first
    submission.data = secrets.token_hex(16)
    return None


def is_other_text(form: Form, *, body: str, title: str | None = None) -> bool:
    """Return whether a form that was sent before holds another text by now: somebody went back to it and wrote on.

    Then it says so, and has a new number: nothing was stored, and nothing that was typed is lost.
    """
    is_other = form["body"].data != body or (title is not None and form["title"].data != title)
    if is_other:
        form["submission"].data = secrets.token_hex(16)
        form["body"].errors = [SENT_BEFORE]
    return is_other


def submission_error(
    member: Member, *, body: str, is_post: bool, anonymous: bool, form_age: Callable[[], float | None]
) -> str | None:
    """Return why the text can't be sent now, as a message for its author, or None.

    `form_age` returns how many seconds the form was open, or None when that is unknown.
    """
    fingerprint = fingerprint_of(body)
    if not anonymous and fingerprint and has_signed_same_text(member, fingerprint):
        return "You have already published this text. Write something new, or reply there."
    if new_member_limits.is_exempt(member):
        return None
    limits, moment = new_member_limits.limits_from_settings(), now()
    record, scheduled = signed_record(member), 0
    if anonymous:
        record = record.with_counts_of(anonymous_record(member))
        kind = "post" if is_post else "comment"
        scheduled = sum(item.kind == kind for item in scheduled_texts_of(member))
    if not new_member_limits.is_new(member, record, limits, moment):
        return None
    if typed_too_fast(form_age()):
        return TYPED_TOO_FAST
    message = new_member_limits.rate_limit_message(member, record, limits, moment, is_post=is_post, scheduled=scheduled)
    if message is None and anonymous and not _count_anonymous(member, limits.seconds):
        message = new_member_limits.wait_message(limits.seconds)
    return message


def _count_anonymous(member: Member, seconds: int) -> bool:
    """Count an anonymous text. Return False when the last was less than so many seconds ago.

    Its row records the day only; for these seconds this process counts in its memory.
    """
    if seconds <= 0:
        return True
    key = anonymity.hashed_limit_key(f"anonymous text of {member.id} {datetime.now(UTC):%Y-%m-%d %H}")
    was_counted: bool = writing_limiter.limiter.hit(RateLimitItemPerSecond(1, seconds), "anonymous text", key)
    return was_counted
