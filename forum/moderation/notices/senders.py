"""Senders of notices, stored sealed, and their two secret links: to confirm the notice, and to its status page."""

import secrets
from hashlib import sha256
from typing import NamedTuple

from forum import anonymity
from forum.links import external_url
from forum.moderation.models import Notice
from forum.signed_tokens import read_token, sign_token

# Changing one of the two makes stored senders, or links already mailed, unreadable.
PURPOSE = "sender of a notice"
SALT = "mailed link: confirm a notice"
CONFIRMATION_SECONDS = 7 * 24 * 3600


class Sender(NamedTuple):
    """Name and e-mail address, and after the confirmation the secret of the sender's status page."""

    name: str
    email: str
    secret: str = ""

    @property
    def link(self) -> str:
        """The URL of the sender's status page."""
        return external_url("notices.show", secret=self.secret)


def seal_sender(sender: Sender) -> str:
    """Return the sender encrypted, padded so that the length reveals little."""
    return anonymity.seal_json(PURPOSE, sender._asdict())


def unseal_sender(notice: Notice) -> Sender | None:
    """Return who sent the notice; None once that was deleted, or when the key is lost."""
    sender = anonymity.unseal_json(PURPOSE, notice.sender_seal)
    return Sender(**sender) if sender else None


def new_secret() -> str:
    """Return 192 random bits for a URL."""
    return secrets.token_urlsafe(24)


def hash_secret(secret: str) -> str:
    """Return the hash that is stored: it finds the notice of a secret, and does not reveal the secret."""
    return sha256(secret.encode()).hexdigest()


def hash_unconfirmed(submission: str) -> str:
    """Return the hash for a notice before it is confirmed: the same form sent twice is the same notice."""
    return hash_secret(f"unconfirmed {submission or new_secret()}")


def confirmation_token(notice: Notice) -> str:
    """Return the token in the link that confirms the notice."""
    return sign_token(SALT, notice.id)


def notice_id_from_token(token: str) -> int | None:
    """Return the id of the notice that a token confirms; None when it is forged or more than a week old."""
    notice_id = read_token(SALT, token, max_age=CONFIRMATION_SECONDS)
    return notice_id if isinstance(notice_id, int) else None
