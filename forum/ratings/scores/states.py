"""Store the state of disclosure control for each subject, sealed; and hash contributions."""

from collections.abc import Callable
from hashlib import blake2b

from forum import anonymity
from forum.db import db
from forum.ratings.models import DisclosureState
from forum.ratings.queries import Subject
from forum.ratings.scores.publication import SubjectState, from_json, to_json
from forum.ratings.scores.queries import disclosure_state, stored_seal

STATE_SEAL_PURPOSE = "disclosure state"
PADDING = 4096


def load_state(subject: Subject) -> SubjectState:
    """Return what was published of a subject; nothing when no key in force opens it."""
    return opened_state(stored_seal(subject))


def save_state(subject: Subject, state: SubjectState) -> None:
    """Store the state of a subject, sealed and padded."""
    store_state(subject, sealed_state(state))


def opened_state(seal: str | None) -> SubjectState:
    """Return the state that a seal holds; an empty one for None, and when no key in force opens it."""
    return from_json(anonymity.unseal_json(STATE_SEAL_PURPOSE, seal))


def sealed_state(state: SubjectState) -> str:
    """Seal a state, padded."""
    return anonymity.seal_json(STATE_SEAL_PURPOSE, to_json(state), pad=PADDING)


def store_state(subject: Subject, seal: str) -> None:
    """Store a sealed state."""
    row = disclosure_state(subject)
    if row is None:
        row = DisclosureState(vendor_id=subject.vendor_id, category_id=subject.category_id)
        db.session.add(row)
    row.state_seal = seal
    db.session.flush()


def contribution_hash() -> Callable[[str], str]:
    """Return the keyed hash of contributions: 16 hexadecimal digits. The oldest key, as for organisations."""
    key = anonymity.contribution_key()
    return lambda text: blake2b(text.encode(), key=key, digest_size=8).hexdigest()
