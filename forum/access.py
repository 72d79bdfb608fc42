"""Who may do what: every rule of access, as a pure function of the attributes that access_protocols.py names.

A rule about lists is written twice, for one item and as SQL; test_access.py holds both to one answer.
"""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import ColumnElement, and_

from forum import anonymity
from forum.access_protocols import (
    Account,
    Authored,
    Case,
    Content,
    Decision,
    Listable,
    Notice,
    Numbered,
    Target,
    Thread,
    ThreadRow,
    User,
    Vendor,
)
from forum.affiliation import is_affiliated, is_employee
from forum.db import now


def is_member(user: User) -> bool:
    """Return whether someone is signed in, has a confirmed address and is not banned."""
    return bool(user.is_authenticated and user.confirmed_at and not user.banned_at)


def is_signed_in(user: User) -> bool:
    """Return whether the user is signed in, banned or not."""
    return bool(user.is_authenticated)


def is_banned(user: User) -> bool:
    """Return whether the user is signed in and banned: they read decisions about themselves, appeal, and may leave."""
    return bool(user.is_authenticated and user.banned_at)


def is_moderator(user: User) -> bool:
    """Return whether the user is a moderator or an admin."""
    return is_member(user) and user.role in ("moderator", "admin")


def is_admin(user: User) -> bool:
    """Return whether the user is an admin."""
    return is_member(user) and user.role == "admin"


def is_suspended(user: User) -> bool:
    """Return whether the user may read, but not write under any name, for a while."""
    return bool(user.is_authenticated and user.suspended_until and user.suspended_until > now())


def is_anonymous_writing_locked(user: User) -> bool:
    """Return whether the site treats what the user wrote anonymously as somebody else's, after a reset by mail."""
    return bool(user.is_authenticated and user.anonymous_locked_until and user.anonymous_locked_until > now())


def can_secure_account(user: User) -> bool:
    """Change the address, add a proof of who one is, or delete the account: not for a reader of the mailbox."""
    return is_member(user) and not is_anonymous_writing_locked(user)


def can_delete_account(user: User) -> bool:
    """Delete the account, banned or not: not for a reader of the mailbox."""
    return is_signed_in(user) and not is_anonymous_writing_locked(user)


def is_author(user: User, item: Authored) -> bool:
    """Return whether the user wrote the item, by name or, unless that is locked, under its pseudonym."""
    if not user.is_authenticated:
        return False
    if item.pseudonym_id is not None:
        if is_anonymous_writing_locked(user):
            return False
        pseudonym = item.pseudonym if hasattr(item, "pseudonym") else item
        return anonymity.owns_pseudonym(user.secret, cast(anonymity.PseudonymRow, pseudonym))
    return item.author_id is not None and item.author_id == user.id


def ids_written_by(user: User, thread_key: str, rows: Iterable[ThreadRow]) -> set[int]:
    """Return the ids of the rows of one thread that the user wrote: `is_author` with one HMAC for all of them."""
    if not user.is_authenticated:
        return set()
    is_locked = is_anonymous_writing_locked(user)
    user_id, hmacs = user.id, set() if is_locked else set(anonymity.thread_hmacs(thread_key, user.secret))
    return {row.id for row in rows if row.author_id == user_id or (row.thread_hmac and row.thread_hmac in hmacs)}


def is_possible_author(user: User, item: Authored | None) -> bool:
    """Return whether the user wrote the item or, while their anonymous writing is locked, could have written it."""
    is_anonymous = item is not None and item.pseudonym_id is not None
    return item is not None and (is_author(user, item) or (is_anonymous and is_anonymous_writing_locked(user)))


def can_see(user: User, item: Content) -> bool:
    """Read a post or comment: anyone, unless it is hidden; then its author and moderators."""
    return not item.hidden_at or is_moderator(user) or is_author(user, item)


def is_listed(item: Listable) -> bool:
    """Return whether everyone's lists show the item: one rule written twice."""
    return not item.hidden_at and not item.deleted_at


def listed_clause(table: Any) -> ColumnElement[bool]:
    """Return the SQL condition "neither hidden nor deleted" for a table of posts or comments, or its columns."""
    return and_(table.hidden_at.is_(None), table.deleted_at.is_(None))


def can_open(user: User, item: Content) -> bool:
    """Open the page of a post or comment: if the user can see it, or a decision hid it and left a tombstone."""
    is_tombstone = item.removed_at is not None or (item.hidden_at is not None and item.decision_id is not None)
    return is_tombstone or can_see(user, item)


def can_moderate(user: User) -> bool:
    """Open the moderation pages."""
    return is_moderator(user)


def can_curate(user: User) -> bool:
    """Edit vendors, categories and tags, and find members."""
    return is_moderator(user)


