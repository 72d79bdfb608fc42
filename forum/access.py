"""Who may do what. Every rule of the forum is a short function in this file, and is nowhere else.

`can_<verb>(user, item)` and `is_<role>(user)` are pure and duck-typed. A rule about lists has two faces side by side:
one for an item in hand, one as SQL for many; test_access.py holds them to the same answer.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_

from forum import anonymity
from forum.db import now


def is_member(user: Any) -> bool:
    """Somebody signed in whose address is confirmed and who is not banned."""
    return bool(user.is_authenticated and user.confirmed_at and not user.banned_at)


def is_moderator(user: Any) -> bool:
    """A moderator or an admin."""
    return is_member(user) and user.role in ("moderator", "admin")


def is_admin(user: Any) -> bool:
    """An admin."""
    return is_member(user) and user.role == "admin"


def is_suspended(user: Any) -> bool:
    """Somebody who may read, but not write under any name, for a while."""
    return bool(user.is_authenticated and user.suspended_until and user.suspended_until > now())


def is_author(user: Any, item: Any) -> bool:
    """Whether the user is the author: by name, or as the one behind the pseudonym."""
    if not user.is_authenticated:
        return False
    if item.pseudonym_id is not None:
        # A row of a query has thread_key and mark itself; an object has its pseudonym.
        return anonymity.owns_pseudonym(user.id, item.pseudonym if hasattr(item, "pseudonym") else item)
    return item.author_id is not None and item.author_id == user.id


def ids_written_by(user: Any, thread_key: str, rows: Iterable[Any]) -> set[int]:
    """`wrote` for a page of one thread: the ids of the rows the user wrote, with one mark computed for all."""
    if not user.is_authenticated:
        return set()
    number, own = user.id, set(anonymity.thread_hmacs(thread_key, user.id))
    return {row.id for row in rows if row.author_id == number or (row.thread_hmac is not None and row.thread_hmac in own)}


def can_see(user: Any, item: Any) -> bool:
    """Read a post or comment: anybody, unless it is hidden; then its author and moderators."""
    return not item.hidden_at or is_moderator(user) or is_author(user, item)


# One rule in two faces: what stands in everybody's lists, feeds and counts, whoever is looking.
def is_listed(item: Any) -> bool:
    """Neither hidden nor deleted: the item in hand."""
    return not item.hidden_at and not item.deleted_at


def listed_clause(kind: Any) -> ColumnElement[bool]:
    """Neither hidden nor deleted: the same for the database."""
    return and_(kind.hidden_at.is_(None), kind.deleted_at.is_(None))


def can_open(user: Any, item: Any) -> bool:
    """Open the page of a post or comment: of what one may see, and the tombstone of what a moderator removed."""
    return item.removed_at is not None or can_see(user, item)


def can_moderate(user: Any) -> bool:
    """Open the pages for those who run the site."""
    return is_moderator(user)


def can_curate(user: Any) -> bool:
    """Look after vendors, categories and tags, and find members."""
    return is_moderator(user)


def can_administer(user: Any) -> bool:
    """Change settings, roles and accounts, and look after the machinery."""
    return is_admin(user)


def can_merge_vendor(user: Any, vendor: Any) -> bool:
    """Let one vendor of the catalogue go into another."""
    return is_admin(user) and vendor.accepted_at is not None


def can_change_role(user: Any, member: Any) -> bool:
    """Make somebody a moderator or an admin, or no longer: admins, of others, who could sign in."""
    could = bool(member.confirmed_at and member.password_hash and not member.banned_at)
    return is_admin(user) and member.id != user.id and (could or member.role != "member")


def can_vouch(user: Any, member: Any) -> bool:
    """Spare a new member the limits for new members."""
    return is_moderator(user) and member.id != user.id and not member.vouched_at


def can_write(user: Any) -> bool:
    """Write posts and comments, mark useful, propose a vendor: members who are not suspended."""
    return is_member(user) and not is_suspended(user)


def is_open(post: Any) -> bool:
    """Whether the thread takes replies."""
    return not post.hidden_at and not post.deleted_at and not post.locked_at


def is_representative(user: Any) -> bool:
    """A vendor's verified representative."""
    return is_member(user) and user.represents_id is not None


def _represents(user: Any, vendor_id: int | None) -> bool:
    return is_representative(user) and user.represents_id == vendor_id


def represents_vendor_of(user: Any, post: Any) -> bool:
    """Whether the post names the vendor that the user speaks for. Of an undisclosed one nobody knows."""
    return _represents(user, post.vendor_id)


def can_reply(user: Any, post: Any) -> bool:
    """Write a comment under this post: whoever does not answer it for its vendor."""
    return can_write(user) and is_open(post) and not represents_vendor_of(user, post)


def can_post_about(user: Any, vendor: Any) -> bool:
    """Write an experience that names the vendor: its partners do, its representative answers."""
    return can_write(user) and not _represents(user, vendor.id)


def can_reply_officially(user: Any, post: Any) -> bool:
    """Give the official reply of the vendor that the post names."""
    return can_write(user) and is_open(post) and represents_vendor_of(user, post)


def can_edit(user: Any, item: Any) -> bool:
    """Change one's own post or comment; while it is hidden, only what a moderator asked to have changed, in time.

    An official reply stands in the vendor's name: whoever does not speak for it any more changes nothing in it.
    """
    waits = item.edit_deadline is not None and item.edit_deadline > now() and not item.removed_at
    official = getattr(item, "official_vendor_id", None)
    if official is not None and not _represents(user, official):
        return False
    return is_member(user) and not item.deleted_at and (not item.hidden_at or waits) and is_author(user, item)


