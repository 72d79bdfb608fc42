"""What in a text makes a moderator review it first: links, listed words and domains, repeated text."""

import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from forum import text

_ADDRESSES = re.compile(r"\bhttps?://[^\s<>()\[\]\"']+|\bwww\.[^\s<>()\[\]\"']+", re.IGNORECASE)
# Shorter texts ("Thank you, that helps.") are the same by chance.
MIN_FINGERPRINT_LENGTH = 60


def addresses_in(source: str) -> list[str]:
    """Return the web addresses that can be read in a text, each once: also those that are no links."""
    return list(dict.fromkeys(url.rstrip(".,;:!?*_~") for url in _ADDRESSES.findall(_as_browsers_read(source))))


def held_word_in(source: str, words: str) -> str | None:
    """Return the first of the words (one a line) that the text has as a whole word, in any case or accents."""
    folded = text.fold_passage(source)
    return next((word for word in _lines(words) if (plain := text.fold(word)) and f"-{plain}-" in folded), None)


def held_domain_in(links: Iterable[str], domains: str) -> str | None:
    """Return the first of the domains (one a line) that a link leads to, subdomains included."""
    hosts = [_host(link) for link in links]
    for domain in _lines(domains):
        plain = _host(_as_browsers_read(domain))
        if any(host == plain or host.endswith(f".{plain}") for host in hosts):
            return domain
    return None


def fingerprint_of(source: str) -> str | None:
    """Return 32 hexadecimal digits, the same for texts with the same letters and digits; None for short texts."""
    letters = "".join(re.findall(r"\w+", text.without_invisible(source).casefold()))
    return sha256(letters.encode()).hexdigest()[:32] if len(letters) >= MIN_FINGERPRINT_LENGTH else None


def _as_browsers_read(link: str) -> str:
    """Return addresses as a browser reads their hosts: full-width letters are plain, what nobody sees is dropped."""
    return text.normalize("NFKC", text.without_invisible(link)).replace("\u3002", ".")


def _host(link: str) -> str:
    try:
        host = unquote(urlsplit(link if "//" in link else f"//{link}").hostname or "")
        return _ascii(_as_browsers_read(host).lower().removeprefix("www."))
    except ValueError:
        return ""


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode().rstrip(".")
    except UnicodeError:
        return host


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]
