"""Markdown, and how much HTML it may become. The HTML is not safe yet: `text.to_html` cleans it."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, chain

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

# HTML may have this many characters for each one of its source, and so many more.
MAX_GROWTH, MAX_EXTRA = 8, 4096
MAX_COLUMNS = 20
# Lists in lists, quotes in quotes. A level of a list is two elements: the list and its item.
MAX_LEVELS = 20
# The parser drops what is deeper. That is never reached silently: MAX_LEVELS comes first.
_PARSER_NESTING = 60
_CELL_LENGTH = len("<td></td>\n")

_WEB_SCHEME = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+-]*:", re.IGNORECASE)
_IGNORED_BY_BROWSERS = re.compile(r"^[\x00-\x20]+|[\t\n\r]+|[\x00-\x20]+$")
# Where a link that nothing delimits ends: at a closing quote, and at the punctuation of Chinese and Japanese.
_END_OF_BARE_LINK = re.compile(
    "[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u3001\u3002\u3008-\u3011\u3014-\u301f\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b-\uff65]"
)


class TooComplex(ValueError):
    """Markdown that becomes too much HTML. The message tells its author what to change."""


def to_unsafe_html(source: str) -> str:
    """Render CommonMark with tables, strikethrough and autolinks; no images, no raw HTML. Raises TooComplex."""
    parser, env = _parser(), {"max_length": MAX_GROWTH * len(source) + MAX_EXTRA, "cells": 0}
    tokens = parser.parse(source, env)
    if _depth(tokens) > 2 * MAX_LEVELS + 1:  # and a paragraph
        raise TooComplex(f"Lists and quotes can be nested {MAX_LEVELS} levels deep. Use fewer levels.")
    rendered: str = parser.renderer.render(tokens, parser.options, env)
    require_length(rendered, source)
    return rendered


def require_length(rendered: str, source: str) -> None:
    """Raise TooComplex if the HTML is too long for its source."""
    if len(rendered) > MAX_GROWTH * len(source) + MAX_EXTRA:
        raise TooComplex("The formatting makes the page many times longer than the text. Use less of it.")


def complete_link(url: str) -> str:
    """Return where a browser would go: with a scheme when the link leads to another site."""
    url = _IGNORED_BY_BROWSERS.sub("", url)
    if web := _WEB_SCHEME.match(url):
        return f"{web[1].lower()}://{url[web.end() :]}"
    if re.match(r"[/\\]{2}", url):
        return "https://" + url.lstrip("/\\")
    if not url or url[0] in "/#?" or _SCHEME.match(url):
        return url
    host = re.split(r"[/?#]", url, maxsplit=1)[0]
    if "@" in host:
        return f"mailto:{url}"
    return f"https://{url}" if re.search(r"[^.]\.[^.]", host) else url


class _Parser(MarkdownIt):
    """The parser, with complete links."""

    def normalizeLink(self, url: str) -> str:
        """Return the address that a link gets."""
        return super().normalizeLink(complete_link(url))


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": False, "maxNesting": _PARSER_NESTING}
    parser = _Parser("commonmark", options)
    parser.enable(["table", "strikethrough", "linkify"]).disable("image")
    parser.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})
    parser.add_render_rule("heading_open", _lower_heading("heading_open"))
    parser.add_render_rule("heading_close", _lower_heading("heading_close"))
    parser.add_render_rule("th_open", _align_cell)
    parser.add_render_rule("td_open", _align_cell)
    parser.linkify = _LinkFinder()
    return parser


class _LinkFinder(LinkifyIt):
    """Finds links that were typed bare: with http:, https: or mailto:, or beginning with www."""

    def __init__(self) -> None:
        options = {"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False}
        super().__init__({"ftp:": None, "//": None, "www.": {"validate": self._validate_www}}, options)

    def _validate_http(self, text: str, position: int) -> int:
        """Return how many characters after the scheme belong to the link."""
        return _cut_bare_link(text, position, super()._validate_http(text, position))

    def _validate_www(self, text: str, position: int) -> int:
        pattern = self.re["src_domain"] + r"\." + self.re["src_host_port_strict"] + self.re["src_path"]
        match = re.compile(pattern, re.IGNORECASE).match(text, position)
        return _cut_bare_link(text, position, len(match[0]) if match else 0)


def _cut_bare_link(text: str, position: int, length: int) -> int:
    end = _END_OF_BARE_LINK.search(text, position, position + length)
    return end.start() - position if end else length


def _bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a table, unless it has too many columns or cells: rows are filled up to the width of the head."""
    if not table(state, start, end, True):
        return False
    if silent:
        return True
    columns = state.getLines(start + 1, start + 2, 0, False).strip().strip("|").count("|") + 1
    if columns > MAX_COLUMNS:
        raise TooComplex(f"A table can have {MAX_COLUMNS} columns. This one has {columns}.")
    rows = next((n for n in range(start, end) if state.isEmpty(n)), end) - start
    state.env["cells"] += columns * rows
    if state.env["cells"] * _CELL_LENGTH > state.env["max_length"]:
        raise TooComplex("A table here has mostly empty cells. Leave out columns, or put a blank line after the table.")
    return table(state, start, end, False)


def _depth(tokens: Sequence[Token]) -> int:
    """Return how many elements are open at once at the deepest place, those within a line included."""
    inner = (
        max(accumulate(child.nesting for child in token.children), default=0) for token in tokens if token.children
    )
    outer = accumulate(token.nesting for token in tokens)
    return max(chain(outer, inner), default=0)


def _lower_heading(kind: str) -> Callable[..., str]:
    """Return a rule that puts a text's headings below the page's own: # becomes h2, and nothing goes below h4."""

    def render_heading(renderer: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
        level = min(max(int(tokens[index].tag[1]), 2), 4)
        return f"<h{level}>" if kind == "heading_open" else f"</h{level}>\n"

    return render_heading


def _align_cell(renderer: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    """Render the start of a cell: its alignment as an attribute, since the parser's inline style is not allowed."""
    cell = tokens[index]
    alignment = str(cell.attrGet("style") or "").removeprefix("text-align:")
    return f'<{cell.tag} align="{alignment}">' if alignment else f"<{cell.tag}>"
