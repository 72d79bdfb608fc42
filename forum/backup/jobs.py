"""Backups that the job process makes: when an admin asks, and every night where FORUM_BACKUPS says so."""

from pathlib import Path

from flask import current_app

from forum import jobs
from forum.backup.actions import back_up
from forum.backup.files import backup_folder, list_backups, new_name, remove_abandoned, superfluous
from forum.db import db, reading, writing
from forum.job_runs import claim_run, once_per_day, release_run


@jobs.job
def back_up_now() -> None:
    """Back up into the folder that admins see; the file is named after the time."""
    back_up(backup_folder() / new_name())


@once_per_day(hour=2, minute=30)
def back_up_daily() -> object:
    """Back up every night, and delete scheduled backups that are older than what is kept.

    Whether or not there are any: what a killed dry run has left beside the database is deleted.
    """
    if db.engine.dialect.name == "sqlite":
        remove_abandoned(Path(str(db.engine.url.database)).parent)
    if current_app.config["BACKUPS"] != "daily":
        return jobs.NOT_DUE
    _claim()
    try:
        with reading():
            back_up(backup_folder() / new_name("-daily"))
            db.session.rollback()
    except Exception:
        _release()
        raise
    for file in superfluous(list_backups()):
        file.unlink(missing_ok=True)
    return None


@writing()
def _claim() -> None:
    """Claim the run before the work: a backup takes minutes, in which no transaction may stay open."""
    claim_run()
    db.session.commit()


@writing()
def _release() -> None:
    release_run()
    db.session.commit()
