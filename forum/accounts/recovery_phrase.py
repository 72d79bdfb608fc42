"""Recovery phrases: twelve words on paper that unlock anonymous writing after a reset of the password by mail.

A phrase is drawn from 2,048 plain words, 132 random bits in all. It is shown once and stored as an Argon2 hash. It does
not sign anybody in.
"""

import secrets
from functools import cache
from pathlib import Path

from forum import text
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password, is_correct
from forum.db import db

WORDS_IN_PHRASE = 12


def replace_recovery_phrase(member: Member) -> str:
    """Return a new phrase of the member. An earlier one stops working."""
    phrase = " ".join(secrets.choice(phrase_words()) for _ in range(WORDS_IN_PHRASE))
    member.recovery_phrase_hash = hash_password(phrase)
    db.session.flush()
    return phrase


def is_phrase_of(member: Member, typed: str) -> bool:
    """Return whether this is the member's phrase, in any case and with any spaces or punctuation between its words."""
    phrase = _normalized(typed)
    # Anything else is no phrase: a code of six digits is not worth the time that hashing takes.
    if member.recovery_phrase_hash is None or len(phrase.split()) != WORDS_IN_PHRASE:
        return False
    return is_correct(member.recovery_phrase_hash, phrase)


@cache
def phrase_words() -> tuple[str, ...]:
    """Return the words that phrases are made of."""
    return tuple((Path(__file__).parent / "phrase_words.txt").read_text().split())


def _normalized(typed: str) -> str:
    letters = (character if character.isalpha() else " " for character in text.normalize("NFKC", typed))
    return " ".join("".join(letters).lower().split())
