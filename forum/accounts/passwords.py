"""Passwords: kept as argon2id hashes, and never one of those that everybody tries first."""

from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200
# OWASP's second choice: 19 MiB, two passes, one lane; about 17 ms a sign-in here.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """The argon2id hash, with its salt and costs in it."""
    return _hasher.hash(password)


def is_correct(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one. Without a hash it takes as long, and is never."""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def password_error(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """What is wrong with a new password, in words, or None. `about` holds what everybody knows: name and address."""
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters. Four random words are easy to remember."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    plain = password.casefold()
    if plain in _common() or plain.rstrip("0123456789!?.#*") in _common() or len(set(plain)) < 5:
        return "This is one of the passwords that are tried first. Choose another."
    if any(len(word) > 3 and plain.strip("0123456789!?.#*") == word.casefold() for word in about):
        return "This is your name or address. Choose something nobody knows of you."
    return None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
