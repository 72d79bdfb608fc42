"""Atom feeds, sitemaps and robots.txt."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import accumulate
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import dates, text
from forum.access import is_listed
from forum.db import db, now, start_of_day
from forum.gateway import STREAMED
from forum.links import external_url
from forum.page_cache import keep_page
from forum.pages.sitemaps import Entry, entries_of_posts, sitemap_pieces
from forum.posts.comment_queries import latest_comments
from forum.posts.feed_queries import feed_entries, months_with_posts, posts_between
from forum.posts.queries import about_vendor, post_page_row
from forum.posts.tags.queries import all_tags, tag_by_slug, tag_by_synonym
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import catalogue_slugs
from forum.versions import LISTS

bp = Blueprint("feeds", __name__)
# Characters of HTML in a feed. The entries after them, older ones, have an excerpt instead of the text.
MAX_FEED_LENGTH = 250_000
MAX_CACHED_ENTRIES = 1_000
NOT_FOR_CRAWLERS = ("/settings", "/sign-in", "/join", "/posts/new", "/admin/", "/search")


@bp.get("/feed.atom")
def home() -> Response:
    """Return the feed of the newest posts."""
    return _feed("Posts", external_url("pages.home"), feed_entries())


@bp.get("/tags/<slug>/feed.atom")
def tag(slug: str) -> ResponseReturnValue:
    """Return the feed of the newest posts with a tag; redirect from a synonym to its tag."""
    if (canonical := tag_by_synonym(slug)) is not None:
        return redirect(url_for(".tag", slug=canonical.slug), 301)
    row = db.first_or_404(tag_by_slug(slug))
    return _feed(f"#{slug}", external_url("pages.tag", slug=slug), feed_entries(tag_id=row.id))


@bp.get("/vendors/<slug>/feed.atom")
def vendor(slug: str) -> Response:
    """Return the feed of the newest posts about a vendor."""
    row = vendor_or_404(slug, current_user)
    return _feed(row.name, external_url("pages.vendor", slug=slug), feed_entries(about_vendor(row.id)))


@bp.get("/posts/<key:post_id>/feed.atom")
def post(post_id: int) -> Response:
    """Return the feed of the latest replies to a post."""
    row = post_page_row(post_id)
    if row is None or not is_listed(row):
        abort(404)
    page_url = external_url("posts.show", post_id=post_id, slug=row.slug)
    return _feed(f"Replies to: {row.title}", page_url, latest_comments(post_id))


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """Return the index of sitemaps: one for each month with posts, and one for the fixed pages."""
    return _xml(render_template("feeds/sitemap_index.xml", months=months_with_posts()))


@bp.get("/sitemaps/pages.xml")
def sitemap_of_pages() -> Response:
    """Return the sitemap of all pages that are not posts."""
    urls = [external_url(f"pages.{name}") for name in ("home", "tags", "about", "rules")]
    urls += [external_url("rankings.index")]
    urls += [external_url("pages.vendor", slug=slug) for slug in catalogue_slugs()]
    urls += [external_url("pages.tag", slug=row.slug) for row in all_tags()]
    return _sitemap([(url, None) for url in urls])


@bp.get("/sitemaps/<int(fixed_digits=4):year>-<int(fixed_digits=2):month>.xml")
def sitemap_of_month(year: int, month: int) -> Response:
    """Return the sitemap of the posts of one month."""
    if not (2000 <= year <= 2200 and 1 <= month <= 12):
        abort(404)
    start = datetime(year, month, 1, tzinfo=UTC)
    return _sitemap(list(entries_of_posts(posts_between(start, _next_month(start)))))


@bp.get("/robots.txt")
def robots() -> Response:
    """Keep crawlers off forms and off pages made for one reader."""
    keep_page()
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_CRAWLERS)]
    lines.append(f"Sitemap: {current_app.config['SITE_URL']}/sitemap.xml")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _feed(title: str, page_url: str, entries: Sequence[Any]) -> Response:
    updated = max((entry.edited_at or entry.created_at for entry in entries), default=start_of_day(now()))
    keep_page(LISTS)
    body = render_template(
        "feeds/feed.xml",
        title=title,
        page_url=page_url,
        entries=zip(entries, _are_in_full(entries), strict=True),
        excerpt_of=text.excerpt_of,
        updated=updated,
        format_rfc3339=dates.format_rfc3339,
    )
    return Response(body, mimetype="application/atom+xml")


def _are_in_full(entries: Sequence[Any]) -> Iterator[bool]:
    """Yield for each entry whether the feed has room for its text."""
    return (length <= MAX_FEED_LENGTH for length in accumulate(len(entry.body_html) for entry in entries))


def _sitemap(entries: Sequence[Entry]) -> Response:
    """Return a sitemap. A long one is streamed and not cached, since crawlers request it once."""
    if len(entries) <= MAX_CACHED_ENTRIES:
        return _xml(b"".join(sitemap_pieces(entries)))
    digest = sha256(usedforsecurity=False)
    for piece in sitemap_pieces(entries):
        digest.update(piece)
    response = Response(sitemap_pieces(entries), mimetype="application/xml")
    response.set_etag(digest.hexdigest()[:24])
    request.environ[STREAMED] = True
    return response


def _xml(body: str | bytes) -> Response:
    keep_page(LISTS)
    return Response(body, mimetype="application/xml")


def _next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
