"""The link that stops the digest: signed, dated, good for nothing else, and naming nobody to whoever reads a log."""

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db

PURPOSE = "unsubscribe"
MAX_AGE = 400 * 24 * 3600  # seconds


def token_for(member_id: int) -> str:
    """A token that names the member under seal; never the same twice."""
    return _signer().dumps(anonymity.seal(PURPOSE, f"{member_id:012d}"))


def member_from_token(token: str) -> Member | None:
    """The member, or None when the token is forged, too old, or its key or its member is gone."""
    try:
        sealed = _signer().loads(token, max_age=MAX_AGE)
    except BadData:
        return None
    number = anonymity.unseal(PURPOSE, sealed) if isinstance(sealed, str) else None
    return db.session.get(Member, int(number)) if number else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="unsubscribe from the digest")
