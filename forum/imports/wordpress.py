"""Reading a WordPress export (WXR 1.0, 1.1, 1.2) as a stream: one item at a time, many comments by way of the disk."""

import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from forum.imports.xml_repair import mended
from forum.text import MAX_SOURCE_LENGTH

CHUNK = 65_536
# Of one text; markdown_from_html reads no more than half of it, and what is longer is reported as cut.
LONGEST_FIELD = MAX_SOURCE_LENGTH * 8
IN_MEMORY = 4_000_000  # bytes of one post's comments; more go to a temporary file
WRITTEN_BY = "http://wordpress.org/export/"
NO_EXPORT = "This is XML, but no WordPress export: nothing in it is marked as WordPress's."

BLOG_FIELDS = {"title", "link", "wp:base_site_url", "wp:base_blog_url", "wp:wxr_version"}
AUTHOR_FIELDS = {"wp:author_login", "wp:author_email", "wp:author_display_name"}
ITEM_FIELDS = set(
    "title link pubDate dc:creator guid content:encoded excerpt:encoded wp:post_id wp:post_date wp:post_date_gmt "
    "wp:status wp:post_type wp:post_password".split()
)
COMMENT_FIELDS = set(
    "wp:comment_id wp:comment_author wp:comment_author_email wp:comment_date wp:comment_date_gmt wp:comment_content "
    "wp:comment_approved wp:comment_type wp:comment_parent".split()
)


class Unreadable(Exception):
    """The file cannot be read on from here; the text says why and what to do."""


@dataclass
class Blog:
    """What the export says about the blog before its first item."""

    fields: dict[str, str] = field(default_factory=dict)
    # Login -> e-mail and display name. Exports of version 1.0 have none.
    authors: dict[str, tuple[str, str]] = field(default_factory=dict)


class Comments:
    """One post's comments in a file that stays in memory while it is small. Read them by the places `add` gave."""

    def __init__(self) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - `items` closes it
        # Id and parent's id as the export has them, and the place.
        self.index: list[tuple[str, str, int]] = []
        self.numbers: set[str] = set()

    def add(self, fields: dict[str, str]) -> None:
        """Keep one more. The same number again is the same comment again."""
        written = json.dumps(fields).encode()
        number = fields.get("wp:comment_id", "").strip()[:40] or sha256(written).hexdigest()[:32]
        if number in self.numbers:
            return
        self.numbers.add(number)
        self.index.append((number, fields.get("wp:comment_parent", "").strip(), self.file.seek(0, 2)))
        self.file.write(written + b"\n")

    def at(self, place: int) -> dict[str, str]:
        """The comment at this place, its fields as the export has them."""
        self.file.seek(place)
        found: dict[str, str] = json.loads(self.file.readline())
        return found


@dataclass
class Item:
    """A post, page, attachment or whatever else a blog holds."""

    fields: dict[str, str] = field(default_factory=dict)
    # (domain, name, nicename) of its categories and tags.
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    comments: Comments = field(default_factory=Comments)

    @property
    def kind(self) -> str:
        """ "post", "page", "attachment" ..."""
        return self.fields.get("wp:post_type", "").strip() or "post"

    def about(self) -> str:
        """How a report calls it."""
        title = " ".join(self.fields.get("title", "").split())[:60]
        return f"{self.kind} {self.fields.get('wp:post_id', '?')} “{title}”"


def items(file: Path, blog: Blog, progress: Callable[[int, int], None]) -> Iterator[Item]:
    """The items in the file's order; `blog` is filled before the first. Raises Unreadable, also half way."""
    total = file.stat().st_size
    handler = _Reader(blog)
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    with file.open("rb") as opened:
        try:
            for text in mended(_chunks(opened, lambda done: progress(done, total))):
                parser.feed(text)
                while handler.ready:
                    if not handler.is_export:
                        raise Unreadable(NO_EXPORT)
                    yield handler.ready[0]
                    handler.ready.popleft().comments.file.close()
            parser.close()
        except DefusedXmlException:
            raise Unreadable(
                "The file has a DOCTYPE, by which a file can reach other files or grow without end. "
                "No WordPress export has one, so nothing more of it was read."
            ) from None
        except SAXParseException as problem:
            raise Unreadable(_in_words(problem, handler)) from None
        finally:
            for item in [*handler.ready, *([handler.item] if handler.item else [])]:
                item.comments.file.close()
    if not handler.is_export:
        raise Unreadable(NO_EXPORT)


