"""Hundreds of mails while the process that sends them is killed: nobody gets one twice, and nobody gets none."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from forum import jobs, mail
from forum.db import db, now, writing
from forum.mail_senders import CONNECTIONS
from tests import cluster
from tests.mail_server import MailServer, running_mail_server
from tests.served import ROOT, Site, eventually

pytestmark = pytest.mark.slow  # processes of their own, and hundreds of mails
COUNT = 500
KILLED_AFTER = (120, 300)  # mails


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    if request.param == "sqlite":
        return ""
    url = cluster.database_url(worker_id)
    if url is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    return url


@contextmanager
def working(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Run `forum work` in a process of its own, and kill it at the end."""
    with site.log.open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "forum.cli", "work"], env=site.environ, cwd=ROOT, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=60)


def fill_outbox(*, optional: bool) -> None:
    link = "http://localhost/unsubscribe/x" if optional else None
    with writing():
        for n in range(COUNT):
            fields: dict[str, Any] = {"name": "Marta", "link": "http://localhost/", "unsubscribe": link}
            mail.enqueue(f"m{n}@partner.example", "confirm", subject="Hello", **fields)
        db.session.commit()


def end_leases() -> None:
    """Do as if the time had passed for which the mails of a killed process are left alone."""
    with writing():
        db.session.execute(update(mail.Mail).values(due_at=now()))
        db.session.commit()
    jobs.enqueue("deliver_mail")


def count_waiting() -> int:
    db.session.rollback()
    return db.session.query(mail.Mail).count()


def deliver_with_kills(site: Site, server: MailServer, stage: str) -> None:
    """Deliver all mail; the process that sends is killed twice, each time in this stage of a mail."""
    for count in KILLED_AFTER:
        with working(site) as process:

            def kill(reached: str, process: subprocess.Popen[bytes] = process, count: int = count) -> bytes | None:
                if reached == stage and len(server.received) >= count:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait(timeout=60)
                return None

            server.behaviour = kill
            assert process.wait(timeout=240) == -signal.SIGKILL, site.log.read_text()
        end_leases()
    server.behaviour = lambda stage: None
    with working(site):
        assert eventually(lambda: count_waiting() == 0, 240), site.log.read_text()


@pytest.mark.parametrize("stage", ["recipient", "text"])
@pytest.mark.parametrize("optional", [True, False])
def test_nobody_gets_a_mail_twice_and_nobody_none_though_the_process_is_killed(
    tmp_path: Path, database_url: str, stage: str, optional: bool
) -> None:
    with running_mail_server() as server:
        site = Site(tmp_path, database_url, FORUM_MAIL_URL=server.url)
        with site.application():
            fill_outbox(optional=optional)
            deliver_with_kills(site, server, stage)
    copies = Counter(message["To"] for message in server.received)
    identities = {(message["To"], message["Message-ID"]) for message in server.received}
    # Beside the mail at whose stage the process was killed, the other connections had mails in flight.
    in_flight = range(len(KILLED_AFTER) * CONNECTIONS + 1)
    assert len(copies) == len(identities)
    assert COUNT - len(copies) in (in_flight if optional else [0]), "at most once"
    assert copies.total() - len(copies) in ([0] if optional else in_flight), "at least once"
