"""docs/running.md, followed to the letter: from an empty machine to a site that was backed up, restored and upgraded."""

import os
import pwd
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests import cluster
from tests.certificates import HOST
from tests.running_guide import (
    SECTIONS,
    Machine,
    new_machine,
    read_blocks,
    reason_not_to_run,
    skip_unless_root_on_debian,
)
from tests.served import Visits, eventually, free_port

pytestmark = pytest.mark.slow


def test_every_command_of_the_guide_is_run_or_has_a_reason() -> None:
    blocks = read_blocks()
    assert sum(len(block.commands) for block in blocks) > 40
    ignored = [
        command
        for block in blocks
        for command in block.commands
        if block.section not in SECTIONS and reason_not_to_run(command) is None
    ]
    assert ignored == []


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Provide an empty machine for a site on SQLite."""
    skip_unless_root_on_debian()
    with new_machine() as empty:
        yield empty


@pytest.fixture
def machine_with_servers(tmp_path: Path) -> Iterator[Machine]:
    """Provide an empty machine with PostgreSQL and Redis."""
    skip_unless_root_on_debian()
    socket, redis = os.environ.get(cluster.SOCKET_FOLDER), shutil.which("redis-server")
    if not socket or redis is None:
        pytest.skip("no PostgreSQL of its own or no Redis on this machine")
    Path(socket).chmod(0o711)  # the site's user passes through
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([redis, *options], stdout=subprocess.DEVNULL)
    try:
        with new_machine(socket, port) as empty:
            yield empty
    finally:
        server.terminate()
        server.wait(timeout=60)


def title_by_https(machine: Machine) -> str:
    """Return the title of the home page as the proxy serves it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with closing(HTTPSConnection(machine.address, context=context, timeout=60)) as connection:
        connection.request("GET", "/", headers={"Host": HOST})
        match = re.search("<title>(.*?)</title>", connection.getresponse().read().decode())
    return match[1] if match else ""


def strangers_files(machine: Machine) -> list[Path]:
    """Return what the site's user does not own or others can read."""
    owner = pwd.getpwnam(machine.user).pw_uid
    files = [(path, path.stat()) for path in machine.site_files() if path.exists()]
    return [path for path, state in files if state.st_uid != owner or state.st_mode & 0o077]


def live(machine: Machine, *servers: str) -> None:
    """Follow the guide until the site is there for visitors."""
    machine.follow("Install")
    machine.edit_settings()
    machine.follow(*servers)
    machine.follow("systemd")
    machine.follow("Reverse proxy")
    assert eventually(lambda: "Full Duplex" in title_by_https(machine))
    assert strangers_files(machine) == []


def upgrade(machine: Machine) -> None:
    """Follow the guide while visitors come, from a version that had a module more."""
    stale = machine.root / "usr/local/src/forum/build/lib/forum/of_last_year.py"
    assert stale.parent.is_dir(), "pip has left it"
    stale.touch()
    with Visits(machine.port) as visits:
        assert visits.have_seen(50)
        machine.follow("Upgrades")
        assert visits.have_seen(50)
    assert visits.errors == []
    assert not list((machine.root / "opt/forum").rglob("of_last_year.py"))


def test_a_site_on_sqlite(machine: Machine) -> None:
    live(machine)
    assert (machine.root / "var/lib/forum/forum.sqlite").is_file()
    machine.follow("Backups")
    assert "Full Duplex" in title_by_https(machine) and strangers_files(machine) == []
    upgrade(machine)
    machine.follow("Logs")
    assert "Mail: OK" in machine.run("forum check") and strangers_files(machine) == []
    machine.run("systemctl stop forum-web.socket forum-web.service forum-jobs.service")
    assert not list((machine.root / "var/lib/forum").glob("*-wal"))


def test_a_site_on_postgresql_with_redis(machine_with_servers: Machine) -> None:
    machine = machine_with_servers
    live(machine, "PostgreSQL", "Redis")
    assert not list((machine.root / "var/lib/forum").glob("*.sqlite"))
    machine.follow("Backups")
    assert "Full Duplex" in title_by_https(machine) and strangers_files(machine) == []
    assert "Database: OK." in machine.run("forum check")