def _chunks(opened: BinaryIO, progress: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    while chunk := opened.read(CHUNK):
        if done == 0 and chunk.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            raise Unreadable("The file is packed. Unpack it first and import the .xml file inside.")
        yield chunk
        done += len(chunk)
        progress(done)


def _in_words(problem: SAXParseException, handler: "_Reader") -> str:
    place = f"line {problem.getLineNumber()}"
    if not handler.is_export:
        return f"This is no WordPress export (it is not XML from {place} on: {problem.getMessage()})."
    last = f" The last item read was {handler.last}." if handler.last else ""
    if "no element found" in problem.getMessage() or "unclosed" in problem.getMessage():
        return f"The file ends in the middle, at {place}: it was not downloaded to its end.{last} Export it again."
    return f"The file is broken at {place} ({problem.getMessage()}); what comes after could not be read.{last}"


class _Reader(ContentHandler):
    """Turns XML events into items; keeps of each element only what is wanted, and of a text only so much."""

    def __init__(self, blog: Blog) -> None:
        super().__init__()
        self.blog = blog
        self.is_export = False
        self.last = ""
        self.ready: deque[Item] = deque()
        self.prefixes: dict[str, str] = {}
        self.item: Item | None = None
        # The record under way inside the channel or an item (an author, a comment), and its wanted fields.
        self.record: dict[str, str] | None = None
        self.path: list[str] = []
        self.text: list[str] | None = None
        self.text_depth = 0
        self.length = 0
        self.label: tuple[str, str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:
        self._learn_prefixes(attrs)
        name = self._known_as(name)
        self.path.append(name)
        self.is_export = self.is_export or name == "wp:wxr_version"
        if name == "item":
            self.item, self.record = Item(), None
        elif name in ("wp:author", "wp:comment") and self.record is None:
            self.record = {}
        elif self.item and self.record is None and name == "category":
            self.label = (attrs.get("domain", ""), attrs.get("nicename", ""))
            self._listen()
        elif name in self._wanted():
            self._listen()

    def characters(self, content: str) -> None:
        if self.text is not None and self.length < LONGEST_FIELD:
            self.text.append(content)
            self.length += len(content)

    def endElement(self, name: str) -> None:
        depth, name = len(self.path), self.path.pop()
        if name == "item" and self.item:
            self.ready.append(self.item)
            self.last, self.item, self.record = self.item.about(), None, None
        elif name == "wp:author" and self.record is not None and not self.item:
            self._keep_author(self.record)
            self.record = None
        elif name == "wp:comment" and self.item and self.record is not None:
            self.item.comments.add(self.record)
            self.record = None
        elif self.text is not None and depth == self.text_depth:
            self._keep_text(name, "".join(self.text))
            self.text = None

    def _listen(self) -> None:
        if self.text is None:
            self.text, self.text_depth, self.length = [], len(self.path), 0

    def _wanted(self) -> set[str]:
        """Fields that stand directly in the record under way: those of a comment's metadata are not the comment's."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if parent == "wp:comment" and self.record is not None:
            return COMMENT_FIELDS
        if parent == "wp:author" and self.record is not None:
            return AUTHOR_FIELDS
        if parent == "item":
            return ITEM_FIELDS
        return BLOG_FIELDS if parent == "channel" else set()

    def _keep_text(self, name: str, text: str) -> None:
        if self.label is not None and name == "category":
            if self.item:
                self.item.labels.append((self.label[0], text, self.label[1]))
            self.label = None
        elif self.record is not None:
            self.record.setdefault(name, text)
        else:
            (self.item or self.blog).fields.setdefault(name, text)

    def _keep_author(self, found: dict[str, str]) -> None:
        login = found.get("wp:author_login", "").strip()
        name = found.get("wp:author_display_name", "").strip() or login
        self.blog.authors.setdefault(login.lower(), (found.get("wp:author_email", ""), name))

    def _learn_prefixes(self, attrs: Any) -> None:
        """Which prefix means what is the file's choice; the version is part of WordPress's namespace."""
        for name in attrs.getNames():
            if name.startswith("xmlns:"):
                uri, prefix = attrs.getValue(name), name[6:]
                if uri.startswith(WRITTEN_BY):
                    self.is_export = True
                    self.prefixes[prefix] = "excerpt" if uri.rstrip("/").endswith("excerpt") else "wp"
                elif uri == "http://purl.org/rss/1.0/modules/content/":
                    self.prefixes[prefix] = "content"
                elif uri == "http://purl.org/dc/elements/1.1/":
                    self.prefixes[prefix] = "dc"

    def _known_as(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return f"{self.prefixes.get(prefix, prefix)}:{local}" if colon else name
