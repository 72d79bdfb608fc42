"""Nodes of one site on one PostgreSQL and one Redis, behind a proxy: visitors don't notice which of them answers."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from forum import jobs
from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.job_runs import JobClaim, JobRun
from forum.mail import Mail
from forum.posts.models import Comment
from forum.site import SiteSetting
from tests.factories import make_member, make_post
from tests.nodes import Browser, Nodes, running_nodes
from tests.post_forms import path_to, post_form
from tests.served import Visits, eventually

pytestmark = pytest.mark.slow  # servers in their own processes

PASSWORD = "a long password of a test"
WRONG = {"email": "nobody@partner.example", "password": "a wrong password"}
MAX_SIGN_INS = 10  # failures at one account in 15 minutes


@pytest.fixture
def nodes(tmp_path: Path, worker_id: str) -> Iterator[Nodes]:
    with running_nodes(tmp_path, f"{worker_id}_nodes") as running:
        yield running


def write_members(nodes: Nodes) -> tuple[str, str]:
    """Store a member with a password and a post; return the address and the path of the post."""
    with nodes.first.application():
        member = make_member(password_hash=hash_password(PASSWORD))
        return str(member.email), path_to(make_post())


def is_done(job: str) -> bool:
    """Return whether a job has run and no mail waits."""
    db.session.rollback()
    run = db.session.get(JobRun, job)
    return run is not None and run.failures == 0 and not db.session.query(Mail).count()


def store_setting(nodes: Nodes, value: str) -> None:
    with nodes.first.application():
        db.session.merge(SiteSetting(name="announcement", value=value))
        db.session.commit()


def test_a_journey_goes_on_at_whichever_node_answers(nodes: Nodes) -> None:
    first, second = nodes.ports[0], nodes.ports[-1]
    email, path = write_members(nodes)
    visitor = Browser()
    visitor.open(first, "/sign-in")
    assert visitor.send(second, "/sign-in", email=email, password=PASSWORD).status == 302, "the token is of the other"
    page = visitor.open(first, path)
    assert 'class="account"' in page.text
    reply = {"body": "Written at the other node.", "identity": "name", "intent": "publish", "submission": "1" * 32}
    answer = visitor.send(second, path.rsplit("/", 1)[0] + "/reply", **reply)
    assert answer.status == 302, answer.text
    assert visitor.send(first, path.rsplit("/", 1)[0] + "/reply", **reply).status == 302, "the same form again"
    assert "Written at the other node." in visitor.open(first, path).text
    with nodes.first.application():
        assert db.session.query(Comment).count() == 1
    for text in ("We move on Sunday.", "We have moved."):
        store_setting(nodes, text)
        for port in nodes.ports * 2:
            assert text in Browser().open(port, "/about").text
    failures = [
        (stranger := Browser()).open(port, "/sign-in") and stranger.send(port, "/sign-in", **WRONG).status
        for port in nodes.ports * MAX_SIGN_INS
    ]
    assert failures == [422] * MAX_SIGN_INS + [429] * (len(failures) - MAX_SIGN_INS)


def test_a_mail_is_sent_once_and_a_scheduled_job_that_all_nodes_start_runs_once(nodes: Nodes) -> None:
    email, _ = write_members(nodes)
    with nodes.first.application() as app:
        db.session.merge(JobClaim(name="delete_sessions", due_at=now() - timedelta(days=2)))
        db.session.commit()
        queue = jobs.queue_of(app)
        (scheduled,) = [task for task in queue._registry.periodic_tasks if task.name == "delete_sessions_scheduled"]
        for _ in range(6):  # as the schedules of both nodes would, at the same moment
            queue.enqueue(scheduled)
        stranger = Browser()
        stranger.open(nodes.proxy_port, "/forgotten-password")
        assert stranger.send(nodes.proxy_port, "/forgotten-password", email=email).status in (200, 302)
        assert eventually(lambda: not len(queue) and is_done("delete_sessions"), 40)
        assert db.session.get_one(JobClaim, "delete_sessions").due_at > now() - timedelta(days=1)
    assert [letter["To"] for letter in nodes.mail_server.received] == [email]


def reply(nodes: Nodes, visitor: Browser, path: str, number: int) -> bool:
    """Send a reply as someone does who sees an error of the proxy and sends it again."""
    form = {"body": f"Reply number {number}.", "identity": "name", "intent": "publish", "submission": f"{number:032}"}
    address = path.rsplit("/", 1)[0] + "/reply"
    return any(visitor.send(nodes.proxy_port, address, **form).status == 302 for _ in nodes.sites)


def test_nothing_is_lost_when_a_node_is_killed_or_all_restart_one_by_one(nodes: Nodes) -> None:
    email, path = write_members(nodes)
    proxy, visitor = nodes.proxy_port, Browser()
    visitor.open(proxy, "/sign-in")
    assert visitor.send(proxy, "/sign-in", email=email, password=PASSWORD).status == 302
    visitor.open(proxy, path)  # a form that stays open all the time
    draft = visitor.send(proxy, "/posts/new/draft", **post_form(body="Half a text.", title="", intent="save draft"))
    with Visits(proxy) as visits:
        assert visits.have_seen(40)
        nodes.first.stop(signal.SIGKILL, to_group=True)
        assert reply(nodes, visitor, path, 0) and visits.have_seen(100)
        nodes.first.start()
        for number, site in enumerate(nodes.sites[1:], 1):
            assert visits.have_seen(40)
            site.stop()
            assert reply(nodes, visitor, path, number) and visits.have_seen(100)
            site.start()
        assert visits.have_seen(40)
    assert visits.errors == []
    assert reply(nodes, visitor, path, 9), "the form was opened before every node had stopped"
    assert "Half a text." in visitor.open(proxy, draft.location).text
    page, numbers = visitor.open(proxy, path).text, [*range(len(nodes.sites)), 9]
    assert [page.count(f"Reply number {number}.") for number in numbers] == [1] * len(numbers)
