"""Tokens of unsubscribe links: signed, dated, valid for nothing else, and naming no one to a reader of a log."""

from collections.abc import Collection
from typing import NamedTuple

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.paces import MAIL_KINDS
from forum.signed_tokens import read_token, sign_token

SALT = "unsubscribe from the digest"
PURPOSE = "unsubscribe"
MAX_AGE = 400 * 24 * 3600  # seconds
ID_LENGTH = 12


class Unsubscription(NamedTuple):
    """Who stops which kinds of mail."""

    member: Member
    kinds: list[str]


def token_for(member_id: int, kinds: Collection[str]) -> str:
    """Return a token with the member and kinds of mail sealed in it: never the same one twice, all of one length."""
    marks = "".join("1" if kind in kinds else "0" for kind in MAIL_KINDS)
    return sign_token(SALT, anonymity.seal(PURPOSE, f"{member_id:0{ID_LENGTH}d}{marks}"))


def read_unsubscription(token: str) -> Unsubscription | None:
    """Return what a token stops, or None when it is forged or too old, its key is lost or the member has left.

    A token from before there were kinds stops all of them.
    """
    seal = read_token(SALT, token, MAX_AGE)
    text = anonymity.unseal(PURPOSE, seal) if isinstance(seal, str) else None
    member = db.session.get(Member, int(text[:ID_LENGTH])) if text else None
    if member is None or text is None:
        return None
    marks = text[ID_LENGTH:]
    return Unsubscription(member, [kind for n, kind in enumerate(MAIL_KINDS) if not marks or marks[n : n + 1] == "1"])
