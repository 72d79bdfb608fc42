"""Tokens of links in mails: signed and dated, for one purpose, and invalid once the account has changed."""

from hashlib import sha256

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db
from forum.signed_tokens import read_token, sign_token

# In characters: that of a reply to a reply, or of a vendor's page.
MAX_PATH_LENGTH = 126
PATH_SEAL = "path of a mailed link"
HOUR = 3600  # seconds
# How long a link works, by purpose.
MAX_AGES = {"confirm": 7 * 24 * HOUR, "password": 1 * HOUR, "claim": 14 * 24 * HOUR, "email": 24 * HOUR}


def token_for(member: Member, purpose: str, extra: str = "") -> str:
    """Return a token for "confirm", "password", "claim" or "email"; `extra` comes back with it (a new address)."""
    return sign_token(_salt(purpose), [member.id, fingerprint_of(member), extra])


def member_from_token(token: str, purpose: str) -> tuple[Member, str] | None:
    """Return the token's member and extra, or None when it is forged, too old or used up."""
    value = read_token(_salt(purpose), token, MAX_AGES[purpose])
    if value is None:
        return None
    member_id, fingerprint, extra = value
    member = db.session.get(Member, member_id)
    if member is None or fingerprint_of(member) != fingerprint:
        return None
    return member, extra


def seal_path(path: str | None) -> str:
    """Return the path that a mailed link leads to, sealed and of one length, as `extra` of its token.

    Who reads the mailbox must not learn where its owner was going to write. A path that is too long is left out.
    """
    path = path if path and path.isascii() and len(path) <= MAX_PATH_LENGTH else ""
    return anonymity.seal_json(PATH_SEAL, path, pad=MAX_PATH_LENGTH + 2)


def unseal_path(extra: str) -> str | None:
    """Return the path sealed in a token's `extra`, or None."""
    path: str | None = anonymity.unseal_json(PATH_SEAL, extra)
    return path or None


def _salt(purpose: str) -> str:
    return f"mailed link: {purpose}"


def fingerprint_of(member: Member) -> str:
    """Return a hash that changes with the password, the address and its confirmation, so that a link works once."""
    state = f"{member.password_hash}|{member.email}|{member.confirmed_at is None}|{member.session_epoch}"
    return sha256(state.encode()).hexdigest()[:16]
