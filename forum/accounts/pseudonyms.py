"""Find or make the pseudonym under which a member writes in a thread, and find the member behind one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import aliases_among, pseudonym_of, sealed_secrets
from forum.db import db
from forum.inserts import insert_now

# How many candidates are looked up at once until one is free; nearly always the first one is.
CANDIDATES_AT_ONCE = 3


def alias_for(thread_key: str, member: Member) -> str | None:
    """Return the alias the member has, or would get, in this thread; None while their anonymous writing is locked."""
    if is_anonymous_writing_locked(member):
        return None
    return _alias_in(thread_key, anonymity.thread_hmacs(thread_key, member.secret))


def first_candidates(hmacs: list[str]) -> list[str]:
    """Return the aliases to try first for a member's HMACs: nearly always one of them is free."""
    return list(islice(_candidates(hmacs), CANDIDATES_AT_ONCE))


def first_free(names: Sequence[str], aliases: Collection[str]) -> str | None:
    """Return the first of these names that is not among the aliases in use."""
    return next((name for name in names if name not in aliases), None)


def get_or_create_pseudonym(thread_key: str, member: Member) -> Pseudonym:
    """Return the member's pseudonym in this thread; the first call makes it."""
    existing = pseudonym_of(thread_key, member)
    if existing is not None:
        return existing
    thread_hmac = anonymity.thread_hmac(thread_key, member.secret)
    pseudonym = Pseudonym(
        thread_key=thread_key,
        thread_hmac=thread_hmac,
        name=_alias_in(thread_key, [thread_hmac]),
    )
    insert_now(pseudonym)
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


def _alias_in(thread_key: str, hmacs: list[str]) -> str:
    """Return the alias of a member's HMACs, or the first free one. Few rows are read, even in the largest thread."""
    candidates = _candidates(hmacs)
    while True:
        names = list(islice(candidates, CANDIDATES_AT_ONCE))
        aliases = aliases_among(thread_key, names, hmacs)
        alias = _own_alias(aliases, hmacs) or first_free(names, aliases)
        if alias is not None:
            return alias


def _candidates(hmacs: list[str]) -> Iterator[str]:
    return anonymity.alias_candidates(hmacs[0] if hmacs else "")


def _own_alias(aliases: Mapping[str, str], hmacs: list[str]) -> str | None:
    return next((alias for alias, thread_hmac in aliases.items() if thread_hmac in hmacs), None)
