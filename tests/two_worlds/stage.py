"""One world: its cast, its clock and its browsers, and the methods that the steps of a story call."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from shutil import rmtree
from typing import Any, NamedTuple

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text as sql

from forum import anonymity, jobs
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.session_views import PROVED_AT
from forum.db import db
from forum.moderation.models import Case
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.conftest import empty_database
from tests.factories import PASSWORD
from tests.two_worlds import dump
from tests.two_worlds.placeholders import MANY_NOUNS, Placeholders

START = datetime(2026, 11, 24, 9, 30, 20, tzinfo=UTC)
PASSWORD_HASH = hash_password(PASSWORD)
Step = Callable[["Stage"], object]


class Act(NamedTuple):
    """A step of a story: its function, the hours since the previous step, and the readers who look at all pages then."""

    run: Step
    hours: int
    readers: list[str]


class Cast(NamedTuple):
    """The members behind the pseudonyms in a world, and how many minutes later than in other worlds they write."""

    first_author: str
    second_author: str
    delay_minutes: int = 0


class Stage:
    """A world in which a story is played. The two authors write anonymously, in different threads."""

    def __init__(self, app: Flask, clock: Any, cast: Cast) -> None:
        self.app, self.clock = app, clock
        self.first_author, self.second_author, self.delay_minutes = cast
        self.names = Placeholders(app.config["SECRET_KEY"], app.config["ANONYMITY_KEYS"][0])
        self.browsers: dict[str, Any] = {}
        self.exported_lines: list[str] = []

    def member(self, name: str) -> Member:
        """Return a member by first name."""
        return db.session.query(Member).filter(Member.slug.startswith(f"{name}-")).one()

    def browser(self, name: str) -> Any:
        """Return a member's browser. Alice and Bob sign in by the form; the others are signed in."""
        if name == "stranger":
            return self.app.test_client()
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client(user=self.member(name))
        with self.browsers[name].session_transaction() as values:
            values[PROVED_AT] = int(time.time())  # a story takes days: they have given their password again
        return self.browsers[name]

    def send(self, name: str, path: str, status: int = 302, /, browser: Any = None, **typed: Any) -> Any:
        """Submit a form and check the status of the response."""
        self.clock.shift(timedelta(seconds=1))  # rows of the same second have no order
        answer = (browser or self.browser(name)).post(path, data=typed)
        assert answer.status_code == status, (path, typed, answer.status_code, _main(answer.text))
        return answer

    def send_anonymously(self, name: str, path: str, status: int = 302, /, **typed: Any) -> Any:
        """Submit a form of anonymous writing in a new browser, delayed by this world's minutes."""
        self.clock.shift(timedelta(minutes=self.delay_minutes))
        answer = self.send(name, path, status, browser=self.app.test_client(user=self.member(name)), **typed)
        self.clock.shift(timedelta(minutes=-self.delay_minutes))
        return answer

    def post(self, title: str) -> Post:
        """Return the post whose title starts with these words."""
        return db.session.query(Post).filter(Post.title.startswith(title)).one()

    def reply(self, start: str) -> Comment:
        """Return the reply that starts with these words."""
        return db.session.query(Comment).filter(Comment.body.startswith(start)).one()

    def path(self, item: Any, more: str = "") -> str:
        """Return the path of a post or reply."""
        return f"/{'posts' if isinstance(item, Post) else 'replies'}/{key_text(item.id)}{more}"

    def decide(self, moderator: str, item: Any, kind: str, **fields: str) -> None:
        """Decide the open case of a kind about a post or reply."""
        column = Case.post_id if isinstance(item, Post) else Case.comment_id
        case = db.session.query(Case).filter(Case.kind == kind, column == item.id, Case.closed_at.is_(None)).one()
        form = {
            "intent": "decide",
            "facts": "The second line.",
            "reason": "Said as the published rule has it, in full.",
        }
        self.send(moderator, f"/moderation/cases/{key_text(case.id)}/decide", **{**form, **fields})

    def run(self, *names: str) -> None:
        """Run scheduled jobs by name, or without names everything in the queue."""
        queue = jobs.queue_of(self.app)
        for name in names:
            jobs._jobs[name]()
        while not names and queue.pending_count():
            queue.execute(queue.dequeue())
        db.session.expire_all()


def _main(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))[:1500]


@contextmanager
def world(app: Flask, cast: Cast) -> Iterator[Stage]:
    """Provide an empty site at the start of the story."""
    reset_database()
    dump.clear_caches()
    jobs.queue_of(app).flush()
    rmtree(app.config["INSTANCE"] / "mail", ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(START, tick=False) as clock:
        patch.setattr(anonymity, "NOUNS", MANY_NOUNS)
        yield Stage(app, clock, cast)
    db.session.rollback()


def play(
    stage: Stage, story: list[Act], recorder: dump.LogRecorder, look: Callable[[Stage, list[str]], dump.Dump]
) -> Iterator[tuple[str, dump.Dump]]:
    """Play a story; yield (step, everything visible) after each step."""
    for act in story:
        stage.clock.shift(timedelta(hours=act.hours))
        act.run(stage)
        db.session.commit()
        state = dump.stored_state(stage.app, stage.names, recorder)
        state["exported"] = [stage.names.text(line) for line in stage.exported_lines]
        yield act.run.__name__, state | (look(stage, act.readers) if act.readers else {})


def reset_database() -> None:
    """Empty the tables and reset the sequences."""
    db.session.remove()
    empty_database()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sql("DELETE FROM sqlite_sequence"))
