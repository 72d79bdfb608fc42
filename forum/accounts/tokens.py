"""Mailed links: signed, dated, for one purpose, and dead once what they were made for has changed."""

from hashlib import sha256

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from forum.accounts.models import Member
from forum.db import db

HOUR = 3600
MAX_AGES = {"confirm": 7 * 24 * HOUR, "password": 1 * HOUR, "claim": 14 * 24 * HOUR, "email": 24 * HOUR}


def token_for(member: Member, purpose: str, extra: str = "") -> str:
    """A token for "confirm", "password", "claim" or "email"; `extra` comes back with it (a new address)."""
    return _signer(purpose).dumps([member.id, _print(member), extra])


def member_from_token(token: str, purpose: str) -> tuple[Member, str] | None:
    """The member the token was made for and its extra, or None when it is forged, too old or used up."""
    try:
        member_id, fingerprint, extra = _signer(purpose).loads(token, max_age=MAX_AGES[purpose])
    except (BadData, ValueError, TypeError):
        return None
    member = db.session.get(Member, member_id)
    if member is None or _print(member) != fingerprint:
        return None
    return member, extra


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"mailed link: {purpose}")


def _print(member: Member) -> str:
    """Changes with the password, the address and their confirmation, so that a link works once."""
    state = f"{member.password_hash}|{member.email}|{member.confirmed_at is None}|{member.session_epoch}"
    return sha256(state.encode()).hexdigest()[:16]
