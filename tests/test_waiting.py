"""Nobody who is slow keeps a reader waiting: against `forum serve` in its own processes."""

import http.client
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.factories import make_member, make_post
from tests.served import Response, Site, Visitor, is_answering, open_visitor

pytestmark = pytest.mark.slow

HEAD = "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site_under_test = Site(tmp_path)
    yield site_under_test
    site_under_test.stop(signal.SIGKILL, to_group=True)


def test_five_hundred_connections_that_send_no_body_stop_no_reader(site: Site) -> None:
    site.start()
    head = (HEAD.format(port=site.port) + "Content-Length: 100000\r\n\r\n").encode()
    with ExitStack() as stack:
        for _ in range(500):
            sender = stack.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            sender.sendall(head)
        assert all(is_answering(site.port) for _ in range(20))
        sender.setblocking(False)
        with pytest.raises(BlockingIOError):  # still waiting, and not refused
            sender.recv(1)


@pytest.mark.parametrize("length", [500, 100_000])
def test_a_form_whose_sender_loses_the_connection_is_refused(site: Site, length: int) -> None:
    site.start()
    with socket.create_connection(("127.0.0.1", site.port)) as sender:
        sender.sendall((HEAD.format(port=site.port) + f"Content-Length: {length}\r\n\r\nemail=").encode())
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(100).startswith(b"HTTP/1.1 400")
    site.stop(signal.SIGTERM)
    assert "Traceback" not in site.log.read_text()


def test_writers_that_wait_for_sqlites_lock_stop_no_reader(site: Site, tmp_path: Path) -> None:
    with site.application() as app:
        post = make_post()
        path = f"/posts/{app.url_map.converters['key'].to_url(None, post.id)}/{post.slug}"
        writers = [open_visitor(app, site, make_member(), path) for _ in range(6)]
    site.start()
    answers: list[Response] = []

    def follow(writer: Visitor) -> None:
        answers.append(writer.post(path.rsplit("/", 1)[0] + "/follow", intent="follow"))

    threads = [threading.Thread(target=follow, args=(writer,)) for writer in writers]
    database = tmp_path / "instance" / "forum.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
        pages = [_status(site.port, path) for _ in range(20)]
        assert pages == [200] * 20 and answers == [], "the writers are still waiting"
        other.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [302] * len(writers)


def test_a_form_that_is_being_handled_when_the_site_stops_is_answered(site: Site, tmp_path: Path) -> None:
    with site.application() as app:
        post = make_post()
        path = f"/posts/{app.url_map.converters['key'].to_url(None, post.id)}/{post.slug}"
        writer = open_visitor(app, site, make_member(), path)
    site.start()
    answers: list[Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(writer.post(path.rsplit("/", 1)[0] + "/follow", intent="follow"))
    )
    with closing(sqlite3.connect(tmp_path / "instance" / "forum.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread.start()
        time.sleep(1)  # until it waits
        assert site.server is not None
        site.server.terminate()
        time.sleep(1)  # until the server stops
        other.execute("ROLLBACK")
    thread.join()
    assert [answer.status for answer in answers] == [302]
    assert site.stop() == 0


def _status(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status
