"""Choose how soon mail comes."""

from collections.abc import Iterable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.paces import NEVER


def set_paces(member: Member, paces: Mapping[str, str]) -> None:
    """Set how soon mail announces these kinds of news."""
    member.mail_paces = {**member.mail_paces, **paces}
    db.session.flush()


def unsubscribe(member: Member, kinds: Iterable[str]) -> None:
    """Stop mail of these kinds."""
    set_paces(member, dict.fromkeys(kinds, NEVER))
