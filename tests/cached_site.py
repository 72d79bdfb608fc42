"""The site behind a gateway with a page cache, for tests to send requests to."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from forum.db import db
from forum.gateway import Gateway, environ_of, run
from forum.page_cache import PageCache
from tests.test_gateway import FakeChannel, FakeHeaders, FakeScope

HOST = ("host", "localhost")
GZIP = ("accept-encoding", "gzip, br")


def run_story(story: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine, also in a process where the loop that drives a browser is running."""
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        asyncio.run(story)
    finally:
        asyncio._set_running_loop(outer)


class Channel(FakeChannel):
    """A channel that also keeps the headers."""

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Site:
    """The application behind a gateway, and the same without a cache."""

    def __init__(self, app, max_bytes=1_000_000):
        self.app, self.call_count = app, 0
        self.pages = PageCache(db.engine, max_bytes, None)
        self.gateway = Gateway(self._run, self.pages)

    def _run(self, environ, start_response):
        self.call_count += 1
        return self.app.wsgi_app(environ, start_response)

    def get(self, path, *headers, method="GET", scheme="http"):
        """Return the answer, and whether the application made it."""
        calls, channel = self.call_count, Channel()
        run_story(self.gateway.__rsgi__(scope_of(path, headers, method, scheme), channel))
        self.piece_sizes = channel.piece_sizes
        return (channel.status, channel.headers, channel.body), self.call_count > calls

    def fresh(self, path, *headers, method="GET"):
        return tuple(run(self.app.wsgi_app, environ_of(scope_of(path, headers, method))))[:3]

    def is_cached(self, path, *headers):
        return not self.get(path, *headers)[1]


def scope_of(path, headers=(), method="GET", scheme="http"):
    path, _, query = path.partition("?")
    rows = [HOST, *headers] if not any(name == "host" for name, _ in headers) else list(headers)
    return FakeScope(FakeHeaders(rows), method=method, path=path, query_string=query, scheme=scheme)


def without_date(answer):
    status, headers, body = answer
    return status, [(name, value) for name, value in headers if name != "Date"], body
