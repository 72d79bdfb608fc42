"""Pass requests from the web server to the application, in each worker, so that slow clients keep nobody waiting.

A body is read in the background, with a deadline, before the application sees the request. Requests that only read are
answered one after the other in the worker's main thread; those that write run in another thread, since they may
wait for each other and for the database's lock. So readers wait neither for writers nor for slow senders.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple, Protocol
from wsgiref.types import WSGIApplication, WSGIEnvironment

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from forum.config import MAX_BODY, MAX_UPLOAD, SAFE_METHODS, is_upload

# How many requests of a worker may write at the same time. More would only wait for SQLite's one lock, at the cost of a
# connection and of time: with two, a reply took half as much CPU time again.
WRITERS = 1
BODY_TIMEOUT = 30  # seconds in which a whole body must arrive
# A form is smaller. Larger bodies share a worker's budget until they are answered, so that they can't fill its memory.
# Those at the addresses of uploads, where strangers can send some, have one of their own.
SMALL_BODY = 64 * 1024
LARGE_BODIES_BUDGET = 16 * 1024 * 1024
UPLOADS_BUDGET = 2 * MAX_UPLOAD
RESERVED = "forum.reserved"
# The key in the WSGI environment by which a view has its response streamed.
STREAMED = "forum.streamed"
Headers = list[tuple[str, str]]


class Scope(Protocol):
    """A request as the web server (RSGI 1.6) passes it; the path is decoded."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Any: ...


class Channel(Protocol):
    """The web server's end of a request: yields the body or returns it whole, and takes the response."""

    def __aiter__(self) -> Any: ...
    def __call__(self) -> Awaitable[bytes]: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Any: ...


class Response(NamedTuple):
    """A response as the web server takes it. A streamed one has `pieces` instead of a body."""

    status: int
    headers: Headers
    body: bytes
    pieces: Iterable[bytes] | None = None


class Pages(Protocol):
    """A cache of pages: see page_cache.py."""

    def key_of(self, scope: Scope) -> Hashable | None: ...
    def find(self, key: Any, scope: Scope) -> Response | None: ...
    def make(self, key: Any, scope: Scope, environ: WSGIEnvironment, run: Callable[[], Response]) -> Response: ...


class Refused(Exception):
    """The body came too slowly or not to its end, or there was no room for it."""

    def __init__(self, status: HTTPStatus) -> None:
        self.response = Response(
            status,
            [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"), ("Cache-Control", "no-store")],
            f"{status.phrase}. Nothing was stored. Go back and send it again.\n".encode(),
        )


class Gateway:
    """An RSGI application that runs a WSGI application."""

    def __init__(self, app: WSGIApplication, pages: Pages | None = None) -> None:
        self._app, self._pages = app, pages
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="writer")
        self._large_bytes, self._upload_bytes = 0, 0

    async def __rsgi__(self, scope: Scope, channel: Channel) -> None:
        """Answer a request."""
        key = self._pages.key_of(scope) if self._pages is not None else None
        if self._pages is not None and key is not None and (page := self._pages.find(key, scope)) is not None:
            channel.response_bytes(*page[:3])
            return
        environ = environ_of(scope)
        try:
            response = await self._answer(key, scope, environ, channel)
        except Refused as refused:
            response = refused.response
        finally:
            self._reserve(environ, -environ.get(RESERVED, 0))
        if response.pieces is None:
            channel.response_bytes(*response[:3])
        else:
            await _stream(response, response.pieces, channel)

    async def _answer(self, key: Hashable | None, scope: Scope, environ: WSGIEnvironment, channel: Channel) -> Response:
        await self._read_body(environ, channel)
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            call = partial(run, self._app, environ)
            if self._pages is None or key is None:
                return call()
            return self._pages.make(key, scope, environ, call)
        return await asyncio.get_running_loop().run_in_executor(self._writers, run, self._app, environ)

    async def _read_body(self, environ: WSGIEnvironment, channel: Channel) -> None:
        """Put the body into the environment. One that is too long stays out: the application refuses its length."""
        length = environ.get("CONTENT_LENGTH", "")
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            return
        longest = MAX_UPLOAD if is_upload(environ["PATH_INFO"]) else MAX_BODY
        announced = int(length) if length.isdecimal() else None
        if announced is not None and announced > longest:
            return
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                if announced is not None and announced <= SMALL_BODY:
                    with suppress(ProtocolClosed):  # the sender is gone
                        chunks.append(await channel())  # one turn of the event loop, and not one for each chunk
                else:
                    await self._collect(environ, channel, chunks, longest)
        except TimeoutError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT) from None
        size = sum(map(len, chunks))
        if announced is not None and size < announced:
            raise Refused(HTTPStatus.BAD_REQUEST)  # half a form: its sender has lost the connection
        if size > longest:
            environ["CONTENT_LENGTH"] = str(size)
        else:
            body = b"".join(chunks)
            environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(len(body)), BytesIO(body)

    async def _collect(self, environ: WSGIEnvironment, channel: Channel, chunks: list[bytes], longest: int) -> None:
        """Collect a body's chunks, up to the first that makes it too long."""
        size = 0
        async for chunk in channel:
            size += len(chunk)
            chunks.append(chunk)
            if size > longest:
                break
            if size > SMALL_BODY and not self._reserve(environ, size - environ.get(RESERVED, 0)):
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE)

    def _reserve(self, environ: WSGIEnvironment, size: int) -> bool:
        """Reserve room for a part of a request's body, until its answer. Return whether there is as much."""
        environ[RESERVED] = environ.get(RESERVED, 0) + size
        if is_upload(environ["PATH_INFO"]):
            self._upload_bytes += size
            return self._upload_bytes <= UPLOADS_BUDGET
        self._large_bytes += size
        return self._large_bytes <= LARGE_BODIES_BUDGET


async def _stream(response: Response, pieces: Iterable[bytes], channel: Channel) -> None:
    """Stream a response. Each piece is made once the last one is sent; other requests are answered in between."""
    try:
        stream = channel.response_stream(response.status, response.headers)
        for piece in pieces:
            await stream.send_bytes(piece)
    finally:
        _close(pieces)


def environ_of(scope: Scope) -> WSGIEnvironment:
    """Return the WSGI environment of a request, without its body."""
    host, _, port = scope.server.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _wsgi_text(scope.path),
        "QUERY_STRING": _wsgi_text(scope.query_string),
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # A name with an underscore would pass for the one with a hyphen that only a proxy may set.
        if "_" not in name:
            _add_header(environ, name.upper().replace("-", "_"), value)
    return environ


def _wsgi_text(text: str) -> str:
    """Return a text as WSGI passes it: its bytes, each as one character."""
    return text.encode().decode("latin-1")


def _add_header(environ: WSGIEnvironment, name: str, value: str) -> None:
    key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
    separator = "; " if name == "COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


def run(app: WSGIApplication, environ: WSGIEnvironment) -> Response:
    """Run the application and return its response, complete unless the view has it streamed."""
    status: list[Any] = []
    parts: list[bytes] = []

    def start_response(line: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        status[:] = [int(line.split(" ", 1)[0]), headers]
        return parts.append

    iterable: Iterable[bytes] = app(environ, start_response)
    if environ.get(STREAMED) and status[0] == 200 and environ["REQUEST_METHOD"] == "GET":
        return Response(status[0], status[1], b"", iterable)
    try:
        parts.extend(iterable)
    finally:
        _close(iterable)
    return Response(status[0], status[1], b"".join(parts))


def _close(iterable: Iterable[bytes]) -> None:
    if hasattr(iterable, "close"):
        iterable.close()
