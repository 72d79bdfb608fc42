"""Drafts that members keep on the server, to go on with on another device: sealed, signed and anonymous ones alike.

No row names a member, and without the key none tells what it is. A draft counts as anonymous unless its author chose to
sign it: those are listed only where anonymous writing is, and not while that is locked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict, cast

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.db import db, lock, now, start_of_day
from forum.posts.draft_queries import DRAFT_CHAIN
from forum.posts.models import Post, SealedDraft

# Part of the key that seals them: it never changes.
SEAL_PURPOSE = "draft"
MAX_DRAFTS = 50
# A draft is a whole form. Its length shows in steps of so many bytes.
PADDED_TO = 4096
# What a form fills in by itself each time.
LEFT_OUT = ("submission", "draft")


class _Content(TypedDict):
    """What is sealed, as JSON."""

    kind: str
    post: int | None
    form_data: dict[str, str]
    saved_on: str


class Draft(NamedTuple):
    """A draft as its author sees it. `post` is what a reply answers; `form_data` opens its form again."""

    id: int
    kind: str
    post: Post | None
    saved_at: datetime
    form_data: dict[str, str]

    @property
    def is_anonymous(self) -> bool:
        """Whether it is not signed, or its author has not chosen yet."""
        return self.form_data.get("identity") != "name"

    @property
    def title(self) -> str:
        """The title, or that of the post that it replies to."""
        return (self.post.title if self.post else self.form_data.get("title", "")).strip() or "Without a title"


def drafts_of(member: Member) -> list[Draft]:
    """Return the member's drafts, the latest first; while anonymous writing is locked only those that are signed."""
    items = [_item(row.id, content) for row in DRAFT_CHAIN.rows(member.secret) if (content := _unseal(row.sealed))]
    is_locked = is_anonymous_writing_locked(member)
    items = [item for item in items if not (is_locked and item.is_anonymous)]
    return sorted(items, key=lambda item: (item.saved_at, item.id), reverse=True)


def save_draft(
    member: Member, draft_id: int | None, *, kind: str, form_data: Mapping[str, str], post: Post | None = None
) -> int | None:
    """Save a new draft, or another version of one, and return its id; None when the member has too many."""
    lock(f"drafts of {member.id}")
    rows = DRAFT_CHAIN.rows(member.secret)
    row = next((row for row in rows if row.id == draft_id and _is_readable(member, row)), None)
    if row is None and len(rows) >= MAX_DRAFTS:
        return None
    day = start_of_day(now())
    content: _Content = {
        "kind": kind,
        "post": post.id if post else None,
        "form_data": {name: value for name, value in form_data.items() if name not in LEFT_OUT},
        "saved_on": day.isoformat(),
    }
    if row is None:
        row = SealedDraft(chain_link=DRAFT_CHAIN.next_link(member.secret), created_at=day)
        db.session.add(row)
    row.sealed = anonymity.seal_json(SEAL_PURPOSE, content, pad=PADDED_TO)
    db.session.flush()
    return row.id


def discard_draft(member: Member, draft_id: int | None) -> bool:
    """Delete one of the member's drafts. Return False when they have none with this id, or it is locked."""
    if draft_id is None:
        return False
    rows = [row for row in DRAFT_CHAIN.rows(member.secret) if row.id == draft_id and _is_readable(member, row)]
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    return bool(rows)


def _is_readable(member: Member, row: SealedDraft) -> bool:
    content = _unseal(row.sealed)
    return content is not None and not (is_anonymous_writing_locked(member) and _item(row.id, content).is_anonymous)


def _item(draft_id: int, content: _Content) -> Draft:
    post = db.session.get(Post, content["post"]) if content["post"] else None
    return Draft(draft_id, content["kind"], post, datetime.fromisoformat(content["saved_on"]), content["form_data"])


def _unseal(sealed: str) -> _Content | None:
    return cast(_Content | None, anonymity.unseal_json(SEAL_PURPOSE, sealed))
