"""Sessions as rows: a copied cookie is worth nothing once its row is ended.

A row is written when somebody signs in, often just before they write anonymously, and a database shows in which order
rows were written. So a session's row names no member. It carries an HMAC of the member's secret and a number that no
other row carries, and what its owner reads in the settings is sealed. It is never written together with a row that
names a member, and no visit touches it: see docs/anonymity.md.
"""

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from forum import anonymity
from forum.accounts.models import Member, MemberSession
from forum.accounts.session_queries import hash_token, sessions_by_hmacs, sessions_over_before, today
from forum.db import db, lock
from forum.turns import end_turn, reading_apart

PURPOSE = "session mark"
SEAL_PURPOSE = "details of a session"
DETAILS_LENGTH = 192  # bytes, so that no device shows by the length of its seal
# How many days a session lasts: with "Keep me signed in" (as long as the cookie), and without.
REMEMBERED_DAYS = 60
SESSION_DAYS = 14
# A member's sessions that begin on one day have numbers below this one.
PER_DAY = 64
DELETED_AT_ONCE = 200


class SessionDetails(NamedTuple):
    """What the owner of a session reads about it, and the epoch that it belongs to."""

    id: int
    device: str
    network: str
    first_day: datetime
    epoch: int
    is_current: bool


def begin_session(member: Member, *, device: str, network: str, remember: bool) -> str:
    """Store a session of the member and return its token. The caller writes nothing else in this transaction."""
    token = secrets.token_urlsafe(32)
    row = MemberSession(
        token_hash=hash_token(token),
        owner_hmac=_free_hmac(member),
        details_seal=_seal(device, network, member.session_epoch),
        last_day=today() + timedelta(days=REMEMBERED_DAYS if remember else SESSION_DAYS),
    )
    db.session.add(row)
    db.session.flush()
    return token


def end_session(session: MemberSession) -> None:
    """End one session. Its row stays a few days, so that no other session gets its HMAC."""
    session.last_day = min(session.last_day, today() - timedelta(days=1))
    db.session.flush()


def sessions_of(member: Member) -> list[SessionDetails]:
    """Return the member's sessions, the latest first."""
    details = [_details(member, row) for row in _rows_of(member) if row.last_day >= today()]
    current = [row for row in details if row is not None and row.epoch == member.session_epoch]
    return sorted(current, key=lambda row: (row.is_current, row.first_day), reverse=True)


def has_signed_in(member: Member, first_day: int, last_day: int, owner_hmacs: Collection[str]) -> bool:
    """Return whether one of these sessions began on one of these days (ordinals) and is the member's.

    A session that was ended has a row for two more days, so whoever looks once a day misses none.
    """
    hmacs = _hmacs_of_days(member, first_day, last_day)
    return any(hmac in owner_hmacs for hmac in hmacs)


def own_session(member: Member, session_id: int) -> MemberSession | None:
    """Return a session by its id if it is one of the member's."""
    return next((row for row in _rows_of(member) if row.id == session_id), None)


def delete_ended_sessions(commit: Callable[[], object]) -> None:
    """Delete the rows of sessions that ended some days ago, some hundred in a transaction."""
    with reading_apart(commit):
        ids = sessions_over_before(today() - timedelta(days=2))
    for start in range(0, len(ids), DELETED_AT_ONCE):
        part = MemberSession.id.in_(ids[start : start + DELETED_AT_ONCE])
        db.session.query(MemberSession).filter(part).delete(synchronize_session=False)
        end_turn(commit)


def _hmacs_of_days(member: Member, first_day: int, last_day: int) -> list[str]:
    """Return what sessions that began on these days (ordinals) carry, under each key, the present key's first."""
    return anonymity.chain_links(PURPOSE, member.secret, range(first_day * PER_DAY, (last_day + 1) * PER_DAY))


def _rows_of(member: Member) -> list[MemberSession]:
    day = today().toordinal()
    hmacs = _hmacs_of_days(member, day - REMEMBERED_DAYS, day)
    return [row for start in range(0, len(hmacs), 1000) for row in sessions_by_hmacs(hmacs[start : start + 1000])]


def _free_hmac(member: Member) -> str:
    """Return an HMAC for a session that begins today; a random one when the member's secret is lost.

    Beyond PER_DAY sessions a day, one of them makes room.
    """
    lock(f"sessions of {member.id}")
    day = today().toordinal()
    hmacs = _hmacs_of_days(member, day, day)[:PER_DAY]
    if not hmacs:
        return secrets.token_hex(32)
    rows = {row.owner_hmac: row for row in sessions_by_hmacs(hmacs)}
    free = next((hmac for hmac in hmacs if hmac not in rows), None)
    if free is None:
        free = secrets.choice(hmacs)
        db.session.delete(rows[free])
        db.session.flush()
    return free


def _seal(device: str, network: str, epoch: int) -> str:
    return anonymity.seal_json(SEAL_PURPOSE, [device, network, today().isoformat(), epoch], DETAILS_LENGTH)


def _details(member: Member, row: MemberSession) -> SessionDetails | None:
    values = anonymity.unseal_json(SEAL_PURPOSE, row.details_seal)
    if values is None:
        return None
    device, network, first_day, epoch = values
    is_current = row.token_hash == hash_token(member.session_token)
    return SessionDetails(
        row.id, device, network, datetime.fromisoformat(first_day).replace(tzinfo=UTC), epoch, is_current
    )
