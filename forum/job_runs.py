"""When each job last ran and whether it succeeded, for the admins' health page."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from forum import jobs
from forum.db import Timestamp, db, now, writing

log = logging.getLogger(__name__)


class JobRun(db.Model):
    """The last run of a job."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ran_at: Mapped[Timestamp]
    succeeded_at: Mapped[datetime | None]
    # Failures since the last success and the class of the last error: its message could quote a member's row.
    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(120), default="")


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


def last_runs() -> Sequence[JobRun]:
    """Return the last run of each job, ordered by name."""
    return db.session.query(JobRun).order_by(JobRun.name).all()
