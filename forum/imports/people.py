"""A blog's authors as members of the forum, unclaimed until they confirm their e-mail address."""

import re

from forum import text
from forum.accounts.actions import create_member, send_claim_link, send_take_over_link
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.domains import normalized_address
from forum.imports.content import plain
from forum.imports.queries import member_without_email, owners_to_ask, stand_in_for, unclaimed_members
from forum.imports.report import Report

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,189}\.[^\s@<>()\[\],;:\"\\.]{2,}")
# The names that WordPress gives to people whose data was erased on request.
_ERASED = ("", "anonymous", "deleted user", "[deleted]")


class MemberImporter:
    """Finds or creates members. Two names with one e-mail are one member; a name alone never leads to an account.

    Whoever commented on a blog typed any address they liked. So nothing is attached to an account that somebody uses:
    it goes to an unclaimed member, whom the owner of the address may take over.
    """

    def __init__(self, blog: str, report: Report) -> None:
        self.blog = blog
        self.report = report
        # By identity, which is (e-mail, "") or ("", name).
        self.ids: dict[tuple[str, str], int] = {}
        self.found_identities: set[tuple[str, str]] = set()
        self.created_identities: set[tuple[str, str]] = set()

    def member(self, name: str, email: str) -> Member:
        """Return an unclaimed member with the e-mail, or without one an unclaimable member with the name.

        Without either, return a member that is never saved: its posts are by "a former member".
        """
        display, email = display_name(name), normalized_address(email)
        if not (_EMAIL.fullmatch(email) and len(email) <= 254):
            email = ""
            if display.lower() in _ERASED:
                return Member()
        identity = (email, "" if email else display)
        cached = db.session.get(Member, self.ids[identity]) if identity in self.ids else None
        return cached or self._find_or_create(identity, display or "A reader")

    def clear_cache(self) -> None:
        """Forget the ids after a rollback, which may have undone created members."""
        self.ids.clear()

    def update_report(self) -> None:
        """Put the counts into the report."""
        self.report.members = len(self.created_identities)
        self.report.members_existing = len(self.found_identities - self.created_identities)

    def invite(self) -> None:
        """Mail a claim link to everyone with unclaimed posts from this blog, from this run or an earlier one."""
        for member in unclaimed_members(self.blog):
            send_claim_link(member)
            self.report.invited += 1
        for owner in owners_to_ask(self.blog):
            send_take_over_link(owner)
            self.report.invited += 1

    def _find_or_create(self, identity: tuple[str, str], name: str) -> Member:
        email = identity[0]
        member = owner = member_by_email(email) if email else None
        if owner is not None and owner.confirmed_at is not None:
            member = stand_in_for(owner, self.blog)
        elif not email:
            member_id = member_without_email(name, self.blog)
            member = db.session.get(Member, member_id) if member_id else None
        if member is None:
            member = create_member(name=name, email=None if owner else email or None)
            member.imported_for_id = owner.id if owner else None
            self.created_identities.add(identity)
        elif member.confirmed_at is None and member.password_hash is not None:
            # Someone signed up with this address and never confirmed it. The member stays unclaimed for its owner.
            member.password_hash = None
            db.session.flush()
        self.found_identities.add(identity)
        self.ids[identity] = member.id
        return member


def display_name(name: str) -> str:
    """Return the blog's name for someone without tags, in at most 60 characters, and never an e-mail address."""
    display = text.single_line(plain(name))
    return (display.split("@")[0] if "@" in display and " " not in display else display)[:60].strip()
