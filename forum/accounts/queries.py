"""Questions about members and pseudonyms."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from forum import anonymity
from forum.accounts.models import Member, Pseudonym, Sanction, SpentLink
from forum.db import db


def member_by_session(session_id: str) -> Member | None:
    """The member a session belongs to, unless the session's epoch is over."""
    number, _, epoch = session_id.partition(".")
    if not (number.isdecimal() and epoch.isdecimal()):
        return None
    member = db.session.get(Member, int(number))
    return member if member is not None and member.session_epoch == int(epoch) else None


def member_by_email(email: str) -> Member | None:
    """The member with this address, in whatever case it was typed."""
    return db.session.scalar(select(Member).where(Member.email == email.strip().lower()))


def member_by_slug(slug: str) -> Select[Any]:
    """The member with a page at this address: confirmed, or unclaimed and brought in by an import."""
    return select(Member).where(Member.slug == slug, Member.confirmed_at.is_not(None) | Member.password_hash.is_(None))


def slugs_with_prefix(slug: str) -> set[str]:
    """The slugs in use that begin with this one."""
    return set(db.session.scalars(select(Member.slug).where(Member.slug.startswith(slug, autoescape=True))))


def pseudonym_of(thread_key: str, member: Any) -> Pseudonym | None:
    """The member's pseudonym in this thread, if they have written anonymously in it."""
    own = anonymity.thread_hmacs(thread_key, member.id)
    return db.session.scalar(
        select(Pseudonym).where(Pseudonym.thread_key == thread_key, Pseudonym.thread_hmac.in_(own))
    )


def thread_aliases(thread_key: str) -> dict[str, str]:
    """The names in use in this thread, each with its mark."""
    return {row.name: row.thread_hmac for row in db.session.execute(_pseudonyms_in(), {"thread_key": thread_key})}


@cache
def _pseudonyms_in() -> Select[Any]:
    pseudonym = Pseudonym.__table__.c
    return select(pseudonym.name, pseudonym.thread_hmac).where(pseudonym.thread_key == bindparam("thread_key"))


def sanctions_with_links(marks: Sequence[str]) -> Sequence[Sanction]:
    """Sanctions that carry one of these links of a member's chain."""
    return db.session.scalars(select(Sanction).where(Sanction.chain_link.in_(marks))).all()


def spent_links_among(links: Sequence[str]) -> set[str]:
    """Which links of a chain were carried by something that is gone."""
    return set(db.session.scalars(select(SpentLink.link).where(SpentLink.link.in_(links))))


def member_seals(most: int) -> Sequence[str]:
    """Seals of members behind pseudonyms, to try a key on."""
    return db.session.scalars(
        select(Pseudonym.member_seal).where(Pseudonym.member_seal.is_not(None)).order_by(Pseudonym.id).limit(most)
    ).all()  # type: ignore[return-value]


def count_members() -> int:
    """Members who have confirmed their address."""
    return db.session.scalar(select(func.count()).select_from(Member).where(Member.confirmed_at.is_not(None))) or 0


def count_other_admins(member_id: int) -> int:
    """How many other admins can sign in."""
    able = (
        Member.role == "admin",
        Member.id != member_id,
        Member.confirmed_at.is_not(None),
        Member.banned_at.is_(None),
        Member.password_hash.is_not(None),
    )
    return db.session.scalar(select(func.count()).select_from(Member).where(*able)) or 0


def unconfirmed_before(moment: Any) -> Select[Any]:
    """Those who joined before the moment and never confirmed."""
    return select(Member).where(
        Member.confirmed_at.is_(None), Member.password_hash.is_not(None), Member.joined_at < moment
    )
