"""The badge of an anonymous text: what it may say about its author, as far as enough other organisations share it."""

from typing import NamedTuple

from forum.accounts.badge_choices import BUSINESS_TYPES, REGIONS
from forum.accounts.models import Member
from forum.posts.anonymous.queries import count_organisations_sharing
from forum.vendors.models import Tier

# A badge that fewer organisations share would point at one of them.
MIN_ORGANISATIONS = 5


class _Facts(NamedTuple):
    business_type: str
    region: str
    tier_id: int | None


def badge_for(member: Member, tier: Tier | None = None) -> str:
    """Return business type, region and tier, as far as five organisations share all that is shown; may be empty.

    When too few do, the business type is dropped first, then the region, then the tier.
    """
    facts = _Facts(member.business_type, member.region, tier.id if tier else None)
    for subset in (facts, facts._replace(business_type=""), facts._replace(business_type="", region="")):
        if any(subset) and count_organisations_sharing(member, **subset._asdict()) >= MIN_ORGANISATIONS:
            labels = (
                BUSINESS_TYPES.get(subset.business_type or ""),
                REGIONS.get(subset.region or ""),
                tier.name if tier else None,
            )
            return " · ".join(label for label, value in zip(labels, subset, strict=True) if label and value)
    return ""
