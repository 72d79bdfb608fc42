"""Two nodes of one site, each with its own instance folder, behind a real proxy, and someone who visits them.

With FORUM_TEST_NODES=3 in the environment there are three.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests import cluster
from tests.certificates import HOST
from tests.mail_server import MailServer, running_mail_server
from tests.redis_server import running_redis
from tests.served import ROOT, USER_AGENT, Response, Site, eventually, free_port, is_answering

KEYS = {"FORUM_SECRET_KEY": "one secret key for all the nodes of the site", "FORUM_ANONYMITY_KEY": "k" * 40}
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nodes(NamedTuple):
    """The nodes of a site, the port of the proxy in front of them, and the mail server of all."""

    sites: list[Site]
    proxy_port: int
    mail_server: MailServer

    @property
    def first(self) -> Site:
        return self.sites[0]

    @property
    def ports(self) -> list[int]:
        return [site.port for site in self.sites]


class Browser:
    """A browser that asks whichever port it is told to: a proxy could send each request to another node."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.token = ""

    def open(self, port: int, path: str) -> Response:
        """Open a page, and remember the token of its forms."""
        page = self._ask(port, "GET", path, None)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        self.token = token[1] if token else self.token
        return page

    def send(self, port: int, path: str, **form: str) -> Response:
        """Send a form."""
        return self._ask(port, "POST", path, urlencode({"csrf_token": self.token, **form}))

    def _ask(self, port: int, method: str, path: str, body: str | None) -> Response:
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return Response(answer.status, answer.getheader("Location") or "", answer.read().decode())
        finally:
            connection.close()


@contextmanager
def running_nodes(folder: Path, database: str) -> Iterator[Nodes]:
    """Run the nodes on PostgreSQL and Redis behind nginx; skip the test where one of these is missing."""
    url, nginx = cluster.database_url(database), shutil.which("nginx")
    if url is None or nginx is None:
        pytest.skip("no PostgreSQL or no nginx on this machine")
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(folder))
        mail_server = stack.enter_context(running_mail_server())
        settings = {
            **KEYS,
            "FORUM_REDIS_URL": redis.url,
            "FORUM_MAIL_URL": mail_server.url,
            "FORUM_WORKERS": "1",
            "FORUM_TRUSTED_HOSTS": HOST,
            "FORUM_SITE_URL": f"http://127.0.0.1:{(port := free_port())}",
        }
        names = [f"node {number}" for number in range(int(os.environ.get("FORUM_TEST_NODES", "2")))]
        sites = [Site(_new_folder(folder / name), url, **settings) for name in names]
        for site in sites:
            stack.callback(site.stop, signal.SIGKILL, to_group=True)
            site.start()
        stack.enter_context(_proxy(nginx, folder, port, sites))
        yield Nodes(sites, port, mail_server)


def _new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextmanager
def _proxy(program: str, folder: Path, port: int, sites: list[Site]) -> Iterator[None]:
    """Run nginx with the upstream of docs/scaling.md."""
    upstream = re.search(r"^    upstream forum \{.*?^    \}", (ROOT / "docs" / "scaling.md").read_text(), re.M | re.S)
    assert upstream
    servers = upstream[0]
    for number, site in enumerate(sites, 1):
        servers = servers.replace(f"10.0.0.{number}:8000", f"127.0.0.1:{site.port}")
        if number > 2:
            servers = servers.replace("keepalive", f"server 127.0.0.1:{site.port} max_fails=0;\n        keepalive")
    temporary = "\n".join(f"{name}_temp_path {folder / name};" for name in FOLDERS)
    server = f"server {{ listen 127.0.0.1:{port}; access_log off; location / {{ proxy_pass http://forum;"
    server += ' proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; } }'
    main = (
        f"daemon off;\nuser root;\npid {folder / 'pid'};\nevents {{}}\nhttp {{\n{temporary}\n{servers}\n{server}\n}}\n"
    )
    (folder / "nginx.conf").write_text(main)
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: is_answering(port), 30), (folder / "errors").read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