def can_administer(user: User) -> bool:
    """Change settings, roles and accounts, and look after the site's jobs, mail and backups."""
    return is_admin(user)


def can_merge_vendor(user: User, vendor: Vendor) -> bool:
    """Merge a vendor of the catalogue into another."""
    return is_admin(user) and vendor.accepted_at is not None


def can_change_role(user: User, member: Account) -> bool:
    """Make another member a moderator or an admin, if they can sign in; or a plain member again."""
    can_sign_in = bool(member.confirmed_at and member.password_hash and not member.banned_at)
    return is_admin(user) and member.id != user.id and (can_sign_in or member.role != "member")


def can_act_on(user: User, member: Account | None) -> bool:
    """Do something about an account (None: about no account): moderators, about staff only admins, never oneself."""
    is_staff = member is not None and member.role != "member"
    return (is_admin(user) if is_staff else is_moderator(user)) and (member is None or member.id != user.id)


def can_ban_for_spam(user: User, member: Account) -> bool:
    """Ban a member and remove all that they signed, in one step: plain members who are not banned yet."""
    return can_act_on(user, member) and member.role == "member" and not member.banned_at and bool(member.confirmed_at)


def can_act_for_owner(user: User, member: Account) -> bool:
    """Rename, anonymise or delete a plain member's account, as its owner asked."""
    return is_admin(user) and member.id != user.id and member.role == "member"


def can_vouch(user: User, member: Account) -> bool:
    """Exempt a new member from the limits for new members."""
    return can_act_on(user, member) and not member.vouched_at


def can_write(user: User) -> bool:
    """Write posts and comments, mark them useful, propose vendors: members who are not suspended."""
    return is_member(user) and not is_suspended(user)


def is_open(post: Thread) -> bool:
    """Return whether the thread takes replies."""
    return not post.hidden_at and not post.deleted_at and not post.locked_at


def is_representative(user: User) -> bool:
    """Return whether the user is the verified representative of a vendor."""
    return is_member(user) and user.represents_id is not None


def _represents(user: User, vendor_id: int | None) -> bool:
    return is_representative(user) and user.represents_id == vendor_id


def represents_vendor_of(user: User, post: Thread) -> bool:
    """Return whether the post names the vendor that the user represents. False for an undisclosed vendor."""
    return _represents(user, post.vendor_id)


def can_reply(user: User, post: Thread) -> bool:
    """Write a comment under this post: everyone but the vendor's representative, who replies officially."""
    return can_write(user) and is_open(post) and not represents_vendor_of(user, post)


def can_post_about(user: User, vendor: Vendor) -> bool:
    """Write a post that names the vendor: everyone but its representative."""
    return can_write(user) and not _represents(user, vendor.id)


def is_retired(vendor: Vendor) -> bool:
    """Return whether there can be no new posts and ratings about the vendor."""
    return vendor.retired_at is not None


def can_write_anonymously_about(user: User, vendor: Vendor | None, represented_category_id: int | None) -> bool:
    """Write anonymously where a vendor is named: everyone but representatives of a vendor of the same category."""
    return not is_representative(user) or vendor is None or vendor.category_id != represented_category_id


def can_reply_officially(user: User, post: Thread) -> bool:
    """Give the official reply of the vendor that the post names."""
    return can_write(user) and is_open(post) and represents_vendor_of(user, post)


def can_edit(user: User, item: Content) -> bool:
    """Change one's own post or comment; while it is hidden, if it is held or a moderator asked, before the deadline."""
    is_change_due = item.edit_deadline is not None and item.edit_deadline > now() and not item.removed_at
    is_changeable = not item.hidden_at or item.decision_id is None or is_change_due
    vendor_id = getattr(item, "official_vendor_id", None)
    is_representing = vendor_id is None or _represents(user, vendor_id)
    return is_member(user) and not item.deleted_at and is_changeable and is_representing and is_author(user, item)


def can_delete(user: User, item: Content) -> bool:
    """Delete one's own post or comment."""
    return is_member(user) and not item.deleted_at and is_author(user, item)


def can_mark_useful(user: User, item: Content) -> bool:
    """Mark a post or comment useful: not one's own under any name, and none about a vendor that one represents."""
    if not can_write(user) or item.deleted_at or item.hidden_at or is_author(user, item):
        return False
    return not represents_vendor_of(user, _thread_of(item))


def _thread_of(item: Content) -> Thread:
    return cast(Thread, item.post if hasattr(item, "post") else item)


def can_represent(user: User, vendor: Vendor) -> bool:
    """Ask to become the vendor's representative: its employees, unless they moderate what is said about it."""
    return can_write(user) and user.role == "member" and vendor.accepted_at is not None and is_employee(user, vendor)


def can_open_dashboard(user: User, vendor: Numbered) -> bool:
    """Open the dashboard of a vendor's representative."""
    return is_moderator(user) or _represents(user, vendor.id)