def can_delete(user: Any, item: Any) -> bool:
    """Take down one's own post or comment."""
    return is_member(user) and not item.deleted_at and is_author(user, item)


def can_mark_useful(user: Any, item: Any) -> bool:
    """Mark a post or comment useful: not one's own, under any name, and nothing about a vendor that one speaks for."""
    if not can_write(user) or item.deleted_at or item.hidden_at or is_author(user, item):
        return False
    return not represents_vendor_of(user, getattr(item, "post", item))


def is_affiliated(user: Any, vendor: Any) -> bool:
    """Whether the user's address is at one of the vendor's domains, its subsidiaries', agencies' or distributors'."""
    return bool(_matching_domains(user, vendor))


def is_employee(user: Any, vendor: Any) -> bool:
    """Whether the user's address is at one of the vendor's own domains or a subsidiary's: such people may speak for it.

    Of two listed domains that an address lies under the longer counts: a subsidiary's may lie under another's.
    """
    under = _matching_domains(user, vendor)
    return bool(under) and max(under, key=lambda own: len(own.domain)).relation in ("own", "subsidiary")


def _matching_domains(user: Any, vendor: Any) -> list[Any]:
    """Those of the vendor's domains that the user's address lies under."""
    domain = (user.email or "").rpartition("@")[2].lower()
    return [own for own in vendor.domains if domain == own.domain or domain.endswith(f".{own.domain}")]


def can_represent(user: Any, vendor: Any) -> bool:
    """Ask to become the vendor's representative: members, not those who moderate what is said of it."""
    return can_write(user) and user.role == "member" and vendor.accepted_at is not None and is_employee(user, vendor)


def can_open_dashboard(user: Any, vendor: Any) -> bool:
    """Open the page for a vendor's representative."""
    return is_moderator(user) or _represents(user, vendor.id)


def can_rate(user: Any, vendor: Any) -> bool:
    """Rate a vendor (None: one that stays undisclosed): members who neither work for it nor speak for any."""
    return can_write(user) and not is_representative(user) and not (vendor is not None and is_affiliated(user, vendor))


def can_accept_vendor(user: Any, vendor: Any) -> bool:
    """Take a proposed vendor into the catalogue, or decline it."""
    return is_moderator(user) and vendor.accepted_at is None and vendor.merged_into_id is None


def can_see_vendor(user: Any, vendor: Any) -> bool:
    """A vendor's page: anybody once it is in the catalogue, moderators before."""
    return vendor.accepted_at is not None or is_moderator(user)


def can_flag(user: Any, item: Any) -> bool:
    """Report a post or comment that others wrote, or another member."""
    if not can_write(user):
        return False
    if hasattr(item, "session_epoch"):
        return bool(item.id != user.id and not item.banned_at)
    return is_listed(item) and not is_author(user, item)


def can_decide(user: Any, case: Any, *, is_only_staff: bool = False) -> bool:
    """Decide on a case: moderators, not about themselves or what they wrote, nor for a vendor that they speak for.

    An appeal or objection is not for whoever decided before, unless no other staff is there (`is_only_staff`): then for an
    admin.
    """
    if not is_moderator(user) or case.member_id == user.id:
        return False
    item = case.content
    if item is not None and (is_author(user, item) or represents_vendor_of(user, getattr(item, "post", item))):
        return False
    if case.contested_decision is None or case.contested_decision.moderator_id != user.id:
        return True
    return is_only_staff and is_admin(user)


def can_read_statement(user: Any, decision: Any) -> bool:
    """Read why something was decided about oneself or one's text: banned members too."""
    if not user.is_authenticated:
        return False
    item = decision.content
    return decision.member_id == user.id or (item is not None and is_author(user, item))


def can_appeal(user: Any, decision: Any) -> bool:
    """Object to a decision about oneself or one's text, within six months, once. Not to what staff is who."""
    if decision.action == "staff":
        return False
    return decision.appeal_deadline > now() and not decision.is_appealed and can_read_statement(user, decision)


def can_send_notice(user: Any, item: Any) -> bool:
    """Give notice that a text is wrong or unlawful: anybody, of what everybody can read. It needs no account."""
    thread = getattr(item, "post", item)
    return is_listed(item) and (thread.removed_at is not None or not thread.hidden_at)


def can_read_notice(user: Any, notice: Any) -> bool:
    """Read what somebody outside says of one's text: its author, under whichever name. Not who says it."""
    item = notice.content
    return notice.confirmed_at is not None and item is not None and is_author(user, item)


def can_answer_notice(user: Any, notice: Any) -> bool:
    """Answer it: its author, once, while it is open and in time, suspended or not."""
    is_open = notice.closed_at is None and notice.answered_at is None
    return is_open and is_member(user) and can_read_notice(user, notice) and notice.due_at > now()


def can_object_to_decision(user: Any, notice: Any) -> bool:
    """Object to how a notice was decided: whoever has its secret address, once in six months, while the text stands."""
    item = notice.content
    if notice.closed_at is None or notice.decision is None or notice.objected_at is not None or item is None:
        return False
    return notice.decision.appeal_deadline > now() and can_send_notice(user, item)


def can_undo(user: Any, decision: Any) -> bool:
    """Undo a decision by another one: moderators, not what was decided about themselves or their own texts."""
    return is_moderator(user) and not can_read_statement(user, decision)
