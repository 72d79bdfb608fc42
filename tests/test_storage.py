"""What the site leaves on the disk: nothing that others can read, no text that was deleted, and few pages for a reply."""

import os
import stat
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask

from forum import create_app
from forum.db import clock_at, db, now
from forum.posts.actions import delete_post, edit_post
from forum.storage import close_to_others, truncate_write_ahead_log
from tests.browser import Browser
from tests.conftest import settings_for
from tests.factories import make_member, make_post, make_tag
from tests.post_forms import path_to, reply_form
from tests.served import ROOT, Site, eventually

MARKER = "a marker that nothing else says"
FRAME_BYTES = 24 + 4096  # of the write-ahead log: a header and a page


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def stored_bytes() -> bytes:
    """Read SQLite's files in another process: a process that closes a file loses all its locks on it."""
    file = Path(db.engine.url.database or "")
    return subprocess.run(["cat", *file.parent.glob(f"{file.name}*")], check=True, capture_output=True).stdout


def test_a_deleted_text_is_in_no_file(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite keeps files of ours")
    author = make_member()
    post = make_post(author, anonymous=True, body=f"{MARKER}, and once more. " * 300)
    assert MARKER.encode() in stored_bytes()
    edit_post(post, title=post.title, body=f"Shorter: {MARKER}.", leaning="bad", tags=[], author=author)
    db.session.commit()
    delete_post(post)
    db.session.commit()
    assert MARKER.encode() in stored_bytes(), "the write-ahead log still has it"
    truncate_write_ahead_log()
    assert MARKER.encode() not in stored_bytes()


@pytest.fixture
def new_app(tmp_path: Path) -> Iterator[Any]:
    """Provide an application over a new SQLite file: what other tests have left in one takes up pages."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path))
    app.test_client_class = Browser
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(("identity", "bound"), [("name", 22), ("anonymous", 31)])
def test_a_reply_writes_few_pages(new_app: Any, identity: str, bound: int) -> None:
    """Each index that a reply changes is one more page, written to the log and from there to the database."""
    tags = [make_tag(), make_tag()]
    with clock_at(now() - timedelta(days=2)):
        paths = [path_to(make_post(tags=tags), "reply") for _ in range(5)]
    browser, log, page_counts = new_app.test_client(user=make_member()), Path(f"{db.engine.url.database}-wal"), []
    for path in paths:
        truncate_write_ahead_log()
        assert browser.post(path, data=reply_form(identity=identity)).status_code == 302
        page_counts.append(log.stat().st_size // FRAME_BYTES)
    assert statistics.median(page_counts) <= bound


def test_files_of_the_instance_folder_are_closed_to_others(tmp_path: Path, usual_umask: None) -> None:
    (tmp_path / "mail").mkdir()
    for name in ("forum.sqlite", "forum.sqlite-wal", "mail/1.eml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link").symlink_to("/nowhere")
    close_to_others(tmp_path)
    (tmp_path / "later").write_text("x")
    assert readable_by_others(tmp_path) == []


def readable_by_others(folder: Path) -> list[str]:
    paths = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return [path.name for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_sqlite_creates_temporary_files_in_the_instance_folder(tmp_path: Path) -> None:
    """They have whole pages of the database, and other folders are neither closed nor overwritten."""
    statement = (
        "from forum.commands.context import load_app; import os, sqlite3\n"
        "load_app(); connection = sqlite3.connect('')\n"
        "connection.execute('CREATE TEMP TABLE rows AS SELECT randomblob(9000000)')\n"
        "print(*(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if int(n) > 2 "
        "and os.path.lexists(f'/proc/self/fd/{n}')), sep='\\n')"
    )
    environ = {**os.environ, "FORUM_INSTANCE": str(tmp_path / "it's")}
    output = subprocess.run([sys.executable, "-c", statement], env=environ, cwd=ROOT, check=True, capture_output=True)
    names = [line for line in output.stdout.decode().splitlines() if "etilqs" in line]
    assert names and all(Path(name).parent == tmp_path / "it's" for name in names)


@pytest.mark.slow
def test_a_served_site_writes_nothing_for_others_and_leaves_no_log_behind(tmp_path: Path, usual_umask: None) -> None:
    site, instance = Site(tmp_path), tmp_path / "instance"
    site.start()
    try:
        backup = [sys.executable, "-m", "forum.cli", "backup", str(instance / "copy.sqlite")]
        subprocess.run(backup, env=site.environ, cwd=ROOT, check=True, capture_output=True)
        names = [path.name for path in instance.rglob("*")]
        assert "copy.sqlite" in names and "forum.sqlite-wal" in names
        assert readable_by_others(instance) == []
    finally:
        code = site.stop()
    assert code == 0 and write_ahead_logs(instance) == []


@pytest.mark.slow
def test_jobs_that_are_stopped_leave_no_log_behind(tmp_path: Path) -> None:
    site, instance = Site(tmp_path), tmp_path / "instance"
    with site.application():
        make_member()
    process = subprocess.Popen([sys.executable, "-m", "forum.cli", "work"], env=site.environ, cwd=ROOT)
    assert eventually(lambda: (instance / "jobs.sqlite-wal").exists())
    process.terminate()
    assert process.wait(timeout=120) == 0 and write_ahead_logs(instance) == []


@pytest.mark.slow
def test_jobs_that_are_stopped_while_they_start_close_their_files(tmp_path: Path) -> None:
    site, instance = Site(tmp_path), tmp_path / "instance"
    with site.application():
        make_member()
    # The application is loaded when the database is first asked; the consumer's handlers come later.
    program = "import os, signal, forum.mail_senders as m; m.Senders.start = lambda self: os.kill(os.getpid(), 15)\n"
    program += "m.Senders.stop = lambda self: None\nfrom forum.cli import main; main(['work'])"
    process = subprocess.run([sys.executable, "-c", program], env=site.environ, cwd=ROOT, timeout=120)
    assert process.returncode == 0 and write_ahead_logs(instance) == []


def write_ahead_logs(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(("-wal", "-shm", "-journal"))]
