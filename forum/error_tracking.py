"""Errors for Sentry, off by default: which line of the program failed, and nothing about who asked for what.

Sentry's own integrations stay off. An event is made of the traceback alone, and what leaves is a short list of fields:
no message of an error, since a database quotes the row that it refused, no local variables, request, member, address or
name of the machine.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, current_app

from forum import jobs

log = logging.getLogger(__name__)
# The extension under which an application keeps its client.
NAME = "error_tracking"
EVENT_FIELDS = ("event_id", "timestamp", "level", "platform", "environment")
FRAME_FIELDS = ("filename", "function", "module", "lineno", "in_app")
TAGS = ("reference", "job")
OPTIONS: Mapping[str, Any] = {
    "default_integrations": False,
    "auto_enabling_integrations": False,
    "auto_session_tracking": False,
    "send_client_reports": False,
    "max_request_body_size": "never",
    "max_breadcrumbs": 0,
    "include_local_variables": False,
    "include_source_context": False,
    "propagate_traces": False,
    "enable_metrics": False,
    "server_name": "",
}


def init_app(app: Flask) -> None:
    """Make a client for the application, if its settings name a Sentry project; else the package is not imported."""
    if dsn := app.config.get("SENTRY_DSN"):
        from sentry_sdk import Client

        environment = app.config["SETTINGS"].environment
        app.extensions[NAME] = Client(dsn=dsn, environment=environment, before_send=only_the_program, **OPTIONS)


def report(error: BaseException, **tags: str) -> None:
    """Send an error to Sentry, if the settings say so; never raises one of its own."""
    client = current_app.extensions.get(NAME)
    if client is None:
        return
    from sentry_sdk.utils import event_from_exception

    try:
        event, hint = event_from_exception(error, client_options=client.options)
        client.capture_event({**event, "tags": tags}, hint)
    except Exception as failure:
        log.warning("an error could not be sent to Sentry (%s)", type(failure).__name__)


def only_the_program(event: Any, hint: Any) -> Any:
    """Return an event with the fields that are allowed to leave, and no other."""
    values = event.get("exception", {}).get("values", [])
    return {
        **_only(event, EVENT_FIELDS),
        "tags": _only(event.get("tags", {}), TAGS),
        "exception": {"values": [_error(value) for value in values]},
    }


def _error(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    stacktrace = {"frames": [_only(frame, FRAME_FIELDS) for frame in frames]}
    return {**_only(value, ("type", "module")), "stacktrace": stacktrace}


def _only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


@jobs.job_finished.connect
def _report_job(name: str, error: Exception | None) -> None:
    if error is not None:
        report(error, job=name)
