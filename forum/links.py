"""Absolute links to this site, as mails, feeds and the API carry them."""

from functools import lru_cache
from urllib.parse import urlsplit

from flask import current_app
from werkzeug.routing import Map, MapAdapter


def external_url(endpoint: str, *, _anchor: str | None = None, **values: object) -> str:
    """Return the address of a page, beginning with FORUM_SITE_URL: a request and a job make the same one.

    The endpoint is named in full ("posts.show"); values of None are left out, as `url_for` does.
    """
    url = _adapter(current_app.url_map, current_app.config["SITE_URL"]).build(endpoint, values, force_external=True)
    return f"{url}#{_anchor}" if _anchor else url


@lru_cache(maxsize=10)
def _adapter(url_map: Map, site_url: str) -> MapAdapter:
    """Return what builds the addresses of a site. A sitemap builds thousands."""
    site = urlsplit(site_url)
    return url_map.bind(site.netloc, script_name=site.path or "/", url_scheme=site.scheme)
