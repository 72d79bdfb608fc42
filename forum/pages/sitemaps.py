"""Stream sitemaps: a month may have 50,000 posts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from markupsafe import escape

from forum import dates
from forum.links import external_url
from forum.posts.rows import SitemapRow
from forum.urls import key_text

ENTRIES_IN_PIECE = 500
_START = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
_END = "</urlset>\n"

# An address, and when its page last changed if that is known.
Entry = tuple[str, datetime | None]


def sitemap_pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a sitemap in pieces of some 50 KB. Needs neither a database nor a request while the entries need none."""
    remaining, start = iter(entries), _START
    while part := list(islice(remaining, ENTRIES_IN_PIECE)):
        yield (start + "".join(_element(*entry) for entry in part)).encode()
        start = ""
    yield (start + _END).encode()


def entries_of_posts(rows: Sequence[SitemapRow]) -> Iterator[Entry]:
    """Return an iterator of posts' entries. The routing rules build only one URL, since that is slow."""
    prefix = external_url("posts.show", post_id=0, slug="-").rpartition(key_text(0))[0]
    return ((f"{prefix}{key_text(row.id)}/{row.slug}", row.last_activity_at) for row in rows)


def _element(address: str, changed_at: datetime | None) -> str:
    changed = f"\n    <lastmod>{dates.format_iso(changed_at)}</lastmod>" if changed_at else ""
    return f"  <url>\n    <loc>{escape(address)}</loc>{changed}\n  </url>\n"
