"""Queries about members, pseudonyms and sanctions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    func,
    select,
    union,
)

from forum import anonymity
from forum.accounts.models import Member, Passkey, Pseudonym, Sanction, SpentLink
from forum.accounts.organisations import mailbox
from forum.chains import carries_link
from forum.db import db, now
from forum.direct_statements import DirectLoad, DirectStatement
from forum.domains import normalized_address
from forum.value_lists import is_pair_among


def member_by_email(email: str) -> Member | None:
    """Return the member with this address, in whatever spelling of its domain and case."""
    return db.session.scalar(select(Member).where(Member.email == normalized_address(email)))


def member_by_mailbox(email: str) -> Member | None:
    """Return the member with this address, or with another one that leads to the same mailbox; see organisations.py."""
    exact = member_by_email(email)
    return exact or db.session.scalar(
        select(Member).where(Member.mailbox == mailbox(email)).order_by(Member.id).limit(1)
    )


def member_by_slug(slug: str) -> Select[tuple[Member]]:
    """Select the member with a page at this slug: confirmed, or imported and not yet claimed."""
    return select(Member).where(Member.slug == slug, Member.confirmed_at.is_not(None) | Member.password_hash.is_(None))


def account_by_slug(slug: str) -> Select[tuple[Member]]:
    """Select the member with this slug, whatever the state of the account."""
    return select(Member).where(Member.slug == slug)


def mentionable_slugs(slugs: Sequence[str]) -> set[str]:
    """Return which of these are slugs of members who can be mentioned: confirmed and not banned."""
    return set(db.session.scalars(select(Member.slug).where(Member.slug.in_(slugs), *_is_mentionable())))


def reachable_ids_by_slug(slugs: Sequence[str]) -> dict[str, int]:
    """Return the ids of the members with these slugs who are told that they are mentioned: not while suspended."""
    is_reachable = (*_is_mentionable(), Member.suspended_until.is_(None) | (Member.suspended_until <= now()))
    rows = db.session.execute(select(Member.slug, Member.id).where(Member.slug.in_(slugs), *is_reachable))
    return {row.slug: row.id for row in rows}


def members_to_mention(typed: str, limit: int = 8) -> Sequence[Row[str, str]]:
    """Return slug and name of members with a word in their slug that begins as was typed, the first word first."""
    first = Member.slug.startswith(typed, autoescape=True)
    is_match = first | Member.slug.contains(f"-{typed}", autoescape=True)
    statement = select(Member.slug, Member.name).where(is_match, *_is_mentionable())
    return db.session.execute(statement.order_by(first.desc(), Member.slug).limit(limit)).all()


def _is_mentionable() -> tuple[ColumnElement[bool], ...]:
    return (Member.confirmed_at.is_not(None), Member.banned_at.is_(None))


def passkey_by_credential_id(credential_id: str) -> Passkey | None:
    """Return the passkey with this credential id."""
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def slugs_with_prefix(prefix: str) -> set[str]:
    """Return the slugs in use that start with a prefix."""
    return set(db.session.scalars(select(Member.slug).where(Member.slug.startswith(prefix, autoescape=True))))


def pseudonym_of(thread_key: str, member: Member) -> Pseudonym | None:
    """Return the member's pseudonym in this thread, or None when they have not written anonymously in it."""
    hmacs = anonymity.thread_hmacs(thread_key, member.secret)
    return _pseudonym_of.first({"thread_key": thread_key, "hmacs": hmacs})


def _pseudonyms_of() -> Select[Pseudonym]:
    hmacs: BindParameter[Any] = bindparam("hmacs", expanding=True)
    return select(Pseudonym).where(Pseudonym.thread_key == bindparam("thread_key"), Pseudonym.thread_hmac.in_(hmacs))


_pseudonym_of = DirectLoad(Pseudonym, _pseudonyms_of)


def aliases_among(thread_key: str, names: Sequence[str], hmacs: Sequence[str] = ()) -> dict[str, str]:
    """Return which of these names are in use in this thread, and the alias of these HMACs, each with its HMAC."""
    names_here = [(thread_key, name) for name in names]
    hmacs_here = [(thread_key, thread_hmac) for thread_hmac in hmacs]
    return dict(_aliases_among.rows({"names": names_here, "hmacs": hmacs_here}))


