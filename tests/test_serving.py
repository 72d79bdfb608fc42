"""`forum serve`: start, stop, restart of its processes, and messages about what keeps it from starting."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from forum import mail
from forum.accounts.models import Member
from forum.accounts.queries import count_members
from forum.db import db
from forum.demo.actions import SIGN_INS
from tests import cluster
from tests.factories import make_member, make_post
from tests.served import Site, eventually, free_port, is_answering, open_visitor, process_tree

pytestmark = pytest.mark.slow  # servers in their own processes


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site_under_test = Site(tmp_path)
    yield site_under_test
    site_under_test.stop(signal.SIGKILL, to_group=True)


def have_ended(processes: list[int]) -> bool:
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
    ("number", "to_group"), [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGTERM, True)]
)
def test_sigint_and_sigterm_stop_everything(site: Site, number: int, to_group: bool) -> None:
    site.start()
    assert eventually(lambda: len(re.findall(r"Started worker-\d$", site.log.read_text(), re.M)) == 2)
    processes = site.processes()
    assert len(processes) == 5, "the supervisor, the web server, its two workers, the jobs"
    open_files = [str(path.readlink()) for path in Path(f"/proc/{processes[0]}/fd").iterdir()]
    assert not [name for name in open_files if "sqlite" in name], "no two processes use one connection"
    assert site.stop(number, to_group=to_group) == 0
    assert have_ended(processes)
    output = site.log.read_text()
    # Granian says "Killing worker" of one that has ended, too, when the machine is busy.
    assert output.count("[INFO] Stopped worker-") == 2 and "did not stop within" not in output
    assert "Traceback" not in output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_server_leaves_no_worker_at_its_port(site: Site) -> None:
    site.start()
    processes = site.processes()
    site.stop(signal.SIGKILL)
    assert eventually(lambda: have_ended(processes))
    site.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_worker_that_is_starting_ends_with_the_web_server(site: Site) -> None:
    site.start()
    server = next(number for number in site.processes() if len(process_tree(number)) == 3)
    first = process_tree(server)
    os.kill(first[1], signal.SIGKILL)
    assert eventually(lambda: set(process_tree(server)) - set(first))
    web = process_tree(server)
    os.kill(server, signal.SIGKILL)
    assert eventually(lambda: have_ended(web))
    assert eventually(lambda: len(site.processes()) == 5 and is_answering(site.port)), "started again by the supervisor"
    assert site.stop() == 0
    site.start()


def test_a_worker_that_dies_again_and_again_does_not_end_the_site(site: Site) -> None:
    site.start()
    for _ in range(3):
        server = next(number for number in site.processes() if len(process_tree(number)) == 3)
        worker = process_tree(server)[1]
        os.kill(worker, signal.SIGKILL)
        assert eventually(lambda: worker not in site.processes() and len(site.processes()) == 5)  # noqa: B023
    assert eventually(lambda: is_answering(site.port))
    assert site.stop() == 0


def test_a_start_waits_for_a_server_that_is_still_stopping(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)) as old:
        threading.Timer(5, old.close).start()
        site.start()
    assert site.stop() == 0


def test_it_starts_again_with_its_data(site: Site) -> None:
    site.start()
    assert site.stop() == 0
    with site.application():
        make_post(title="This is still here tomorrow")
    site.start()
    with site.application():
        assert db.session.scalars(db.select(db.text("title")).select_from(db.text("posts"))).all() == [
            "This is still here tomorrow"
        ]


def test_jobs_and_workers_that_end_are_started_again(site: Site) -> None:
    site.start()
    first = jobs_process(site)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: first not in site.processes() and len(site.processes()) == 5)
    assert jobs_process(site) != first
    server = next(number for number in site.processes() if len(process_tree(number)) == 3)
    worker = process_tree(server)[1]
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: worker not in site.processes() and len(site.processes()) == 5)
    assert eventually(lambda: is_answering(site.port))


def test_sighup_replaces_the_workers_while_the_site_answers(site: Site) -> None:
    site.start()
    assert site.server is not None
    before = site.processes()
    os.kill(site.server.pid, signal.SIGHUP)
    assert eventually(lambda: len(set(before) & set(site.processes())) == 3 and len(site.processes()) == 5)
    assert is_answering(site.port)


def test_the_jobs_deliver_mail_that_a_request_wrote(site: Site, tmp_path: Path) -> None:
    site.start()
    with site.application() as app:
        make_member(email="marta@partner.example", password_hash="x")
        reader = open_visitor(app, site, make_member(), "/posts/new")
    assert reader.post("/forgotten-password", email="marta@partner.example").status in (200, 302)
    folder = tmp_path / "instance" / "mail"
    assert eventually(lambda: folder.is_dir() and list(folder.glob("*.eml")))
    letter = message_from_bytes(next(folder.glob("*.eml")).read_bytes())
    assert letter["To"] == "marta@partner.example"
    with site.application():
        assert db.session.query(mail.Mail).count() == 0, "delivered mail is deleted"


def test_only_the_owner_can_read_the_keys(site: Site, tmp_path: Path) -> None:
    site.start()
    key_files = sorted((tmp_path / "instance").glob("*.key"))
    assert [file.name for file in key_files] == ["anonymity.key", "secret.key"]
    assert [file.stat().st_mode & 0o777 for file in key_files] == [0o600, 0o600]


def test_two_variables_make_it_use_postgresql_and_redis(tmp_path: Path, worker_id: str) -> None:
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
        # What members write is limited in the memory of each worker, so that no shared counter tells on an author.
        responses = [
            reader.post(
                f"{path}/reply", body="The same here.", identity="name", submission=f"{n:032d}", intent="publish"
            )
            for n in range(22)
        ]
        assert [response.status for response in responses[:20]] == [302] * 20
        assert not (tmp_path / "instance" / "forum.sqlite").exists()
        assert not (tmp_path / "instance" / "jobs.sqlite").exists()
    finally:
        site.stop(signal.SIGKILL, to_group=True)
        redis.terminate()
        redis.wait(timeout=60)


@pytest.mark.slow
def test_the_demo_community_is_created_at_the_first_start_only(site: Site) -> None:
    site.start("--demo")
    output = site.log.read_text()
    assert f"http://127.0.0.1:{site.port}" in output
    for _, email, password in SIGN_INS:
        assert email in output and password in output
    site.stop()
    with site.application():
        members = count_members()
        db.session.execute(db.delete(Member).where(Member.slug == "demo-admin"))
        db.session.commit()
    assert members > 10
    site.start("--demo")
    with site.application():
        assert count_members() == members - 1
