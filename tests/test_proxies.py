"""The proxies of docs/examples, started as documented: they answer, say who asks, and let no slow sender through."""

import http.client
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.certificates import HOST, write_certificate
from tests.served import ROOT, Site, eventually, free_port

pytestmark = pytest.mark.slow
CADDY_NEEDED = (2, 8)


class Answer:
    """Status, body and headers of a response."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.text, self.headers = response.status, response.read().decode(), response.headers


def example(name: str) -> str:
    """Return a configuration of docs/examples."""
    return (ROOT / "docs" / "examples" / name).read_text()


def nginx_command(folder: Path, port: int, upstream: int) -> list[str]:
    """Write nginx's configuration, and return how to start it."""
    certificate, key = write_certificate(folder)
    plain_port = free_port()
    (folder / "plain_port").write_text(str(plain_port))
    server = (
        example("nginx.conf")
        .replace("listen 443", f"listen 127.0.0.1:{port}")
        .replace("listen 80", f"listen 127.0.0.1:{plain_port}")
        .replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    )
    server = re.sub(r" *listen \[::\].*\n", "", server)
    server = server.replace(f"/etc/letsencrypt/live/{HOST}/fullchain.pem", str(certificate))
    server = server.replace(f"/etc/letsencrypt/live/{HOST}/privkey.pem", str(key))
    server = server.replace("/var/log/nginx/forum.log", str(folder / "access.log"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    main = f"daemon off;\nuser root;\npid {folder / 'pid'};\nevents {{}}\nhttp {{\n{folders}\n{server}\n}}\n"
    (folder / "nginx.conf").write_text(main)
    return [
        shutil.which("nginx") or "",
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "errors"),
    ]


def caddy_command(folder: Path, port: int, upstream: int) -> list[str]:
    """Write Caddy's configuration, and return how to start it."""
    certificate, key = write_certificate(folder)
    text = example("Caddyfile").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    plain_port = free_port()
    (folder / "plain_port").write_text(str(plain_port))
    options = f"admin off\nhttp_port {plain_port}\nhttps_port {port}\ndefault_bind 127.0.0.1\n"
    text = re.sub(r"^\{\n", "{\n" + options, text, count=1, flags=re.M)
    text = text.replace("{$SITE_DOMAIN:forum.example} {\n", f"{HOST} {{\ntls {certificate} {key}\n", 1)
    (folder / "Caddyfile").write_text(text)
    return [shutil.which("caddy") or "", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def caddy_version() -> tuple[int, ...]:
    output = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", output)[:2])


@pytest.fixture(params=["nginx", "caddy"])
def proxy_port(request: pytest.FixtureRequest, tmp_path: Path, site: Site) -> Iterator[int]:
    """Start a proxy as documented, in front of the site, and provide its port."""
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param} on this machine")
    if request.param == "caddy" and caddy_version() < CADDY_NEEDED:
        pytest.skip("this Caddy is too old")
    port, folder = free_port(), tmp_path / "proxy"
    folder.mkdir()
    command = (nginx_command if request.param == "nginx" else caddy_command)(folder, port, site.port)
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
    try:
        assert eventually(lambda: process.poll() is not None or is_open(port), 20)
        assert process.poll() is None, (folder / "output").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site_under_test = Site(tmp_path, FORUM_PROXIES="1", FORUM_SITE_URL=f"https://{HOST}")
    site_under_test.environ["FORUM_TRUSTED_HOSTS"] = "127.0.0.1"  # the helper asks the site itself whether it answers
    site_under_test.start()
    yield site_under_test
    site_under_test.stop(signal.SIGKILL, to_group=True)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def connect(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60), server_hostname=HOST)


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
    with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        connection.sock = connect(port)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": f"{HOST}:{port}", "User-Agent": "a test", **names})
        return Answer(connection.getresponse())


def test_pages_and_forms_are_answered_and_forged_headers_are_dropped(proxy_port: int) -> None:
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Port": "x", "X_Forwarded_Host": "evil.example"}
    page = ask(proxy_port, "GET", "/sign-in", **forged)
    assert page.status == 200 and "evil.example" not in page.text
    assert page.headers["Strict-Transport-Security"] and "Secure" in page.headers["Set-Cookie"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = ask(
        proxy_port,
        "POST",
        "/sign-in",
        urlencode({"csrf_token": token[1], "email": "nobody@partner.example", "password": "no password of anyone"}),
        Content_Type="application/x-www-form-urlencoded",
        Cookie=page.headers["Set-Cookie"].partition(";")[0],
        Referer=f"https://{HOST}:{proxy_port}/sign-in",
        **forged,
    )
    assert answer.status == 422, answer.text
    assert ask(proxy_port, "POST", "/sign-in", "x" * 1_100_000).status == 413


def test_slow_senders_stop_no_reader(proxy_port: int) -> None:
    head = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\nemail="
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(connect(proxy_port)).sendall(head.encode())
        time.sleep(0.5)
        assert [ask(proxy_port, "GET", "/robots.txt").status for _ in range(10)] == [200] * 10


def test_port_80_leads_to_https(proxy_port: int, tmp_path: Path) -> None:
    plain_port = int((tmp_path / "proxy" / "plain_port").read_text())
    with closing(http.client.HTTPConnection("127.0.0.1", plain_port, timeout=60)) as connection:
        connection.request("GET", "/posts/new?vendor=northwind", headers={"Host": HOST})
        answer = connection.getresponse()
    assert answer.status in (301, 308)
    assert answer.getheader("Location", "").endswith(f"{HOST}/posts/new?vendor=northwind")
    assert answer.getheader("Location", "").startswith("https://")


def test_the_log_holds_no_address_and_nothing_that_was_submitted(proxy_port: int, tmp_path: Path) -> None:
    ask(proxy_port, "GET", "/search?q=secretly")
    ask(proxy_port, "POST", "/sign-in", "x=1", Content_Type="application/x-www-form-urlencoded")
    files = [tmp_path / "proxy" / name for name in ("access.log", "output", "errors")]
    text = "".join(file.read_text() for file in files if file.exists())
    assert '"GET" ' in text or '"method":"GET"' in text
    assert "POST" not in text and "secretly" not in text and "/search" not in text
    assert "127.0.0.1" not in re.sub(r"^.*\"logger\":\"(?!http\.log\.access).*$", "", text, flags=re.M)
