"""Markdown made of HTML. What the HTML shows as a character is escaped where Markdown would read it as formatting."""

import re
from collections.abc import Iterator
from typing import Any

from bs4 import Tag
from bs4.element import NavigableString
from markdownify import MarkdownConverter

# Formatting wherever it stands.
_ANYWHERE = re.compile(r"[\\`*_~|]|<(?=[a-zA-Z]|$)|&(?=[#a-zA-Z]|$)")
# Words in brackets stay as they are where no link can be made of them.
_BRACKETS = re.compile(r"(\[[^\[\]]{0,60}\](?=[\s.,;!?]))|[\[\]]")
# Formatting at the beginning of a line, and # also at the end of a heading. A line may be made of several elements.
_AT_START = re.compile(r"^(\s*)([#>]|=(?==*\s*$)|:(?=-)|[-+](?=[\s-]|$))|((?<=\s)#+(?=\s|$))", re.MULTILINE)
_LIST_NUMBER = re.compile(r"^(\s*\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BACKTICKS = re.compile(r"`{3,}")
_BARE_PIPE = re.compile(r"(?<!\\)\|")
_UNSAFE_IN_ADDRESS = re.compile(r"[\s<>()\\|]")
EMPHASIS = frozenset({"b", "strong", "i", "em", "del", "s", "strike"})


def write_markdown(html: str, *, with_emphasis: bool = True) -> str:
    """Return the HTML as Markdown."""
    markdown: str = _Writer(with_emphasis).convert(html)
    return markdown


def escape_markdown(words: str) -> str:
    """Return Markdown that shows these words as they are, with a line for each line."""
    lines = (_PUNCTUATION.sub(r"\\\1", line.strip()) for line in words.splitlines())
    # A line that begins with a digit and a point was escaped, too.
    return "  \n".join(line for line in lines if line)


class _Writer(MarkdownConverter):
    def __init__(self, with_emphasis: bool) -> None:
        super().__init__(heading_style="ATX", bullets="-", strip=["img"])
        self.with_emphasis = with_emphasis

    def escape(self, text: str, parent_tags: object) -> str:
        text = _ANYWHERE.sub(r"\\\g<0>", text)
        text = _BRACKETS.sub(lambda match: match[1] or f"\\{match[0]}", text)
        text = _AT_START.sub(lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", text)
        return _LIST_NUMBER.sub(r"\1\\\2", text)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = str(el.get("href") or "")
        if "_noformat" in parent_tags or not href or not text.strip():
            return text
        if el.get_text() == href and re.match(r"https?://[^\s<>]+$", href):
            return f"<{href}>"
        address = _ENTITY.sub(r"\&", _UNSAFE_IN_ADDRESS.sub(lambda sign: f"%{ord(sign[0]):02X}", href))
        return f"{_space_before(text)}[{text.strip()}]({address}){_space_after(text)}"

    def convert_b(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._emphasize("**", el, text, parent_tags)

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._emphasize("*", el, text, parent_tags)

    def convert_del(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._emphasize("~~", el, text, parent_tags)

    convert_strong, convert_i, convert_s, convert_strike = convert_b, convert_em, convert_del, convert_del

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}\n{text.strip(chr(10))}\n{fence}\n\n" if text.strip() else ""

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        cell: str = super().convert_td(el, _BARE_PIPE.sub(r"\|", text), parent_tags)
        return cell

    convert_th = convert_td

    def _emphasize(self, mark: str, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return the text between marks, if Markdown reads them there. Else it would show them: they are left out."""
        words = text.strip()
        # A sign at the end that a letter follows: the mark goes before it.
        tail = re.search(r"(?<=\w)[.,:;!?]*$", words)
        core = words[: tail.start()] if tail and _touches(el, "next_sibling") else words
        fits = core and all(
            _is_letter(sign) or not _touches(el, side)
            for sign, side in ((core[0], "previous_sibling"), (core[-1], "next_sibling"))
        )
        if not self.with_emphasis or "_noformat" in parent_tags or not fits:
            return text
        return f"{_space_before(text)}{mark}{core}{mark}{words[len(core) :]}{_space_after(text)}"


def _siblings(el: Tag, side: str) -> Iterator[Any]:
    sibling = getattr(el, side)
    while sibling is not None:
        yield sibling
        sibling = getattr(sibling, side)


def _touches(el: Tag, side: str) -> bool:
    """Return whether the element has a letter, or other emphasis, directly beside it."""
    for sibling in _siblings(el, side):
        words = sibling.get_text() if isinstance(sibling, Tag) else str(sibling)
        if isinstance(sibling, Tag) and sibling.name in EMPHASIS:
            return True
        if words:
            neighbour = words[0] if side == "next_sibling" else words[-1]
            return isinstance(sibling, NavigableString) and _is_letter(neighbour)
    return False


def _is_letter(sign: str) -> bool:
    return sign.isalnum()


def _space_before(text: str) -> str:
    return " " if text[:1].isspace() else ""


def _space_after(text: str) -> str:
    return " " if text[-1:].isspace() else ""
