"""The badge of an anonymous text: what its author may let it say of them, as far as enough others share it."""

from typing import Any

from forum.accounts.badge_choices import BUSINESS_TYPES, REGIONS
from forum.posts.anonymous.queries import count_organisations_sharing

# Fewer organisations than this, and a badge would name one of them.
MIN_ORGANISATIONS = 5


def badge_for(member: Any, tier: Any = None) -> str:
    """Kind of work, region and tier, as far as five organisations share all of what is said; "" when none is left.

    What is shared by too few goes in this order: the kind of work, then the region, then the tier.
    """
    kept = {"trade": member.business_type, "region": member.region, "tier_id": tier.id if tier else None}
    for dropped in (None, "trade", "region", "tier_id"):
        if dropped:
            kept[dropped] = None
        said = {name: value for name, value in kept.items() if value}
        if said and count_organisations_sharing(member, **said) >= MIN_ORGANISATIONS:
            words = (
                BUSINESS_TYPES.get(kept["trade"] or ""),
                REGIONS.get(kept["region"] or ""),
                tier.name if tier else None,
            )
            return " · ".join(word for word, name in zip(words, kept, strict=True) if word and kept[name])
    return ""
