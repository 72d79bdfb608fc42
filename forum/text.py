"""Text: clean what people type and render it once. No other file uses bleach or nh3, or normalizes Unicode."""

import html
import re
import unicodedata
from functools import partial
from typing import Literal, NamedTuple

import nh3
from bleach.sanitizer import Cleaner
from slugify import slugify

from forum.markdown import TooComplex, require_length, to_unsafe_html
from forum.markdown_writer import escape_markdown, write_markdown

# Goes up when the output of to_html changes; `forum render` then renders older texts again.
RENDER_VERSION = 3
MAX_SOURCE_LENGTH = 40_000

ALLOWED_TAGS = frozenset(
    "p br hr strong em s code pre blockquote ul ol li h2 h3 h4 a table thead tbody tr th td".split()
)
ALLOWED_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}, "th": {"align"}, "td": {"align"}}
ALIGNMENTS = frozenset({"left", "center", "right"})
ALLOWED_SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"
# HTML without attributes, of tags that are allowed: bleach would change nothing in it.
_PLAIN_HTML = re.compile(
    r"(?:[^<>&]+|&(?:amp|lt|gt|quot);|</?(?:p|em|strong|s|code|pre|blockquote|ul|ol|li|h2|h3|h4)>|<(?:br|hr) />)*+"
)
_TAGS = re.compile(r"<[^>]+>")
_INLINE_TAGS = re.compile(r"</?(?:a|strong|em|s|code|b|i|del|strike)\b[^>]*>")

# Everything below 32 except tab and newline, the C1 controls, and the marks that turn the direction of text around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _signs_of(category: str) -> str:
    signs = map(chr, (*range(0x20000), *range(0xE0000, 0xE01F0)))
    return "".join(sign for sign in signs if unicodedata.category(sign).startswith(category))


# No script puts more marks on one letter. Normalizing a run of them costs time that grows with its square.
MAX_MARKS = 8
# Combining marks, and the two signs that become marks when full-width and half-width letters are made equal.
_MARKS = _signs_of("M") + "\uff9e\uff9f"
# The engine is fast with a class of characters up to U+FFFF only, so the others stand apart.
_SHORT, _LONG = ("".join(sign for sign in _MARKS if (sign > "\uffff") == is_long) for is_long in (False, True))
_ONE_MARK = f"(?:[{_SHORT}]|(?=[\U00010000-\U000fffff])[{_LONG}])"
_EXCESS_MARKS = re.compile(f"({_ONE_MARK}{{{MAX_MARKS}}}){_ONE_MARK}+")
# Found in every text that has excess marks, in few others, and ten times as fast.
_MAYBE_EXCESS_MARKS = re.compile(f"[{_SHORT}]{{{MAX_MARKS + 1}}}|[\U00010000-\U000fffff]")
# Every format character (soft hyphen, zero-width space, joiners, tags ...), fillers, variation selectors, blanks, and
# the signs of trademark, service mark, copyright, registration.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BRAND_SIGNS = "\u2117\u2120\u2122\xa9\xae"
INVISIBLE = re.escape(_signs_of("Cf")) + _FILLERS + _BRAND_SIGNS
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_CONTINUATIONS = re.compile(f"[{_MARKS}\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_UNSEEN = re.compile(f"[{re.escape(_signs_of('Cf'))}{_FILLERS}]")
APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u055a\u05f3\u07f4\u2018-\u201b\u2032\u2035\ua78b\ua78c\uff07\uff40"
)
_APOSTROPHES = re.compile(f"[{APOSTROPHES}]")
# Without decoding: that could make a run of marks, which slugify normalizes in time that grows with its square.
_hyphenated = partial(slugify, entities=False, decimal=False, hexadecimal=False)
HYPHENS = "\\-\u058a\u05be\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2e3a\u2e3b\u30fb\ufe58\ufe63\uff0d"


def clean(typed: str) -> str:
    """Normalize to NFC with Unix newlines and drop NUL and other control characters, which PostgreSQL refuses."""
    return normalize("NFC", sieve(typed.replace("\r\n", "\n").replace("\r", "\n")))


