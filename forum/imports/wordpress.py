"""Read a WordPress export (WXR 1.0, 1.1, 1.2) as a stream of items; many comments are buffered on disk."""

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

from forum.imports.xml_repair import repair
from forum.text import MAX_SOURCE_LENGTH

CHUNK_SIZE = 65_536
# Of one text. markdown_from_html reads at most half of it; a longer one is reported as cut.
MAX_FIELD_LENGTH = MAX_SOURCE_LENGTH * 8
MAX_BYTES_IN_MEMORY = 4_000_000  # of one post's comments; more go to a temporary file
WORDPRESS_NAMESPACE = "http://wordpress.org/export/"
NOT_AN_EXPORT = "This XML file is not a WordPress export: nothing in it is marked as WordPress's."

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


class UnreadableExport(Exception):
    """The file can't be read any further; the message says why and what to do."""


@dataclass
class Blog:
    """The blog, as described before the first item."""

    fields: dict[str, str] = field(default_factory=dict)
    # E-mail and display name by login. Exports of version 1.0 have none.
    authors: dict[str, tuple[str, str]] = field(default_factory=dict)


class Comments:
    """One post's comments, in a file that stays in memory while it is small."""

    def __init__(self) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - `read_items` closes it
        # Number, parent's number and offset in the file, in the order of the export.
        self.index: list[tuple[str, str, int]] = []
        # A hash of each comment by its number.
        self.hashes: dict[str, str] = {}
        self.repeated_count = 0

    def add(self, fields: dict[str, str]) -> None:
        """Add a comment, unless the same was added before. Another one with the same number gets one of its own."""
        written = json.dumps(fields).encode()
        content_hash = sha256(written).hexdigest()[:32]
        number = fields.get("wp:comment_id", "").strip()[:40] or content_hash
        if self.hashes.get(number, content_hash) != content_hash:
            number = content_hash
        if number in self.hashes:
            self.repeated_count += 1
            return
        self.hashes[number] = content_hash
        self.index.append((number, fields.get("wp:comment_parent", "").strip(), self.file.seek(0, 2)))
        self.file.write(written + b"\n")

    def read(self, offset: int) -> dict[str, str]:
        """Return the fields of the comment at this offset."""
        self.file.seek(offset)
        fields: dict[str, str] = json.loads(self.file.readline())
        return fields


@dataclass
class Item:
    """A post, page, attachment or any other item of a blog."""

    fields: dict[str, str] = field(default_factory=dict)
    # (domain, name, nicename) of its categories and tags.
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    comments: Comments = field(default_factory=Comments)

    @property
    def kind(self) -> str:
        """ "post", "page", "attachment" ..."""
        return self.fields.get("wp:post_type", "").strip() or "post"

    def label(self) -> str:
        """Return the item's type, number and title, for the report."""
        title = " ".join(self.fields.get("title", "").split())[:60]
        return f"{self.kind} {self.fields.get('wp:post_id', '?')} “{title}”"


def read_items(file: Path, blog: Blog, progress: Callable[[int, int], None]) -> Iterator[Item]:
    """Yield the items in the file's order, after filling `blog`. Raise UnreadableExport, also after some items."""
    total = file.stat().st_size
    handler = _Reader(blog)
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    with file.open("rb") as stream:
        try:
            for text in repair(_chunks(stream, lambda bytes_read: progress(bytes_read, total))):
                parser.feed(text)
                while handler.ready:
                    if not handler.is_export:
                        raise UnreadableExport(NOT_AN_EXPORT)
                    yield handler.ready[0]
                    handler.ready.popleft().comments.file.close()
            parser.close()
        except DefusedXmlException:
            raise UnreadableExport(
                "The file has a DOCTYPE, which could read other files or expand without limit. "
                "No WordPress export has one, so the import stopped here."
            ) from None
        except SAXParseException as error:
            raise UnreadableExport(_error_message(error, handler)) from None
        finally:
            for item in [*handler.ready, *([handler.item] if handler.item else [])]:
                item.comments.file.close()
    if not handler.is_export:
        raise UnreadableExport(NOT_AN_EXPORT)


def _chunks(stream: BinaryIO, progress: Callable[[int], None]) -> Iterator[bytes]:
    bytes_read = 0
    while chunk := stream.read(CHUNK_SIZE):
        if bytes_read == 0 and chunk.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            raise UnreadableExport("The file is compressed. Unpack it and import the .xml file inside.")
        yield chunk
        bytes_read += len(chunk)
        progress(bytes_read)


