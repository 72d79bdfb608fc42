"""Absolute links to this site, as mails, feeds and the API carry them."""

from urllib.parse import urlsplit

from flask import current_app


def external_url(endpoint: str, *, _anchor: str | None = None, **values: object) -> str:
    """Return the address of a page, beginning with FORUM_SITE_URL: a request and a job make the same one.

    The endpoint is named in full ("posts.show"); values of None are left out, as `url_for` does.
    """
    site = urlsplit(current_app.config["SITE_URL"])
    adapter = current_app.url_map.bind(site.netloc, script_name=site.path or "/", url_scheme=site.scheme)
    url = adapter.build(endpoint, values, force_external=True)
    return f"{url}#{_anchor}" if _anchor else url
