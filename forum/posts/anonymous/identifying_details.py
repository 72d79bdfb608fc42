"""Find details that identify the author of a text, before it is published anonymously; shown to the author alone.

Pure functions: nothing that they find is stored or logged. They warn and never refuse, so a doubtful finding is better
than a missed one. None of them replaces rereading the text as the vendor's channel manager would.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forum.posts.anonymous.countries import COUNTRIES
from forum.text import APOSTROPHES, HYPHENS, INVISIBLE, fold, without_invisible

_NO_LETTERS = re.compile(rf"[\W_{INVISIBLE}]+")
_DOTS = str.maketrans("İı", "ii")
NAME_OF_SOMEONE = "Someone's name"
CONTEXT_LENGTH = 32  # characters shown on each side of a passage


class AuthorDetails(NamedTuple):
    """What is known about the author. `domain` is that of their e-mail address, empty for free mail."""

    name: str = ""
    slug: str = ""
    company: str = ""
    domain: str = ""
    country: str = ""


class Finding(NamedTuple):
    """A passage that identifies, the text around it, the kind of detail and what to do about it."""

    before: str
    passage: str
    after: str
    kind: str
    advice: str


class _Span(NamedTuple):
    start: int
    end: int
    kind: str
    advice: str


MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]{0,6}\.?"
DATES = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? {MONTH}(?:,? \d{{4}})?"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b|\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})\b)",
    re.IGNORECASE,
)
EMAILS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}")
PHONES = re.compile(
    r"(?<![\w.,])(?:\+|00)\d[\d ()/.-]{6,20}\d|(?<![\w.,-])\(?0\d{1,4}\)?[ /-]\d[\d /-]{4,16}\d"
    r"|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b"
)
SIGN = r"(?:€|£|\$|EUR|GBP|USD|CHF|SEK|NOK|DKK|PLN|euros?|dollars?|pounds?|francs?)"
NUMBER = r"\d{1,3}(?:[., '’\u00a0]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{1,2})?"
MONEY = re.compile(rf"(?<!\w){SIGN} ?({NUMBER})(?![\d%])|(?<![\w.,])({NUMBER}) ?{SIGN}(?!\w)", re.IGNORECASE)
NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,30}"
TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau)\.? {NAME}(?: {NAME})?")
JOBS = "colleague|boss|manager|director|contact|rep(?:resentative)?|engineer|consultant|lead|head"
ROLES = rf"(?:[a-z-]{{1,20}} ){{0,2}}(?:{JOBS})"
OWNED = re.compile(rf"\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir|[Tt]he) {ROLES},? ({NAME} {NAME}|{NAME})")
CALLED = re.compile(rf"\b(?:called|named|with|from|by|told|asked|thank(?:s to)?) ({NAME} {NAME})\b")
LEGAL_FORM = re.compile(
    r"[ ,]+(?:gmbh|ag|se|kg|ltd|limited|llc|inc|plc|oyj?|ab|as|a/s|aps|b\.?v\.?|nv|s\.?a\.?|sarl|srl|s\.?p\.?a\.?)\.?$",
    re.IGNORECASE,
)


def find_identifying_details(passage: str, author: AuthorDetails, vendor_names: Sequence[str] = ()) -> list[Finding]:
    """Return the findings in a passage in reading order, without overlaps. A vendor's name is no person's name."""
    vendors = {fold(name) for name in vendor_names}
    spans = [*_author_spans(passage, author), *_pattern_spans(passage), *_person_spans(passage, vendors)]
    return [_finding(passage, span) for span in _without_overlaps(spans)]


def country_findings(passage: str, author: AuthorDetails) -> list[tuple[str, Finding]]:
    """Return the countries that a passage names, each with its finding: with tier or badge few companies may fit."""
    names = {*COUNTRIES, author.country} - {""}
    advice = "Leave out the country, the tier or the badge: together they fit fewer than five companies here."
    spans = [
        _Span(*match.span(), "Country with tier or badge", advice)
        for name in names
        for match in _matches(name, passage)
    ]
    return [(passage[span.start : span.end], _finding(passage, span)) for span in _without_overlaps(spans)]


def _author_spans(passage: str, author: AuthorDetails) -> Iterator[_Span]:
    for name in {author.name, *(part for part in author.name.split() if len(part) > 2)}:
        yield from _name_spans(name, passage, "Your name", "Take it out.")
    if author.slug.lower() != author.name.lower():
        yield from _name_spans(author.slug, passage, "Your user name", "Take it out: it leads to your page.")
    company = LEGAL_FORM.sub("", author.company)
    words = {author.company, company, *(word for word in author.domain.split(".")[:-1] if len(word) > 3)}
    for word in sorted(words, key=len, reverse=True):
        yield from _name_spans(word, passage, "Your employer", "Say what kind of company it is instead.")


def _pattern_spans(passage: str) -> Iterator[_Span]:
    for match in EMAILS.finditer(passage):
        yield _Span(*match.span(), "An e-mail address", "Take it out.")
    for match in DATES.finditer(passage):
        advice = "Give the quarter or the season: others know what happened that day."
        yield _Span(*match.span(), "An exact date", advice)
    for match in PHONES.finditer(passage):
        yield _Span(*match.span(), "A phone number", "Take it out.")
    for match in MONEY.finditer(passage):
        if _is_exact(match[1] or match[2]):
            yield _Span(*match.span(), "An exact sum", "Round it: whoever made the offer knows the figure.")


def _person_spans(passage: str, vendors: set[str]) -> Iterator[_Span]:
    for pattern in (TITLED, OWNED, CALLED):
        for match in pattern.finditer(passage):
            group = 1 if pattern.groups else 0
            if fold(match[group]) not in vendors and fold(match[group].split()[0]) not in vendors:
                yield _Span(*match.span(group), NAME_OF_SOMEONE, "Say what they do there instead.")


def _is_exact(number: str) -> bool:
    """Return whether more than two digits are significant: 14,350 is exact, 14,000 and 350 are not."""
    whole = re.sub(r"[.,]\d{1,2}$", "", number)
    return len(re.sub(r"\D", "", whole).strip("0")) > 2 or (whole != number and number[-2:] != "00")


def _name_spans(name: str, passage: str, kind: str, advice: str) -> Iterator[_Span]:
    if len(name.strip()) > 2:
        for match in _matches(name, passage):
            yield _Span(*match.span(), kind, advice)


def _matches(name: str, passage: str) -> Iterator[re.Match[str]]:
    # Most names are nowhere in the text, and making a pattern of each takes longer than looking for its letters.
    if _letters_of(name) not in _letters_of(passage):
        return iter(())
    spaced = rf"[\s{INVISIBLE}]+".join(_loosely(word) for word in without_invisible(name).split())
    return re.finditer(rf"(?<!\w){spaced}(?!\w)", passage, re.IGNORECASE)


def _letters_of(words: str) -> str:
    """Return only the letters and digits, folded so that letters which match regardless of case are the same."""
    return _NO_LETTERS.sub("", words.translate(_DOTS).casefold())


def _loosely(word: str) -> str:
    """Return a pattern of the word with any apostrophes and hyphens, and anything unseen between its letters."""
    classes = {**dict.fromkeys("'’‘", f"[{APOSTROPHES}]"), **dict.fromkeys("-‐‑", f"[{HYPHENS}]")}
    return f"[{INVISIBLE}]*".join(classes.get(letter, re.escape(letter)) for letter in word)


def _without_overlaps(spans: Sequence[_Span]) -> list[_Span]:
    """Return the spans in order, the first and longest of those that overlap."""
    result: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not result or span.start >= result[-1].end:
            result.append(span)
    return result


def _finding(passage: str, span: _Span) -> Finding:
    before, after = passage[: span.start], passage[span.end :]
    before = ("…" + before[-CONTEXT_LENGTH:].split(" ", 1)[-1]) if len(before) > CONTEXT_LENGTH else before
    after = (after[:CONTEXT_LENGTH].rsplit(" ", 1)[0] + "…") if len(after) > CONTEXT_LENGTH else after
    return Finding(before, passage[span.start : span.end], after, span.kind, span.advice)
