"""Many requests at once, from several processes: nothing is lost or counted twice, even when the server is killed."""

import http.client
import multiprocessing
import secrets
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from forum import create_app
from forum.accounts.models import Member
from forum.db import db
from forum.posts.jobs import settle_pending_recounts
from forum.posts.models import Comment, Post, UsefulVote
from forum.urls import key_text
from tests import cluster
from tests.conftest import Browser, settings_for
from tests.factories import make_member, make_post, make_tag
from tests.served import Response, Site, Visitor, open_visitor

pytestmark = pytest.mark.slow  # servers in their own processes

PROCESSES, THREADS, EACH = 2, 8, 12
KINDS = ["sqlite", "postgres"]


def database(kind: str, folder: Path, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'forum.sqlite'}"
    url = cluster.database_url(name)
    if url is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    return url


def reply_form(**fields: Any) -> dict[str, Any]:
    return {
        "submission": secrets.token_hex(16),
        "body": "The same here.",
        "identity": "name",
        "intent": "publish",
        **fields,
    }


def write_replies(url: str, folder: Path, path: str, member_ids: list[int], report: Any) -> None:
    """Run one process: every thread sends its replies as fast as it can, and reports the status of each."""
    # The key of the site that made the members: their secrets are sealed with it.
    keys = [(folder / "instance" / "anonymity.key").read_text().strip()]
    app = create_app(settings_for(url, folder, RATELIMIT_ENABLED=False, ANONYMITY_KEYS=keys))
    app.test_client_class = Browser
    with app.app_context():
        members = [db.session.get(Member, number) for number in member_ids]
        _ = [member.get_id() for member in members]
        db.session.expunge_all()

    def write(member: Any) -> list[int]:
        browser = app.test_client(user=member)
        return [
            browser.post(path, data=reply_form(identity="anonymous" if n % 3 == 0 else "name")).status_code
            for n in range(EACH)
        ]

    with ThreadPoolExecutor(THREADS) as pool:
        report.put([status for statuses in pool.map(write, members) for status in statuses])


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_with_eight_threads_each_lose_no_reply(kind: str, tmp_path: Path, worker_id: str) -> None:
    url = database(kind, tmp_path, f"{worker_id}_writing")
    with Site(tmp_path, url).application():
        path = f"/posts/{key_text(make_post().id)}/reply"
        members = [make_member().id for _ in range(PROCESSES * THREADS)]
    context = multiprocessing.get_context("spawn")
    report = context.Queue()
    writers = [
        context.Process(target=write_replies, args=(url, tmp_path, path, members[n::PROCESSES], report))
        for n in range(PROCESSES)
    ]
    for writer in writers:
        writer.start()
    answers = [report.get(timeout=400) for _ in writers]
    for writer in writers:
        writer.join(timeout=120)
        writer.close()
    report.close()
    report.join_thread()
    assert [status for responses in answers for status in responses] == [302] * (PROCESSES * THREADS * EACH)
    with Site(tmp_path, url).application():
        assert db.session.scalar(db.select(db.func.count()).select_from(Comment)) == PROCESSES * THREADS * EACH
        assert db.session.scalars(db.select(Post.comment_count)).one() == PROCESSES * THREADS * EACH
        # Each member wrote a third of them anonymously: under one alias, each reply with its own chain link.
        anonymous = db.session.execute(db.select(Comment.pseudonym_id, Comment.chain_link).where(_is_anonymous())).all()
        assert len({row.pseudonym_id for row in anonymous}) == PROCESSES * THREADS
        assert len({row.chain_link for row in anonymous}) == len(anonymous) == PROCESSES * THREADS * EACH // 3


def _is_anonymous() -> Any:
    return Comment.pseudonym_id.is_not(None)


