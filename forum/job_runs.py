"""When each job last ran, and whether it went well: for whoever looks after the site."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from forum import jobs
from forum.db import Timestamp, db, now

log = logging.getLogger(__name__)


class JobRun(db.Model):
    """The last run of a job."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ran_at: Mapped[Timestamp]
    succeeded_at: Mapped[datetime | None]
    # How often it failed since it last went well, and with what kind of error: no error's own words are kept.
    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(120), default="")


@jobs.job_finished.connect
def _note(name: str, problem: Exception | None) -> None:
    try:
        db.session.rollback()
        run = db.session.get(JobRun, name) or JobRun(name=name, failures=0)
        run.ran_at = now()
        if problem is None:
            run.succeeded_at, run.failures, run.failure = run.ran_at, 0, ""
        else:
            run.failures, run.failure = run.failures + 1, type(problem).__name__
        db.session.add(run)
        db.session.commit()
    except SQLAlchemyError as trouble:
        db.session.rollback()
        log.warning("the run of %s could not be noted: %s", name, type(trouble).__name__)


def last_runs() -> Sequence[Any]:
    """The last run of each job, by name."""
    return db.session.query(JobRun).order_by(JobRun.name).all()
