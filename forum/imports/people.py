"""Who wrote it: names and addresses of a blog as members of the forum, unclaimed until somebody reads mail there."""

import re

from forum import text
from forum.accounts.actions import create_member, send_claim_link
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.imports.content import plain
from forum.imports.queries import nameless_member, unclaimed_of
from forum.imports.report import Report

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,189}\.[^\s@<>()\[\],;:\"\\.]{2,}")
# What WordPress writes for those whose traces were removed on request.
_ERASED = ("", "anonymous", "deleted user", "[deleted]")


class People:
    """Finds or makes members. An e-mail makes two names one member; a name alone never leads to an account."""

    def __init__(self, blog: str, report: Report) -> None:
        self.blog = blog
        self.report = report
        # By (e-mail, "") or ("", name): the member's id; of all that were met, and of those that were made.
        self.ids: dict[tuple[str, str], int] = {}
        self.met: set[tuple[str, str]] = set()
        self.made: set[tuple[str, str]] = set()

    def member(self, name: str, email: str) -> Member:
        """Whoever has the address. Without one: the name as this blog showed it, which nobody can claim.

        Without either, a member that is never saved: what it signs is by "a former member".
        """
        shown, email = shown_name(name), email.strip().lower()
        if not (_EMAIL.fullmatch(email) and len(email) <= 254):
            email = ""
            if shown.lower() in _ERASED:
                return Member()
        who = (email, "" if email else shown)
        known = db.session.get(Member, self.ids[who]) if who in self.ids else None
        return known or self._looked_up(who, shown or "A reader")

    def forget(self) -> None:
        """What was rolled back with a bad item may have made members: look them up again."""
        self.ids.clear()

    def count(self) -> None:
        """Put the numbers into the report."""
        self.report.members = len(self.made)
        self.report.members_known = len(self.met - self.made)

    def invite(self) -> None:
        """Mail a claim link to everybody whose writing from this blog waits for them, whichever run brought it."""
        for member in unclaimed_of(self.blog):
            send_claim_link(member)
            self.report.invited += 1

    def _looked_up(self, who: tuple[str, str], name: str) -> Member:
        email = who[0]
        if email:
            member = member_by_email(email)
        else:
            found = nameless_member(name, self.blog)
            member = db.session.get(Member, found) if found else None
        if member is None:
            member = create_member(name=name, email=email or None)
            self.made.add(who)
        elif member.confirmed_at is None and member.password_hash is not None:
            # Somebody began to join with this address and never proved it theirs. Unclaimed, it waits for its owner.
            member.password_hash = None
            db.session.flush()
        self.met.add(who)
        self.ids[who] = member.id
        return member


def shown_name(name: str) -> str:
    """A blog's name for somebody, fit to be printed: no tags, at most 60 characters, and never an address."""
    shown = text.single_line(plain(name))
    return (shown.split("@")[0] if "@" in shown and " " not in shown else shown)[:60].strip()
