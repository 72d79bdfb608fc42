"""Anonymous texts that appear later: sealed until then, listed by their author alone, and written when due.

A row tells what it is, whose and when it is due only under the key, and its length in steps of a kilobyte.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forum import anonymity, text
from forum.access import can_post_about, can_rate, can_reply, can_write, is_listed
from forum.accounts.models import Member
from forum.db import db, lock, now, start_of_day
from forum.posts.actions import NO_VENDOR, PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post, ScheduledText
from forum.posts.scheduled_queries import SCHEDULED_CHAIN, sealed_scheduled_texts, tags_by_ids
from forum.posts.tags.queries import tags_by_word
from forum.ratings.actions import AlreadyRated
from forum.vendors.models import Category, Programme, Tier, Vendor

PURPOSE = "delayed writing"
MAX_SCHEDULED = 50
MAX_TAGS = 5


class ScheduledItem(NamedTuple):
    """A delayed text as its author lists it: `typed` is the form as it was sent."""

    id: int
    kind: str
    title: str
    post: Post | None
    parent_id: int | None
    deadline: datetime
    is_overdue: bool
    form_data: dict[str, str]


def schedule_post(member: Member, *, hours: int, form_data: Mapping[str, str], subject: PostSubject = NO_VENDOR, **given: Any) -> bool:
    """Keep a post until a random moment within the hours. `given` is for write_post. False when too many wait."""
    tags = [tag.id for tag in given.pop("tags")]
    numbers = {name: thing.id if hasattr(thing, "id") else thing for name, thing in subject._asdict().items()}
    content = given | {"kind": "post", "tags": tags, "subject": numbers}
    return _keep(member, hours, content | {"form_data": dict(form_data)})


def schedule_comment(
    member: Member, post: Post, *, hours: int, form_data: Mapping[str, str], parent: Comment | None, **given: Any
) -> bool:
    """Keep a reply until a random moment within the hours. False when too many wait."""
    content = given | {"kind": "comment", "post": post.id, "parent": parent.id if parent else None}
    return _keep(member, hours, content | {"form_data": dict(form_data), "title": post.title})


def scheduled_texts_of(member: Any) -> list[ScheduledItem]:
    """What of the member's waits, the soonest deadline first."""
    rows = _own(member)
    opened = [(row.id, content) for row in rows if (content := _opened(row.sealed)) is not None]
    return sorted((_waiting(number, content) for number, content in opened), key=lambda one: (one.deadline, one.id))


def cancel_scheduled(member: Any, number: int | None) -> bool:
    """Cancel one of the member's own; False when none has this number."""
    if number is None:
        return False
    own = [row for row in _own(member) if row.id == number]
    for row in own:
        db.session.delete(row)
    db.session.flush()
    return bool(own)


def cancel_all_scheduled(member: Member) -> None:
    """Cancel all of the member's: they leave."""
    for row in _own(member):
        db.session.delete(row)
    db.session.flush()


def due_ids() -> list[int]:
    """The numbers of what is due."""
    moment = now().isoformat()
    return [number for number, sealed in sealed_scheduled_texts().items() if (_opened(sealed) or {"due": "z"})["due"] <= moment]


def publish_scheduled_text(number: int) -> None:
    """Write it as its author and drop the row; it stays when its author may not write, or its thread is closed."""
    row = db.session.get(ScheduledText, number, with_for_update={"skip_locked": True})
    content = _opened(row.sealed) if row is not None else None
    member = db.session.get(Member, content["member"]) if content else None
    if row is None or content is None or member is None or not can_write(member):
        return
    written = _write_post(member, content) if content["kind"] == "post" else _write_comment(member, content)
    if written:
        db.session.delete(row)
        db.session.flush()


def _keep(member: Member, hours: int, content: dict[str, Any]) -> bool:
    lock(f"delayed writing of {member.id}")
    rows = _own(member)
    waiting = [_opened(row.sealed) or {} for row in rows]
    if content.get("submission") and any(one.get("submission") == content["submission"] for one in waiting):
        return True
    if len(rows) >= MAX_SCHEDULED:
        return False
    moment, latest = now(), now() + timedelta(hours=hours)
    due = moment + timedelta(seconds=1 + secrets.randbelow(hours * 3600))
    content = content | {"member": member.id, "due": due.isoformat(), "latest": latest.isoformat()}
    free = SCHEDULED_CHAIN.next_link(member.id)
    row = ScheduledText(chain_link=free, sealed=_sealed(content), created_at=start_of_day(moment))
    db.session.add(row)
    db.session.flush()
    return True


def _write_post(member: Member, content: dict[str, Any]) -> bool:
    kinds = {"vendor": Vendor, "programme": Programme, "tier": Tier, "category": Category}
    named: dict[str, Any] = {key: db.session.get(kind, content["subject"][key] or 0) for key, kind in kinds.items()}
    given = {name: content[name] for name in ("title", "body", "leaning", "badged")}
    given |= {"tags": _tags_of(content), "anonymous": True}
    if named["vendor"] is not None and named["vendor"].merged_into_id is not None:
        named["vendor"] = db.session.get(Vendor, named["vendor"].merged_into_id)
    given["subject"] = PostSubject(**named, description=content["subject"]["description"])
    vendor = named["vendor"]
    if any(content["subject"][key] and named[key] is None for key in ("vendor", "category")):
        return False
    if vendor is not None and not can_post_about(member, vendor):
        return False
    # Whoever has come to speak for a vendor, or to work for this one, rates it no more.
    rating_values = content["rating_values"] if content["rating_values"] and can_rate(member, vendor) else None
    try:
        with db.session.begin_nested():
            write_post(member, rating_values=rating_values, **given)
    except AlreadyRated:
        # Rated by name meanwhile: the text appears without its rating, or it would tell that both are theirs.
        write_post(member, **given)
    return True


def _tags_of(content: dict[str, Any]) -> list[Any]:
    """The tags chosen. One that went into another meanwhile is found by the word that was typed."""
    found = list(tags_by_ids(content["tags"]))
    if len(found) == len(content["tags"]):
        return found
    words = content["form_data"].get("tags", "").replace("#", ",").replace(" ", ",").split(",")
    meant = tags_by_word(text.fold(word) for word in words if word).values()
    return list({tag.id: tag for tag in [*found, *meant]}.values())[:MAX_TAGS]


def _write_comment(member: Member, content: dict[str, Any]) -> bool:
    post = db.session.get(Post, content["post"])
    if post is None or not can_reply(member, post):
        return False
    parent = db.session.get(Comment, content["parent"]) if content["parent"] else None
    parent = parent if parent is not None and is_listed(parent) else None
    write_comment(post, member, parent=parent, body=content["body"], badged=content["badged"], anonymous=True)
    return True


def _waiting(number: int, content: dict[str, Any]) -> ScheduledItem:
    post = db.session.get(Post, content["post"]) if content["kind"] == "comment" else None
    latest = datetime.fromisoformat(content["latest"])
    # The clock of the jobs goes every ten minutes.
    late = now() > datetime.fromisoformat(content["due"]) + timedelta(minutes=30)
    return ScheduledItem(
        number, content["kind"], content["title"], post, content.get("parent"), latest, late, content["form_data"]
    )


def _sealed(content: dict[str, Any]) -> str:
    return anonymity.seal_json(PURPOSE, content)


def _opened(sealed: str) -> dict[str, Any] | None:
    content: dict[str, Any] | None = anonymity.unseal_json(PURPOSE, sealed)
    return content


def _own(member: Any) -> list[ScheduledText]:
    return SCHEDULED_CHAIN.rows(member.id)
