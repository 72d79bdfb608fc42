"""The gateway between web server and application: bodies, deadlines, and who waits for whom."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple

import pytest
from granian.rsgi import ProtocolClosed

from forum import gateway
from forum.config import MAX_BODY
from forum.gateway import Gateway, environ_of


class FakeHeaders:
    """The headers of a request."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self.rows = list(rows)

    def items(self) -> list[tuple[str, str]]:
        return self.rows

    def keys(self) -> list[str]:
        return [name for name, _ in self.rows]

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.rows if key == name]

    def get(self, name: str) -> str | None:
        return next(iter(self.get_all(name)), None)


class FakeScope(NamedTuple):
    """A request as the web server describes it."""

    headers: Any = FakeHeaders([])
    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "192.0.2.7:51515"
    scheme: str = "http"


class FakeChannel:
    """A request's body, which ends when `pause` is set or, if it `breaks_off`, at once; and the response."""

    def __init__(self, *chunks: bytes, pause: asyncio.Event | None = None, breaks_off: bool = False) -> None:
        self.chunks, self.pause, self.breaks_off = chunks, pause, breaks_off
        self.status = 0
        self.body = b""
        self.piece_sizes: list[int] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.pause:
            await self.pause.wait()

    async def __call__(self) -> bytes:
        body = b"".join([chunk async for chunk in self])
        if self.breaks_off:
            raise ProtocolClosed
        return body

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.body = status, body

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> "FakeChannel":
        self.response_bytes(status, headers, b"")
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.piece_sizes.append(len(piece))
        self.body += piece


def post(length: int | None, **fields: Any) -> FakeScope:
    head = ("content-length", str(length)) if length is not None else ("transfer-encoding", "chunked")
    return FakeScope(method="POST", headers=FakeHeaders([head]), **fields)


def answering(respond: Callable[[Any], bytes]) -> Gateway:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [respond(environ)]

    return Gateway(app)


def body_and_thread(environ: Any) -> bytes:
    body: bytes = environ["wsgi.input"].read()
    return b"%s %d in %s" % (environ["CONTENT_LENGTH"].encode(), len(body), threading.current_thread().name.encode())


def test_the_environment_is_that_of_wsgi() -> None:
    rows = [("host", "forum.example"), ("cookie", "a=1"), ("cookie", "b=2"), ("content-type", "text/plain")]
    environ = environ_of(FakeScope(FakeHeaders(rows), path="/é b", query_string="q=ü", client="[2001:db8::7]:4711"))
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/Ã© b", "q=Ã¼")
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("2001:db8::7", "8000")
    assert (environ["HTTP_COOKIE"], environ["CONTENT_TYPE"]) == ("a=1; b=2", "text/plain")
    assert "FORUM_SECRET_KEY" not in environ and "PATH" not in environ


def test_a_header_with_an_underscore_does_not_pass_for_one_of_the_proxys() -> None:
    rows = [("x-forwarded-for", "192.0.2.7"), ("x_forwarded_for", "203.0.113.9")]
    assert environ_of(FakeScope(FakeHeaders(rows)))["HTTP_X_FORWARDED_FOR"] == "192.0.2.7"


@pytest.mark.parametrize("length", [8, None])
def test_a_body_is_complete_before_the_application_runs_in_a_thread_of_its_own(length: int | None) -> None:
    channel = FakeChannel(b"half", b"half")
    asyncio.run(answering(body_and_thread).__rsgi__(post(length), channel))
    assert channel.body.startswith(b"8 8 in writer")


@pytest.mark.parametrize("length", [12, 100_000])
def test_half_a_body_is_refused_and_never_reaches_the_application(length: int) -> None:
    channel, reached = FakeChannel(b"half of it", breaks_off=True), []
    asyncio.run(answering(lambda environ: reached.append(environ) or b"").__rsgi__(post(length), channel))
    assert channel.status == 400 and b"Nothing was stored." in channel.body and reached == []


@pytest.mark.parametrize("length", [MAX_BODY + 1, None])
def test_a_body_that_is_too_long_is_not_kept_and_the_application_learns_its_length(length: int | None) -> None:
    channel = FakeChannel(*[bytes(100_000)] * 20)
    asyncio.run(answering(body_and_thread).__rsgi__(post(length), channel))
    announced, received = channel.body.split()[:2]
    assert int(announced) > MAX_BODY and received == b"0"


def test_readers_are_answered_while_senders_are_slow_and_those_end_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "BODY_TIMEOUT", 0.2)
    served = answering(lambda environ: environ["PATH_INFO"].encode())

    async def story() -> None:
        slow = [FakeChannel(pause=asyncio.Event()) for _ in range(500)]
        senders = [asyncio.create_task(served.__rsgi__(post(100_000), channel)) for channel in slow]
        await asyncio.sleep(0)
        reader = FakeChannel()
        await served.__rsgi__(FakeScope(path="/read"), reader)
        assert reader.body == b"/read" and not any(channel.status for channel in slow)
        await asyncio.gather(*senders)
        assert {channel.status for channel in slow} == {408}

    asyncio.run(story())


def test_large_bodies_that_are_arriving_share_a_budget_and_small_ones_need_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "LARGE_BODIES_BUDGET", 250_000)
    served = answering(body_and_thread)

    async def story() -> None:
        pause = asyncio.Event()
        large = [FakeChannel(bytes(100_000), pause=pause) for _ in range(3)]
        senders = [asyncio.create_task(served.__rsgi__(post(200_000), channel)) for channel in large]
        await asyncio.sleep(0.05)
        small = FakeChannel(b"small")
        await served.__rsgi__(post(5), small)
        assert small.status == 200 and sorted(channel.status for channel in large) == [0, 0, 503]
        pause.set()
        await asyncio.gather(*senders)
        assert served._large_bytes == 0

    asyncio.run(story())


def test_large_bodies_count_until_they_are_answered_and_uploads_apart_from_forms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway, "UPLOADS_BUDGET", 250_000)
    lock = threading.Event()

    def respond(environ: Any) -> bytes:
        lock.wait(10)
        return b"answered"

    served = answering(respond)

    async def story() -> None:
        uploads = [FakeChannel(bytes(100_000)) for _ in range(3)]
        path = "/evidence/0123456789abc"
        senders = [asyncio.create_task(served.__rsgi__(post(100_000, path=path), channel)) for channel in uploads]
        form = FakeChannel(bytes(100_000))
        senders.append(asyncio.create_task(served.__rsgi__(post(100_000), form)))
        await asyncio.sleep(0.05)
        assert sorted(channel.status for channel in uploads) == [0, 0, 503] and form.status == 0
        lock.set()
        await asyncio.gather(*senders)
        assert form.status == 200 and served._upload_bytes == served._large_bytes == 0

    asyncio.run(story())


def test_readers_are_answered_while_all_writers_wait() -> None:
    lock = threading.Event()

    def respond(environ: Any) -> bytes:
        if environ["REQUEST_METHOD"] == "POST":
            lock.wait()
        return b"done"

    served = answering(respond)

    async def story() -> None:
        waiting = [FakeChannel() for _ in range(gateway.WRITERS * 2)]
        writers = [asyncio.create_task(served.__rsgi__(post(0), channel)) for channel in waiting]
        await asyncio.sleep(0.05)
        reader = FakeChannel()
        await served.__rsgi__(FakeScope(), reader)
        assert reader.status == 200 and not any(channel.status for channel in waiting)
        lock.set()
        await asyncio.gather(*writers)
        assert {channel.body for channel in waiting} == {b"done"}

    asyncio.run(story())
