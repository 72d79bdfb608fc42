"""Tokens of unsubscribe links: signed, dated, valid for nothing else, and naming no one to a reader of a log."""

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db
from forum.signed_tokens import read_token, sign_token

SALT = "unsubscribe from the digest"
PURPOSE = "unsubscribe"
MAX_AGE = 400 * 24 * 3600  # seconds


def token_for(member_id: int) -> str:
    """Return a token with the member's id sealed in it; never the same one twice."""
    return sign_token(SALT, anonymity.seal(PURPOSE, f"{member_id:012d}"))


def member_from_token(token: str) -> Member | None:
    """Return the token's member, or None when it is forged or too old, its key is lost or the member has left."""
    member_seal = read_token(SALT, token, MAX_AGE)
    member_id = anonymity.unseal(PURPOSE, member_seal) if isinstance(member_seal, str) else None
    return db.session.get(Member, int(member_id)) if member_id else None
