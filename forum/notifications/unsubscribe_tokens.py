"""The link that stops the digest: signed, dated, good for nothing else, and naming nobody to whoever reads a log."""

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db
from forum.signed_tokens import read_token, sign_token

SALT = "unsubscribe from the digest"
PURPOSE = "unsubscribe"
MAX_AGE = 400 * 24 * 3600  # seconds


def token_for(member_id: int) -> str:
    """A token that names the member under seal; never the same twice."""
    return sign_token(SALT, anonymity.seal(PURPOSE, f"{member_id:012d}"))


def member_from_token(token: str) -> Member | None:
    """The member, or None when the token is forged, too old, or its key or its member is gone."""
    sealed = read_token(SALT, token, MAX_AGE)
    number = anonymity.unseal(PURPOSE, sealed) if isinstance(sealed, str) else None
    return db.session.get(Member, int(number)) if number else None
