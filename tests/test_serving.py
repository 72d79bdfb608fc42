"""The life of `forum serve`: it starts quickly, keeps what it had, says what is in its way, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from forum import mail
from forum.accounts.models import Member
from forum.accounts.queries import count_members
from forum.db import db
from forum.demo.actions import SIGN_INS
from forum.serving import GRACE_PERIOD
from tests import cluster
from tests.factories import make_member, make_post
from tests.served import ROOT, Site, free_port, is_answering, open_visitor, process_tree


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop(signal.SIGKILL, to_group=True)


def until(condition: Any, seconds: float = 15) -> bool:
    """Whether it comes true in that time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def gone(processes: list[int]) -> bool:
    return not [number for number in processes if Path(f"/proc/{number}").exists() and not _is_zombie(number)]


def _is_zombie(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def jobs_process(site: Site) -> int:
    """The child of the server that has no children of its own."""
    assert site.server is not None
    children = [number for number in site.processes() if _parent(number) == site.server.pid]
    return next(number for number in children if process_tree(number) == [number])


def _parent(number: int) -> int:
    return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize(
    ("number", "everybody"), [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True)]
)
def test_ctrl_c_and_a_terminate_stop_everything(site: Site, number: int, to_group: bool) -> None:
    site.start()
    assert until(lambda: site.log.read_text().count("[INFO] Started worker-") == 2)
    processes = site.processes()
    assert len(processes) == 5, "itself, the web server, its two workers, the jobs"
    asked = time.monotonic()
    assert site.stop(number, to_group=to_group) == 0
    assert time.monotonic() - asked < GRACE_PERIOD - 6, "the workers go by themselves; after that they would be killed"
    assert gone(processes)
    assert "Traceback" not in site.log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_server_leaves_no_worker_at_its_port(site: Site) -> None:
    site.start()
    processes = site.processes()
    site.stop(signal.SIGKILL)
    assert until(lambda: gone(processes))
    site.start()


def test_it_starts_in_five_seconds_with_what_it_had(site: Site) -> None:
    site.start()
    assert site.stop() == 0
    with site.application():
        make_post(title="This is still here tomorrow")
    assert site.start() < 5 or os.getloadavg()[0] > 3, "five seconds, on a machine that is not busy with other things"
    with site.application():
        assert db.session.scalars(db.select(db.text("title")).select_from(db.text("posts"))).all() == [
            "This is still here tomorrow"
        ]


def test_jobs_that_end_are_started_again_and_a_dead_worker_too(site: Site) -> None:
    site.start()
    first = jobs_process(site)
    os.kill(first, signal.SIGKILL)
    assert until(lambda: first not in site.processes() and len(site.processes()) == 5)
    assert jobs_process(site) != first
    server = next(number for number in site.processes() if len(process_tree(number)) == 3)
    worker = process_tree(server)[1]
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: worker not in site.processes() and len(site.processes()) == 5)
    assert until(lambda: is_answering(site.port))


def test_a_hang_up_starts_the_workers_anew_without_a_pause(site: Site) -> None:
    site.start()
    assert site.server is not None
    before = site.processes()
    os.kill(site.server.pid, signal.SIGHUP)
    assert until(lambda: len(set(before) & set(site.processes())) == 3 and len(site.processes()) == 5)
    assert is_answering(site.port)


def test_mail_written_in_a_request_goes_out_by_the_jobs_as_a_file(site: Site, tmp_path: Path) -> None:
    site.start()
    with site.application() as app:
        make_member(email="marta@partner.example", password_hash="x")
        reader = open_visitor(app, site, make_member(), "/posts/new")
    assert reader.post("/forgotten-password", email="marta@partner.example").status in (200, 302)
    folder = tmp_path / "instance" / "mail"
    assert until(lambda: folder.is_dir() and list(folder.glob("*.eml")))
    letter = message_from_bytes(next(folder.glob("*.eml")).read_bytes())
    assert letter["To"] == "marta@partner.example"
    with site.application():
        assert db.session.query(mail.Mail).count() == 0, "a mail that has gone out is kept by nobody"


def test_keys_are_for_the_owner_alone(site: Site, tmp_path: Path) -> None:
    site.start()
    kept = sorted((tmp_path / "instance").glob("*.key"))
    assert [file.name for file in kept] == ["anonymity.key", "secret.key"]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600, 0o600]


def run(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forum.cli", *command], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_a_taken_port_is_said_in_words_before_anything_is_done(site: Site, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        done = run(site.environ, "serve", "--demo")
    assert done.returncode == 1
    assert f"port {site.port}: address already in use" in done.stderr and "FORUM_PORT" in done.stderr
    assert "Traceback" not in done.stderr
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
def test_what_keeps_it_from_starting_is_said_in_words(site: Site, settings: dict[str, str], words: str) -> None:
    done = run(site.environ | settings, "serve")
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr


def test_it_runs_on_postgresql_and_redis_by_two_variables(tmp_path: Path, worker_id: str) -> None:
    url, program = cluster.database_url(f"{worker_id}_serving"), shutil.which("redis-server")
    if url is None or program is None:
        pytest.skip("no PostgreSQL or no Redis on this machine")
    port = free_port()
    redis = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    site = Site(tmp_path, url, FORUM_REDIS_URL=f"redis://127.0.0.1:{port}/0")
    try:
        site.start()
        with site.application() as app:
            member, post = make_member(), make_post()
            path = f"/posts/{app.url_map.converters['key'].to_url(None, post.id)}"
            reader = open_visitor(app, site, member, f"{path}/{post.slug}")
        # The limit is one for both workers: Redis counts for them.
        told = [
            reader.post(f"{path}/reply", body="The same here.", identity="name", submission=f"{n:032d}", intent="publish")
            for n in range(22)
        ]
        assert [answer.status for answer in told] == [302] * 20 + [429] * 2
        assert not (tmp_path / "instance" / "forum.sqlite").exists()
        assert not (tmp_path / "instance" / "jobs.sqlite").exists()
    finally:
        site.stop(signal.SIGKILL, to_group=True)
        redis.terminate()
        redis.wait(timeout=10)


@pytest.mark.slow
def test_the_demo_community_is_there_at_the_first_start_and_only_then(site: Site) -> None:
    site.start("--demo")
    told = site.log.read_text()
    assert f"http://127.0.0.1:{site.port}" in told
    for _, email, password in SIGN_INS:
        assert email in told and password in told
    site.stop()
    with site.application():
        members = count_members()
        db.session.execute(db.delete(Member).where(Member.slug == "demo-admin"))
        db.session.commit()
    assert members > 10
    site.start("--demo")
    with site.application():
        assert count_members() == members - 1
