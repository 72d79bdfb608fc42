"""How many organisations share what a badge, or a text, says about its author."""

from sqlalchemy import func, or_, select

from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.db import db
from forum.posts.models import Post
from forum.ratings.models import Rating


def count_organisations_sharing(
    member: Member, *, business_type: str = "", region: str = "", country: str = "", tier_id: int | None = None
) -> int:
    """Return how many organisations have a confirmed member of whom all of this is true, the member's own included.

    A tier is only known from what is signed by name: anonymous texts and ratings count for no organisation.
    """
    statement = select(Member.id, Member.email, Member.confirmed_at, Member.work_domain).where(
        Member.confirmed_at.is_not(None), Member.banned_at.is_(None)
    )
    if business_type:
        statement = statement.where(Member.business_type == business_type)
    if region:
        statement = statement.where(Member.region == region)
    if country:
        statement = statement.where(func.lower(Member.country) == country.lower())
    if tier_id is not None:
        posts = select(Post.author_id).where(Post.tier_id == tier_id, Post.author_id.is_not(None))
        ratings = select(Rating.author_id).where(Rating.tier_id == tier_id, Rating.author_id.is_not(None))
        statement = statement.where(or_(Member.id.in_(posts), Member.id.in_(ratings)))
    organisations = {organisation_of(row).name for row in db.session.execute(statement)}
    return len(organisations | {organisation_of(member).name})
