"""A cache of pages for strangers, in memory and in front of the application, until something on them changes.

A page is cached with the versions of what it shows (versions.py), read before it was made; they are compared on every
request. A view declares with `keep_page` what its page shows. All other pages are never cached, nor is any answer to a
request with a cookie. An entry is the application's response with its headers. It names no reader.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from wsgiref.types import WSGIEnvironment

from flask import Flask, has_request_context, request
from sqlalchemy import Engine
from werkzeug.datastructures import Accept, Headers
from werkzeug.http import http_date, is_resource_modified, parse_accept_header
from werkzeug.wrappers import Response as WerkzeugResponse

from forum.db import db
from forum.gateway import Response
from forum.versions import LISTS, SITE, reader_of

# The key in the WSGI environment of the subjects that a page shows, if it may be cached.
SUBJECTS = "forum.page_subjects"
# Read before a page is made. No version of a post changes without that of the lists.
GUARDS = (SITE, LISTS)
# Seconds. No page is cached past midnight (UTC) either, since dates are shown differently then, such as the year.
MAX_AGE = 60.0
DAY = 24 * 3600
MAX_QUERY = 200  # characters of a query string; longer ones are rarely requested twice
MAX_PATH = 300
# Bytes of memory that an entry takes besides its body, measured with the headers and key of a post's page.
OVERHEAD = 4096
EXCLUDED_PATHS = ("/static/", "/health", "/ready")
# A request with one of these is always answered by the application.
ODD_HEADERS = (
    "cookie",
    "authorization",
    "range",
    "if-range",
    "if-match",
    "if-modified-since",
    "if-unmodified-since",
    "content-length",
    "transfer-encoding",
    "x-forwarded-prefix",
)
# The application's answer depends on these.
KEY_HEADERS = ("host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port")
Key = tuple[object, ...]


class Request(Protocol):
    """A request as the web server passes it; the path is decoded."""

    scheme: str
    server: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Any: ...


class CachedPage(NamedTuple):
    """A response without its Date, the versions of what it shows, and the time.monotonic() at which it expires."""

    response: Response
    not_modified: Response
    etag: str
    subjects: tuple[str, ...]
    versions: tuple[int, ...]
    expires_at: float

    @property
    def size(self) -> int:
        """Return roughly how many bytes of memory it takes."""
        return len(self.response.body) + OVERHEAD


def keep_page(*subjects: str) -> None:
    """Let the response be cached for strangers until one of these subjects changes; name every subject it shows."""
    if has_request_context() and (collected := request.environ.get(SUBJECTS)) is not None:
        collected.update((SITE, *subjects))


class PageCache:
    """The cached pages of one process. Only one thread may use it."""

    def __init__(self, engine: Engine, max_bytes: int, count: Callable[[str, str, int, float], None] | None) -> None:
        self._reader = reader_of(engine)
        self._max_bytes = max_bytes
        # Counts a request for the metrics: method, path, status and seconds.
        self._count = count
        self._pages: OrderedDict[Key, CachedPage] = OrderedDict()
        self._bytes = 0

    def key_of(self, scope: Request) -> Key | None:
        """Return what the answer to a request depends on, or None for a request that the application has to answer."""
        return key_of(scope)

    def find(self, key: Key, scope: Request) -> Response | None:
        """Return the cached response, or None if there is none or something that it shows has changed."""
        start = time.perf_counter()
        page = self._pages.get(key)
        if page is None:
            return None
        is_same = time.monotonic() < page.expires_at and self._reader.current(page.subjects) == page.versions
        if not is_same:
            self._drop(key)
            return None
        self._pages.move_to_end(key)
        response = _answer(page, scope)
        if self._count is not None:
            self._count(scope.method, scope.path, response.status, time.perf_counter() - start)
        return response

    def make(self, key: Key, scope: Request, environ: WSGIEnvironment, run: Callable[[], Response]) -> Response:
        """Let the application answer, and cache the response if the view allowed it."""
        is_whole = scope.method == "GET" and scope.headers.get("if-none-match") is None
        before = self._reader.current(GUARDS) if is_whole else None
        if before is None:
            return run()
        made_at, collected = time.time(), environ.setdefault(SUBJECTS, set())
        response = run()
        if SITE not in collected or response.pieces is not None:
            return response
        subjects = tuple(sorted(collected))
        # If site and lists are unchanged, so is everything else: nothing that a stranger sees was committed meanwhile.
        after = self._reader.current((*GUARDS, *subjects))
        if after is not None and after[:2] == before:
            self._keep(key, response, subjects, after[2:], made_at)
        return response

    def _keep(
        self, key: Key, response: Response, subjects: tuple[str, ...], versions: tuple[int, ...], made_at: float
    ) -> None:
        headers = Headers(response.headers)
        etag, cache_control = headers.get("ETag"), headers.get("Cache-Control")
        is_public = response.status == 200 and cache_control == "public, no-cache" and "Set-Cookie" not in headers
        lasts = min(MAX_AGE, DAY - made_at % DAY) - (time.time() - made_at)
        if etag is None or not is_public or lasts <= 0 or len(response.body) + OVERHEAD > self._max_bytes / 8:
            return
        self._drop(key)
        not_modified = _undated(_not_modified(response, etag))
        page = CachedPage(_undated(response), not_modified, etag, subjects, versions, time.monotonic() + lasts)
        self._pages[key] = page
        self._bytes += page.size
        while self._bytes > self._max_bytes:
            self._bytes -= self._pages.popitem(last=False)[1].size

    def _drop(self, key: Key) -> None:
        if (page := self._pages.pop(key, None)) is not None:
            self._bytes -= page.size


def key_of(scope: Request) -> Key | None:
    """Return what the answer to a request depends on, or None for a request that the application has to answer."""
    path, query, headers = scope.path, scope.query_string, scope.headers
    if scope.method not in ("GET", "HEAD") or path.startswith(EXCLUDED_PATHS):
        return None
    if len(path) > MAX_PATH or len(query) > MAX_QUERY:
        return None
    names = set(headers.keys())
    if not names.isdisjoint(ODD_HEADERS):
        return None
    values = tuple([_only_value(headers, name) if name in names else None for name in KEY_HEADERS])
    if _TOO_MANY in values:
        return None
    encodings = ",".join(headers.get_all("accept-encoding")) if "accept-encoding" in names else ""
    if len(encodings) > MAX_QUERY:
        return None
    return (scope.scheme, scope.server, path, query, _accepts_gzip(encodings), values)


_TOO_MANY = "\0"


def _only_value(headers: Any, name: str) -> str:
    values = headers.get_all(name)
    return values[0] if len(values) == 1 and len(values[0]) <= MAX_QUERY else _TOO_MANY


@lru_cache(maxsize=500)
def _accepts_gzip(encodings: str) -> bool:
    """Return whether an answer may be compressed, as headers.py decides it from the same header."""
    return bool(parse_accept_header(encodings, Accept).quality("gzip") > 0)


def _answer(page: CachedPage, scope: Request) -> Response:
    tags = ",".join(scope.headers.get_all("if-none-match"))
    if tags and (tags == page.etag or not is_resource_modified(_conditions(tags), page.etag)):
        return page.not_modified._replace(headers=_dated(page.not_modified))
    response = page.response._replace(headers=_dated(page.response))
    return response._replace(body=b"") if scope.method == "HEAD" else response


def _dated(response: Response) -> list[tuple[str, str]]:
    """Return the headers of a cached response, and the present time as their Date."""
    return [*response.headers, ("Date", _date(int(time.time())))]


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return http_date(second)


def _undated(response: Response) -> Response:
    return response._replace(headers=[(name, value) for name, value in response.headers if name != "Date"])


def _conditions(tags: str) -> WSGIEnvironment:
    return {"REQUEST_METHOD": "GET", "HTTP_IF_NONE_MATCH": tags}


def _not_modified(response: Response, etag: str) -> Response:
    """Return the 304 that the application gives to a client that has the page already."""
    environ = _conditions(etag)
    answer = WerkzeugResponse(response.body, response.status, headers=Headers(response.headers))
    answer.make_conditional(environ)
    return Response(answer.status_code, answer.get_wsgi_headers(environ).to_wsgi_list(), b"")


def page_cache_of(app: object) -> PageCache | None:
    """Return a page cache for the application, or None if its settings turn it off."""
    if not isinstance(app, Flask) or not (max_bytes := app.config.get("PAGE_CACHE", 0) * 1_000_000):
        return None
    metrics = app.extensions.get("request_metrics")
    with app.app_context():
        return PageCache(db.engine, max_bytes, metrics.add if metrics is not None else None)
