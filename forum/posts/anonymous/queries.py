"""Which organisations share what a badge, a tier or a text says about its author.

Only organisations with a confirmed work domain count: anyone can get another free-mail address.
"""

from collections.abc import Iterable
from typing import NamedTuple, cast

from sqlalchemy import Select, func, or_, select, union

from forum.accounts.models import Member
from forum.accounts.organisations import MemberRow, organisation_of
from forum.db import db
from forum.posts.models import Post
from forum.ratings.models import Rating
from forum.vendors.models import Tier


class Holder(NamedTuple):
    """What a member states, and a tier they hold. `organisation` is None without a confirmed work domain."""

    organisation: str | None
    business_type: str
    region: str
    tier_id: int | None


def members_of_region(region: str) -> list[Holder]:
    """Return what the confirmed members state who state this region, or none if it is empty."""
    return _holders(_members().where(Member.region == region))


def tier_holders(programme_id: int) -> list[Holder]:
    """Return the members who say by name that they hold a tier of the programme, once for each tier.

    Anonymous texts and ratings count for nobody.
    """
    held = union(*_signed_tiers()).subquery()
    statement = (
        _members()
        .add_columns(held.c.tier_id)
        .join(held, held.c.author_id == Member.id)
        .join(Tier, Tier.id == held.c.tier_id)
        .where(Tier.programme_id == programme_id)
    )
    return _holders(statement)


def count_organisations_sharing(
    member: Member, *, business_type: str = "", region: str = "", country: str = "", tier_id: int | None = None
) -> int:
    """Return how many organisations have a confirmed member of whom all of this is true, the member's own included.

    A tier is only known from what is signed by name: anonymous texts and ratings count for no organisation.
    """
    statement = _members()
    if business_type:
        statement = statement.where(Member.business_type == business_type)
    if region:
        statement = statement.where(Member.region == region)
    if country:
        statement = statement.where(func.lower(Member.country) == country.lower())
    if tier_id is not None:
        posts, ratings = (tiers.where(tiers.selected_columns.tier_id == tier_id) for tiers in _signed_tiers())
        authors = (select(tiers.subquery().c.author_id) for tiers in (posts, ratings))
        statement = statement.where(or_(*(Member.id.in_(ids) for ids in authors)))
    organisations = organisations_among(_holders(statement))
    organisation = organisation_of(member)
    return len(organisations | {organisation.name} if organisation.verified else organisations)


def organisations_among(holders: Iterable[Holder]) -> set[str]:
    """Return the organisations among the members."""
    return {holder.organisation for holder in holders if holder.organisation is not None}


def _members() -> Select[*tuple[object, ...]]:
    organisation_columns = (Member.id, Member.email, Member.confirmed_at, Member.work_domain)
    return select(*organisation_columns, Member.business_type, Member.region).where(
        Member.confirmed_at.is_not(None), Member.banned_at.is_(None)
    )


def _signed_tiers() -> tuple[Select[*tuple[object, ...]], Select[*tuple[object, ...]]]:
    return (
        select(Post.author_id, Post.tier_id).where(Post.author_id.is_not(None), Post.tier_id.is_not(None)),
        select(Rating.author_id, Rating.tier_id).where(Rating.author_id.is_not(None), Rating.tier_id.is_not(None)),
    )


def _holders(statement: Select[*tuple[object, ...]]) -> list[Holder]:
    return [
        Holder(
            organisation.name if (organisation := organisation_of(cast(MemberRow, row))).verified else None,
            row.business_type or "",
            row.region or "",
            getattr(row, "tier_id", None),
        )
        for row in db.session.execute(statement)
    ]
