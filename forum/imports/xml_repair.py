"""Bytes of an export as text that an XML parser takes: WordPress writes what XML forbids, and old versions more of it.

What is put right: control characters, bytes that are not in the declared encoding, `&` that begins no entity, HTML's
named entities, and CDATA sections with `]]>` inside. Works on a stream; a chunk may end anywhere.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from html.entities import name2codepoint

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#(\d{1,8});|#[xX]([0-9a-fA-F]{1,6});|(\w{1,31});)?")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_ELEMENT_OPEN = re.compile(r"<([\w:.-]+)(?:\s[^<>]*)?>\s*$")
_XML_KNOWS = {"amp", "lt", "gt", "quot", "apos"}
OPEN, CLOSE = "<![CDATA[", "]]>"
ESCAPED = "]]]]><![CDATA[>"  # how ]]> is written inside a CDATA section
AHEAD = 65_536  # how far to look for what a ]]> ends
BEHIND = 400  # how much before a CDATA section is kept, to know the element it stands in


def mended(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text, a piece at a time."""
    mender = _Mender()
    for text in _decoded(chunks):
        yield mender.feed(_FORBIDDEN.sub("", text))
    yield mender.feed("", last=True)


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
    declared = _DECLARED.match(start.removeprefix(codecs.BOM_UTF8))
    try:
        name = codecs.lookup(declared.group(1).decode()).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    # A declaration that could be read as bytes is no UTF-16. What calls itself Latin-1 is Windows' in practice.
    if name.startswith(("utf-16", "utf-32", "utf-8")):
        return "utf-8-sig"
    return {"iso8859-1": "cp1252", "ascii": "utf-8-sig"}.get(name, name)


def _stray_bytes(problem: UnicodeError) -> tuple[str, int]:
    """A byte that is not in the declared encoding was pasted in from Windows, most likely."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    stray = problem.object[problem.start : problem.end]
    return stray.decode("cp1252", "replace"), problem.end


codecs.register_error("forum-stray-bytes", _stray_bytes)


class _Mender:
    """Holds back at the end of a piece what cannot be judged yet."""

    def __init__(self) -> None:
        self.held = ""
        self.before = ""  # the last characters given out, outside CDATA
        self.inside: str | None = None  # the element whose CDATA section we are in

    def feed(self, text: str, last: bool = False) -> str:
        self.held += text
        out: list[str] = []
        at = 0
        while True:
            step = self._in_section if self.inside is not None else self._in_markup
            moved = step(at, out, last)
            if moved is None:
                break
            at = moved
        return "".join(out)

    def _in_markup(self, at: int, out: list[str], last: bool) -> int | None:
        opens = self.held.find(OPEN, at)
        if opens < 0:
            # An entity or the opening of a section may be cut in two here.
            keep = len(self.held) if last else max(at, self._safe_end(at))
            self._give(self.held[at:keep], out)
            self.held = self.held[keep:]
            return None
        self._give(self.held[at:opens], out)
        element = _ELEMENT_OPEN.search(self.before)
        self.inside = element.group(1) if element else ""
        out.append(OPEN)
        return opens + len(OPEN)

    def _in_section(self, at: int, out: list[str], last: bool) -> int | None:
        closes = self.held.find(CLOSE, at)
        if closes < 0:
            keep = len(self.held) if last else max(at, len(self.held) - len(CLOSE) + 1)
            out.append(self.held[at:keep])
            self.held = self.held[keep:]
            return None
        after = closes + len(CLOSE)
        ends = self._ends_here(after, last)
        if ends is None:
            out.append(self.held[at:closes])
            self.held = self.held[closes:]
            return None
        out.append(self.held[at:closes])
        if not ends:
            out.append(ESCAPED)
            return after
        out.append(CLOSE)
        if self.held.startswith(OPEN, after):  # the escape: still the same text
            out.append(OPEN)
            return after + len(OPEN)
        self.inside, self.before = None, ""
        return after

    def _ends_here(self, after: int, last: bool) -> bool | None:
        """Whether this ]]> is the section's end, None when more must be read to know.

        It is when the element closes before another ]]> comes, or when the section goes on at once (the escape).
        """
        if not self.inside or self.held.startswith(OPEN, after):
            return True
        element, again = self.held.find(f"</{self.inside}", after), self.held.find(CLOSE, after)
        if element >= 0 or again >= 0:
            return element >= 0 and (again < 0 or element < again)
        return None if not last and len(self.held) - after < AHEAD else last

    def _safe_end(self, at: int) -> int:
        end = len(self.held)
        for sign in ("&", "<"):
            found = self.held.rfind(sign, max(at, end - 40))
            end = found if found >= 0 else end
        return end

    def _give(self, markup: str, out: list[str]) -> None:
        out.append(_AMPERSAND.sub(_entity, markup) if "&" in markup else markup)
        self.before = (self.before + markup[-BEHIND:])[-BEHIND:]


def _entity(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if decimal or hexadecimal:
        number = int(decimal) if decimal else int(hexadecimal, 16)
        allowed = number <= 0x10FFFF and not _FORBIDDEN.match(chr(number))
        return f"&#{number};" if allowed else ""
    if name in _XML_KNOWS:
        return found.group()
    if name in name2codepoint:
        return f"&#{name2codepoint[name]};"
    return "&amp;" + found.group()[1:]
