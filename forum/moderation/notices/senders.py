"""Who sent a notice, under seal, and the two links that only they have: to confirm it, and to see what became of it."""

import secrets
from hashlib import sha256
from typing import Any, NamedTuple

from forum import anonymity
from forum.links import external_url
from forum.moderation.models import Notice
from forum.signed_tokens import read_token, sign_token

PURPOSE = "sender of a notice"
SALT = "mailed link: confirm a notice"
WEEK = 7 * 24 * 3600


class Sender(NamedTuple):
    """Name and address as given, and from the confirmation on the secret of the page that they have."""

    name: str
    email: str
    secret: str = ""

    @property
    def link(self) -> str:
        """The address of their page."""
        return external_url("notices.show", secret=self.secret)


def seal_sender(sender: Sender) -> str:
    """In whole pages."""
    return anonymity.seal_json(PURPOSE, sender._asdict())


def unseal_sender(notice: Notice) -> Sender | None:
    """Who sent it; None once that was deleted, or when the key is lost."""
    sender = anonymity.unseal_json(PURPOSE, notice.sender_seal)
    return Sender(**sender) if sender else None


def new_secret() -> str:
    """192 random bits for an address."""
    return secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """What is kept of a secret: enough to find its notice, too little to open the page."""
    return sha256(secret.encode()).hexdigest()


def hash_unconfirmed(submission: str) -> str:
    """The same before it is confirmed: of the form it came by, so that a second press of the button makes no second."""
    return hash_secret(f"unconfirmed {submission or new_secret()}")


def confirmation_token(notice: Notice) -> str:
    """For the link that confirms it."""
    return sign_token(SALT, notice.id)


def notice_id_from_token(token: str) -> Any:
    """The number of the notice that a token was made for; None when it is forged or more than a week old."""
    return read_token(SALT, token, max_age=WEEK)