def _columns_among() -> CompoundSelect[Any]:
    pseudonym = Pseudonym.__table__.c
    columns = select(pseudonym.name, pseudonym.thread_hmac)
    # Two searches, each by an index: one condition with OR would read all aliases of the thread.
    return union(
        columns.where(is_pair_among(pseudonym.thread_key, pseudonym.name, "names")),
        columns.where(is_pair_among(pseudonym.thread_key, pseudonym.thread_hmac, "hmacs")),
    )


_aliases_among = DirectStatement(_columns_among)


def sanctions_with_links(links: Sequence[str]) -> Sequence[Sanction]:
    """Return the sanctions that carry one of these links of a member's chain."""
    return _sanctions_with_links.all({"links": links})


def spent_links_among(links: Sequence[str]) -> set[str]:
    """Return which of these links were carried by a row that has been deleted."""
    return {link for (link,) in _spent_links.rows({"links": links})}


_link = SpentLink.__table__.c.link
_sanctions_with_links = DirectLoad(Sanction, lambda: select(Sanction).where(carries_link(Sanction.chain_link)))
_spent_links = DirectStatement(lambda: select(_link).where(carries_link(_link)))


def sealed_secrets(limit: int | None = None) -> Sequence[Row[int, str | None]]:
    """Return id and sealed secret of all members, or of the first ones."""
    return db.session.execute(select(Member.id, Member.secret_seal).order_by(Member.id).limit(limit)).all()


def confirmed_members() -> Sequence[Row[int, str | None, datetime | None, str | None, str | None]]:
    """Return id, email, confirmed_at, work_domain and secret_seal of all members who have confirmed their address."""
    columns = (Member.id, Member.email, Member.confirmed_at, Member.work_domain, Member.secret_seal)
    return db.session.execute(select(*columns).where(Member.confirmed_at.is_not(None))).all()


def members_by_ids(member_ids: Sequence[int]) -> Sequence[Member]:
    """Return the members with these ids."""
    return db.session.scalars(select(Member).where(Member.id.in_(member_ids))).all()


def count_members() -> int:
    """Return the number of members who have confirmed their address."""
    return db.session.scalar(select(func.count()).select_from(Member).where(Member.confirmed_at.is_not(None))) or 0


def count_other_admins(member_id: int) -> int:
    """Return the number of other admins who can sign in."""
    can_sign_in = (
        Member.role == "admin",
        Member.id != member_id,
        Member.confirmed_at.is_not(None),
        Member.banned_at.is_(None),
        Member.password_hash.is_not(None),
    )
    return db.session.scalar(select(func.count()).select_from(Member).where(*can_sign_in)) or 0


def count_staff() -> int:
    """Return the number of moderators and admins who can sign in."""
    is_staff = and_(
        Member.role.in_(("moderator", "admin")), Member.confirmed_at.is_not(None), Member.banned_at.is_(None)
    )
    return db.session.scalar(select(func.count()).select_from(Member).where(is_staff)) or 0


def admins_with_mail() -> Sequence[Member]:
    """Return the admins who can sign in and get mail."""
    can_get_mail = (Member.role == "admin", Member.confirmed_at.is_not(None), Member.email.is_not(None))
    is_reached = (Member.banned_at.is_(None), Member.bounced_at.is_(None))
    return db.session.scalars(select(Member).where(*can_get_mail, *is_reached).order_by(Member.id)).all()


def names_of_representatives_and_staff() -> Sequence[Row[int, str]]:
    """Return id and name of everyone whose name carries weight: moderators, admins and representatives of vendors."""
    carries_weight = (Member.role != "member") | Member.represents_id.is_not(None)
    return db.session.execute(select(Member.id, Member.name).where(carries_weight)).all()


def members_to_remind_of_lock(moment: datetime) -> Sequence[Member]:
    """Return the members whose second mail about a lock on their anonymous writing is due."""
    return db.session.scalars(select(Member).where(Member.lock_reminder_at <= moment).order_by(Member.id)).all()


def unconfirmed_before(moment: datetime) -> Select[tuple[Member]]:
    """Select the members who joined before the moment and never confirmed. Who waits for approval has."""
    is_unconfirmed = (Member.confirmed_at.is_(None), Member.applied_at.is_(None), Member.password_hash.is_not(None))
    return select(Member).where(*is_unconfirmed, Member.joined_at < moment)
