"""Find or make the pseudonym under which a member writes in a thread, and find the member behind one."""

from collections.abc import Iterable

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import pseudonym_of, thread_aliases
from forum.db import db

MEMBER_PURPOSE = "member of a pseudonym"


def alias_for(thread_key: str, member: Member) -> str | None:
    """Return the alias the member has, or would get, in this thread; None while their anonymous writing is locked."""
    if is_anonymous_writing_locked(member):
        return None
    own_hmacs, aliases = anonymity.thread_hmacs(thread_key, member.id), thread_aliases(thread_key)
    existing = next((alias for alias, thread_hmac in aliases.items() if thread_hmac in own_hmacs), None)
    return existing or _free_alias(aliases, own_hmacs[0])


def get_or_create_pseudonym(thread_key: str, member: Member) -> Pseudonym:
    """Return the member's pseudonym in this thread; the first call makes it."""
    existing = pseudonym_of(thread_key, member)
    if existing is not None:
        return existing
    thread_hmac = anonymity.thread_hmac(thread_key, member.id)
    pseudonym = Pseudonym(
        thread_key=thread_key,
        thread_hmac=thread_hmac,
        name=_free_alias(thread_aliases(thread_key), thread_hmac),
        member_seal=seal_member_id(member.id),
    )
    db.session.add(pseudonym)
    db.session.flush()
    return pseudonym


def seal_member_id(member_id: int) -> str:
    """Seal a member's id for a pseudonym's row. Every seal has the same length."""
    return anonymity.seal(MEMBER_PURPOSE, f"{member_id:012d}")


def member_behind(pseudonym: Pseudonym) -> Member | None:
    """Return the member behind a pseudonym, never to be shown; None when the key is lost or the member has left."""
    member_id = anonymity.unseal(MEMBER_PURPOSE, pseudonym.member_seal) if pseudonym.member_seal else None
    return db.session.get(Member, int(member_id)) if member_id else None


def _free_alias(taken_aliases: Iterable[str], thread_hmac: str) -> str:
    return next(alias for alias in anonymity.alias_candidates(thread_hmac) if alias not in taken_aliases)
