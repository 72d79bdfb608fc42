"""Mail that comes back: what a server's refusal and a delivery status notification (RFC 3464) say about an address.

Anyone can send a forged notification. A genuine one returns the mail's Message-ID, which is signed for its recipient.
"""

import re
import secrets
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import Signer

from forum.domains import normalized_address

MAX_LENGTH = 1_000_000  # bytes that are read of a notification
# RFC 3463: nothing is at the address (5.1.x, without those about the sender), or its mailbox is switched off.
_NO_SUCH_ADDRESS = re.compile(r"5\.(1\.([0-6]|10)|2\.1)\b")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 5321: mailbox unavailable, not local, or name not allowed.
_NO_SUCH_MAILBOX = (550, 551, 553)


def new_message_id(address: str) -> str:
    """Return a new Message-ID, signed for the recipient."""
    number = secrets.token_hex(12)
    return f"<{number}.{_signature(number, address)}@{urlsplit(current_app.config['SITE_URL']).hostname}>"


def is_bad_address(code: int, answer: bytes) -> bool:
    """Return whether a server says that the address does not exist. Full mailboxes and policies don't count."""
    if status := _STATUS.match(answer.decode("ascii", "replace")):
        return code >= 500 and _NO_SUCH_ADDRESS.match(status[1]) is not None
    return code in _NO_SUCH_MAILBOX


def bounced_address(content: bytes) -> str | None:
    """Return the address that a notification about a mail of ours reports as bad; None for every other message."""
    notification = message_from_bytes(content[:MAX_LENGTH])
    if not any(_is_about_bad_address(part) for part in _status_blocks(notification)):
        return None
    for headers in _returned_headers(notification):
        address = normalized_address(parseaddr(str(headers.get("To", "")))[1])
        local_part = str(headers.get("Message-ID", "")).strip(" <>\r\n\t").rpartition("@")[0]
        number, _, signature = local_part.partition(".")
        if address and secrets.compare_digest(signature.encode(), _signature(number, address).encode()):
            return address
    return None


def _signature(number: str, address: str) -> str:
    signer = Signer(current_app.config["SECRET_KEY"], salt="Message-ID of a mail")
    return signer.get_signature(f"{number} {normalized_address(address)}").decode()


def _status_blocks(notification: Message) -> Iterator[Message]:
    for part in notification.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks := part.get_payload(), list):
            yield from (block for block in blocks if isinstance(block, Message))


def _is_about_bad_address(block: Message) -> bool:
    status = _STATUS.match(str(block.get("Status", "")))
    is_failed = str(block.get("Action", "")).strip().lower() == "failed"
    return is_failed and status is not None and _NO_SUCH_ADDRESS.match(status[1]) is not None


def _returned_headers(notification: Message) -> Iterator[Message]:
    """Yield the headers of the mail that came back: whole, or its headers alone."""
    for part in notification.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            yield from (message for message in payload if isinstance(message, Message))
        elif part.get_content_type() == "text/rfc822-headers" and isinstance(payload, str):
            yield message_from_string(payload)