class Running:
    """A served site with one post and eight signed-in readers."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.application() as app:
            post = make_post(tags=[make_tag("renewals")])
            self.post_id, self.path = post.id, f"/posts/{key_text(post.id)}"
            path_of_post = f"{self.path}/{post.slug}"
            self.readers: list[Visitor] = []
            for _ in range(8):
                member = make_member()
                self.readers.append(open_visitor(app, site, member, path_of_post))


@pytest.fixture(scope="module", params=KINDS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    site = Site(folder, database(request.param, folder, f"{worker_id}_served"))
    running_site = Running(site)
    site.start()
    yield running_site
    site.stop()


def run_concurrently(visits: list[Callable[[], Response]]) -> list[Response]:
    """Run all visits at the same moment."""
    barrier = Barrier(len(visits))

    def make(visit: Callable[[], Response]) -> Response:
        barrier.wait()
        return visit()

    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(make, visits))


def query_value(site: Site, statement: Any) -> Any:
    with site.application():
        return db.session.execute(statement).scalar()


def test_a_form_sent_eight_times_at_once_creates_one_reply_and_leads_to_it_each_time(running: Running) -> None:
    form, reader = reply_form(body="Sent again and again."), running.readers[0]
    responses = run_concurrently([lambda: reader.post(f"{running.path}/reply", **form)] * 8)
    assert {response.status for response in responses} == {302}
    assert len({response.location for response in responses}) == 1
    same = db.select(db.func.count()).select_from(Comment).where(Comment.body == "Sent again and again.")
    assert query_value(running.site, same) == 1


def test_a_post_sent_eight_times_at_once_is_created_once(running: Running) -> None:
    form = {
        "submission": secrets.token_hex(16),
        "title": "What the renewal cost us this year",
        "body": "It cost us four exams and a price list that came nine weeks late.",
        "leaning": "bad",
        "tags": "renewals",
        "vendor_naming": "none",
        "identity": "anonymous",
        "intent": "publish",
    }
    responses = run_concurrently([lambda: running.readers[1].post("/posts/new", **form)] * 8)
    assert {response.status for response in responses} == {302}, [
        response.text for response in responses if response.status != 302
    ][:1]
    assert len({response.location for response in responses}) == 1
    same = db.select(db.func.count()).select_from(Post).where(Post.title == form["title"])
    assert query_value(running.site, same) == 1


def test_anonymous_replies_sent_at_once_carry_different_chain_links(running: Running) -> None:
    reader = running.readers[2]
    forms = [reply_form(identity="anonymous", body=f"Quietly, {n}.") for n in range(8)]
    responses = run_concurrently([lambda form=form: reader.post(f"{running.path}/reply", **form) for form in forms])
    assert [response.status for response in responses] == [302] * 8
    with running.site.application():
        rows = db.session.execute(
            db.select(Comment.chain_link, Comment.pseudonym_id).where(Comment.body.startswith("Quietly"))
        ).all()
    assert len({row.chain_link for row in rows}) == len(rows) == 8
    assert len({row.pseudonym_id for row in rows}) == 1


def test_a_useful_vote_sent_eight_times_at_once_counts_once(running: Running) -> None:
    reader = running.readers[3]
    responses = run_concurrently([lambda: reader.post(f"{running.path}/useful", intent="mark")] * 8)
    assert {response.status for response in responses} == {302}
    assert query_value(running.site, db.select(db.func.count()).select_from(UsefulVote)) == 1
    assert query_value(running.site, db.select(Post.useful_count).where(Post.id == running.post_id)) == 1
    run_concurrently([lambda: reader.post(f"{running.path}/useful", intent="unmark")] * 8)
    assert query_value(running.site, db.select(Post.useful_count).where(Post.id == running.post_id)) == 0


def reply_until_refused(reader: Visitor, path: str, acknowledged: list[str]) -> None:
    while True:
        form = reply_form(body="Still here.")
        try:
            response = reader.post(path, **form)
        except (OSError, http.client.HTTPException):
            return
        if response.status != 302:  # this reader has reached the limit of twenty a minute
            return
        acknowledged.append(form["submission"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_server_loses_nothing_that_it_acknowledged(kind: str, tmp_path: Path, worker_id: str) -> None:
    site = Site(tmp_path, database(kind, tmp_path, f"{worker_id}_killed"))
    running_site = Running(site)
    site.start()
    acknowledged: list[str] = []
    with ThreadPoolExecutor(8) as pool:
        path = f"{running_site.path}/reply"
        streams = [pool.submit(reply_until_refused, reader, path, acknowledged) for reader in running_site.readers]
        while len(acknowledged) < 30:
            time.sleep(0.01)
        site.stop(signal.SIGKILL, to_group=True)
        for future in streams:
            future.result()
    if kind == "sqlite":
        with sqlite3.connect(tmp_path / "forum.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    with site.application():
        submissions = set(db.session.scalars(db.select(Comment.submission)))
        assert set(acknowledged) <= submissions
        settle_pending_recounts()  # what was written and not yet counted when the server was killed
        assert db.session.scalars(db.select(Post.comment_count)).one() == len(submissions)
    site.start()
    site.stop()
