"""Jobs: work done outside of requests. Rooms register functions here; `forum work` runs them, from SQLite or Redis.

A job takes no arguments: what to do is read from the database, so that the queue reveals nothing about members.
"""

import logging
from collections.abc import Callable

from blinker import signal
from flask import Flask, current_app
from huey import Huey, crontab

from forum.job_queue import new_queue, once_per_minute

log = logging.getLogger(__name__)
log.addFilter(once_per_minute)
Job = Callable[[], object]
# What a scheduled run returns that found nothing to do: it is not reported.
NOT_DUE = object()
_jobs: dict[str, Job] = {}
_schedules: dict[str, dict[str, str]] = {}
# What a scheduled run calls instead of the job itself, by the job's name.
_guards: dict[str, Job] = {}
# Sent when a job has run, with its name and the exception or None. Of periodic jobs only the scheduled runs are
# reported: the time of an on-demand run would reveal when someone acted.
job_finished = signal("job ran")


def job(function: Job) -> Job:
    """Register a function without arguments as a job for `enqueue`."""
    _jobs[function.__name__] = function
    return function


def periodic(**schedule: str) -> Callable[[Job], Job]:
    """Register a job that every job process also runs on a schedule, given as in crontab: periodic(minute="*/10").

    See `job_runs.once_per_day` for jobs that may run only once, whatever the number of processes.
    """

    def register(function: Job) -> Job:
        _schedules[function.__name__] = schedule
        return job(function)

    return register


def guarded(guard: Job, function: Job, **schedule: str) -> Job:
    """Register a job of which `guard` decides, on the schedule, whether it runs."""
    _guards[function.__name__] = guard
    return periodic(**schedule)(function)


def enqueue(name: str) -> None:
    """Run the job soon in the worker process. When the queue can't be reached, its next scheduled run does the work."""
    try:
        current_app.extensions["jobs"][name]()
    except Exception:
        log.warning("the job queue could not be reached; %s waits for its next scheduled run", name)


def queue_of(app: Flask) -> Huey:
    """Return the application's queue."""
    queue: Huey = app.extensions["job_queue"]
    return queue


def queue_problem() -> str | None:
    """Return why the queue can't be used, or None."""
    try:
        queue_length()
    except Exception as error:
        return str(error) or type(error).__name__
    return None


def periodic_jobs() -> list[str]:
    """Return the names of the jobs that run on a schedule."""
    return sorted(_schedules)


def queue_length() -> int:
    """Return how many jobs wait."""
    return len(queue_of(current_app))


def init_app(app: Flask) -> None:
    """Create the queue that the settings name, with every job of the rooms imported so far."""
    queue = new_queue(app.config["JOBS_URL"], app.config["SITE_URL"])
    app.extensions["job_queue"] = queue
    app.extensions["jobs"] = {}
    for name, function in _jobs.items():
        on_demand = _in_app_context(app, function, reported=name not in _schedules)
        app.extensions["jobs"][name] = queue.task(name=name)(on_demand)
        if name in _schedules:
            scheduled = _in_app_context(app, _guards.get(name, function), reported=True)
            queue.periodic_task(crontab(**_schedules[name]), name=f"{name}_scheduled")(scheduled)


def _in_app_context(app: Flask, function: Job, *, reported: bool) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            try:
                result = function()
            except Exception as error:
                if reported:
                    job_finished.send(function.__name__, error=error)
                raise
            if reported and result is not NOT_DUE:
                job_finished.send(function.__name__, error=None)

    run.__name__ = function.__name__
    return run