def sieve(text: str) -> str:
    """Drop what no text may hold: control characters, marks that turn text around, and more marks than a letter has."""
    text = _CONTROLS.sub("", text)
    return text if text.isascii() else _without_excess_marks(_SURROGATES.sub("", text))


def _without_excess_marks(text: str) -> str:
    return _EXCESS_MARKS.sub(r"\1", text) if _MAYBE_EXCESS_MARKS.search(text) else text


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Normalize Unicode, in time that grows with the length: first, runs of combining marks are cut."""
    return text if text.isascii() else unicodedata.normalize(form, _without_excess_marks(text))


def single_line(typed: str) -> str:
    """Clean a title or a name and put it on one line with single spaces."""
    return " ".join(clean(typed).split())


def fold(text: str) -> str:
    """Return a form for comparing names: lower case, no accents, one hyphen for other characters in a row.

    What nobody sees is dropped, every apostrophe is one, and nothing is decoded: `visible_text` has done that.
    """
    return _hyphenated(_APOSTROPHES.sub("'", without_invisible(text)))


def fold_passage(passage: str) -> str:
    """Return a passage folded, with a hyphen on each side of every word, to look for a folded name in it.

    One with characters that nobody sees is there twice: they may stand inside a word, and between two.
    """
    spaced = passage if passage.isascii() else _INVISIBLE.sub(" ", passage)
    return f"-{fold(passage)}-" if spaced == passage else f"-{fold(passage)}-{fold(spaced)}-"


def slug_of(text: str, fallback: str = "untitled") -> str:
    """Return the part of a URL made from a title: at most 60 characters, cut between words."""
    return _hyphenated(without_invisible(text), max_length=60, word_boundary=True) or fallback


def without_invisible(text: str) -> str:
    """Drop the characters that nobody sees, and the signs that follow a brand's name."""
    return text if text.isascii() else _without_excess_marks(_INVISIBLE.sub("", text))


def without_format(text: str) -> str:
    """Drop the characters that nobody sees, and keep signs such as ®."""
    return _UNSEEN.sub("", text)


def visible_length(text: str) -> int:
    """Return how many characters of a text somebody sees, runs of white space as one, none around it."""
    return len(" ".join(without_format(text).split()))


def visible_text(rendered: str) -> str:
    """Return what a reader sees of a text that `to_html` made, decoded once, and where its links lead."""
    links = " ".join(re.findall(r'href="([^"]*)"', rendered))
    return f"{visible_words(rendered)} {html.unescape(links)}"


def visible_words(rendered: str, separator: str = " ") -> str:
    """Return the words of a text that `to_html` made: the separator for each block and line, nothing for emphasis."""
    return html.unescape(_TAGS.sub(separator, _INLINE_TAGS.sub("", rendered)))


def is_continuation(sign: str) -> bool:
    """Return whether a character belongs to the one before it, as accents, joiners and skin tones do."""
    return bool(_CONTINUATIONS.match(sign))


class Rendered(NamedTuple):
    """A text as its author typed it, cleaned, and the HTML made of it."""

    source: str
    html: str


def render(typed: str) -> Rendered:
    """Clean and render a text. A view does this before it takes the database's write lock."""
    return check_and_render(typed)[0]


def check_and_render(typed: str) -> tuple[Rendered, str | None]:
    """Clean and render a text. Return it, and why it can't be shown as Markdown, in words for its author, or None.

    Rendered at write time only: by markdown-it, then cleaned by bleach and once more by nh3.
    """
    source = clean(typed)
    markdown = source[:MAX_SOURCE_LENGTH]
    try:
        return Rendered(source, _to_safe_html(markdown)), None
    except TooComplex as error:
        plain = html.escape(markdown, quote=False).replace(chr(10), "<br>")
        return Rendered(source, f"<p>{plain}</p>"), str(error)


def to_html(source: str) -> str:
    """Render Markdown as safe HTML, or as plain lines if it is too complex, which `markdown_error` explains."""
    return check_and_render(source)[0].html


def markdown_error(source: str) -> str | None:
    """Return why this text can't be shown as Markdown, in words for its author, or None."""
    return check_and_render(source)[1]


