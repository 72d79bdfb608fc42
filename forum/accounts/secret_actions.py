"""Members' secrets when keys change: sealed again under the present key, or replaced where the key is lost.

All rows are written in one transaction and in random order, so that they show nothing of who was here first.
"""

from random import SystemRandom

from forum.accounts.queries import members_by_ids, sealed_secrets
from forum.anonymity import new_secret_seal, reseal_secret
from forum.db import db


def reseal_secrets() -> int:
    """Seal every secret under the present key, and return how many. Then a former key seals none any more."""
    return _change({id: seal for id, old in sealed_secrets() if (seal := reseal_secret(old)) is not None})


def replace_lost_secrets() -> int:
    """Give a new secret to each member whose secret no key opens, and return how many.

    They can write anonymously again, and their former anonymous writing is nobody's.
    """
    return _change({id: new_secret_seal() for id, seal in sealed_secrets() if reseal_secret(seal) is None})


def _change(seals: dict[int, str]) -> int:
    member_ids = list(seals)
    SystemRandom().shuffle(member_ids)
    for start in range(0, len(member_ids), 500):
        for member in members_by_ids(member_ids[start : start + 500]):
            member.secret_seal = seals[member.id]
    db.session.flush()
    return len(seals)
