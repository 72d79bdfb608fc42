"""Scheduled backups, which of them are kept, and putting one in the place of the database."""

import os
import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from forum import create_app, jobs
from forum.admin.health import backup_problem
from forum.backup.actions import back_up
from forum.backup.contents import UnusableBackup
from forum.backup.files import list_backups, superfluous
from forum.backup.jobs import back_up_daily
from forum.backup.restoring import check_restorable, require_sole_use, restore, set_present_aside
from forum.db import db
from tests import cluster
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post


def nightly(first: datetime, count: int) -> list[Path]:
    """Return the names of so many nights' backups."""
    nights = [first + timedelta(days=n) for n in range(count)]
    return [Path(f"forum-{night:%Y%m%d-%H%M%S}-daily.dump") for night in nights]


def test_seven_days_four_weeks_and_six_months_of_scheduled_backups_are_kept() -> None:
    files = nightly(datetime(2026, 1, 1, 2, 30), 320)
    by_hand = Path("forum-20260102-101010.dump")
    retained = sorted(set(files) - set(superfluous([*files, by_hand])))
    days = [file.name[6:14] for file in retained]
    assert days[-7:] == [f"202611{day}" for day in range(10, 17)], "seven days"
    assert "20261108" in days and "20261101" in days and "20261025" not in days, "the Sundays of four weeks"
    assert days[:5] == ["20260630", "20260731", "20260831", "20260930", "20261031"], "the last days of six months"
    assert by_hand not in superfluous([*files, by_hand])


def test_keeping_by_steps_ends_with_the_same_files_as_keeping_at_once() -> None:
    files, retained = nightly(datetime(2026, 1, 1, 2, 30), 320), list[Path]()
    for file in files:
        retained = sorted(set(retained) | {file})
        retained = [path for path in retained if path not in superfluous(retained)]
    assert retained == sorted(set(files) - set(superfluous(files))) and len(retained) <= 17


def test_a_backup_is_made_every_night_where_the_setting_says_so(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", tmp_path / "backups")
    assert back_up_daily() is jobs.NOT_DUE and not list_backups() and backup_problem() is None
    monkeypatch.setitem(app.config, "BACKUPS", "daily")
    assert backup_problem() == "there is no backup yet"
    back_up_daily()
    (file,) = list_backups()
    assert "-daily." in file.name and backup_problem() is None
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert backup_problem() == "the latest backup is of 14 Nov 2023"


def restored_app(app: Flask, folder: Path) -> Flask:
    """Return an application with an empty database of the same kind."""
    url = (
        cluster.database_url("restored") if db.engine.dialect.name == "postgresql" else f"sqlite:///{folder}/new.sqlite"
    )
    return create_app(settings_for(str(url), folder))


def test_a_backup_can_be_restored_into_an_empty_and_a_full_database(app: Flask, tmp_path: Path) -> None:
    post = make_post(title="Before the fire")
    db.session.commit()
    first = back_up(tmp_path / "first")
    make_comment(post, make_member())
    db.session.commit()
    second = back_up(tmp_path / "second")
    assert first != second
    with restored_app(app, tmp_path).app_context():
        for file, contents in (("second", second), ("first", first)):
            assert check_restorable(tmp_path / file) == contents
            former = set_present_aside()
            assert restore(tmp_path / file) == contents
            db.engine.dispose()
        assert former is not None and check_restorable(former) == second, "what was there is kept"


def test_a_connection_that_ends_a_moment_later_does_not_count_as_a_running_site(app: Flask, tmp_path: Path) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's connections end when they are closed")
    with restored_app(app, tmp_path).app_context():
        other = db.engine.raw_connection()
        other.detach()
        end = threading.Timer(0.5, other.close)
        end.start()
        require_sole_use()
        end.join()
        db.engine.dispose()


def damaged(file: Path) -> Path:
    """Return a copy of a backup with a hole in it."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\x07" * 4000
    copy = file.with_name("damaged")
    copy.write_bytes(content[: len(content) * 3 // 4])
    return copy


def test_what_is_damaged_or_not_ours_is_not_restored(app: Flask, tmp_path: Path) -> None:
    make_post()
    db.session.commit()
    back_up(tmp_path / "good")
    (tmp_path / "letter").write_text("Dear operator")
    with closing(sqlite3.connect(tmp_path / "strange")) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER)")
    for file in (damaged(tmp_path / "good"), tmp_path / "letter", tmp_path / "strange"):
        with pytest.raises(UnusableBackup):
            check_restorable(file)


def test_a_running_sites_database_is_not_replaced(app: Flask, tmp_path: Path) -> None:
    make_post()
    db.session.commit()
    back_up(tmp_path / "copy")
    other = app.config["SQLALCHEMY_DATABASE_URI"]
    with create_app(settings_for(other, tmp_path)).app_context():
        with db.engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM members").fetchall()
            with app.app_context(), pytest.raises(RuntimeError, match="The site is running"):
                set_present_aside()
        db.engine.dispose()
