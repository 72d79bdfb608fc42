"""Text: clean what people type and render it once. No other file uses Markdown, bleach or nh3."""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

import nh3
from bleach.sanitizer import Cleaner
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdownify import markdownify
from slugify import slugify

# Goes up when the output of to_html changes; `forum render` then renders older texts again.
RENDER_VERSION = 1
MAX_SOURCE_LENGTH = 40_000

ALLOWED_TAGS = frozenset(
    "p br hr strong em s code pre blockquote ul ol li h2 h3 h4 a table thead tbody tr th td".split()
)
ALLOWED_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
ALLOWED_SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"

# Everything below 32 except tab and newline, the C1 controls, and the marks that turn the direction of text around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Every format character (soft hyphen, zero-width space, joiners, tags ...), fillers, variation selectors, blanks, and
# the signs of trademark, service mark, copyright, registration.
_FORMAT_CHARACTERS = "".join(
    chr(n) for n in (*range(0x20000), *range(0xE0000, 0xE0080)) if unicodedata.category(chr(n)) == "Cf"
)
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BRAND_SIGNS = "\u2117\u2120\u2122\xa9\xae"
INVISIBLE = re.escape(_FORMAT_CHARACTERS) + _FILLERS + _BRAND_SIGNS
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_UNSEEN = re.compile(f"[{re.escape(_FORMAT_CHARACTERS)}{_FILLERS}]")
APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u055a\u05f3\u07f4\u2018-\u201b\u2032\u2035\ua78b\ua78c\uff07\uff40"
)
_APOSTROPHES = re.compile(f"[{APOSTROPHES}]")
HYPHENS = "\\-\u058a\u05be\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2e3a\u2e3b\u30fb\ufe58\ufe63\uff0d"


def clean(typed: str) -> str:
    """Normalize to NFC with Unix newlines and drop NUL and other control characters, which PostgreSQL refuses."""
    unix = typed.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _SURROGATES.sub("", unix)))


def single_line(typed: str) -> str:
    """Clean a title or a name and put it on one line with single spaces."""
    return " ".join(clean(typed).split())


def fold(text: str) -> str:
    """Return a form for comparing names: lower case, no accents, one hyphen for other characters in a row.

    What nobody sees is dropped, every apostrophe is one, and nothing is decoded: `visible_text` has done that.
    """
    return slugify(_APOSTROPHES.sub("'", without_invisible(text)), entities=False, decimal=False, hexadecimal=False)


def fold_passage(passage: str) -> str:
    """Return a passage folded, with a hyphen on each side of every word, to look for a folded name in it.

    It is there twice: what nobody sees may stand inside a word, and between two.
    """
    return f"-{fold(passage)}-{fold(_INVISIBLE.sub(' ', passage))}-"


def slug_of(text: str, fallback: str = "untitled") -> str:
    """Return the part of a URL made from a title: at most 60 characters, cut between words."""
    return slugify(without_invisible(text), max_length=60, word_boundary=True) or fallback


def without_invisible(text: str) -> str:
    """Drop the characters that nobody sees, and the signs that follow a brand's name."""
    return _INVISIBLE.sub("", text)


def without_format(text: str) -> str:
    """Drop the characters that nobody sees, and keep signs such as ®."""
    return _UNSEEN.sub("", text)


def visible_length(text: str) -> int:
    """Return how many characters of a text somebody sees, runs of white space as one, none around it."""
    return len(" ".join(without_format(text).split()))


def visible_text(rendered: str) -> str:
    """Return what a reader sees of a text that `to_html` made, decoded once, and where its links lead."""
    links = " ".join(re.findall(r'href="([^"]*)"', rendered))
    words = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:a|strong|em|s|code)\b[^>]*>", "", rendered))
    return html.unescape(f"{words} {links}")


class Rendered(NamedTuple):
    """A text as its author typed it, cleaned, and the HTML made of it."""

    source: str
    html: str


def render(typed: str) -> Rendered:
    """Clean and render a text. A view does this before it takes the database's write lock."""
    source = clean(typed)
    return Rendered(source, to_html(source))


def to_html(source: str) -> str:
    """Render CommonMark with tables, strikethrough and autolinks as safe HTML. No images, no raw HTML.

    Rendered at write time only: by markdown-it, then cleaned by bleach and once more by nh3.
    """
    rendered = _parser().render(clean(source)[:MAX_SOURCE_LENGTH])
    # A Cleaner shared between threads gives wrong output.
    cleaner = Cleaner(tags=ALLOWED_TAGS, attributes=_is_allowed_attribute, protocols=ALLOWED_SCHEMES, strip=True)
    return _clean_again(cleaner.clean(rendered))


def to_plain(source: str, max_length: int = 200) -> str:
    """Return the beginning of a Markdown text as plain words on one line, cut between words."""
    rendered = _parser().render(clean(source)[: max_length * 8])
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", rendered)).split())
    words = re.sub(r" ([.,;:!?)])", r"\1", words)
    if len(words) <= max_length:
        return words
    return words[:max_length].rsplit(" ", 1)[0].rstrip(".,;:") + " …"


class DiffRun(NamedTuple):
    """A run of words: "equal" in both texts, "delete" when only the first has it, "insert" when only the second has."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> list[DiffRun]:
    """Return the differences between two texts word by word, in reading order."""
    old, new = (re.findall(r"\s+|\S+", text) for text in (before, after))
    runs = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        sides = [("equal", old[a:b])] if kind == "equal" else [("delete", old[a:b]), ("insert", new[c:d])]
        runs += [DiffRun(side, "".join(words)) for side, words in sides if words]
    return runs


def markdown_from_html(source: str) -> str:
    """Convert imported HTML to Markdown. It is cleaned by nh3 alone, since bleach is slow on hostile input."""
    cleaned = nh3.clean(
        clean(source)[: MAX_SOURCE_LENGTH * 4],
        tags=set(ALLOWED_TAGS) | {"h1", "h5", "h6", "b", "i", "del", "strike"},
        attributes={"a": {"href"}},
        url_schemes=set(ALLOWED_SCHEMES),
        link_rel=None,
        clean_content_tags={"script", "style", "iframe", "object", "form", "svg", "math"},
    )
    markdown: str = markdownify(cleaned, heading_style="ATX", bullets="-", strip=["img"])
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()[:MAX_SOURCE_LENGTH]


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
    return name in ALLOWED_ATTRIBUTES.get(tag, set()) and (name != "class" or value.startswith("language-"))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough", "linkify"]).disable("image")
    parser.add_render_rule("heading_open", _lower_heading("heading_open"))
    parser.add_render_rule("heading_close", _lower_heading("heading_close"))
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return parser


def _lower_heading(kind: str) -> Callable[..., str]:
    """Return a rule that puts a text's headings below the page's own: # becomes h2, and nothing goes below h4."""

    def render_heading(renderer: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
        level = min(max(int(tokens[index].tag[1]), 2), 4)
        return f"<h{level}>" if kind == "heading_open" else f"</h{level}>\n"

    return render_heading
