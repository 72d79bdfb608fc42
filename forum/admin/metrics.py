"""The address where Prometheus reads: counts of requests, and what Health shows, both as they were up to a minute ago.

The text is made at most once a minute, and small numbers of waiting mail and jobs are 0: one reply lets a job or a mail
wait for a moment, and whoever looked in that moment would know when it was written.
"""

import logging
import shutil
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from forum import jobs, mail
from forum.admin import health
from forum.db import db, reading
from forum.job_runs import last_runs

try:
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.registry import Collector
except ImportError:  # an optional dependency; the settings say so when it is needed
    if not TYPE_CHECKING:
        Collector = object

log = logging.getLogger(__name__)
MAX_AGE = 60  # seconds
STEP = 10  # what waits is counted in tens
TIME_STEP = 300  # seconds: when a job ended to the second would tell how much it had to do


class _Health(Collector):
    """What Health shows, as gauges."""

    def collect(self) -> "Iterator[GaugeMetricFamily]":
        """Read the state of jobs, mail, queue, backups and disk."""
        outbox = mail.outbox_status()
        yield _gauge("forum_mails_waiting", "Mails waiting, in tens.", _in_tens(outbox.waiting_count))
        yield _gauge("forum_mails_failed", "Mails that failed for good, in tens.", _in_tens(outbox.failed_count))
        queue_problem = jobs.queue_problem()
        if not queue_problem:
            yield _gauge("forum_jobs_waiting", "Jobs in the queue, in tens.", _in_tens(jobs.queue_length()))
        problems = GaugeMetricFamily("forum_problem", "1 if this needs attention.", labels=("part",))
        states = {"mail": health.mail_problem(), "jobs": health.job_problems(), "backups": health.backup_problem()}
        states |= {"disk": health.disk_problem(), "queue": queue_problem}
        for part, problem in states.items():
            problems.add_metric((part,), 1.0 if problem else 0.0)
        yield problems
        yield from _job_families()


def _job_families() -> "Iterator[GaugeMetricFamily]":
    times = GaugeMetricFamily("forum_job_success_timestamp_seconds", "Last success, to five minutes.", labels=("job",))
    failures = GaugeMetricFamily("forum_job_failures", "Failures since the last success.", labels=("job",))
    for run in last_runs():
        if run.name in jobs.periodic_jobs():
            failures.add_metric((run.name,), run.failures)
            if run.succeeded_at is not None:
                times.add_metric((run.name,), run.succeeded_at.timestamp() // TIME_STEP * TIME_STEP)
    yield from (times, failures)


def _gauge(name: str, description: str, value: float) -> "GaugeMetricFamily":
    return GaugeMetricFamily(name, description, value=value)


def _in_tens(count: int) -> int:
    return count // STEP * STEP


class MetricsPage:
    """A WSGI application that answers every request with the metrics of the last minute."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._text, self._rendered_at = b"", -float(MAX_AGE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if time.monotonic() - self._rendered_at >= MAX_AGE:
            self._rendered_at, self._text = time.monotonic(), self._render()
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Content-Length", str(len(self._text)))])
        return [self._text]

    def _render(self) -> bytes:
        registry, folder = CollectorRegistry(), str(self._app.config["METRICS_FOLDER"])
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        text: bytes = generate_latest(registry)
        with self._app.app_context(), reading():
            try:
                registry = CollectorRegistry(auto_describe=False)
                registry.register(_Health())
                text += generate_latest(registry)
            except SQLAlchemyError as error:
                log.warning("the metrics lack what the database knows (%s)", type(error).__name__)
            finally:
                db.session.remove()
        return text


class _Server6(WSGIServer):
    address_family = socket.AF_INET6


class _QuietHandler(WSGIRequestHandler):
    timeout = 10  # seconds

    def log_message(self, format: str, *args: object) -> None:
        """Write no access log."""


def forget_counts(folder: Path) -> None:
    """Delete the counts of an earlier start."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def start_listener(app: Flask) -> WSGIServer | None:
    """Answer at the address of FORUM_METRICS, from a thread of this process."""
    host, _, port = app.config["METRICS"].rpartition(":")
    try:
        kind = _Server6 if ":" in host else WSGIServer
        server = make_server(host.strip("[]"), int(port), MetricsPage(app), kind, _QuietHandler)
    except OSError as error:
        log.error("no metrics at %s: %s", app.config["METRICS"], error.strerror)
        return None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
