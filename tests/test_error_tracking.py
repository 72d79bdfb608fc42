"""Sentry learns which line failed, and nothing about the reader, the request or the text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from forum import create_app, error_tracking, jobs
from forum.config import Settings
from forum.db import db
from tests.browser import Browser
from tests.conftest import settings_for
from tests.factories import make_member

SECRETS = (
    "Marta",
    "marta@partner.example",
    "203.0.113.9",
    "SecretBrowser",
    "a text nobody",
    "q=whisper",
    "kept-in-a-local",
)
FIELDS = ("server_name", "user", "request", "breadcrumbs", "extra", "contexts", "modules", "vars", "trace")


class CapturedTransport(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep an envelope."""
        self.envelopes.append(envelope)

    def events(self) -> list[dict[str, Any]]:
        """Return the events, as they would be sent."""
        return [json.loads(item.get_bytes()) for envelope in self.envelopes for item in envelope.items]


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> CapturedTransport:
    captured = CapturedTransport()
    monkeypatch.setattr(error_tracking, "OPTIONS", {**error_tracking.OPTIONS, "transport": captured})
    return captured


@pytest.fixture
def tracked(tmp_path: Path, transport: CapturedTransport) -> Iterator[Flask]:
    """Provide an application that sends its errors, with a page that always fails."""
    url = f"sqlite:///{tmp_path / 'forum.sqlite'}"
    dsn = {"SENTRY_DSN": "https://key@sentry.example/1", "SETTINGS": Settings(environment="production")}
    app = create_app(settings_for(url, tmp_path, TESTING=False, **dsn))
    app.test_client_class = Browser

    @app.route("/broken/<name>", methods=["GET", "POST"])
    def broken(name: str) -> str:
        secret = "kept-in-a-local"
        raise ValueError(f"the row of {name} with {secret} and a text nobody may read")

    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def visit(app: Flask) -> None:
    member = make_member(name="Marta", email="marta@partner.example")
    reader: Any = app.test_client(user=member)
    where = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}, "headers": {"User-Agent": "SecretBrowser/1"}}
    form = {"body": "a text nobody may read"}
    assert reader.post("/broken/Marta?q=whisper", data=form, **where).status_code == 500


def test_an_event_has_the_lines_of_the_program_and_nothing_about_the_reader(
    tracked: Flask, transport: CapturedTransport
) -> None:
    visit(tracked)
    (event,) = transport.events()
    allowed = {*error_tracking.EVENT_FIELDS, "tags", "exception"}
    assert set(event) <= allowed, set(event) - allowed
    (error,) = event["exception"]["values"]
    assert error["type"] == "ValueError" and "value" not in error
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert all(set(frame) <= set(error_tracking.FRAME_FIELDS) for frame in error["stacktrace"]["frames"])
    assert list(event["tags"]) == ["reference"]


def test_nothing_personal_leaves_in_any_envelope(tracked: Flask, transport: CapturedTransport) -> None:
    visit(tracked)
    envelope_text = "".join(envelope.serialize().decode() for envelope in transport.envelopes)
    words = (*SECRETS, *(f'"{field}"' for field in FIELDS))
    assert envelope_text and not [word for word in words if word in envelope_text]


def test_what_a_library_adds_later_does_not_leave() -> None:
    event = {"event_id": "1", "user": {"id": 7}, "request": {"url": "/x"}, "exception": {"values": [{"value": "row"}]}}
    assert error_tracking.only_the_program(event, None) == {
        "event_id": "1",
        "tags": {},
        "exception": {"values": [{"stacktrace": {"frames": []}}]},
    }


def test_a_job_that_fails_is_sent_by_name(tracked: Flask, transport: CapturedTransport) -> None:
    jobs.job_finished.send("send_digests", error=ValueError("about marta@partner.example"))
    jobs.job_finished.send("send_digests", error=None)
    (event,) = transport.events()
    assert event["tags"] == {"job": "send_digests"} and "marta" not in json.dumps(event)


def test_without_the_setting_nothing_is_sent(app: Flask, transport: CapturedTransport) -> None:
    error_tracking.report(ValueError("x"))
    assert error_tracking.NAME not in app.extensions and transport.events() == []
