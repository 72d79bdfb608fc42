"""How the machinery is: versions, database, disk, jobs, mail, backups. It is asked when somebody looks."""

import platform
import shutil
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text as sql

from forum import backup, jobs, mail
from forum.db import db, now
from forum.job_runs import last_runs
from forum.templating import count_of

MAX_BACKUPS = 10
MAIL_LATE_AFTER = timedelta(hours=1)
JOB_LABELS = {
    "back_up_now": "Backup",
    "move_late_posts": "Late posts of merged vendors",
    "close_what_is_gone": "Cases about deleted texts",
    "deliver_mail": "Mail",
    "delete_unconfirmed_members": "Forgetting who never confirmed",
    "publish_scores": "Publishing scores",
    "publish_what_is_due": "Delayed texts",
    "remove_unedited": "Texts not edited in time",
    "see_to_notices": "Notices from outside",
    "send_representative_mails": "Mail to vendors' representatives",
    "send_digests": "Digests",
}


class Migrations(NamedTuple):
    """Where the database stands, and what is to come, the next first."""

    here: str
    pending: list[str]


class BackupFile(NamedTuple):
    """A backup in the folder."""

    name: str
    size: str
    created_at: datetime


def problems() -> list[str]:
    """What somebody should look at, in words."""
    told, sent = migrations(), mail.outbox_status()
    found = [f"{count_of(len(told.pending), 'migration')} to come: forum db upgrade"] if told.pending else []
    found += [f"{count_of(sent.failed_count, 'mail')} given up"] if sent.failed_count else []
    if sent.waiting_since is not None and now() - sent.waiting_since > MAIL_LATE_AFTER:
        found.append("mail waits for an hour and more: is “forum work” running?")
    found += [f"a job fails: {job_label(run.name)}" for run in last_runs() if run.failures]
    problem = jobs.queue_problem()
    return [*found, f"the queue: {problem}"] if problem else found


def versions() -> dict[str, str]:
    """What runs here, and how much there is of it."""
    try:
        own = version("full-duplex")
    except PackageNotFoundError:
        own = "not installed"
    kind = db.engine.dialect.name
    return {
        "Full Duplex": own,
        "Python": platform.python_version(),
        "Database": f"{'SQLite' if kind == 'sqlite' else 'PostgreSQL'} {_database_version(kind)}",
        "Size of the database": format_bytes(_database_size(kind)),
        "Free on the disk": format_bytes(shutil.disk_usage(current_app.config["INSTANCE"]).free),
    }


def migrations() -> Migrations:
    """The revision in force, and those that `forum db upgrade` would make."""
    with db.engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_heads()
    scripts = ScriptDirectory(current_app.extensions["migrate"].migrate.directory)
    done = {script.revision for head in here for script in scripts.iterate_revisions(head, "base")}
    todo = [script.revision for script in scripts.walk_revisions() if script.revision not in done]
    return Migrations(", ".join(here) or "none", todo[::-1])


def job_rows() -> list[dict[str, Any]]:
    """Every job by the clock, and others that have run, with the last run or None."""
    known = {run.name: run for run in last_runs()}
    rows = [{"words": job_label(name), "run": known.get(name)} for name in {*jobs.periodic_jobs(), *known}]
    return sorted(rows, key=lambda row: str(row["words"]))


def job_label(job: str) -> str:
    """What a job is for."""
    return JOB_LABELS.get(job, job.replace("_", " ").capitalize())


def queue_status() -> str:
    """How many jobs wait, or what is wrong with the queue."""
    return jobs.queue_problem() or str(jobs.queue_length())


def backups() -> list[BackupFile]:
    """The latest backups in the folder."""
    return [_copy(file) for file in backup.list_backups()[:MAX_BACKUPS]]


def outbox() -> mail.OutboxStatus:
    """Mail that waits and mail that was given up: to whom and about what is nobody's business here."""
    return mail.outbox_status()


def format_bytes(size: float) -> str:
    """412 KB, 1.3 GB."""
    units = iter(("bytes", "KB", "MB", "GB"))
    unit = next(units)
    while size >= 1000 and (larger := next(units, None)):
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if size < 10 and unit != "bytes" else f"{size:,.0f} {unit}"


def _copy(file: Path) -> BackupFile:
    told = file.stat()
    return BackupFile(file.name, format_bytes(told.st_size), datetime.fromtimestamp(told.st_mtime, UTC))


def _database_version(kind: str) -> str:
    asked = "SELECT sqlite_version()" if kind == "sqlite" else "SHOW server_version"
    return str(db.session.scalar(sql(asked))).split(" ")[0]


def _database_size(kind: str) -> int:
    if kind == "sqlite":
        pages, size = (db.session.scalar(sql(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
        return int(pages) * int(size)
    return int(db.session.scalar(sql("SELECT pg_database_size(current_database())")) or 0)
