"""What in a text gives its author away: found before it is published anonymously, and shown to nobody but the author.

Pure functions: nothing of what they find is kept or logged. They warn and never refuse, so a doubtful find is better
than a missed one, and none of them replaces reading one's own text with the eyes of the vendor's channel manager.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forum.posts.anonymous.countries import COUNTRIES

AROUND = 32


class AuthorDetails(NamedTuple):
    """What is known of who writes: name, user name, company, e-mail domain (empty for free mail) and country."""

    name: str = ""
    slug: str = ""
    company: str = ""
    domain: str = ""
    country: str = ""


class Finding(NamedTuple):
    """A passage that gives something away, the words around it, what it is and what to do about it."""

    before: str
    passage: str
    after: str
    what: str
    advice: str


class _Span(NamedTuple):
    start: int
    end: int
    what: str
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


def find_identifying_details(passage: str, writer: AuthorDetails, names_of_companies: Sequence[str] = ()) -> list[Finding]:
    """What a passage gives away about whoever writes it, in the order it stands there; no two finds overlap.

    `names_of_companies` are vendors: two capitalised words that are one of them are no person.
    """
    firms = {name.lower() for name in names_of_companies}
    spans = [*_own(passage, writer), *_shapes(passage), *_people(passage, firms)]
    return [_finding(passage, span) for span in _apart(spans)]


def find_countries(passage: str, writer: AuthorDetails) -> list[tuple[str, Finding]]:
    """Countries that a passage names, each with its place: told with a tier, they may fit few."""
    names = {*COUNTRIES, writer.country} - {""}
    advice = "Leave out the country or the tier: together they fit fewer than five companies here."
    spans = [_Span(*match.span(), "Country and tier", advice) for name in names for match in _words(name, passage)]
    return [(passage[span.start : span.end], _finding(passage, span)) for span in _apart(spans)]


def _own(passage: str, writer: AuthorDetails) -> Iterator[_Span]:
    for name in {writer.name, *(part for part in writer.name.split() if len(part) > 2)}:
        yield from _found(name, passage, "Your name", "Take it out.")
    if writer.slug.lower() != writer.name.lower():
        yield from _found(writer.slug, passage, "Your user name", "Take it out: it leads to your page.")
    company = LEGAL_FORM.sub("", writer.company)
    words = {writer.company, company, *(word for word in writer.domain.split(".")[:-1] if len(word) > 3)}
    for word in sorted(words, key=len, reverse=True):
        yield from _found(word, passage, "Your employer", "Say what kind of company it is instead.")


def _shapes(passage: str) -> Iterator[_Span]:
    for match in EMAILS.finditer(passage):
        yield _Span(*match.span(), "An e-mail address", "Take it out.")
    for match in DATES.finditer(passage):
        yield _Span(
            *match.span(), "An exact date", "Say the quarter or the season: others know what happened that day."
        )
    for match in PHONES.finditer(passage):
        yield _Span(*match.span(), "A phone number", "Take it out.")
    for match in MONEY.finditer(passage):
        if _is_exact(match[1] or match[2]):
            yield _Span(*match.span(), "An exact sum", "Round it: whoever made the offer knows the figure.")


def _people(passage: str, firms: set[str]) -> Iterator[_Span]:
    for pattern in (TITLED, OWNED, CALLED):
        for match in pattern.finditer(passage):
            number = 1 if pattern.groups else 0
            if match[number].lower() not in firms and match[number].split()[0].lower() not in firms:
                yield _Span(*match.span(number), "Somebody's name", "Say what they do there instead.")


def _is_exact(number: str) -> bool:
    """More than two digits that say something: 14,350 is exact, 14,000 and 350 are not so."""
    whole = re.sub(r"[.,]\d{1,2}$", "", number)
    return len(re.sub(r"\D", "", whole).strip("0")) > 2 or (whole != number and number[-2:] != "00")


def _found(name: str, passage: str, what: str, advice: str) -> Iterator[_Span]:
    if len(name.strip()) > 2:
        for match in _words(name, passage):
            yield _Span(*match.span(), what, advice)


def _words(name: str, passage: str) -> Iterator[re.Match[str]]:
    spaced = r"\s+".join(re.escape(word) for word in name.split())
    return re.finditer(rf"(?<!\w){spaced}(?!\w)", passage, re.IGNORECASE)


def _apart(spans: Sequence[_Span]) -> list[_Span]:
    """In order, the first and longest of those that overlap."""
    kept: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _finding(passage: str, span: _Span) -> Finding:
    before, after = passage[: span.start], passage[span.end :]
    before = ("…" + before[-AROUND:].split(" ", 1)[-1]) if len(before) > AROUND else before
    after = (after[:AROUND].rsplit(" ", 1)[0] + "…") if len(after) > AROUND else after
    return Finding(before, passage[span.start : span.end], after, span.what, span.advice)
