"""Jobs and commands write a bounded number of rows per transaction, so that other writers need not wait long."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, PrimaryKeyConstraint, UniqueConstraint, event, select, update

from forum.accounts.jobs import delete_sessions, delete_unconfirmed_members
from forum.accounts.models import Member, MemberSession
from forum.accounts.passwords import hash_password
from forum.accounts.secret_actions import reseal_secrets
from forum.accounts.session_queries import today
from forum.backup.files import remove_abandoned
from forum.db import db, now, reading, writing
from forum.imports.actions import import_wordpress
from forum.imports.queries import keys_that_mention
from forum.notifications.digest_days import remove_texts
from forum.notifications.models import UnmailedText
from forum.posts.actions import rerender_outdated
from forum.posts.models import Comment, Post
from forum.posts.writing import mark_useful
from forum.ratings.models import Rating
from forum.search.actions import rebuild_index, store_words
from forum.search.models import SearchWord
from forum.text import RENDER_VERSION
from forum.turns import reading_apart
from tests.bench import job_steps
from tests.commands import Forum, create_tables
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_rating
from tests.query_counts import recorded_work


@contextmanager
def rows_by_transaction() -> Iterator[list[int]]:
    """Collect how many rows each transaction changes that is committed in the block."""
    counts = [0]

    def count(connection: Any, cursor: Any, statement: str, *details: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            counts[-1] += max(cursor.rowcount, 0)

    def commit(connection: Any) -> None:
        counts.append(0)

    listeners: list[tuple[str, Callable[..., None]]] = [("after_cursor_execute", count), ("commit", commit)]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    yield counts
    for name, listener in listeners:
        event.remove(Engine, name, listener)


@contextmanager
def recorded_names() -> Iterator[list[int]]:
    """Record the members who are deleted while a text still has their name: the database then changes all in one step."""
    names: list[int] = []

    def look(mapper: Any, connection: Any, member: Member) -> None:
        for kind in (Post, Comment, Rating):
            names.extend(connection.scalars(select(kind.author_id).where(kind.author_id == member.id)))

    event.listen(Member, "before_delete", look)
    yield names
    event.remove(Member, "before_delete", look)


def most_rows(function: Callable[[], object]) -> int:
    """Return the greatest number of rows that a transaction of the function changes."""
    db.session.commit()
    with rows_by_transaction() as counts:
        function()
    db.session.remove()
    return max(counts)


def leave(browse: Any, count: int, signed: str) -> Callable[[], object]:
    """Return a function that deletes the account of a member who signed and marked so many replies."""
    member = make_member(password_hash=hash_password(PASSWORD))
    for _ in range(count):
        post = make_post()
        make_comment(post, member, parent=make_comment(post, member))
        make_rating(member, anonymous=False)
        mark_useful(member, make_comment(post))
    browser = browse(member)
    form = {"named": signed, "anonymous": "delete", "current_password": PASSWORD}

    def run() -> None:
        assert browser.post("/settings/leave", data=form).status_code == 302

    return run


def unconfirmed(count: int) -> Callable[[], object]:
    for _ in range(count):
        make_member(joined_at=now() - timedelta(days=30)).confirmed_at = None
    return delete_unconfirmed_members


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> Callable[[], object]:
    monkeypatch.setattr(job_steps, "IMPORTED_POSTS", count)
    file = folder / f"{count}.xml"
    job_steps._write_blog(str(file))

    @writing()
    def run() -> None:
        report = import_wordpress(
            file, drafts=False, dry_run=False, progress=lambda *sizes: None, commit=db.session.commit
        )
        assert report.comments_failed == 0

    return run


@pytest.mark.parametrize("signed", ["keep", "delete"])
def test_deleting_an_account_takes_a_transaction_for_each_text(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch, signed: str
) -> None:
    monkeypatch.setattr("forum.pages.leaving.actions.VOTES_AT_ONCE", 2)
    few, many = leave(browse, 3, signed), leave(browse, 6, signed)
    with recorded_names() as names:
        assert most_rows(few) == most_rows(many) > 0
    assert not names, "the last statement finds no text with the member's name"


def test_accounts_are_deleted_one_by_one(app: Flask) -> None:
    assert most_rows(unconfirmed(2)) == most_rows(unconfirmed(6)) > 0
    assert db.session.query(Member).filter(Member.confirmed_at.is_(None)).count() == 0


def test_sessions_that_are_over_are_deleted_some_hundred_at_a_time(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr("forum.accounts.session_actions.DELETED_AT_ONCE", 2)
    fields = {"details_seal": "sealed", "last_day": today() - timedelta(days=9)}
    for n in range(5):
        db.session.add(MemberSession(token_hash=f"{n:064}", owner_hmac=f"{n:064}", **fields))
    assert most_rows(delete_sessions) == 2
    assert db.session.query(MemberSession).count() == 0


def test_an_import_commits_every_few_texts_and_importing_the_same_again_holds_no_lock(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_steps, "IMPORTED_REPLIES", 2)
    few, many = imported(tmp_path, monkeypatch, 8), imported(tmp_path, monkeypatch, 24)
    assert most_rows(few) * 1.5 > most_rows(many)
    with rows_by_transaction() as counts:
        many()
    assert len(counts) > 24 // 10, "it commits though it writes nothing"


def test_during_a_dry_run_others_can_write_and_its_copy_is_gone_afterwards(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("writers of PostgreSQL don't wait for each other")
    file, writes = str(db.engine.url.database), []
    before = set(Path(file).parent.iterdir())

    def write(position: int, size: int) -> None:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            writes.append(connection.execute("UPDATE members SET name = name").rowcount)
            connection.commit()

    monkeypatch.setattr(job_steps, "IMPORTED_POSTS", 3)
    job_steps._write_blog(str(tmp_path / "blog.xml"))
    make_member()
    db.session.commit()
    with writing():
        report = import_wordpress(
            tmp_path / "blog.xml", drafts=False, dry_run=True, progress=write, commit=db.session.commit
        )
    assert report.posts == 3 and report.comments == 3 * job_steps.IMPORTED_REPLIES
    assert writes and set(writes) == {1} and db.session.query(Post).count() == 0
    assert {path.name for path in set(Path(file).parent.iterdir()) - before if "scratch" in path.name} == set()


def test_a_copy_that_a_killed_dry_run_has_left_is_removed(app: Flask, tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f".forum.sqlite.scratch.x.forum-part{suffix}").touch()
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_looking_for_links_to_the_former_addresses_reads_nothing_that_was_written_here(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables whole")

    def steps() -> int:
        with recorded_work() as work:
            assert keys_that_mention(Comment, "blog.example", "wordpress blog.example ", "wordpress") == [key]
        return sum(work)

    post, key = make_post(), "wordpress blog.example comment 1"
    imported = make_comment(post, make_member(), body="See https://blog.example/1")
    imported.imported_from = key
    db.session.commit()
    before = steps()
    for _ in range(30):
        make_comment(post, make_member(), body="See https://blog.example/1")
    db.session.commit()
    assert steps() <= before + 10


def test_the_index_is_rebuilt_in_parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.search.actions.BATCH_SIZE", 2)
    for _ in range(5):
        make_post()

    @writing()
    def rebuild() -> None:
        rebuild_index(db.session.commit)

    assert most_rows(rebuild) <= 4


def test_texts_that_were_announced_leave_the_queue_in_parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.notifications.digest_days.REMOVED_AT_ONCE", 2)
    for _ in range(5):
        make_post()
    day: Any = SimpleNamespace(finished_text_ids=db.session.scalars(select(UnmailedText.id)).all())
    assert most_rows(lambda: remove_texts(day, db.session.commit)) == 2
    assert db.session.query(UnmailedText).count() == 0


def test_words_to_suggest_are_stored_in_parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.search.actions.WORDS_AT_ONCE", 2)
    store_words({"deal": 3, "gone": 4, "partner": 5})
    counts = {"deal": 4, "partner": 5, "quota": 6, "rebate": 7}
    assert most_rows(lambda: store_words(counts, db.session.commit)) <= 4
    assert {row.word: row.document_count for row in db.session.query(SearchWord)} == counts


def test_words_are_counted_while_others_write(
    forum: Forum, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[str] = []

    def count() -> dict[str, int]:
        modes.append(db.session.connection().info["transaction_mode"])
        return {"deal": 3}

    create_tables(forum, environ)
    monkeypatch.setattr("forum.commands.content.word_counts", count)
    assert "Indexed 0 posts and replies." in forum("search", "rebuild").output
    assert modes == ["deferred"]


def test_texts_are_rendered_again_and_secrets_sealed_again_in_parts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.posts.actions.RENDERED_AT_ONCE", 2)
    monkeypatch.setattr("forum.accounts.secret_actions.WRITTEN_AT_ONCE", 2)
    posts = [make_post(make_member()) for _ in range(5)]
    db.session.execute(update(Post).values(render_version=0))
    db.session.commit()
    rendered: list[int] = []

    @writing()
    def render() -> None:
        rendered.append(rerender_outdated(RENDER_VERSION, db.session.commit))

    @writing()
    def reseal() -> None:
        assert reseal_secrets(db.session.commit) == 5

    assert most_rows(render) == 2 and most_rows(reseal) == 2
    assert rendered == [len(posts)] and {post.render_version for post in db.session.query(Post)} == {RENDER_VERSION}


def test_reading_outside_the_writing_transaction_holds_no_lock_and_loses_nothing(app: Flask) -> None:
    with writing():
        make_member(email="first@example.org")
        with reading_apart(db.session.commit):
            assert db.session.query(Member).filter_by(email="first@example.org").count() == 1
            assert db.session.connection().info["transaction_mode"] == "deferred"
        assert not db.session().in_transaction()
        with reading_apart(None):
            db.session.query(Member).count()
            assert db.session.connection().info["transaction_mode"] == "immediate"
    with reading():
        db.session.rollback()


def test_what_refers_to_a_deleted_text_or_member_is_found_by_an_index() -> None:
    unindexed = []
    for table in db.metadata.sorted_tables:
        lists = [list(index.columns) for index in table.indexes]
        keys = (PrimaryKeyConstraint, UniqueConstraint)
        lists += [list(key.columns) for key in table.constraints if isinstance(key, keys)]
        leading = {columns[0].name for columns in lists if columns}
        for key in table.foreign_keys:
            if key.column.table.name in ("posts", "comments", "members") and key.parent.name not in leading:
                unindexed.append(f"{table.name}.{key.parent.name}")
    assert unindexed == []
