"""Find or make the pseudonym under which a member writes in a thread, and find the member behind one."""

from collections.abc import Iterable, Mapping

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import pseudonym_of, sealed_secrets, thread_aliases
from forum.db import db


def alias_for(thread_key: str, member: Member) -> str | None:
    """Return the alias the member has, or would get, in this thread; None while their anonymous writing is locked."""
    return None if is_anonymous_writing_locked(member) else alias_among(thread_aliases(thread_key), thread_key, member)


def alias_among(aliases: Mapping[str, str], thread_key: str, member: Member) -> str | None:
    """Return the same for the aliases in use in this thread, each with its thread HMAC."""
    if is_anonymous_writing_locked(member):
        return None
    own_hmacs = anonymity.thread_hmacs(thread_key, member.secret)
    existing = next((alias for alias, thread_hmac in aliases.items() if thread_hmac in own_hmacs), None)
    return existing or _free_alias(aliases, own_hmacs[0] if own_hmacs else "")


def get_or_create_pseudonym(thread_key: str, member: Member) -> Pseudonym:
    """Return the member's pseudonym in this thread; the first call makes it."""
    existing = pseudonym_of(thread_key, member)
    if existing is not None:
        return existing
    thread_hmac = anonymity.thread_hmac(thread_key, member.secret)
    pseudonym = Pseudonym(
        thread_key=thread_key,
        thread_hmac=thread_hmac,
        name=_free_alias(thread_aliases(thread_key), thread_hmac),
    )
    db.session.add(pseudonym)
    db.session.flush()
    return pseudonym


def member_behind(pseudonym: anonymity.PseudonymRow) -> Member | None:
    """Return the member behind a pseudonym, never to be shown; None when the key is lost or the member has left.

    Nothing stored leads from one to the other: the secret of every member is tried, which takes some 15 microseconds
    each.
    """
    for member_id, secret_seal in sealed_secrets():
        if anonymity.owns_pseudonym(anonymity.unseal_secret(secret_seal), pseudonym):
            return db.session.get(Member, member_id)
    return None


def _free_alias(taken_aliases: Iterable[str], thread_hmac: str) -> str:
    return next(alias for alias in anonymity.alias_candidates(thread_hmac) if alias not in taken_aliases)
