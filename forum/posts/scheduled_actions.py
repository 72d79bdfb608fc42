"""Anonymous texts that appear later: sealed until then, listed by their author alone, and written when due.

Without the key a row reveals neither what it is, nor whose, nor when it is due; its length shows in steps of 1 KB.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypedDict, cast

from forum import anonymity
from forum.access import (
    can_post_about,
    can_rate,
    can_reply,
    can_write,
    can_write_anonymously_about,
    is_anonymous_writing_locked,
    is_listed,
)
from forum.accounts.models import Member
from forum.accounts.pseudonyms import member_behind
from forum.db import db, lock, now, start_of_day
from forum.posts.actions import NO_VENDOR, PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import MAX_TAGS, Comment, Post, ScheduledText, Tag
from forum.posts.scheduled_queries import SCHEDULED_CHAIN, sealed_content, sealed_due_times
from forum.posts.tags.queries import match_tags, tags_by_ids
from forum.ratings.actions import AlreadyRated
from forum.vendors.merging import hold_catalogue
from forum.vendors.models import Category, Programme, Tier, Vendor
from forum.vendors.representative_queries import represented_category_id

# Parts of the keys that seal them: they never change.
SEAL_PURPOSE, DUE_PURPOSE = "delayed writing", "due time of scheduled text"
MAX_SCHEDULED = 50
# Everybody's scheduled texts appear at one hour of the night, in UTC: a copy of the database from every hour shows none
# at another.
PUBLICATION_HOUR = 4
MIN_DELAY = timedelta(hours=6)
# The job that publishes runs every ten minutes, in case that the site does not run at that hour.
OVERDUE_AFTER = timedelta(minutes=30)


class _SubjectIds(TypedDict):
    vendor: int | None
    programme: int | None
    tier: int | None
    category: int | None
    description: str | None


class _Content(TypedDict, total=False):
    """What is sealed, as JSON: common values, then those of a post, then those of a comment."""

    kind: str
    owner_key: str
    owner_hmac: str
    due: str
    deadline: str
    title: str
    body: str
    badged: bool
    submission: str
    form_data: dict[str, str]
    leaning: str
    tags: list[int]
    subject: _SubjectIds
    rating_answers: dict[str, int | bool | str | None] | None
    post: int
    parent: int | None


class _Owner(NamedTuple):
    """Whose scheduled text it is, in the form that a pseudonym has: a random key, and the HMAC of key and secret."""

    thread_key: str
    thread_hmac: str


class ScheduledForm(NamedTuple):
    """What was typed into a form whose text is scheduled. The title of a reply is that of its thread."""

    body: str
    title: str


class ScheduledItem(NamedTuple):
    """A scheduled text as its author sees it. `form_data` is the submitted form, to open it again."""

    id: int
    kind: str
    title: str
    post: Post | None
    parent_id: int | None
    deadline: datetime
    is_overdue: bool
    form_data: dict[str, str]


def schedule_post(
    member: Member,
    *,
    hours: int,
    form_data: Mapping[str, str],
    tags: Sequence[Tag],
    subject: PostSubject = NO_VENDOR,
    **values: object,
) -> bool:
    """Schedule a post for a random night within the hours, not before MIN_DELAY. `values` are for write_post.

    Return False when the member has too many scheduled texts.
    """
    ids = {name: part.id if hasattr(part, "id") else part for name, part in subject._asdict().items()}
    content = values | {"kind": "post", "tags": [tag.id for tag in tags], "subject": ids}
    return _schedule(member, hours, content | {"form_data": dict(form_data)})


def schedule_comment(
    member: Member, post: Post, *, hours: int, form_data: Mapping[str, str], parent: Comment | None, **values: object
) -> bool:
    """Schedule a reply for a random night within the hours, not before MIN_DELAY. `values` are for write_comment.

    Return False when the member has too many scheduled texts.
    """
    content = values | {"kind": "comment", "post": post.id, "parent": parent.id if parent else None}
    return _schedule(member, hours, content | {"form_data": dict(form_data), "title": post.title})


def scheduled_texts_of(member: Member) -> list[ScheduledItem]:
    """Return the member's scheduled texts, the earliest deadline first; none while anonymous writing is locked."""
    if is_anonymous_writing_locked(member):
        return []
    rows = SCHEDULED_CHAIN.rows(member.secret)
    items = [_item(row.id, content) for row in rows if (content := _unseal(row.sealed)) is not None]
    return sorted(items, key=lambda item: (item.deadline, item.id))


def scheduled_by_form(member: Member, submission: str | None) -> ScheduledForm | None:
    """Return what the member has scheduled with the form of this number, or None."""
    return _form_among(SCHEDULED_CHAIN.rows(member.secret), submission) if submission else None


def cancel_scheduled(member: Member, text_id: int | None) -> bool:
    """Delete one of the member's scheduled texts. Return False when they have none with this id, or it is locked."""
    if text_id is None or is_anonymous_writing_locked(member):
        return False
    rows = [row for row in SCHEDULED_CHAIN.rows(member.secret) if row.id == text_id]
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    return bool(rows)


def due_ids() -> list[int]:
    """Return the ids of the scheduled texts that are due, in random order."""
    moment = now().isoformat()
    times = {text_id: _due_time(text_id, sealed) for text_id, sealed in sealed_due_times().items()}
    due = [text_id for text_id, time in times.items() if time is not None and time <= moment]
    return secrets.SystemRandom().sample(due, len(due))


