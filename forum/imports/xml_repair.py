"""Repair the XML of an export, so that a parser accepts it: WordPress writes what XML forbids.

Repaired are control characters, bytes outside the declared encoding, `&` without an entity, HTML's named entities, and
CDATA sections with `]]>` inside. Works on a stream; a chunk may end anywhere.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from html.entities import name2codepoint

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#(\d{1,8});|#[xX]([0-9a-fA-F]{1,6});|(\w{1,31});)?")
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_ELEMENT_OPEN = re.compile(r"<([\w:.-]+)(?:\s[^<>]*)?>\s*$")
_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
CDATA_OPEN, CDATA_CLOSE = "<![CDATA[", "]]>"
ESCAPED_CLOSE = "]]]]><![CDATA[>"  # how ]]> is written inside a CDATA section
LOOKAHEAD = 65_536  # how far to look for what a ]]> ends
LOOKBEHIND = 400  # how much before a CDATA section is remembered, to find its element


def repair(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the repaired text, a piece at a time."""
    repairer = _Repairer()
    for text in _decoded(chunks):
        yield repairer.feed(_FORBIDDEN.sub("", text))
    yield repairer.feed("", last=True)


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_encoding(chunk))("forum-stray-bytes")
        yield decoder.decode(chunk)
    if decoder is not None:
        yield decoder.decode(b"", True)


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARATION.match(start.removeprefix(codecs.BOM_UTF8))
    try:
        name = codecs.lookup(declared.group(1).decode()).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    # A declaration that is readable as bytes is not UTF-16. What declares Latin-1 is Windows-1252 in practice.
    if name.startswith(("utf-16", "utf-32", "utf-8")):
        return "utf-8-sig"
    return {"iso8859-1": "cp1252", "ascii": "utf-8-sig"}.get(name, name)


def _stray_bytes(error: UnicodeError) -> tuple[str, int]:
    """Read bytes outside the declared encoding as Windows-1252: most likely they were pasted from there."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", "replace"), error.end


codecs.register_error("forum-stray-bytes", _stray_bytes)


class _Repairer:
    """Repairs markup and CDATA sections; buffers the end of a piece while it is ambiguous."""

    def __init__(self) -> None:
        self.buffer = ""
        self.preceding = ""  # the last characters of the output, outside CDATA
        self.element: str | None = None  # the element of the current CDATA section

    def feed(self, text: str, last: bool = False) -> str:
        self.buffer += text
        out: list[str] = []
        at = 0
        while True:
            step = self._in_section if self.element is not None else self._in_markup
            moved = step(at, out, last)
            if moved is None:
                break
            at = moved
        return "".join(out)

    def _in_markup(self, at: int, out: list[str], last: bool) -> int | None:
        opens = self.buffer.find(CDATA_OPEN, at)
        if opens < 0:
            # An entity or the opening of a section may continue in the next piece.
            keep = len(self.buffer) if last else max(at, self._safe_end(at))
            self._emit(self.buffer[at:keep], out)
            self.buffer = self.buffer[keep:]
            return None
        self._emit(self.buffer[at:opens], out)
        element = _ELEMENT_OPEN.search(self.preceding)
        self.element = element.group(1) if element else ""
        out.append(CDATA_OPEN)
        return opens + len(CDATA_OPEN)

    def _in_section(self, at: int, out: list[str], last: bool) -> int | None:
        closes = self.buffer.find(CDATA_CLOSE, at)
        if closes < 0:
            keep = len(self.buffer) if last else max(at, len(self.buffer) - len(CDATA_CLOSE) + 1)
            out.append(self.buffer[at:keep])
            self.buffer = self.buffer[keep:]
            return None
        after = closes + len(CDATA_CLOSE)
        ends = self._ends_section(after, last)
        if ends is None:
            out.append(self.buffer[at:closes])
            self.buffer = self.buffer[closes:]
            return None
        out.append(self.buffer[at:closes])
        if not ends:
            out.append(ESCAPED_CLOSE)
            return after
        out.append(CDATA_CLOSE)
        if self.buffer.startswith(CDATA_OPEN, after):  # the escape: the same text continues
            out.append(CDATA_OPEN)
            return after + len(CDATA_OPEN)
        self.element, self.preceding = None, ""
        return after

    def _ends_section(self, after: int, last: bool) -> bool | None:
        """Return whether this ]]> ends the section, or None if more must be read to know.

        It does if the element closes before the next ]]>, or if a new section follows at once (the escape).
        """
        if not self.element or self.buffer.startswith(CDATA_OPEN, after):
            return True
        element, again = self.buffer.find(f"</{self.element}", after), self.buffer.find(CDATA_CLOSE, after)
        if element >= 0 or again >= 0:
            return element >= 0 and (again < 0 or element < again)
        return None if not last and len(self.buffer) - after < LOOKAHEAD else last

    def _safe_end(self, at: int) -> int:
        end = len(self.buffer)
        for sign in ("&", "<"):
            position = self.buffer.rfind(sign, max(at, end - 40))
            end = position if position >= 0 else end
        return end

    def _emit(self, markup: str, out: list[str]) -> None:
        out.append(_AMPERSAND.sub(_entity, markup) if "&" in markup else markup)
        self.preceding = (self.preceding + markup[-LOOKBEHIND:])[-LOOKBEHIND:]


def _entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        allowed = number <= 0x10FFFF and not _FORBIDDEN.match(chr(number))
        return f"&#{number};" if allowed else ""
    if name in _XML_ENTITIES:
        return match.group()
    if name in name2codepoint:
        return f"&#{name2codepoint[name]};"
    return "&amp;" + match.group()[1:]
