"""Backups."""

import fcntl
import os
import re
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from forum import create_app
from forum.accounts.models import Member
from forum.backup.actions import back_up
from forum.backup.pg_programs import run_program
from forum.backup.restoring import check_restorable, present_contents
from forum.db import db
from forum.posts.models import Post
from tests import cluster
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post


def test_a_backup_is_consistent_while_the_site_writes(app: Flask, tmp_path: Path) -> None:
    post = make_post()
    post_id, author_id = post.id, post.author_id
    db.session.commit()
    stop, wrote = threading.Event(), threading.Event()

    def keep_writing() -> None:
        with app.app_context(), app.test_request_context(method="POST"):
            while not stop.is_set():
                make_comment(db.session.get(Post, post_id), db.session.get(Member, author_id))
                wrote.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert wrote.wait(10)
        back_up(tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]
    comments, counter, pending = restored_counts(app, tmp_path / "copy")
    # One moment of it: no comment without its count, or without the row that asks for a recount.
    assert counter > 0 and (comments == counter or pending == 1)


def restored_counts(app: Flask, copy: Path) -> tuple[int, int, int]:
    """Return how many comments the backup has, how many its post counts, and how many recounts are pending."""
    counts = ("count(*) FROM comments", "comment_count FROM posts", "count(*) FROM pending_recounts")
    question = "SELECT " + ", ".join(f"(SELECT {count})" for count in counts)
    if db.engine.dialect.name == "sqlite":
        with sqlite3.connect(copy) as connection:
            row = connection.execute(question).fetchone()
        connection.close()
        return row
    url = make_url(cluster.database_url("restored") or "").set(drivername="postgresql")
    pg_url = url.render_as_string(hide_password=False)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={pg_url}", str(copy)], check=True, capture_output=True)
    restored_app = create_app(settings_for(pg_url.replace("postgresql://", "postgresql+psycopg://"), copy.parent))
    with restored_app.app_context():
        row = db.session.execute(sql(question)).one()
        db.session.remove()
        db.engine.dispose()
        return row


def test_a_backup_overwrites_nothing(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("the only one")
    with pytest.raises(FileExistsError, match="already exists"):
        back_up(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "the only one"


def test_a_backup_creates_its_folder_for_the_sites_user_alone(app: Flask, tmp_path: Path) -> None:
    back_up(tmp_path / "deep" / "down" / "copy")
    for path in (tmp_path / "deep", tmp_path / "deep" / "down", tmp_path / "deep" / "down" / "copy"):
        assert path.stat().st_mode & 0o077 == 0 and path.stat().st_uid == app.config["INSTANCE"].stat().st_uid


def test_a_backup_says_what_it_holds(app: Flask, tmp_path: Path) -> None:
    make_comment(make_post(), make_member())
    db.session.commit()
    contents = back_up(tmp_path / "copy")
    assert contents.counts["comments"] == 1 and contents.counts["posts"] == 1
    assert re.match(r"\d+ members, 1 post, 1 reply, \d+ rows in all; revision \w+", contents.summary())
    assert contents == check_restorable(tmp_path / "copy") == present_contents()


@pytest.mark.parametrize("fault", ["nothing", "empty", "other"])
def test_a_database_that_is_not_the_sites_is_refused(tmp_path: Path, fault: str) -> None:
    """A wrong FORUM_INSTANCE used to give an empty file and "Written to"."""
    database = tmp_path / "forum.sqlite"
    if fault != "nothing":
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version=7" if fault == "empty" else "CREATE TABLE notes (id INTEGER)")
            connection.commit()
    app = create_app(settings_for(f"sqlite:///{database}", tmp_path))
    with app.app_context(), pytest.raises(RuntimeError, match=r"no database|no tables of Full Duplex"):
        back_up(tmp_path / "copy")
    assert not (tmp_path / "copy").exists() and database.exists() is (fault != "nothing")


def test_the_postgresql_password_is_in_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\nenv > {tmp_path}/environment\necho "no such server" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("FORUM_SECRET_KEY", "a key of ours that is none of its business")
    app = create_app(settings_for("postgresql+psycopg://forum:s3cret@db.example:5433/talk?sslmode=require", tmp_path))
    with app.app_context(), pytest.raises(RuntimeError, match="pg_dump failed: no such server"):
        run_program("pg_dump", ["--format=custom"])
    arguments, environment = (tmp_path / "arguments").read_text(), (tmp_path / "environment").read_text().splitlines()
    assert "s3cret" not in arguments
    for line in ("PGPASSWORD=s3cret", "PGHOST=db.example", "PGPORT=5433", "PGDATABASE=talk", "PGSSLMODE=require"):
        assert line in environment
    assert "none of its business" not in "\n".join(environment)


def test_the_next_backup_removes_what_a_killed_one_left_and_not_what_another_is_writing(
    app: Flask, tmp_path: Path
) -> None:
    abandoned, in_use = tmp_path / ".old.x1.forum-part", tmp_path / ".new.x2.forum-part"
    abandoned.write_text("half of a database")
    with in_use.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        back_up(tmp_path / "copy")
    assert sorted(file.name for file in tmp_path.iterdir()) == [in_use.name, "copy"]
