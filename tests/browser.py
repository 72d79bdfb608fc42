"""A test client that is signed in as a member: with a session in the database, as every browser has one."""

import time
from typing import Any

from flask import Flask, has_app_context
from flask_login import FlaskLoginClient
from sqlalchemy.orm import Session, object_session

from forum.accounts.session_actions import begin_session
from forum.accounts.session_views import PROVED_AT
from forum.db import db, writing


def _sign_in(app: Flask, member: Any) -> None:
    """Give a member a session for the browser of a test, in a transaction of its own."""
    sessions = [session for session in (object_session(member), _current_session()) if session is not None]
    for session in sessions:
        session.commit()
    with app.app_context():
        _ = member.secret, member.session_epoch  # loaded now: the other transaction has the lock
    with app.app_context(), writing():
        member.session_token = begin_session(member, device="A browser", network="127.0.…", remember=True)
        db.session().commit()  # not db.session.commit, which a test may have replaced
    for session in sessions:
        session.commit()  # what it has read is from before


def _current_session() -> Session | None:
    return db.session() if has_app_context() else None  # a browser in another thread has none


class Browser(FlaskLoginClient):
    """A test client that opens each visit in its own application context: Flask-Login keeps the reader on flask.g.

    The test's changes are committed before a visit, so that it holds no locks during it and reads everything anew after it.
    """

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        if user is not None:
            _sign_in(args[0], user)
        super().__init__(*args, user=user, **kwargs)
        # As a browser says of a form on this site's own page.
        self.environ_base["HTTP_ORIGIN"] = "http://localhost"
        if user is not None:
            with self.session_transaction() as values:
                values[PROVED_AT] = int(time.time())

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():  # a browser in another thread has none
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **{"buffered": True, **kwargs})