def _error_message(error: SAXParseException, handler: "_Reader") -> str:
    line = f"line {error.getLineNumber()}"
    if not handler.is_export:
        return f"This is not a WordPress export (it is not XML from {line} on: {error.getMessage()})."
    last_item = f" The last item read was {handler.last}." if handler.last else ""
    if "no element found" in error.getMessage() or "unclosed" in error.getMessage():
        return f"The file is incomplete: it ends at {line}.{last_item} Export and download it again."
    return f"The file is broken at {line} ({error.getMessage()}); the rest could not be read.{last_item}"


class _Reader(ContentHandler):
    """Turns XML events into items, with the wanted fields only, each up to MAX_FIELD_LENGTH."""

    def __init__(self, blog: Blog) -> None:
        super().__init__()
        self.blog = blog
        self.is_export = False
        self.last = ""
        self.ready: deque[Item] = deque()
        self.prefixes: dict[str, str] = {}
        self.item: Item | None = None
        # The wanted fields of the author or comment being read.
        self.record: dict[str, str] | None = None
        self.path: list[str] = []
        self.text: list[str] | None = None
        self.text_depth = 0
        self.length = 0
        self.tag_attributes: tuple[str, str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:
        self._learn_prefixes(attrs)
        name = self._canonical_name(name)
        self.path.append(name)
        self.is_export = self.is_export or name == "wp:wxr_version"
        if name == "item":
            self.item, self.record = Item(), None
        elif name in ("wp:author", "wp:comment") and self.record is None:
            self.record = {}
        elif self.item and self.record is None and name == "category":
            self.tag_attributes = (attrs.get("domain", ""), attrs.get("nicename", ""))
            self._start_text()
        elif name in self._wanted_fields():
            self._start_text()

    def characters(self, content: str) -> None:
        if self.text is not None and self.length < MAX_FIELD_LENGTH:
            self.text.append(content)
            self.length += len(content)

    def endElement(self, name: str) -> None:
        depth, name = len(self.path), self.path.pop()
        if name == "item" and self.item:
            self.ready.append(self.item)
            self.last, self.item, self.record = self.item.label(), None, None
        elif name == "wp:author" and self.record is not None and not self.item:
            self._store_author(self.record)
            self.record = None
        elif name == "wp:comment" and self.item and self.record is not None:
            self.item.comments.add(self.record)
            self.record = None
        elif self.text is not None and depth == self.text_depth:
            self._store_text(name, "".join(self.text))
            self.text = None

    def _start_text(self) -> None:
        if self.text is None:
            self.text, self.text_depth, self.length = [], len(self.path), 0

    def _wanted_fields(self) -> set[str]:
        """Return the fields wanted directly below the current record; a comment's metadata has fields of its own."""
        parent = self.path[-2] if len(self.path) > 1 else ""
        if parent == "wp:comment" and self.record is not None:
            return COMMENT_FIELDS
        if parent == "wp:author" and self.record is not None:
            return AUTHOR_FIELDS
        if parent == "item":
            return ITEM_FIELDS
        return BLOG_FIELDS if parent == "channel" else set()

    def _store_text(self, name: str, text: str) -> None:
        if self.tag_attributes is not None and name == "category":
            if self.item:
                self.item.labels.append((self.tag_attributes[0], text, self.tag_attributes[1]))
            self.tag_attributes = None
        elif self.record is not None:
            self.record.setdefault(name, text)
        else:
            (self.item or self.blog).fields.setdefault(name, text)

    def _store_author(self, record: dict[str, str]) -> None:
        login = record.get("wp:author_login", "").strip()
        name = record.get("wp:author_display_name", "").strip() or login
        self.blog.authors.setdefault(login.lower(), (record.get("wp:author_email", ""), name))

    def _learn_prefixes(self, attrs: Any) -> None:
        """Map the file's namespace prefixes to ours. WordPress's namespace ends with the version."""
        for name in attrs.getNames():
            if name.startswith("xmlns:"):
                uri, prefix = attrs.getValue(name), name[6:]
                if uri.startswith(WORDPRESS_NAMESPACE):
                    self.is_export = True
                    self.prefixes[prefix] = "excerpt" if uri.rstrip("/").endswith("excerpt") else "wp"
                elif uri == "http://purl.org/rss/1.0/modules/content/":
                    self.prefixes[prefix] = "content"
                elif uri == "http://purl.org/dc/elements/1.1/":
                    self.prefixes[prefix] = "dc"

    def _canonical_name(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return f"{self.prefixes.get(prefix, prefix)}:{local}" if colon else name
