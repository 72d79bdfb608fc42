"""Passwords: stored as argon2id hashes, and never a common one."""

from functools import cache
from pathlib import Path
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forum import text

MIN_LENGTH = 10
MAX_LENGTH = 200
# Nothing longer is normalized: one character is typed as a few at most.
MAX_TYPED_LENGTH = 4 * MAX_LENGTH
MIN_DIFFERENT_CHARACTERS = 5
# People add these to a common word.
TRAILING = "0123456789!?.#*"
# The second setting that OWASP recommends: 19 MiB, two passes, one lane; about 17 ms per sign-in here.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Several requests at once would take 19 MiB each.
_one_at_a_time = Lock()


def hash_password(password: str) -> str:
    """Return the argon2id hash, which contains its salt and costs."""
    with _one_at_a_time:
        return _hasher.hash(normalized(password))


def is_correct(password_hash: str | None, password: str) -> bool:
    """Return whether the password matches. Without a hash it is False and takes as long, so timing tells nothing."""
    hash_to_try = password_hash or _dummy_hash()
    return any(_matches(hash_to_try, spelling) for spelling in _spellings(password)) and password_hash is not None


def normalized(password: str) -> str:
    """Return the one spelling of a password (NIST SP 800-63B): systems type "é" in one character or in two."""
    return text.normalize("NFKC", password[:MAX_TYPED_LENGTH])


def _spellings(password: str) -> list[str]:
    """Return what a hash may have been made of: hashes from before were made of what was typed on either system."""
    typed = password[:MAX_TYPED_LENGTH]
    return list(dict.fromkeys([normalized(typed), typed, text.normalize("NFD", typed)]))


def _matches(password_hash: str, spelling: str) -> bool:
    try:
        with _one_at_a_time:
            return _hasher.verify(password_hash, spelling)
    except (VerificationError, InvalidHashError):
        return False


def password_error(password: str, *, personal: tuple[str, ...] = ()) -> str | None:
    """Return why a new password is refused, or None. `personal`: words that others know, such as name and address."""
    password = normalized(password)
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters. Four random words are easy to remember."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    folded = password.casefold()
    if folded in _common() or folded.rstrip(TRAILING) in _common() or len(set(folded)) < MIN_DIFFERENT_CHARACTERS:
        return "This is one of the most common passwords. Choose another one."
    if any(len(word) > 3 and folded.strip(TRAILING) == word.casefold() for word in personal):
        return "This is too close to your name or e-mail address. Choose something that others don't know about you."
    return None


@cache
def _dummy_hash() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
