"""`python -m tests.attacks.flood`: everything that a stranger can send to stop the site, at once.

500 connections that announce a body and send none, 320 KB of combining marks in every field that a stranger can fill, 20
replies as long as they may become, and an import with 240 KB of marks, while a reader opens pages. Prints the reader's
times and the memory of all the site's processes, counting shared pages once. The limits on requests are in force.
"""

import http.client
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.processes import memory
from tests.factories import make_member, make_post
from tests.served import ROOT, Site, open_visitor
from tests.wordpress import export_with, item

MARKS = "a" + "\u0315\u0300" * 80_000  # 320 KB
FORMS = {
    "/sign-in": ("email", "password"),
    "/join": ("name", "email", "password", "job_title"),
    "/forgotten-password": ("email",),
    "/notices/new": ("url", "complaint", "law", "name", "email"),
}
REPLY = "\n".join(["|a" * 20 + "|", "|-" * 20 + "|", *["|a" * 20 + "|"] * 400])
CONNECTIONS, READS = 500, 1000
MAX_P99, MAX_MEMORY = 0.5, 400.0  # seconds, MB


def send_marks(port: int, stop: threading.Event) -> None:
    """Send each form again and again, each with the marks in one field."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    while not stop.is_set():
        for path, fields in FORMS.items():
            for field in fields:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
                    connection.request("POST", path, urlencode({field: MARKS}), headers)
                    connection.getresponse().read()


def read_times(port: int, paths: list[str]) -> list[float]:
    """Return how long a stranger waits for each page, in seconds, in order of length."""
    times = []
    for number in range(READS):
        start = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            connection.request("GET", paths[number % len(paths)])
            assert connection.getresponse().read()
        times.append(time.perf_counter() - start)
    return sorted(times)


@contextmanager
def under_attack(site: Site, attacks: list[Callable[[], object]]) -> Iterator[None]:
    """Keep the connections open and run each attack in a thread of its own."""
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Length: 100000\r\n\r\n".encode()
    threads = [threading.Thread(target=attack) for attack in attacks]
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port))).sendall(head)
        for thread in threads:
            thread.start()
        yield
    for thread in threads:
        thread.join()


def main(folder: Path) -> int:
    """Print the measurements, and return 1 when a mark is missed."""
    site, stop = Site(folder), threading.Event()
    bomb = export_with(folder, item(1, body="a" + "\u0315\u0300" * 60_000))
    with site.application() as app:
        post = make_post()
        path = f"/posts/{app.url_map.converters['key'].to_url(None, post.id)}/{post.slug}"
        writers = [open_visitor(app, site, make_member(), path) for _ in range(4)]
    site.start()

    def write_replies() -> None:
        for number in range(20):
            form = {"body": REPLY, "identity": "name", "intent": "publish", "submission": f"{number:032}"}
            writers[number % 4].post(path.rsplit("/", 1)[0] + "/reply", **form)

    def import_bomb() -> None:
        command = [sys.executable, "-m", "forum.cli", "import", "wordpress", str(bomb)]
        subprocess.run(command, env=site.environ, cwd=ROOT, check=True, capture_output=True)

    assert site.server is not None
    with under_attack(site, [lambda: send_marks(site.port, stop), write_replies, import_bomb]):
        times = read_times(site.port, ["/", path])
        used = memory(site.server.pid)
        stop.set()
    site.stop()
    p99 = times[len(times) * 99 // 100]
    print(f"{READS} pages: median {times[READS // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms; memory {used:.0f} MB")
    return int(p99 > MAX_P99 or used > MAX_MEMORY)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="forum-flood-") as name:
        sys.exit(main(Path(name)))
