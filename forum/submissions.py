"""Guards for submitted forms: double submits, honeypots, and forms sent faster than a person types."""

import time
from collections.abc import Callable
from typing import TypeVar, overload

from flask import current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.exc import IntegrityError

from forum.db import db

# A field of forms for strangers that people do not see. Bots that fill every field fill it, and so may a browser.
HONEYPOT = "homepage"
HONEYPOT_FILLED = (
    "A field that people don't see was filled in, perhaps by a password manager. Nothing was sent. It is empty now: "
    "please send the form again."
)
TIMESTAMP_FIELD = "form_timestamp"
# A form sent in less, in seconds, was not filled in by a person.
MIN_FORM_AGE = 3
TYPED_TOO_FAST = "That was very fast. Please check it and send it again."

Result = TypeVar("Result")


@overload
def submit_once(
    action: Callable[[], Result], *, existing: Callable[[], Result | None], error: type[Exception] = IntegrityError
) -> Result: ...


@overload
def submit_once(action: Callable[[], Result], *, error: type[Exception] = IntegrityError) -> Result | None: ...


def submit_once(
    action: Callable[[], Result],
    *,
    existing: Callable[[], Result | None] | None = None,
    error: type[Exception] = IntegrityError,
) -> Result | None:
    """Run the action, commit, and return its result; a form submitted twice at the same time is stored once.

    `error` is what the second of two submissions fails with. It is rolled back, and the result of the first is
    returned as `existing` finds it, or None without `existing`. When `existing` finds nothing the error is raised:
    something else failed.
    """
    try:
        result = action()
        db.session.commit()
    except error:
        db.session.rollback()
        if existing is None:
            return None
        first = existing()
        if first is None:
            raise
        return first
    return result


def honeypot_filled() -> bool:
    """Return whether the invisible field was filled in: refuse in words, since it may have been a person's browser."""
    return bool(request.form.get(HONEYPOT))


def form_timestamp() -> str:
    """Return the signed time when this form was first shown; it stays the same when the form is shown again."""
    if TIMESTAMP_FIELD in g:  # a mark, in a form that is kept: see fragments.py
        return str(g.get(TIMESTAMP_FIELD))
    submitted = request.form.get(TIMESTAMP_FIELD, "")
    if submitted and form_age() is not None:
        return submitted
    return str(_serializer(TIMESTAMP_FIELD).dumps(""))


def form_age() -> float | None:
    """Return how many seconds ago the submitted form was first shown, or None when its fields do not say."""
    for name, salt in ((TIMESTAMP_FIELD, TIMESTAMP_FIELD), ("csrf_token", "wtf-csrf-token")):
        try:
            _, signed_at = _serializer(salt).loads(request.form.get(name, ""), return_timestamp=True)
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


def _serializer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=salt)
