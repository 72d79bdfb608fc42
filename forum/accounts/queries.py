"""Queries about members, pseudonyms and sanctions."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Executable, Row, Select, and_, bindparam, func, or_, select

from forum import anonymity
from forum.accounts.models import Member, Passkey, Pseudonym, Sanction, SpentLink
from forum.accounts.organisations import mailbox
from forum.db import db, now
from forum.domains import normalized_address

# In a thread with more aliases than this they are looked up, not kept in memory.
MAX_ALIASES = 500


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
    pseudonym: Pseudonym | None = db.session.scalar(_pseudonym_of(), {"thread_key": thread_key, "hmacs": hmacs})
    return pseudonym


@cache
def _pseudonym_of() -> Executable:
    hmacs: BindParameter[Any] = bindparam("hmacs", expanding=True)
    return select(Pseudonym).where(Pseudonym.thread_key == bindparam("thread_key"), Pseudonym.thread_hmac.in_(hmacs))


def all_aliases(thread_key: str) -> dict[str, str] | None:
    """Return all aliases in use in this thread, each with its thread HMAC; None if there are more than MAX_ALIASES."""
    rows = db.session.execute(_all_aliases(), {"thread_key": thread_key}).all()
    return None if len(rows) > MAX_ALIASES else {row.name: row.thread_hmac for row in rows}


@cache
def _all_aliases() -> Executable:
    pseudonym = Pseudonym.__table__.c
    columns = select(pseudonym.name, pseudonym.thread_hmac)
    return columns.where(pseudonym.thread_key == bindparam("thread_key")).limit(MAX_ALIASES + 1)


def aliases_among(thread_key: str, names: Sequence[str], hmacs: Sequence[str] = ()) -> dict[str, str]:
    """Return which of these names are in use in this thread, and the alias of these HMACs, each with its HMAC."""
    parameters = {"thread_key": thread_key, "names": names, "hmacs": hmacs}
    return {row.name: row.thread_hmac for row in db.session.execute(_aliases_among(), parameters)}


@cache
def _aliases_among() -> Executable:
    pseudonym = Pseudonym.__table__.c
    is_wanted = or_(
        pseudonym.name.in_(bindparam("names", expanding=True)),
        pseudonym.thread_hmac.in_(bindparam("hmacs", expanding=True)),
    )
    return select(pseudonym.name, pseudonym.thread_hmac).where(
        pseudonym.thread_key == bindparam("thread_key"), is_wanted
    )


def sanctions_with_links(links: Sequence[str]) -> Sequence[Sanction]:
    """Return the sanctions that carry one of these links of a member's chain."""
    return db.session.scalars(_with_links(Sanction, Sanction.chain_link), {"links": links}).all()


def spent_links_among(links: Sequence[str]) -> set[str]:
    """Return which of these links were carried by a row that has been deleted."""
    column = SpentLink.__table__.c.link
    return set(db.session.scalars(_with_links(column, column), {"links": links}))


@cache
def _with_links(entity: Any, column: Any) -> Executable:
    return select(entity).where(column.in_(bindparam("links", expanding=True)))


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
