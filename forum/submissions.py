"""Guards for submitted forms: double submits, honeypots, and forms sent faster than a person types."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from flask import current_app, g, request, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData
from sqlalchemy.exc import IntegrityError

from forum.db import db
from forum.signed_tokens import serializer

# A field of forms for strangers that people do not see. Bots that fill every field fill it, and so may a browser.
HONEYPOT = "homepage"
HONEYPOT_FILLED = (
    "A field that people don't see was filled in, perhaps by a password manager. Nothing was sent. It is empty now: "
    "please send the form again."
)
TIMESTAMP_FIELD = "form_timestamp"
# Flask-WTF's names of the token in forms and in the session, and the salt of its signature.
CSRF_FIELD, CSRF_SALT = "csrf_token", "wtf-csrf-token"
# A form sent in less, in seconds, was not filled in by a person.
MIN_FORM_AGE = 3
TYPED_TOO_FAST = "That was very fast. Please check it and send it again."

Result = TypeVar("Result")


def submit_once(action: Callable[[], Result]) -> Result | None:
    """Run the action, commit, and return its result, or None for the second of two submissions at the same time."""
    try:
        result = action()
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return None
    return result


def honeypot_filled() -> bool:
    """Return whether the invisible field was filled in: refuse in words, since it may have been a person's browser."""
    return bool(request.form.get(HONEYPOT))


def form_timestamp() -> str:
    """Return the signed time when this form was first shown; it stays the same when the form is shown again."""
    if TIMESTAMP_FIELD in g:  # a placeholder, in a cached form: see fragments.py
        return str(g.get(TIMESTAMP_FIELD))
    submitted = request.form.get(TIMESTAMP_FIELD, "") if request.method == "POST" else ""
    if submitted and form_age() is not None:
        return submitted
    return _signed_time(current_app.secret_key, int(time.time()))


@lru_cache(maxsize=8)
def _signed_time(secret_key: object, second: int) -> str:
    """Return a signed time. It is the same for all forms of one second: signing takes as long as a small query."""
    return str(serializer(TIMESTAMP_FIELD).dumps(""))


def csrf_token() -> str:
    """Return this session's CSRF token as Flask-WTF makes it, without a new serializer for each."""
    token: str | None = g.get(CSRF_FIELD)
    if token is None and CSRF_FIELD in session:
        token = str(serializer(CSRF_SALT).dumps(session[CSRF_FIELD]))
        setattr(g, CSRF_FIELD, token)
    return str(generate_csrf()) if token is None else token


def form_age() -> float | None:
    """Return how many seconds ago the submitted form was first shown, or None when its fields do not say."""
    for name, salt in ((TIMESTAMP_FIELD, TIMESTAMP_FIELD), (CSRF_FIELD, CSRF_SALT)):
        try:
            _, signed_at = serializer(salt).loads(request.form.get(name, ""), return_timestamp=True)
        except BadData:
            continue
        age: float = time.time() - signed_at.timestamp()
        return age
    return None


def typed_too_fast(age: float | None, minimum: float = MIN_FORM_AGE) -> bool:
    """Return whether a form of this age, in seconds, was sent faster than a person types.

    None is not too fast, nor is a form from before the clock was set back.
    """
    return age is not None and 0 <= age < minimum
