"""`forum serve` and other commands at their start: messages about what keeps them from starting, and where they listen."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forum.db import db
from tests.served import ROOT, Site, eventually

pytestmark = pytest.mark.slow  # servers in their own processes


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site_under_test = Site(tmp_path)
    yield site_under_test
    site_under_test.stop(signal.SIGKILL, to_group=True)


def run(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forum.cli", *command],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_a_port_in_use_is_reported_before_anything_is_created(site: Site, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        process = run(site.environ, "serve", "--demo")
    assert process.returncode == 1
    assert f"port {site.port}: address already in use" in process.stderr and "FORUM_PORT" in process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "instance" / "forum.sqlite").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"FORUM_HOST": "192.0.2.1"}, "Cannot listen at 192.0.2.1"),
        ({"FORUM_HOST": "no.such.host.invalid"}, "Cannot listen at no.such.host.invalid"),
        ({"FORUM_DATABASE_URL": "postgresql://forum@127.0.0.1:1/forum"}, "FORUM_DATABASE_URL"),
        ({"FORUM_DATABASE_URL": "sqlite:////nowhere/at/all/forum.sqlite"}, "FORUM_DATABASE_URL"),
        ({"FORUM_COLOUR": "red"}, "FORUM_COLOUR is not a setting"),
    ],
)
def test_what_keeps_it_from_starting_is_reported(site: Site, settings: dict[str, str], words: str) -> None:
    process = run(site.environ | settings, "serve")
    assert process.returncode == 1
    assert words in process.stderr and "Traceback" not in process.stderr


@pytest.mark.parametrize("command", ["serve", "check", "db upgrade"])
def test_a_database_that_is_none_or_is_of_a_newer_version_is_reported(site: Site, tmp_path: Path, command: str) -> None:
    with site.application():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = 'of_next_year'"))
        db.session.commit()
    process = run(site.environ, *command.split())
    output = process.stderr + process.stdout
    assert process.returncode == 1 and "of_next_year" in output and "Traceback" not in output
    for file in (tmp_path / "instance").glob("forum.sqlite*"):
        file.unlink()
    (tmp_path / "instance" / "forum.sqlite").write_bytes(b"no database " * 1000)
    process = run(site.environ, *command.split())
    output = process.stderr + process.stdout
    assert process.returncode == 1 and "file is not a database" in output and "Traceback" not in output


def test_it_listens_at_an_ipv6_address(site: Site) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").read_text():
        pytest.skip("no IPv6 on this machine")
    site.environ["FORUM_HOST"] = "::1"
    with site.log.open("ab") as log:
        site.server = subprocess.Popen(
            [sys.executable, "-m", "forum.cli", "serve"], env=site.environ, cwd=ROOT, stdout=log, stderr=log
        )

    def answers() -> bool:
        with closing(http.client.HTTPConnection("::1", site.port, timeout=60)) as connection:
            try:
                connection.request("GET", "/robots.txt")
                return f"http://[::1]:{site.port}/" in connection.getresponse().read().decode()
            except OSError:
                return False

    assert eventually(answers)
    assert site.stop() == 0
