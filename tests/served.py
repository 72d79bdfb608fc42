"""Run `forum serve` as in production, in its own processes, and send it forms over the network."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import flask_migrate
from flask import Flask

from forum import create_app
from forum.config import from_environment
from forum.db import db, writing
from forum.site import SiteSetting
from tests.browser import Browser
from tests.certificates import HOST

ROOT = Path(__file__).parent.parent
USER_AGENT = "a test"


class Response(NamedTuple):
    """Status, Location header and body of a response."""

    status: int
    location: str
    text: str


class Visitor(NamedTuple):
    """A signed-in member's browser: port of the site, session cookie, CSRF token."""

    port: int
    cookie: str
    token: str

    def post(self, path: str, **form: Any) -> Response:
        """Send a form. Raises OSError or HTTPException when the response is incomplete."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
            "User-Agent": USER_AGENT,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("POST", path, urlencode({"csrf_token": self.token, **form}), headers)
            answer = connection.getresponse()
            return Response(answer.status, answer.getheader("Location") or "", answer.read().decode())
        finally:
            connection.close()


class Site:
    """A site's environment and, once started, its server process."""

    def __init__(self, folder: Path, database_url: str = "", **settings: str) -> None:
        self.port = free_port()
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
        self.environ |= {"FORUM_INSTANCE": str(folder / "instance"), "FORUM_PORT": str(self.port), **settings}
        if database_url:
            self.environ["FORUM_DATABASE_URL"] = database_url
        self.log = folder / "log"
        self.server: subprocess.Popen[bytes] | None = None

    @contextmanager
    def application(self) -> Iterator[Flask]:
        """Provide the application over the same database in this process, migrated."""
        app = create_app(from_environment(self.environ))
        app.test_client_class = Browser
        with app.app_context(), app.test_request_context(base_url=app.config["SITE_URL"]):
            flask_migrate.upgrade()
            # Its processes hold no anonymous text at random.
            with writing():  # the site may be writing
                db.session.merge(SiteSetting(name="anonymous_percent_held", value=0))
                db.session.commit()
            yield app
            db.session.remove()
            db.engine.dispose()

    def start(self, *options: str) -> float:
        """Start the server; return the seconds until its first response."""
        started = time.monotonic()
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "forum.cli", "serve", *options],
                env=self.environ,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not is_answering(self.port):
            assert self.server.poll() is None, self.log.read_text()
            assert time.monotonic() - started < 240, self.log.read_text()
            time.sleep(0.05)
        return time.monotonic() - started

    def stop(self, number: int = signal.SIGTERM, *, to_group: bool = False) -> int:
        """Send a signal to the server and return its exit code; to_group signals each process, as Ctrl-C does."""
        if self.server is None:
            return 0
        if self.server.poll() is None:
            (os.killpg if to_group else os.kill)(self.server.pid, number)
        code = self.server.wait(timeout=120)
        self.server = None
        return code

    def processes(self) -> list[int]:
        """Return the ids of the server and all its descendants."""
        assert self.server is not None
        return process_tree(self.server.pid)


def open_visitor(app: Flask, site: Site, member: Any, path: str) -> Visitor:
    """Open a page with a form as a member, and return the visitor with its cookie and token."""
    with app.app_context():
        browser: Any = app.test_client(user=member)
        for _ in range(2):
            page = browser.get(path, headers={"User-Agent": USER_AGENT}, environ_base={"REMOTE_ADDR": "127.0.0.1"})
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        cookie = browser.get_cookie("session")
    assert token and cookie, page.text
    return Visitor(site.port, f"session={cookie.value}", token[1])


def eventually(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Return whether the condition comes true in that time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def process_tree(parent: int) -> list[int]:
    """Return the ids of a process and of its running descendants."""
    processes = [parent]
    for member in processes:
        for thread in Path(f"/proc/{member}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                processes += [int(child) for child in thread.read_text().split()]
    return processes


def is_answering(port: int) -> bool:
    """Return whether a site answers at a port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/robots.txt")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int) -> int:
    """Return the status of a page of the site at a port."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        connection.request("GET", "/robots.txt", headers={"Host": HOST})
        return connection.getresponse().status


class Visits:
    """Threads that ask for a page again and again, each over a new connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers = 0
        self.errors: list[object] = []
        self.is_over = False
        self.threads = [threading.Thread(target=self._visit) for _ in range(4)]

    def __enter__(self) -> "Visits":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        for thread in self.threads:
            thread.join()

    def _visit(self) -> None:
        while not self.is_over:
            try:
                assert status(self.port) == 200
                self.answers += 1
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.errors.append(error)
                time.sleep(0.1)

    def have_seen(self, count: int) -> bool:
        """Return whether so many more answers come, or an error."""
        goal = self.answers + count
        return eventually(lambda: self.answers >= goal or self.errors, 120)
