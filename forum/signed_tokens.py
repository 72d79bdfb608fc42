"""Signed tokens for mailed links: they carry a value, are dated, and serve one purpose each."""

from datetime import datetime
from typing import Any, Literal, overload

from flask import current_app
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer


class ClockTolerantSigner(TimestampSigner):
    """A signer that accepts what was signed before the clock was set back; the library takes it for expired."""

    @overload
    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: Literal[False] = False
    ) -> bytes: ...

    @overload
    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: Literal[True] = True
    ) -> tuple[bytes, datetime]: ...

    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False
    ) -> tuple[bytes, datetime] | bytes:
        """Return the signed value. Raises BadSignature, also when it is older than `max_age` seconds."""
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.get_timestamp() - int(signed_at.timestamp())
        if max_age is not None and age > max_age:
            raise SignatureExpired(f"Signature age {age} > {max_age} seconds", payload=value, date_signed=signed_at)
        return (value, signed_at) if return_timestamp else value


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
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=salt, signer=ClockTolerantSigner)