def publication_times(moment: datetime, hours: int) -> list[datetime]:
    """Return when a text may appear that is written at the moment: at least one time, MIN_DELAY to `hours` later."""
    first = moment.replace(hour=PUBLICATION_HOUR, minute=0, second=0, microsecond=0)
    times = [first + timedelta(days=day) for day in range(2 + hours // 24)]
    return [time for time in times if moment + MIN_DELAY <= time <= moment + timedelta(hours=hours)]


def publish_scheduled_text(text_id: int) -> None:
    """Write the text and delete the row. It stays while its author can't write or its thread is closed."""
    hold_catalogue()
    row = db.session.get(ScheduledText, text_id, with_for_update={"skip_locked": True})
    content = _unseal(row.sealed) if row is not None else None
    member = member_behind(_Owner(content["owner_key"], content["owner_hmac"])) if content else None
    if row is None or content is None or member is None or not can_write(member):
        return
    is_written = _write_post(member, content) if content["kind"] == "post" else _write_comment(member, content)
    if is_written:
        db.session.delete(row)
        db.session.flush()


def _schedule(member: Member, hours: int, content: Mapping[str, object]) -> bool:
    lock(f"scheduled texts of {member.id}")
    rows, submission = SCHEDULED_CHAIN.rows(member.secret), content.get("submission")
    if submission and _form_among(rows, submission) is not None:
        return True
    if len(rows) >= MAX_SCHEDULED:
        return False
    moment = now()
    times = publication_times(moment, hours)
    due, deadline = secrets.choice(times), times[-1]
    owner_key = anonymity.new_thread_key()
    owner = {"owner_key": owner_key, "owner_hmac": anonymity.thread_hmac(owner_key, member.secret)}
    content = {**content, **owner, "due": due.isoformat(), "deadline": deadline.isoformat()}
    sealed = anonymity.seal_json(SEAL_PURPOSE, content)
    link = SCHEDULED_CHAIN.next_link(member.secret)
    due_seal = anonymity.seal_json(DUE_PURPOSE, due.isoformat(), pad=32)
    db.session.add(ScheduledText(chain_link=link, sealed=sealed, due_seal=due_seal, created_at=start_of_day(moment)))
    db.session.flush()
    return True


def _form_among(rows: Sequence[ScheduledText], submission: object) -> ScheduledForm | None:
    for row in rows:
        content = _unseal(row.sealed)
        if content is not None and content.get("submission") == submission:
            return ScheduledForm(content["body"], content["title"])
    return None


def _write_post(member: Member, content: _Content) -> bool:
    subject = _subject_of(content["subject"])
    if subject is None or (subject.vendor is not None and not can_post_about(member, subject.vendor)):
        return False
    if not can_write_anonymously_about(member, subject.vendor, represented_category_id(member)):
        return False
    write = partial(
        write_post,
        member,
        title=content["title"],
        body=content["body"],
        leaning=content["leaning"],
        tags=_tags_of(content),
        subject=subject,
        anonymous=True,
        badged=content["badged"],
    )
    # A member who now represents a vendor, or works for this one, can't rate it any more.
    rating_answers = content.get("rating_answers") if can_rate(member, subject.vendor) else None
    try:
        with db.session.begin_nested():
            write(rating_answers=rating_answers)
    except AlreadyRated:
        # Rated by name in the meantime: a post with its rating would reveal that both are by the same member.
        write()
    return True


def _subject_of(ids: _SubjectIds) -> PostSubject | None:
    """Return the subject; None when its vendor or category does not exist any more."""
    vendor = db.session.get(Vendor, ids["vendor"] or 0)
    category = db.session.get(Category, ids["category"] or 0)
    if (ids["vendor"] and vendor is None) or (ids["category"] and category is None):
        return None
    if vendor is not None and vendor.merged_into_id is not None:
        vendor = db.session.get(Vendor, vendor.merged_into_id)
    programme = db.session.get(Programme, ids["programme"] or 0)
    tier = db.session.get(Tier, ids["tier"] or 0)
    return PostSubject(vendor, programme, tier, category, ids["description"])


def _tags_of(content: _Content) -> list[Tag]:
    """Return the selected tags. One that was merged into another in the meantime is found by the word in the form."""
    tags = list(tags_by_ids(content["tags"]))
    if len(tags) == len(content["tags"]):
        return tags
    typed_tags = match_tags(content["form_data"].get("tags", "")).tags.values()
    return list({tag.id: tag for tag in [*tags, *typed_tags]}.values())[:MAX_TAGS]


def _write_comment(member: Member, content: _Content) -> bool:
    post = db.session.get(Post, content["post"])
    if post is None or not can_reply(member, post):
        return False
    if not can_write_anonymously_about(member, post.vendor, represented_category_id(member)):
        return False
    parent = db.session.get(Comment, content["parent"]) if content["parent"] else None
    parent = parent if parent is not None and is_listed(parent) else None
    write_comment(post, member, parent=parent, body=content["body"], badged=content["badged"], anonymous=True)
    return True


def _item(text_id: int, content: _Content) -> ScheduledItem:
    return ScheduledItem(
        text_id,
        content["kind"],
        content["title"],
        db.session.get(Post, content["post"]) if content["kind"] == "comment" else None,
        content.get("parent"),
        datetime.fromisoformat(content["deadline"]),
        now() > datetime.fromisoformat(content["due"]) + OVERDUE_AFTER,
        content["form_data"],
    )


def _due_time(text_id: int, sealed: str | None) -> str | None:
    """Return when the text is due; None when no key in force opens it."""
    if sealed is not None:
        return cast(str | None, anonymity.unseal_json(DUE_PURPOSE, sealed))
    content = _unseal(sealed_content(text_id) or "")
    return content["due"] if content is not None else None


def _unseal(sealed: str) -> _Content | None:
    return cast(_Content | None, anonymity.unseal_json(SEAL_PURPOSE, sealed))
