"""Many at once, in processes of their own: nothing is lost, nothing is counted twice, and a killed server loses nothing."""

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
from forum.posts.models import Comment, Post, UsefulVote
from forum.urls import key_text
from tests import cluster
from tests.conftest import Browser, settings_for
from tests.factories import make_tag, make_member, make_post
from tests.served import Response, Site, Visitor, open_visitor

PROCESSES, THREADS, EACH = 2, 8, 12
KINDS = ["sqlite", "postgres"]


def database(kind: str, folder: Path, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'forum.sqlite'}"
    url = cluster.database_url(name)
    if url is None:
        pytest.skip("no PostgreSQL on this machine")
    return url


def reply_form(**given: Any) -> dict[str, Any]:
    return {"submission": secrets.token_hex(16), "body": "The same here.", "identity": "name", "intent": "publish", **given}


def write_replies(url: str, folder: Path, path: str, member_ids: list[int], report: Any) -> None:
    """One process: every thread sends its replies, each as fast as it can; tells how each was answered."""
    app = create_app(settings_for(url, folder, RATELIMIT_ENABLED=False))
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
        report.put([status for done in pool.map(write, members) for status in done])


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
        writer.join(timeout=30)
        writer.close()
    report.close()
    report.join_thread()
    assert [status for told in answers for status in told] == [302] * (PROCESSES * THREADS * EACH)
    with Site(tmp_path, url).application():
        assert db.session.scalar(db.select(db.func.count()).select_from(Comment)) == PROCESSES * THREADS * EACH
        assert db.session.scalars(db.select(Post.comment_count)).one() == PROCESSES * THREADS * EACH
        # Each member wrote a third anonymously: under one name of their own, each with a link of its own.
        anonymous = db.session.execute(
            db.select(Comment.pseudonym_id, Comment.chain_link).where(_is_anonymous())
        ).all()
        assert len({row.pseudonym_id for row in anonymous}) == PROCESSES * THREADS
        assert len({row.chain_link for row in anonymous}) == len(anonymous) == PROCESSES * THREADS * EACH // 3


def _is_anonymous() -> Any:
    return Comment.pseudonym_id.is_not(None)


class Running:
    """A served site with one experience, its author, and eight readers."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.application() as app:
            post = make_post(tags=[make_tag("renewals")])
            self.post_id, self.path = post.id, f"/posts/{key_text(post.id)}"
            shown = f"{self.path}/{post.slug}"
            self.readers: list[Visitor] = []
            for _ in range(8):
                member = make_member()
                self.readers.append(open_visitor(app, site, member, shown))


@pytest.fixture(scope="module", params=KINDS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    site = Site(folder, database(request.param, folder, f"{worker_id}_served"))
    made = Running(site)
    site.start()
    yield made
    site.stop()


def at_once(visits: list[Callable[[], Response]]) -> list[Response]:
    """All of them at the same moment."""
    barrier = Barrier(len(visits))

    def make(visit: Callable[[], Response]) -> Response:
        barrier.wait()
        return visit()

    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(make, visits))


def counted(site: Site, statement: Any) -> Any:
    with site.application():
        return db.session.execute(statement).scalar()


def test_a_form_sent_eight_times_at_once_is_one_reply_and_leads_to_it_each_time(running: Running) -> None:
    form, reader = reply_form(body="Sent again and again."), running.readers[0]
    told = at_once([lambda: reader.post(f"{running.path}/reply", **form)] * 8)
    assert {answer.status for answer in told} == {302}
    assert len({answer.location for answer in told}) == 1
    same = db.select(db.func.count()).select_from(Comment).where(Comment.body == "Sent again and again.")
    assert counted(running.site, same) == 1


def test_an_experience_sent_eight_times_at_once_is_one_experience(running: Running) -> None:
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
    told = at_once([lambda: running.readers[1].post("/posts/new", **form)] * 8)
    assert {answer.status for answer in told} == {302}, [answer.text for answer in told if answer.status != 302][:1]
    assert len({answer.location for answer in told}) == 1
    same = db.select(db.func.count()).select_from(Post).where(Post.title == form["title"])
    assert counted(running.site, same) == 1


def test_anonymous_replies_of_one_member_at_once_carry_a_link_of_the_chain_each(running: Running) -> None:
    reader = running.readers[2]
    sent = [reply_form(identity="anonymous", body=f"Quietly, {n}.") for n in range(8)]
    told = at_once([lambda form=form: reader.post(f"{running.path}/reply", **form) for form in sent])
    assert [answer.status for answer in told] == [302] * 8
    with running.site.application():
        rows = db.session.execute(
            db.select(Comment.chain_link, Comment.pseudonym_id).where(Comment.body.startswith("Quietly"))
        ).all()
    assert len({row.chain_link for row in rows}) == len(rows) == 8
    assert len({row.pseudonym_id for row in rows}) == 1


def test_useful_said_eight_times_at_once_counts_once(running: Running) -> None:
    reader = running.readers[3]
    told = at_once([lambda: reader.post(f"{running.path}/useful", intent="mark")] * 8)
    assert {answer.status for answer in told} == {302}
    assert counted(running.site, db.select(db.func.count()).select_from(UsefulVote)) == 1
    assert counted(running.site, db.select(Post.useful_count).where(Post.id == running.post_id)) == 1
    at_once([lambda: reader.post(f"{running.path}/useful", intent="unmark")] * 8)
    assert counted(running.site, db.select(Post.useful_count).where(Post.id == running.post_id)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_server_has_lost_nothing_that_it_acknowledged(kind: str, tmp_path: Path, worker_id: str) -> None:
    site = Site(tmp_path, database(kind, tmp_path, f"{worker_id}_killed"))
    made = Running(site)
    site.start()
    acknowledged: list[str] = []

    def stream(reader: Visitor) -> None:
        while True:
            form = reply_form(body="Still here.")
            try:
                answer = reader.post(f"{made.path}/reply", **form)
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 302:
                acknowledged.append(form["submission"])
            else:  # twenty a minute: this one has written its share
                return

    with ThreadPoolExecutor(8) as pool:
        streams = [pool.submit(stream, reader) for reader in made.readers]
        while len(acknowledged) < 30:
            time.sleep(0.01)
        site.stop(signal.SIGKILL, everybody=True)
        for one in streams:
            one.result()
    if kind == "sqlite":
        with sqlite3.connect(tmp_path / "forum.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    with site.application():
        kept = set(db.session.scalars(db.select(Comment.submission)))
        assert set(acknowledged) <= kept
        assert db.session.scalars(db.select(Post.comment_count)).one() == len(kept)
    site.start()
    site.stop()
