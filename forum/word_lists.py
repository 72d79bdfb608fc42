"""Lists of words and domains that admins keep, one a line, and whether something is on one."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from forum import text


def held_word_in(source: str, words: str) -> str | None:
    """Return the first of the words (one a line) that the text has as a whole word, in any case or accents."""
    listed = _lines(words)
    folded = text.fold_passage(source) if listed else ""
    return next((word for word in listed if (plain := text.fold(word)) and f"-{plain}-" in folded), None)


def held_domain_in(links: Iterable[str], domains: str) -> str | None:
    """Return the first of the domains (one a line) that a link leads to, subdomains included."""
    hosts = [_host(link) for link in links]
    for domain in _lines(domains):
        plain = _host(as_browsers_read(domain))
        if any(host == plain or host.endswith(f".{plain}") for host in hosts):
            return domain
    return None


def listed_domain(domain: str, domains: str) -> str | None:
    """Return the first of the domains (one a line) that a domain is, or is a part of."""
    return held_domain_in([f"//{domain}"], domains) if domain else None


def as_browsers_read(link: str) -> str:
    """Return addresses as a browser reads their hosts: full-width letters are plain, what nobody sees is dropped."""
    return text.normalize("NFKC", text.without_invisible(link)).replace("\u3002", ".")


def _host(link: str) -> str:
    try:
        host = unquote(urlsplit(link if "//" in link else f"//{link}").hostname or "")
        return _ascii(as_browsers_read(host).lower().removeprefix("www."))
    except ValueError:
        return ""


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode().rstrip(".")
    except UnicodeError:
        return host


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]
