"""What in a text makes a moderator review it first: links and repeated text. Listed words are in word_lists.py."""

import re
from hashlib import sha256

from forum import text
from forum.word_lists import as_browsers_read

_ADDRESSES = re.compile(r"\bhttps?://[^\s<>()\[\]\"']+|\bwww\.[^\s<>()\[\]\"']+", re.IGNORECASE)
# Shorter texts ("Thank you, that helps.") are the same by chance.
MIN_FINGERPRINT_LENGTH = 60


def addresses_in(source: str) -> list[str]:
    """Return the web addresses that can be read in a text, each once: also those that are no links."""
    return list(dict.fromkeys(url.rstrip(".,;:!?*_~") for url in _ADDRESSES.findall(as_browsers_read(source))))


def fingerprint_of(source: str) -> str | None:
    """Return 32 hexadecimal digits, the same for texts with the same letters and digits; None for short texts."""
    letters = "".join(re.findall(r"\w+", text.without_invisible(source).casefold()))
    return sha256(letters.encode()).hexdigest()[:32] if len(letters) >= MIN_FINGERPRINT_LENGTH else None
