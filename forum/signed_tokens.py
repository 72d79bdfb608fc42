"""Signed tokens for mailed links: they carry a value, are dated, and serve one purpose each."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, overload

from flask import current_app
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import want_bytes


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

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Return the signing key, derived once per secret and salt, since that takes as long as signing."""
        secret = self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)
        return _derived_key(secret, self.salt, self.key_derivation, self.digest_method)


@lru_cache(maxsize=64)
def _derived_key(secret: bytes, salt: bytes, derivation: str, digest_method: Any) -> bytes:
    return TimestampSigner(secret, salt, key_derivation=derivation, digest_method=digest_method).derive_key()


def sign_token(salt: str, value: object) -> str:
    """Return a token that carries a JSON value. Anyone who has it can read the value; no one can change it."""
    return str(serializer(salt).dumps(value))


def read_token(salt: str, token: str, max_age: int) -> Any:
    """Return the value of a token; None when it was not signed with this salt or is more than `max_age` seconds old."""
    try:
        return serializer(salt).loads(token, max_age=max_age)
    except BadData:
        return None


def serializer(salt: str) -> URLSafeTimedSerializer:
    """Return the serializer of tokens with a salt, which keeps a token of one purpose from serving another.

    Changing a salt invalidates the links already mailed.
    """
    return _serializer(current_app.config["SECRET_KEY"], salt)


@lru_cache(maxsize=64)
def _serializer(secret_key: str, salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=salt, signer=ClockTolerantSigner)
