"""What an anonymous text may say about its author: the badge, and the tier that was held.

How much is said depends on the region and the programme, never on the author: if one business type of a region is rare,
none is shown there, and if one tier of a programme is rare, none is. So what is left out points at nobody.
"""

from collections.abc import Collection, Sequence

from forum.accounts.badge_choices import BUSINESS_TYPES, REGIONS
from forum.accounts.models import Member
from forum.posts.anonymous.queries import Holder, members_of_region, organisations_among, tier_holders
from forum.vendors.models import Tier

# What fewer organisations share would point at one of them.
MIN_ORGANISATIONS = 5


def badge_for(member: Member, tier: Tier | None = None) -> str:
    """Return business type, region and tier, as far as everybody with that region and programme shows it; may be empty.

    The business type is left out first, then the region, then the tier.
    """
    region = member.region or ""
    people = members_of_region(region)
    business_types = {person.business_type for person in people} - {""}
    tier_ids: Collection[int | None] = {None}
    if tier is not None and is_tier_shared(tier):
        tier_ids = {other.id for other in tier.programme.tiers}
        people = [holder for holder in tier_holders(tier.programme_id) if holder.region == region]
    shows_region = all(_is_shared(people, tier_id) for tier_id in tier_ids)
    shows_type = shows_region and all(
        _is_shared(people, tier_id, business_type) for tier_id in tier_ids for business_type in business_types
    )
    labels = (
        BUSINESS_TYPES.get(member.business_type or "") if shows_type else None,
        REGIONS.get(region) if shows_region else None,
        tier.name if tier is not None and None not in tier_ids else None,
    )
    return " · ".join(label for label in labels if label)


def is_tier_shared(tier: Tier) -> bool:
    """Return whether an anonymous text may show the tier: enough organisations hold each tier of its programme."""
    holders = tier_holders(tier.programme_id)
    return all(_is_shared(holders, other.id) for other in tier.programme.tiers)


def _is_shared(people: Sequence[Holder], tier_id: int | None, business_type: str | None = None) -> bool:
    matching = [
        person for person in people if person.tier_id == tier_id and business_type in (None, person.business_type)
    ]
    return len(organisations_among(matching)) >= MIN_ORGANISATIONS
