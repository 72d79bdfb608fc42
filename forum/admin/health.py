"""System health: versions, database, disk, jobs, mail and backups, measured when someone opens the page."""

import platform
import shutil
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from flask import current_app
from sqlalchemy import text as sql

from forum import jobs, mail
from forum.admin.integrity import PAGE_SAMPLE_SIZE, key_problem
from forum.backup.files import latest_backup_at, list_backups
from forum.dates import format_day
from forum.db import db, now
from forum.job_runs import JobRun, last_runs, overdue_runs
from forum.schema import migrations
from forum.templating import count_of

MAX_BACKUPS = 10
BACKUP_LATE_AFTER = timedelta(days=2)
MAIL_LATE_AFTER = timedelta(hours=1)
MIN_FREE_BYTES = 500_000_000
# When more jobs than these are overdue, it is not the jobs.
MAX_OVERDUE = 3
JOB_LABELS = {
    "back_up_daily": "Backup, every night",
    "back_up_now": "Backup, on request",
    "check_database": "Integrity of the database",
    "check_database_now": "Integrity of the database, on request",
    "close_orphaned_cases": "Cases about deleted posts and replies",
    "delete_unconfirmed_members": "Deletion of unconfirmed accounts",
    "delete_sessions": "Deletion of sessions that are over",
    "deliver_mail": "Mail",
    "expire_notices": "Notices",
    "mail_moderators": "Mail to moderators",
    "mail_moderators_daily": "Mail to moderators, every morning",
    "move_late_posts": "Late posts of merged vendors",
    "index_replies": "Search: new replies",
    "publish_scheduled": "Scheduled posts and replies",
    "settle_spam": "Posts and replies removed as spam, or restored",
    "settle_pending_recounts": "Counts of replies and votes",
    "settle_pending_mentions": "Mentions",
    "publish_scores": "Publication of scores",
    "remind_of_locks": "Second mails about passwords reset by mail",
    "remove_unedited": "Posts and replies not edited in time",
    "send_digests": "Daily and weekly mail",
    "send_mail_at_once": "Mail at once",
    "refresh_open_data": "Open data of all vendors",
    "refresh_search": "Search: suggested words, purging deleted ones",
    "reseal_saved_lists": "Encrypting bookmarks and other saved lists again",
    "send_representative_mails": "Mail to vendor representatives",
    "truncate_write_ahead_log": "Deleted text in SQLite's log",
}


class BackupFile(NamedTuple):
    """A backup in the backup folder."""

    name: str
    size: str
    created_at: datetime


class JobRow(NamedTuple):
    """A job and its last run, or None if it has not run yet."""

    label: str
    run: JobRun | None


def problems() -> list[str]:
    """Return what needs attention, as phrases for the page."""
    (_, pending, is_newer), outbox = migrations(), mail.outbox_status()
    phrases = [f"{count_of(len(pending), 'pending migration')}: run “forum db upgrade”"] if pending else []
    phrases += ["the database is from a newer version"] if is_newer else []
    phrases += ["the anonymity key does not fit: run “forum check”"] if key_problem(PAGE_SAMPLE_SIZE) else []
    phrases += [f"{count_of(outbox.failed_count, 'e-mail')} failed"] if outbox.failed_count else []
    phrases += [problem] if (problem := backup_problem()) else []
    phrases += [problem for problem in (mail_problem(), disk_problem(), *job_problems()) if problem]
    queue_problem = jobs.queue_problem()
    return [*phrases, f"the queue: {queue_problem}"] if queue_problem else phrases


def system_facts() -> dict[str, str]:
    """Return the versions in use, the size of the database and the free disk space, by label."""
    try:
        forum_version = version("full-duplex")
    except PackageNotFoundError:
        forum_version = "not installed"
    dialect = db.engine.dialect.name
    return {
        "Full Duplex": forum_version,
        "Python": platform.python_version(),
        "Database": f"{'SQLite' if dialect == 'sqlite' else 'PostgreSQL'} {_database_version(dialect)}",
        "Database size": format_bytes(_database_size(dialect)),
        "Free disk space": format_bytes(shutil.disk_usage(current_app.config["INSTANCE"]).free),
    }


def backup_problem() -> str | None:
    """Return what is wrong with scheduled backups, or None, also when none are scheduled."""
    if current_app.config["BACKUPS"] != "daily":
        return None
    latest = latest_backup_at()
    if latest is not None and now() - latest <= BACKUP_LATE_AFTER:
        return None
    return f"the latest backup is of {format_day(latest)}" if latest else "there is no backup yet"


def mail_problem() -> str | None:
    """Return that mail has been waiting for too long, or None."""
    since = mail.outbox_status().waiting_since
    is_late = since is not None and now() - since > MAIL_LATE_AFTER
    return "e-mail has been waiting for over an hour: is “forum work” running?" if is_late else None


def job_problems() -> list[str]:
    """Return which jobs fail, and which have not run for too long."""
    phrases = [f"a job fails: {job_label(run.name)}" for run in last_runs() if run.failures]
    # Its age is that of the latest backup; where backups are off it never runs.
    overdue = [run for run in overdue_runs() if run.name != "back_up_daily"]
    if len(overdue) > MAX_OVERDUE:
        return [*phrases, "no jobs have run for over an hour: is “forum work” running?"]
    return phrases + [f"a job has not run since {format_day(run.ran_at)}: {job_label(run.name)}" for run in overdue]


def disk_problem() -> str | None:
    """Return which disk is nearly full, or None: that of the instance folder, or that of the backups."""
    for folder in (current_app.config["INSTANCE"], current_app.config["BACKUP_FOLDER"]):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if (free := shutil.disk_usage(existing).free) < MIN_FREE_BYTES:
            return f"only {format_bytes(free)} are free on the disk of {folder}"
    return None


def job_rows() -> list[JobRow]:
    """Return every scheduled job, and others that have run, by label."""
    runs = {run.name: run for run in last_runs()}
    rows = [JobRow(job_label(name), runs.get(name)) for name in {*jobs.periodic_jobs(), *runs}]
    return sorted(rows, key=lambda row: row.label)


def job_label(job: str) -> str:
    """Return what a job is for, in words."""
    return JOB_LABELS.get(job, job.replace("_", " ").capitalize())


def queue_status() -> str:
    """Return how many jobs are queued, or what is wrong with the queue."""
    return jobs.queue_problem() or str(jobs.queue_length())


def backups() -> list[BackupFile]:
    """Return the latest backups in the backup folder."""
    return [_backup_file(path) for path in list_backups()[:MAX_BACKUPS]]


def format_bytes(size: float) -> str:
    """Return a size in words: 412 KB, 1.3 GB."""
    units = iter(("bytes", "KB", "MB", "GB"))
    unit = next(units)
    while size >= 1000 and (larger := next(units, None)):
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if size < 10 and unit != "bytes" else f"{size:,.0f} {unit}"


def _backup_file(path: Path) -> BackupFile:
    status = path.stat()
    return BackupFile(path.name, format_bytes(status.st_size), datetime.fromtimestamp(status.st_mtime, UTC))


def _database_version(dialect: str) -> str:
    statement = "SELECT sqlite_version()" if dialect == "sqlite" else "SHOW server_version"
    return str(db.session.scalar(sql(statement))).split(" ")[0]


def _database_size(dialect: str) -> int:
    if dialect == "sqlite":
        pages, page_size = (db.session.scalar(sql(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
        return int(pages) * int(page_size)
    return int(db.session.scalar(sql("SELECT pg_database_size(current_database())")) or 0)
