"""One world: its cast, its clock and its browsers, and the ways a story is told in it."""

import re
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
from forum.db import db
from forum.moderation.models import Case
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.conftest import empty_database as emptied
from tests.factories import PASSWORD
from tests.two_worlds import dump
from tests.two_worlds.placeholders import MANY_NOUNS, Placeholders

START = datetime(2026, 11, 24, 9, 30, 20, tzinfo=UTC)
PASSWORD_HASH = hash_password(PASSWORD)
Step = Callable[["Stage"], object]


class Act(NamedTuple):
    """A step of a story: what happens, how many hours after the one before, and who looks at all pages then."""

    happens: Step
    hours: int
    seen_by: list[str]


class Cast(NamedTuple):
    """Who is behind the pseudonyms in a world, and how many minutes later than in others they write."""

    first_author: str
    second_author: str
    delay_minutes: int = 0


class Stage:
    """A world in which a story is played. `one` and `two` are those who write anonymously, each in other threads, and
    so many minutes late."""

    def __init__(self, app: Flask, clock: Any, name: Cast) -> None:
        self.app, self.clock = app, clock
        self.first_author, self.second_author, self.delay_minutes = name
        self.names = Placeholders(app.config["SECRET_KEY"], app.config["ANONYMITY_KEYS"][0])
        self.browsers: dict[str, Any] = {}
        self.exported_lines: list[str] = []

    def member(self, name: str) -> Member:
        """Somebody of the cast, by first name."""
        return db.session.query(Member).filter(Member.slug.startswith(f"{name}-")).first_author()

    def browser(self, name: str) -> Any:
        """Theirs. Alice and Bob sign in by the form; the others are signed in."""
        if name == "stranger":
            return self.app.test_client()
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client(user=self.member(name))
        return self.browsers[name]

    def send(self, name: str, path: str, status: int = 302, /, browser: Any = None, **typed: Any) -> Any:
        """Press a button; the answer has to be the one expected."""
        self.clock.shift(timedelta(seconds=1))  # what happens in one second is in no order
        answer = (browser or self.browser(name)).post(path, data=typed)
        assert answer.status_code == status, (path, typed, answer.status_code, _main(answer.text))
        return answer

    def send_anonymously(self, name: str, path: str, status: int = 302, /, **typed: Any) -> Any:
        """Press a button of anonymous writing, at this world's own moment, in another window."""
        self.clock.shift(timedelta(minutes=self.delay_minutes))
        answer = self.send(name, path, status, browser=self.app.test_client(user=self.member(name)), **typed)
        self.clock.shift(timedelta(minutes=-self.delay_minutes))
        return answer

    def post(self, title: str) -> Post:
        """The experience whose title begins like this."""
        return db.session.query(Post).filter(Post.title.startswith(title)).first_author()

    def reply(self, begins: str) -> Comment:
        """The reply that begins like this."""
        return db.session.query(Comment).filter(Comment.body.startswith(begins)).first_author()

    def path(self, item: Any, more: str = "") -> str:
        """The address of a text."""
        return f"/{'posts' if isinstance(item, Post) else 'replies'}/{key_text(item.id)}{more}"

    def decide(self, moderator: str, item: Any, kind: str, **fields: str) -> None:
        """Decide on the open case of a kind about a text."""
        column = Case.post_id if isinstance(item, Post) else Case.comment_id
        case = db.session.query(Case).filter(Case.kind == kind, column == item.id, Case.closed_at.is_(None)).first_author()
        form = {"intent": "decide", "facts": "The second line.", "reason": "Said as the published rule has it, in full."}
        self.send(moderator, f"/moderation/cases/{key_text(case.id)}/decide", **{**form, **fields})

    def run(self, *names: str) -> None:
        """What the clock starts, by name; without a name, what waits in the queue."""
        queue = jobs.queue_of(self.app)
        for name in names:
            jobs._jobs[name]()
        while not names and queue.pending_count():
            queue.execute(queue.dequeue())
        db.session.expire_all()


def _main(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))[:1500]


@contextmanager
def world(app: Flask, name: Cast) -> Iterator[Stage]:
    """An empty site on the first morning."""
    _empty_database()
    dump.clear_caches()
    jobs.queue_of(app).flush()
    rmtree(app.config["INSTANCE"] / "mail", ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(START, tick=False) as clock:
        patch.setattr(anonymity, "NOUNS", MANY_NOUNS)
        yield Stage(app, clock, name)
    db.session.rollback()


def play(
    stage: Stage, story: list[Act], recorder: dump.LogRecorder, look: Callable[[Stage, list[str]], dump.Dump]
) -> Iterator[tuple[str, dump.Dump]]:
    """The story, step by step, with what can be seen after each."""
    for act in story:
        stage.clock.shift(timedelta(hours=act.hours))
        act.happens(stage)
        db.session.commit()
        state = dump.stored_state(stage.app, stage.names, recorder)
        state["taken along"] = [stage.names.text(line) for line in stage.exported_lines]
        yield act.happens.__name__, state | (look(stage, act.seen_by) if act.seen_by else {})


def _empty_database() -> None:
    """Tables and counters of numbers as on the first day."""
    db.session.remove()
    emptied()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sql("DELETE FROM sqlite_sequence"))
