"""Members' secrets when keys change: sealed again under the present key, or replaced where the key is lost.

Rows are written some hundred at a time and in random order, so that they show nothing of who was here first and others
can write in between. When it is killed, it is run again, and all are written anew.
"""

from collections.abc import Callable, Mapping
from random import SystemRandom

from forum.accounts.queries import members_by_ids, sealed_secrets
from forum.anonymity import new_secret_seal, reseal_secret
from forum.db import db
from forum.turns import end_turn, reading_apart

WRITTEN_AT_ONCE = 200


def reseal_secrets(commit: Callable[[], object] | None = None) -> int:
    """Seal every secret under the present key, and return how many. Then a former key seals none any more."""
    with reading_apart(commit):
        seals = {id: seal for id, old in sealed_secrets() if (seal := reseal_secret(old)) is not None}
    return _change(seals, commit)


def replace_lost_secrets(commit: Callable[[], object] | None = None) -> int:
    """Give a new secret to each member whose secret no key opens, and return how many.

    They can write anonymously again, and their former anonymous writing is nobody's.
    """
    with reading_apart(commit):
        seals = {id: new_secret_seal() for id, seal in sealed_secrets() if reseal_secret(seal) is None}
    return _change(seals, commit)


def _change(seals: Mapping[int, str], commit: Callable[[], object] | None) -> int:
    member_ids = SystemRandom().sample(list(seals), len(seals))
    for start in range(0, len(member_ids), WRITTEN_AT_ONCE):
        for member in members_by_ids(member_ids[start : start + WRITTEN_AT_ONCE]):
            member.secret_seal = seals[member.id]
        db.session.flush()
        end_turn(commit)
    return len(seals)