def can_suggest_correction(user: User, vendor: Vendor) -> bool:
    """Suggest a correction of what the catalogue says about a vendor: its representatives."""
    return can_write(user) and _represents(user, vendor.id)


def can_rate(user: User, vendor: Vendor | None) -> bool:
    """Rate a vendor (None: an undisclosed one): members who are not affiliated with it and represent no vendor."""
    return can_write(user) and not is_representative(user) and not (vendor is not None and is_affiliated(user, vendor))


def can_accept_vendor(user: User, vendor: Vendor) -> bool:
    """Accept a proposed vendor into the catalogue, or decline it."""
    return is_moderator(user) and vendor.accepted_at is None and vendor.merged_into_id is None


def can_see_vendor(user: User, vendor: Vendor) -> bool:
    """Open a vendor's page: anyone once it is in the catalogue, moderators before."""
    return vendor.accepted_at is not None or is_moderator(user)


def can_flag(user: User, item: Content | Account) -> bool:
    """Report a post or comment that someone else wrote, or another member."""
    if isinstance(item, Account):
        return can_write(user) and item.id != user.id and not item.banned_at
    return can_write(user) and is_listed(item) and not is_author(user, item)


def can_decide(user: User, case: Case, *, is_only_staff: bool = False) -> bool:
    """Decide a case: who can act on the member, did not write the text, and does not represent its vendor.

    An appeal is for a moderator who did not make the decision, or for an admin if there is no other staff.
    """
    if not can_act_on(user, case.member) or case.member_id == user.id:
        return False
    item = case.content
    if item is not None and (is_possible_author(user, item) or represents_vendor_of(user, _thread_of(item))):
        return False
    if case.contested_decision is None or case.contested_decision.moderator_id != user.id:
        return True
    return is_only_staff and is_admin(user)


def can_remove_alias(user: User, item: Content) -> bool:
    """Remove an anonymous text as spam, and what its alias wrote in the thread: not one's own, nor on one's vendor."""
    is_concerned = is_possible_author(user, item) or represents_vendor_of(user, _thread_of(item))
    return is_moderator(user) and item.pseudonym_id is not None and not is_concerned


def can_open_case(user: User, case: Case) -> bool:
    """Read a case: who could decide it, and who made the decision that it contests."""
    contested = case.contested_decision
    has_decided = contested is not None and is_moderator(user) and contested.moderator_id == user.id
    return has_decided or can_decide(user, case, is_only_staff=True)


def can_read_statement(user: User, decision: Target) -> bool:
    """Read the reasons for a decision about oneself or one's own text: banned members too."""
    item = decision.content
    return is_signed_in(user) and (decision.member_id == user.id or (item is not None and is_author(user, item)))


def can_appeal(user: User, decision: Decision) -> bool:
    """Appeal a decision about oneself or one's own text: once, before the deadline. Role changes can't be appealed."""
    is_open = decision.action != "staff" and decision.appeal_deadline > now() and not decision.is_appealed
    return is_open and can_read_statement(user, decision)


def can_send_notice(user: User | None, item: Content) -> bool:
    """Report a text as wrong or unlawful from outside: anyone, without an account, if everyone can read the text."""
    thread = _thread_of(item)
    return is_listed(item) and (thread.removed_at is not None or not thread.hidden_at)


def can_read_notice(user: User, notice: Notice) -> bool:
    """Read a notice about one's own text, under any name; it does not name its sender."""
    return notice.confirmed_at is not None and notice.content is not None and is_author(user, notice.content)


def can_answer_notice(user: User, notice: Notice) -> bool:
    """Answer a notice about one's own text, once, while it is open and before its deadline, suspended or not."""
    is_unanswered = notice.closed_at is None and notice.answered_at is None
    is_in_time = notice.due_at is not None and notice.due_at > now()
    return is_unanswered and is_in_time and is_member(user) and can_read_notice(user, notice)


def can_give_evidence(user: User, case: Case) -> bool:
    """Send evidence on a case about one's own text, under any name, while it is open."""
    is_open = case.closed_at is None and case.content is not None
    return is_open and is_member(user) and is_author(user, cast(Content, case.content))


def can_object_to_decision(user: User | None, notice: Notice) -> bool:
    """Object to the decision on a notice: anyone with its secret link, once, before the deadline, if the text is up."""
    if notice.closed_at is None or notice.decision is None or notice.objected_at is not None or notice.content is None:
        return False
    return notice.decision.appeal_deadline > now() and can_send_notice(user, notice.content)


def can_undo(user: User, decision: Decision) -> bool:
    """Undo a decision by another one: who can act on the member, unless it was about their own texts."""
    is_concerned = can_read_statement(user, decision) or is_possible_author(user, decision.content)
    return can_act_on(user, decision.member) and not is_concerned
