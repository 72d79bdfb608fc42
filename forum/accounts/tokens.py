"""Tokens of links in mails: signed and dated, for one purpose, and invalid once the account has changed."""

from hashlib import sha256

from forum.accounts.models import Member
from forum.db import db
from forum.signed_tokens import read_token, sign_token

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


def _salt(purpose: str) -> str:
    return f"mailed link: {purpose}"


def fingerprint_of(member: Member) -> str:
    """Return a hash that changes with the password, the address and its confirmation, so that a link works once."""
    state = f"{member.password_hash}|{member.email}|{member.confirmed_at is None}|{member.session_epoch}"
    return sha256(state.encode()).hexdigest()[:16]
