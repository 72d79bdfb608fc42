"""Signed tokens for mailed links: they carry a value, are dated, and serve one purpose each."""

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer


def sign_token(salt: str, value: object) -> str:
    """Return a token that carries a JSON value. Anyone who has it can read the value; no one can change it."""
    return str(_serializer(salt).dumps(value))


def read_token(salt: str, token: str, max_age: int) -> Any:
    """Return the value of a token; None when it was not signed with this salt or is more than `max_age` seconds old."""
    try:
        return _serializer(salt).loads(token, max_age=max_age)
    except BadData:
        return None


def _serializer(salt: str) -> URLSafeTimedSerializer:
    # The salt keeps a token of one purpose from serving another. Changing one invalidates the links already mailed.
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=salt)
