"""Counts of requests for Prometheus, off by default: what the machine has to do, and never what somebody wrote.

Whoever reads metrics can read them every second, beside the public pages. So what is submitted is not counted, whatever
it is: a count of it would tell when a text was sent that appears hours later under an alias. Only server errors are
counted for every method, since they are in the log with their time, too. Reading is counted in four groups, without
address, reader or file, and durations are rounded up to the steps of the histogram: the exact sum would tell which page
was shown.
"""

import os
import time
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from forum.config import SAFE_METHODS

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram, values
except ImportError:  # an optional dependency; the settings say so when it is needed
    if not TYPE_CHECKING:
        CollectorRegistry = Counter = Histogram = values = None

# Seconds; the last step is what takes longer.
STEPS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# The extension under which an application keeps its counters.
NAME = "request_metrics"


class RequestMetrics:
    """The counters of a process. Those of all processes are added up from files in a folder."""

    def __init__(self, folder: Path) -> None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        self._requests = Counter(
            "forum_requests", "Pages and files that were read.", ("group", "status"), registry=registry
        )
        # Without labels a counter would open its file at once, also in commands that answer no request.
        self._errors = Counter("forum_server_errors", "Requests that failed with 5xx.", ("method",), registry=registry)
        self._durations = Histogram(
            "forum_request_duration_seconds", "Time to answer.", ("group",), buckets=STEPS, registry=registry
        )

    def add(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        is_read = method in SAFE_METHODS
        if status >= 500:
            self._errors.labels("read" if is_read else "submit").inc()
        if is_read:
            group = group_of(path)
            self._requests.labels(group, f"{status // 100}xx").inc()
            self._durations.labels(group).observe(rounded_up(seconds))


def group_of(path: str) -> str:
    """Return the group that a page or file is counted in."""
    if path.startswith("/static/"):
        return "static"
    if path in ("/health", "/ready"):
        return "status"
    return "feeds" if path.endswith(".atom") else "pages"


def rounded_up(seconds: float) -> float:
    """Return the step of the histogram that a duration belongs to."""
    return STEPS[min(bisect_left(STEPS, seconds), len(STEPS) - 1)]


def init_app(app: Flask) -> None:
    """Count the application's requests, if its settings say where to read the counts."""
    if app.config.get("METRICS"):
        metrics = app.extensions[NAME] = RequestMetrics(app.config["METRICS_FOLDER"])
        app.wsgi_app = _measured(app.wsgi_app, metrics)  # type: ignore[method-assign,assignment]


def _measured(inner: WSGIApplication, metrics: RequestMetrics) -> WSGIApplication:
    def run(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start, status = time.perf_counter(), [500]

        def note_status(line: str, headers: list[tuple[str, str]], *exception: Any) -> Any:
            status[0] = int(line.split(" ", 1)[0])
            return start_response(line, headers, *exception)

        try:
            return inner(environ, note_status)
        finally:
            metrics.add(environ["REQUEST_METHOD"], environ["PATH_INFO"], status[0], time.perf_counter() - start)

    return run
