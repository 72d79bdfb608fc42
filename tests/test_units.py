"""The systemd units of docs/examples: a restart that no visitor notices, and a start that waits for the database."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forum import sockets
from tests.served import ROOT, Visits, eventually, free_port, status
from tests.systemd import Systemd, parse_environment, parse_unit

pytestmark = pytest.mark.slow  # servers in their own processes
EXAMPLES = ROOT / "docs" / "examples"
KEY = "a key that only this test knows, of enough length"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def systemd(tmp_path: Path, port: int) -> Iterator[Systemd]:
    """Provide the units of docs/examples, as this user and with this checkout in the place of /opt/forum."""
    environment = tmp_path / "environment"
    environment.write_text(
        (EXAMPLES / "environment").read_text()
        + f"FORUM_INSTANCE={tmp_path}/forum\nFORUM_MAIL_URL=file:{tmp_path}/mail\nFORUM_BACKUPS=off\n"
        + f"FORUM_SECRET_KEY='{KEY}'\nFORUM_ANONYMITY_KEY='{KEY}'\nPYTHONPATH={ROOT}\nFORUM_WORKERS=2\n"
    )
    for file in EXAMPLES.glob("forum-*"):
        text = file.read_text().replace("/opt/forum/bin/forum", f"{sys.executable} -m forum.cli")
        text = text.replace("User=forum", f"User={pwd.getpwuid(os.getuid()).pw_name}")
        text = text.replace("/etc/forum/environment", str(environment)).replace(":8000", f":{port}")
        (tmp_path / file.name).write_text(text)
    stand_in = Systemd(tmp_path, tmp_path, faster=10)
    yield stand_in
    stand_in.stop_all()


def test_a_restart_and_a_reload_fail_no_request(systemd: Systemd, port: int) -> None:
    systemd.systemctl("start", "forum-web.socket", "forum-web.service")
    first = systemd.services["forum-web"].process
    with Visits(port) as visits:
        assert visits.have_seen(50)
        systemd.systemctl("restart", "forum-web")
        assert visits.have_seen(50)
        log = systemd.services["forum-web"].log
        stopped = log.read_text().count("Stopped old worker-")
        systemd.systemctl("reload", "forum-web")
        assert eventually(lambda: log.read_text().count("Stopped old worker-") == stopped + 2)
        assert visits.have_seen(50)
    assert visits.errors == [] and first is not None and first.returncode == 0


def test_both_services_wait_for_a_database_that_is_away(systemd: Systemd, tmp_path: Path, port: int) -> None:
    instance = tmp_path / "forum"
    instance.mkdir()
    # A folder in the place of the database can't be opened, like a server that does not run.
    (instance / "forum.sqlite").mkdir()
    systemd.systemctl("start", "forum-web.socket")
    services = [systemd.service("forum-web"), systemd.service("forum-jobs")]
    for service in services:
        service.begin()
    assert eventually(lambda: all(len(service.failures) >= 6 for service in services), 180)
    assert not any(service.is_ready.is_set() or service.has_failed for service in services)
    (instance / "forum.sqlite").rmdir()
    assert eventually(lambda: all(service.is_ready.is_set() for service in services), 180)
    assert status(port) == 200
    assert "Traceback" not in services[0].log.read_text()


@pytest.mark.parametrize("name", ["forum-web.service", "forum-jobs.service"])
def test_a_service_is_given_time_to_migrate_and_to_finish(name: str) -> None:
    unit = parse_unit((EXAMPLES / name).read_text())
    assert unit["Type"] == ["notify"] and unit["TimeoutStartSec"] == ["1h"] and unit["KillMode"] == ["mixed"]
    assert unit["StartLimitIntervalSec"] == ["0"] and unit["RestartSec"] == ["5"]


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    for file in EXAMPLES.glob("forum-*"):
        text = file.read_text().replace("/opt/forum/bin/forum", "/bin/true").replace("User=forum", "User=daemon")
        (tmp_path / file.name).write_text(text)
    units = [str(tmp_path / file.name) for file in EXAMPLES.glob("forum-*")]
    process = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    problems = [line for line in process.stderr.splitlines() if "forum-" in line]
    assert process.returncode == 0 and problems == [], process.stderr


def test_the_settings_read_the_same_by_systemd_and_by_a_shell() -> None:
    file = EXAMPLES / "environment"
    process = subprocess.run(
        ["env", "-i", "sh", "-c", f"set -a; . {file}; env"], capture_output=True, text=True, check=True
    )
    by_shell = dict(re.findall(r"^(FORUM_\w+)=(.*)$", process.stdout, re.M))
    assert by_shell == parse_environment(file.read_text())
    assert by_shell["FORUM_MAIL_FROM"] == "Full Duplex <forum@forum.example>"


def test_two_sockets_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", "2")
    with pytest.raises(sockets.CannotListen, match="2 sockets"):
        sockets.inherited_listener()
    assert "LISTEN_PID" not in os.environ and sockets.inherited_listener() is None


def test_a_socket_at_a_path_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as at_path:
        at_path.bind(str(tmp_path / "socket"))
        monkeypatch.setattr(sockets, "FIRST_INHERITED", os.dup(at_path.fileno()))
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", "1")
    with pytest.raises(sockets.CannotListen, match="ListenStream needs an address"):
        sockets.inherited_listener()
