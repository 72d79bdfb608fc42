"""URLs: random row numbers in paths, url_for with a cache, and redirects that stay on this site."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import current_app, has_request_context, request, url_for
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from forum import db
from forum.links import external_url

# In characters. With the number of entries it bounds the cache of URLs at about 15 MB.
MAX_CACHED_URL = 200
# The greatest number of a row with a serial number: that of a column of 32 bits.
MAX_ROW_ID = 2**31 - 1


def whole_number(typed: str | None, maximum: int = MAX_ROW_ID) -> int | None:
    """Return the number that a stranger's text stands for: ASCII digits up to a maximum. None for any other text."""
    if not typed or len(typed) > len(str(maximum)) or not (typed.isascii() and typed.isdecimal()):
        return None
    return int(typed) if int(typed) <= maximum else None


class RowIdConverter(IntegerConverter):
    """Convert the number of a row in a path. A number that is greater than any row's leads nowhere."""

    def to_python(self, value: str) -> int:
        """Return the number."""
        number = whole_number(value.removeprefix("-") if self.signed else value)
        if number is None:
            raise ValidationError
        return -number if value.startswith("-") else int(super().to_python(value))


class KeyConverter(BaseConverter):
    """Convert a row's random number to ten characters of a URL and back.

    The alphabet is Crockford's base 32 in lower case: no vowels but a and e, so that no words come out.
    """

    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    regex = "[0-9a-hjkmnp-tv-z]{10}"

    def to_python(self, value: str) -> int:
        """Return the number that the characters stand for."""
        number = self.number_in(value)
        if number is None:
            raise ValidationError
        return number

    def to_url(self, value: int) -> str:
        """Return the ten characters that stand for the number."""
        return key_text(value)

    @classmethod
    def number_in(cls, typed: str | None) -> int | None:
        """Return the number that ten characters stand for, or None for any other text."""
        if not typed or len(typed) != 10 or any(character not in cls.alphabet for character in typed):
            return None
        number = 0
        for character in typed:
            number = number * 32 + cls.alphabet.index(character)
        return number if number < 2**db.KEY_BITS else None


CHARACTER_PAIRS = [first + second for first in KeyConverter.alphabet for second in KeyConverter.alphabet]


def key_text(number: int) -> str:
    """Return a row's number as it appears in URLs and anchors."""
    pairs, (high, low) = CHARACTER_PAIRS, divmod(number, 1 << 30)
    return pairs[high >> 10] + pairs[high & 1023] + pairs[low >> 20] + pairs[low >> 10 & 1023] + pairs[low & 1023]


def path_of(endpoint: str, **values: Any) -> str:
    """Return url_for's answer from a cache: a page with fifty replies needs a few hundred URLs on every visit."""
    if endpoint.startswith("."):
        return url_for(endpoint, **values)
    try:
        return _cached_url(script_root(), endpoint, tuple(values.items()))
    except _LongUrl as error:
        return error.url


def script_root() -> str:
    """Return the path that the whole site is mounted under: mostly empty. In a job it is that of FORUM_SITE_URL."""
    try:
        root: str = request.root_path
    except RuntimeError:  # outside of a request; asking first would cost more than all the rest
        root = urlsplit(current_app.config["SITE_URL"]).path
    return root.rstrip("/")


class _LongUrl(Exception):
    """A URL that is not cached: it holds what somebody typed, and the cache is bounded by bytes."""

    def __init__(self, url: str) -> None:
        self.url = url


@lru_cache(maxsize=20_000)
def _cached_url(root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    if has_request_context():
        url = url_for(endpoint, **dict(values))
    else:
        url = urlunsplit(("", "", *urlsplit(external_url(endpoint, **dict(values)))[2:]))
    if len(url) > MAX_CACHED_URL:
        raise _LongUrl(url)
    return url


def safe_path(target: str | None) -> str | None:
    """Return the target if it is a path of this site, else None, so that no link redirects to another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and target.isprintable() else None