def links_in(rendered: str) -> list[str]:
    """Return the addresses of other sites that a text made by `to_html` links to, each once."""
    hrefs = (html.unescape(href) for href in re.findall(r' href="([^"]*)"', rendered))
    return list(dict.fromkeys(href for href in hrefs if href.startswith(("http://", "https://"))))


def to_plain(source: str, max_length: int = 200) -> str:
    """Return the beginning of a Markdown text as plain words on one line."""
    return excerpt_of(to_html(clean(source)[: max_length * 8]), max_length)


def excerpt_of(rendered: str, max_length: int = 200) -> str:
    """Return the beginning of a text made by `to_html` as plain words on one line."""
    return shorten(visible_words(rendered), max_length)


def shorten(words: str, max_length: int) -> str:
    """Return words on one line, and only the first of them and an ellipsis if they are too long.

    They are cut between words if that leaves at least half of what fits, else between two letters.
    """
    words = " ".join(words.split())
    if len(words) <= max_length:
        return words
    end = words.rfind(" ", max_length // 2, max_length + 1)
    if end >= 0:
        return words[:end].rstrip(".,;:") + " …"
    while max_length > 1 and is_continuation(words[max_length]):
        max_length -= 1
    return words[:max_length] + "…"


def markdown_from_html(source: str) -> str:
    """Convert imported HTML to Markdown that shows the same words, if need be without formatting.

    It is cleaned by nh3 alone, since bleach is slow on hostile input.
    """
    cleaned = nh3.clean(
        clean(source)[: MAX_SOURCE_LENGTH * 4],
        tags=set(ALLOWED_TAGS) | {"h1", "h5", "h6", "b", "i", "del", "strike"},
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=set(ALLOWED_SCHEMES),
        link_rel=None,
        clean_content_tags={"script", "style", "iframe", "object", "form", "svg", "math"},
    )
    for with_emphasis in (True, False):
        try:
            markdown = re.sub(r"\n{3,}", "\n\n", write_markdown(cleaned, with_emphasis=with_emphasis)).strip()
            if len(markdown) > MAX_SOURCE_LENGTH or _letters_of(to_unsafe_html(markdown)) == _letters_of(cleaned):
                return markdown[:MAX_SOURCE_LENGTH]
        except (RecursionError, TooComplex):  # tags nested hundreds deep, tables that are too wide
            continue
    return escape_markdown(clean(visible_words(cleaned, "\n")))[:MAX_SOURCE_LENGTH]


def _letters_of(html_source: str) -> str:
    """Return everything that HTML shows, apart from blanks."""
    return "".join(clean(visible_words(html_source)).split())


def _to_safe_html(source: str) -> str:
    # What entities stood for has been decoded now, so it is sieved like what was typed.
    rendered = sieve(to_unsafe_html(source))
    cleaned = _clean_again(rendered if _PLAIN_HTML.fullmatch(rendered) else _clean_first(rendered))
    require_length(cleaned, source)
    return cleaned


def _clean_first(rendered: str) -> str:
    # A Cleaner shared between threads gives wrong output.
    cleaner = Cleaner(tags=ALLOWED_TAGS, attributes=_is_allowed_attribute, protocols=ALLOWED_SCHEMES, strip=True)
    cleaned: str = cleaner.clean(rendered)
    return cleaned


def _clean_again(rendered: str) -> str:
    return nh3.clean(
        rendered,
        tags=set(ALLOWED_TAGS),
        attributes={tag: set(names) for tag, names in ALLOWED_ATTRIBUTES.items()},
        url_schemes=set(ALLOWED_SCHEMES),
        link_rel=LINK_REL,
        # A table wider than the column scrolls, so the keyboard has to reach it.
        set_tag_attribute_values={"table": {"tabindex": "0"}},
    )


def _is_allowed_attribute(tag: str, name: str, value: str) -> bool:
    if name == "align":
        return tag in ("th", "td") and value in ALIGNMENTS
    return name in ALLOWED_ATTRIBUTES.get(tag, set()) and (name != "class" or value.startswith("language-"))
