"""How many organisations share what a badge, or a text, says of its author."""

from typing import Any

from sqlalchemy import func, or_, select

from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.db import db
from forum.posts.models import Post
from forum.ratings.models import Rating


def count_organisations_sharing(
    member: Any, *, trade: str = "", region: str = "", country: str = "", tier_id: int | None = None
) -> int:
    """Organisations of confirmed members that state all of this, the member's own included.

    Who has a tier is known from what is signed by name alone: an anonymous text counts for nobody.
    """
    statement = select(Member.id, Member.email, Member.confirmed_at).where(
        Member.confirmed_at.is_not(None), Member.banned_at.is_(None)
    )
    if trade:
        statement = statement.where(Member.business_type == trade)
    if region:
        statement = statement.where(Member.region == region)
    if country:
        statement = statement.where(func.lower(Member.country) == country.lower())
    if tier_id is not None:
        posts = select(Post.author_id).where(Post.tier_id == tier_id, Post.author_id.is_not(None))
        ratings = select(Rating.author_id).where(Rating.tier_id == tier_id, Rating.author_id.is_not(None))
        statement = statement.where(or_(Member.id.in_(posts), Member.id.in_(ratings)))
    found = {organisation_of(row).name for row in db.session.execute(statement)}
    return len(found | {organisation_of(member).name})
