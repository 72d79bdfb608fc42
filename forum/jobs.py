"""Jobs: work after the answer. Rooms name their jobs here; `forum work` runs them, on SQLite or Redis by setting.

A job carries no arguments: what is to be done stands in the database, so the queue can tell nobody anything.
"""

import logging
from collections.abc import Callable
from typing import Any

from blinker import signal
from flask import Flask, current_app
from huey import MemoryHuey, RedisHuey, SqliteHuey, crontab

log = logging.getLogger(__name__)
Job = Callable[[], object]
_jobs: dict[str, Job] = {}
_regular: dict[str, dict[str, str]] = {}
# Sent when a job has run: its name, and what it failed with or None. Of jobs by the clock only the runs by the clock
# are told, since when the others run tells when somebody did something.
job_finished = signal("job ran")


def job(function: Job) -> Job:
    """Make a function without arguments a job that `later` can name."""
    _jobs[function.__name__] = function
    return function


def periodic(**when: str) -> Callable[[Job], Job]:
    """Make it a job that also runs by the clock, as in crontab: regularly(minute="0", hour="3")."""

    def keep(function: Job) -> Job:
        _regular[function.__name__] = when
        return job(function)

    return keep


def enqueue(name: str) -> None:
    """Have the job run soon, in another process. If the queue cannot be reached, the clock brings it along."""
    try:
        current_app.extensions["jobs"][name]()
    except Exception:
        log.warning("the job queue could not be reached; %s runs at its next regular time", name)


def queue_of(app: Flask) -> Any:
    """The application's queue, for the process that works it off."""
    return app.extensions["job_queue"]


def queue_problem() -> str | None:
    """What is wrong with the queue, in words, or None."""
    try:
        len(current_app.extensions["job_queue"])
    except Exception as problem:
        return str(problem) or type(problem).__name__
    return None


def periodic_jobs() -> list[str]:
    """The jobs that run by the clock."""
    return sorted(_regular)


def queue_length() -> int:
    """How many jobs wait to be run."""
    return len(current_app.extensions["job_queue"])


def init_app(app: Flask) -> None:
    """Make the queue that the settings name and register every known job with it."""
    queue = _queue(app.config["JOBS_URL"])
    app.extensions["job_queue"] = queue
    app.extensions["jobs"] = {}
    for name, function in _jobs.items():
        work = _in_context(app, function, told=name not in _regular)
        app.extensions["jobs"][name] = queue.task(name=name)(work)
        if name in _regular:
            by_clock = _in_context(app, function, told=True)
            queue.periodic_task(crontab(**_regular[name]), name=f"{name}_regularly")(by_clock)


def _queue(url: str) -> Any:
    if url == "memory:":
        return MemoryHuey("forum", results=False)
    if url.startswith("sqlite:"):
        return SqliteHuey("forum", filename=url.removeprefix("sqlite:"), results=False)
    return RedisHuey("forum", url=url, results=False)


def _in_context(app: Flask, function: Job, *, told: bool) -> Callable[[], None]:
    def work() -> None:
        with app.app_context():
            try:
                function()
            except Exception as problem:
                if told:
                    job_finished.send(function.__name__, problem=problem)
                raise
            if told:
                job_finished.send(function.__name__, problem=None)

    work.__name__ = function.__name__
    return work
