"""When each job last ran, for the admins' health page, and which process may run it.

Every job process, on every machine, looks every five minutes for jobs that are due. Their hours are claimed in the
database: `claim_run` is the first thing in a job's transaction, so that either all of a run is stored or nothing, and
no second process does it again. What was missed while no process ran is made up for by the first one that does.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import wraps
from typing import NamedTuple

from flask import g
from sqlalchemy import String, or_, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from forum import jobs
from forum.db import Timestamp, db, now, reading, writing

log = logging.getLogger(__name__)
CHECK_EVERY = timedelta(minutes=5)
# A job that failed is tried again after this time.
RETRY_AFTER = timedelta(hours=1)
# A claim that lies further ahead was made by a clock that was wrong.
MAX_CLOCK_ERROR = timedelta(days=1)
# How often each job runs, where that is not every few minutes.
_periods: dict[str, timedelta] = {}


class AlreadyClaimed(Exception):
    """Another process runs the job, or ran it."""


class JobRun(db.Model):
    """The last run of a job."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ran_at: Mapped[Timestamp]
    succeeded_at: Mapped[datetime | None]
    # Failures since the last success and the class of the last error: its message could quote a member's row.
    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(120), default="")


class JobClaim(db.Model):
    """The latest time for which a process ran, or runs, a job."""

    __tablename__ = "job_claims"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime]


class _Run(NamedTuple):
    """A scheduled run: of which job, for which time, and when the run before it was due."""

    name: str
    due_at: datetime
    previous: datetime


def once_per_day(*, hour: int, minute: int) -> Callable[[jobs.Job], jobs.Job]:
    """Register a job for this time of the day (UTC). It calls `claim_run` at the beginning of its transaction."""
    return _once_per(timedelta(days=1), minute, hour)


def once_per_hour(*, minute: int) -> Callable[[jobs.Job], jobs.Job]:
    """Register a job for this minute of every hour. It calls `claim_run` at the beginning of its transaction."""
    return _once_per(timedelta(hours=1), minute, None)


def claim_run() -> None:
    """Claim the scheduled run in the present transaction. Raises AlreadyClaimed when another process has.

    Does nothing outside of a scheduled run.
    """
    run: _Run | None = g.get("scheduled_run")
    if run is None:
        return
    is_open = or_(JobClaim.due_at < run.due_at, JobClaim.due_at > now() + MAX_CLOCK_ERROR)
    claim = update(JobClaim).where(JobClaim.name == run.name, is_open).values(due_at=run.due_at)
    if not db.session.execute(claim, execution_options={"synchronize_session": False}).rowcount:  # type: ignore[attr-defined]
        raise AlreadyClaimed


def release_run() -> None:
    """Give a claimed run back in the present transaction, so that it is tried again after a while."""
    run: _Run | None = g.get("scheduled_run")
    if run is not None:
        row = db.session.get_one(JobClaim, run.name)
        row.due_at = run.previous


def day_of_run() -> date | None:
    """Return the day that the scheduled run is for, the same when it is tried again; None for a run on demand."""
    run: _Run | None = g.get("scheduled_run")
    return run.due_at.date() if run else None


def days_of_run() -> list[date]:
    """Return the days that the scheduled run is for, missed ones included, at most a week; else today."""
    run: _Run | None = g.get("scheduled_run")
    last = run.due_at.date() if run else now().date()
    count = min((last - run.previous.date()).days, 7) if run else 1
    return [last - timedelta(days=n) for n in range(max(count, 1))]


def _once_per(period: timedelta, minute: int, hour: int | None) -> Callable[[jobs.Job], jobs.Job]:
    def register(function: jobs.Job) -> jobs.Job:
        _periods[function.__name__] = period

        @wraps(function)
        def run_if_due() -> object:
            run = _due_run(function.__name__, _last_time(now(), minute, hour), period)
            if run is None:
                return jobs.NOT_DUE
            g.scheduled_run = run
            try:
                return function()
            except AlreadyClaimed:
                db.session.rollback()
                return jobs.NOT_DUE
            finally:
                g.pop("scheduled_run")

        return jobs.guarded(run_if_due, function, minute="*/5")

    return register


def _last_time(moment: datetime, minute: int, hour: int | None) -> datetime:
    """Return the last time, up to this moment, at which a job was due."""
    if hour is None:
        time = moment.replace(minute=minute, second=0, microsecond=0)
        return time if time <= moment else time - timedelta(hours=1)
    time = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return time if time <= moment else time - timedelta(days=1)


def _due_run(name: str, due_at: datetime, period: timedelta) -> _Run | None:
    """Return the run that is due, or None. A site that has never run the job has missed nothing."""
    with reading():
        claim, last = db.session.get(JobClaim, name), db.session.get(JobRun, name)
        claimed = claim.due_at if claim else None
        has_just_failed = last is not None and last.failures > 0 and timedelta() <= now() - last.ran_at < RETRY_AFTER
        db.session.rollback()
    if claimed is None:
        claimed = due_at if now() - due_at > CHECK_EVERY else due_at - period
        _store_first(name, claimed)
    if has_just_failed or due_at <= claimed <= now() + MAX_CLOCK_ERROR:
        return None
    return _Run(name, due_at, min(claimed, due_at - period))


@writing()
def _store_first(name: str, due_at: datetime) -> None:
    try:
        db.session.add(JobClaim(name=name, due_at=due_at))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()


@jobs.job_finished.connect
@writing()
def _record(name: str, error: Exception | None) -> None:
    try:
        db.session.rollback()
        run = db.session.get(JobRun, name) or JobRun(name=name, failures=0)
        run.ran_at = now()
        if error is None:
            run.succeeded_at, run.failures, run.failure = run.ran_at, 0, ""
        else:
            run.failures, run.failure = run.failures + 1, type(error).__name__
        db.session.add(run)
        db.session.commit()
    except SQLAlchemyError as database_error:
        db.session.rollback()
        log.warning("the run of %s could not be recorded: %s", name, type(database_error).__name__)


def overdue_runs() -> list[JobRun]:
    """Return the last runs of scheduled jobs that have not run for twice their time, or for an hour."""
    runs = [run for run in last_runs() if run.name in jobs.periodic_jobs()]
    return [run for run in runs if now() - run.ran_at > max(2 * _periods.get(run.name, CHECK_EVERY), RETRY_AFTER)]


def last_runs() -> Sequence[JobRun]:
    """Return the last run of each job, ordered by name."""
    return db.session.query(JobRun).order_by(JobRun.name).all()
