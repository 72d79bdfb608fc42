"""Atom feeds, the sitemap and robots.txt."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, url_for
from flask_login import current_user

from forum.links import external_url
from forum import dates
from forum.access import is_listed
from forum.db import db, now
from forum.posts.comment_queries import latest_comments
from forum.posts.queries import about_vendor, post_page_row, with_tag
from forum.posts.feed_queries import feed_entries, post_date_range, posts_between
from forum.posts.tags.queries import all_tags, tag_by_synonym, tag_by_slug
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import directory

bp = Blueprint("feeds", __name__)


@bp.get("/feed.atom")
def home() -> Response:
    """The newest experiences."""
    return _feed("Experiences", external_url("pages.home"), feed_entries())


@bp.get("/tags/<slug>/feed.atom")
def tag(slug: str) -> Any:
    """The newest with a tag."""
    if (meant := tag_by_synonym(slug)) is not None:
        return redirect(url_for(".tag", slug=meant.slug), 301)
    found = db.first_or_404(tag_by_slug(slug))
    return _feed(f"#{slug}", external_url("pages.tag", slug=slug), feed_entries(with_tag(found.id)))


@bp.get("/vendors/<slug>/feed.atom")
def vendor(slug: str) -> Response:
    """The newest about a vendor."""
    found = vendor_or_404(slug, current_user)
    page = external_url("pages.vendor", slug=slug)
    return _feed(found.name, page, feed_entries(about_vendor(found.id)))


@bp.get("/posts/<key:post_id>/feed.atom")
def post(post_id: int) -> Response:
    """The latest replies to an experience."""
    found = post_page_row(post_id)
    if found is None or not is_listed(found):
        abort(404)
    page = external_url("posts.show", post_id=post_id, slug=found.slug)
    return _feed(f"Replies to: {found.title}", page, latest_comments(post_id))


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """The months that have posts, one sitemap each, and one of the fixed pages."""
    first, last = post_date_range()
    months = list(_months(first, last)) if first and last else []
    return _xml(render_template("feeds/sitemap_index.xml", months=months))


@bp.get("/sitemaps/pages.xml")
def sitemap_of_pages() -> Response:
    """Pages that are not posts."""
    addresses = [external_url(f"pages.{name}") for name in ("home", "tags", "about", "rules")]
    addresses += [external_url("rankings.index")]
    addresses += [external_url("pages.vendor", slug=row.slug) for row in directory()]
    addresses += [external_url("pages.tag", slug=found.slug) for found in all_tags()]
    return _xml(render_template("feeds/sitemap.xml", addresses=[(address, None) for address in addresses]))


@bp.get("/sitemaps/<int(fixed_digits=4):year>-<int(fixed_digits=2):month>.xml")
def sitemap_of_month(year: int, month: int) -> Response:
    """The posts of a month."""
    if not (2000 <= year <= 2200 and 1 <= month <= 12):
        abort(404)
    start = datetime(year, month, 1, tzinfo=UTC)
    rows = posts_between(start, _next(start))
    addresses = [
        (external_url("posts.show", post_id=row.id, slug=row.slug), row.last_activity_at) for row in rows
    ]
    return _xml(render_template("feeds/sitemap.xml", addresses=addresses))


@bp.get("/robots.txt")
def robots() -> Response:
    """Crawlers read what strangers read; forms and pages of one reader are not for them."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in ("/settings", "/sign-in", "/join", "/posts/new", "/admin/")),
    ]
    lines.append(f"Sitemap: {current_app.config['SITE_URL']}/sitemap.xml")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _feed(title: str, page: str, entries: Any) -> Response:
    moments = [entry.edited_at or entry.created_at for entry in entries]
    updated = max(moments, default=now().replace(hour=0, minute=0, second=0))
    body = render_template("feeds/feed.xml", title=title, page=page, entries=entries, updated=updated, full=dates.format_rfc3339)
    return Response(body, mimetype="application/atom+xml")


def _xml(body: str) -> Response:
    return Response(body, mimetype="application/xml")


def _months(first: datetime, last: datetime) -> Any:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _next(month)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
