"""What in a text makes a moderator read it first: links, the admins' lists of words and domains, the same again."""

import re
from hashlib import sha256
from urllib.parse import urlsplit

from forum import text

_LINKS = re.compile(r"\bhttps?://[^\s<>()\[\]\"']+|\bwww\.[^\s<>()\[\]\"']+", re.IGNORECASE)
# Shorter ones ("Thank you, that helps.") are the same by chance.
MIN_FINGERPRINT_LENGTH = 60


def links_in(source: str) -> list[str]:
    """The addresses that a text leads to, each once."""
    return list(dict.fromkeys(found.rstrip(".,;:!?*_~") for found in _LINKS.findall(source)))


def held_word_in(source: str, words: str) -> str | None:
    """The first of the words (one a line) that is in the text as a whole word, in whatever case or accents."""
    folded = f"-{text.fold(source)}-"
    return next((word for word in _lines(words) if (plain := text.fold(word)) and f"-{plain}-" in folded), None)


def held_domain_in(source: str, domains: str) -> str | None:
    """The first of the domains (one a line) that the text links to, itself or a name under it."""
    hosts = [_host(link) for link in links_in(source)]
    for domain in _lines(domains):
        plain = domain.lower().removeprefix("www.")
        if any(host == plain or host.endswith(f".{plain}") for host in hosts):
            return domain
    return None


def fingerprint_of(source: str) -> str | None:
    """The same for texts that differ in spaces, marks or case only; None for short ones. 32 hexadecimal digits."""
    letters = "".join(re.findall(r"\w+", source.casefold()))
    return sha256(letters.encode()).hexdigest()[:32] if len(letters) >= MIN_FINGERPRINT_LENGTH else None


def _host(link: str) -> str:
    try:
        return (urlsplit(link if "//" in link else f"//{link}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]
