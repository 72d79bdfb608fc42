"""The public archive: everything a stranger can read here, as JSON Lines."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from flask import current_app

from forum import dates
from forum.accounts.bylines import byline
from forum.imports.queries import BATCH, public_comments, public_posts, public_vendors
from forum.links import external_url
from forum.posts.tags.queries import all_tags, tag_slugs_of
from forum.site import site_name
from forum.urls import key_text
from forum.vendors.models import Vendor

FORMAT = 1  # incremented when a field changes its meaning


def export_to(stream: IO[str]) -> int:
    """Write every public row to the stream, in constant memory, and return how many there were.

    A line about the site comes first, then vendors, tags, posts and comments, each with its `kind`. A comment's `post`
    and `parent` are ids of earlier lines, unless the parent has been hidden or deleted.
    """
    count = 0
    for row in _rows():
        stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    return count


def _rows() -> Iterator[dict[str, Any]]:
    site = {"name": site_name(), "url": current_app.config["SITE_URL"]}
    yield {"kind": "site", "format": FORMAT, **site}
    for vendor in public_vendors():
        yield _vendor(vendor)
    for tag in all_tags():
        yield {
            "kind": "tag",
            "tag": tag.slug,
            "description": tag.description,
            "synonyms": sorted(word.slug for word in tag.synonyms),
        }
    posts = public_posts()
    while batch := list(islice(posts, BATCH)):
        tags = tag_slugs_of([row.id for row in batch])
        yield from (_post(row, tags.get(row.id, [])) for row in batch)
    yield from map(_comment, public_comments())


def _vendor(vendor: Vendor) -> dict[str, Any]:
    return {
        "kind": "vendor",
        "vendor": vendor.slug,
        "url": external_url("pages.vendor", slug=vendor.slug),
        "name": vendor.name,
        "category": vendor.category.slug,
        "about": vendor.description,
        "aliases": sorted(alias.name for alias in vendor.aliases),
        "programmes": [
            {
                "programme": programme.slug,
                "name": programme.name,
                "tiers": [
                    {
                        "name": tier.name,
                        "certified_people": tier.certified_people,
                        "training_cost": tier.training_cost,
                        "annual_fee": tier.annual_fee,
                        "revenue_target": tier.revenue_target,
                    }
                    for tier in programme.tiers
                ],
            }
            for programme in vendor.programmes
        ],
    }


def _post(row: Any, tags: list[str]) -> dict[str, Any]:
    return {
        "kind": "post",
        "post": key_text(row.id),
        "url": external_url("posts.show", post_id=row.id, slug=row.slug),
        "title": row.title,
        **_authorship(row),
        "leaning": row.leaning,
        "tags": tags,
        "vendor": row.vendor_slug,
        "programme": row.programme_slug,
        "tier": row.tier_name,
        "undisclosed_vendor": row.vendor_description,
        "undisclosed_category": row.category_slug,
        "useful": row.useful_count,
        "comments": row.comment_count,
        "text": row.body,
        "html": row.body_html,
    }


def _comment(row: Any) -> dict[str, Any]:
    return {
        "kind": "comment",
        "comment": key_text(row.id),
        "post": key_text(row.post_id),
        "parent": key_text(row.parent_id) if row.parent_id else None,
        **_authorship(row),
        "official_reply_of": row.official_vendor,
        "official_title": row.official_title,
        "useful": row.useful_count,
        "text": row.body,
        "html": row.body_html,
    }


def _authorship(row: Any) -> dict[str, Any]:
    """Return the author's name and the times; of anonymous texts only the days, whatever the row holds."""
    author = byline(row)
    length = 10 if author.anonymous else None
    return {
        "by": author.name,
        "anonymous": author.anonymous,
        "written": dates.format_iso(row.created_at)[:length],
        "edited": dates.format_iso(row.edited_at)[:length] if row.edited_at else None,
    }
