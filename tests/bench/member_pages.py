"""`python -m tests.bench.member_pages [URL]`: CPU time of pages for members who are signed in, in this process.

Requests go through the gateway, as in a worker, but without the web server. Unlike requests a second, CPU time hardly
depends on what else the machine does; the cheapest of some rounds is printed, beside that of the yardstick.
"""

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from forum import create_app
from forum.config import from_environment
from forum.gateway import Gateway
from tests.bench import site, yardstick

ROUNDS, VISITS = 15, 150
PAGES = ("/", "/vendors/vendor-1", "/tags/renewals", "/categories/backup")


class Headers(dict[str, str]):
    """The headers of a request, each with one value."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


class Visit:
    """A request and its answer: both ends of it, as the gateway takes them."""

    http_version, server, client, scheme, method = "1.1", "127.0.0.1:8000", "127.0.0.1:5000", "http", "GET"
    query_string, status = "", 0

    def __init__(self, path: str, cookie: str = "") -> None:
        self.path, self.headers = path, Headers({"host": "127.0.0.1", "user-agent": "bench"})
        if cookie:
            self.headers["cookie"] = cookie

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        self.status = status

    def answer(self, gateway: Gateway) -> None:
        """Let the gateway answer. It waits for nothing, since there is no body."""
        run: Any = gateway.__rsgi__(self, self)  # type: ignore[arg-type]
        with suppress(StopIteration):
            run.send(None)
        if self.status != 200:
            raise SystemExit(f"{self.path}: {self.status}")


def cpu_each(gateway: Gateway, visits: Sequence[Visit]) -> float:
    """Return the milliseconds of CPU time that an answer takes."""
    start = time.process_time()
    for n in range(VISITS):
        visits[n % len(visits)].answer(gateway)
    return (time.process_time() - start) / VISITS * 1000


def measure(environ: dict[str, str]) -> dict[str, float]:
    """Return the least time of some rounds, by page."""
    prepared = site.prepare(environ)
    cookies = [
        request.decode().split("Cookie: ")[1].split("\r\n")[0] for request in prepared.requests["home, signed in"]
    ]
    os.environ.update(environ)
    app, bare = Gateway(create_app(from_environment(environ))), Gateway(yardstick.create_app())
    rounds: dict[str, Callable[[], float]] = {"bare page": lambda: cpu_each(bare, [Visit("/")])}
    for path in (prepared.path, *PAGES):
        visits = [Visit(path, cookie) for cookie in cookies]
        rounds[path] = lambda visits=visits: cpu_each(app, visits)  # type: ignore[misc]
    times = [{name: run() for name, run in rounds.items()}]
    gc.freeze()  # as `forum serve` does
    times += [{name: run() for name, run in rounds.items()} for _ in range(ROUNDS)]
    return {name: min(row[name] for row in times) for name in rounds}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as folder:
        for page, milliseconds in measure(site.environment(Path(folder), 8000, (sys.argv[1:] or [None])[0])).items():
            print(f"{milliseconds:6.2f} ms  {page[:60]}")
