"""The demo's ratings: those that stories carry, and others of the cast without a post."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from forum.accounts.models import Member
from forum.ratings.actions import rate
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS, NOT_OFFERED, Answer
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import categories

# Maps the short keys used in stories to a rating's field names.
ASK_KEYS_OF_STORIES = {
    "people": "certified_people",
    "training": "training_cost",
    "fee": "annual_fee",
    "revenue": "revenue_commitment",
}
DEAL_KEYS_OF_STORIES = {
    "registered": "deals_registered",
    "approved": "deals_approved",
    "kept": "deals_kept",
    "refused_tier": "bids_refused_tier",
    "refused_registered": "bids_refused_registered",
}
WAVE = 4 * 73  # days between two waves: whole quarters of the demo's publications
# How much of a higher tier's advantage a criterion gets; the others get a little.
TIER_LIFT = {"discounts": 1.6, "presales": 1.4, "responsiveness": 0.7, "demos": 0.5, "beta": 0.9}
MIN_TIER_LIFT = 0.1
UNDISCLOSED_RATINGS = 9
# What entries of cast.toml and of a story are: parsed TOML.
Toml = Mapping[str, Any]


class ExtraRating(NamedTuple):
    """A rating without a post: how many days ago, by which member, of which vendor or undisclosed description."""

    day: float
    member: str
    about: str
    number: int
    undisclosed: bool = False


def extra_ratings(cast: Toml, stories: Sequence[Toml], members: Mapping[str, Member]) -> Iterator[ExtraRating]:
    """Yield who rates which vendor without a post, and when. Nobody rates a vendor whom they rate in a story."""
    chance = Random(1878)  # noqa: S311 - always the same
    for slug, profile in cast["ratings"].items():
        authors = {story["author"] for story in stories if story.get("vendor") == slug and "rating" in story}
        raters = _shuffle_across_organisations(authors, members, chance)[: profile["extra"]]
        for number, member in enumerate(raters):
            yield ExtraRating(_day(number, profile, chance), member, slug, number)
    raters = chance.sample(sorted(members), UNDISCLOSED_RATINGS)
    for number, (entry, member) in enumerate(zip(cast["undisclosed"], raters, strict=False)):
        yield ExtraRating(chance.uniform(80, 400), member, entry["description"], number, undisclosed=True)


def _shuffle_across_organisations(excluded: set[str], members: Mapping[str, Member], chance: Random) -> list[str]:
    """Return the other members shuffled; those whose organisation has a rater already come last."""
    organisations = {members[slug].company for slug in excluded}
    first: list[str] = []
    last: list[str] = []
    for slug in chance.sample(free := sorted(set(members) - excluded), len(free)):
        (last if members[slug].company in organisations else first).append(slug)
        organisations.add(members[slug].company)
    return first + last


def _day(number: int, profile: Toml, chance: Random) -> float:
    """Return how many days ago a rating was given. Each wave falls into one quarter, so that every tier has a batch."""
    if waves := profile.get("waves"):
        wave: int = waves - 1 - number * waves // profile["extra"]
        return chance.uniform(5, 68) + WAVE * wave
    return chance.choice([chance.uniform(2, 300), chance.uniform(2, 650)])


def create_extra_rating(
    extra: ExtraRating,
    cast: Toml,
    vendors: Mapping[str, Vendor],
    members: Mapping[str, Member],
    started: datetime,
) -> None:
    """Create the rating, anonymous in half of the cases."""
    chance = Random(f"{extra.about} {extra.number}")  # noqa: S311 - always the same
    anonymous, at = chance.random() < 0.5, started - timedelta(days=round(extra.day))
    member = members[extra.member]
    if extra.undisclosed:
        entry = cast["undisclosed"][extra.number]
        category = next(category for category in categories() if category.slug == entry["category"])
        profile = {**cast["ratings"]["meridian-networks"], "worth": entry["worth"]}
        answers = random_answers(profile, None, 0.0, chance)
        rate(member, category=category, description=entry["description"], answers=answers, anonymous=anonymous, at=at)
        return
    vendor = vendors[extra.about]
    programme = vendor.programmes[0]
    position = extra.number % len(programme.tiers)
    height = position / (len(programme.tiers) - 1) - 0.5 if len(programme.tiers) > 1 else 0.0
    tier = programme.tiers[position]
    answers = random_answers(cast["ratings"][extra.about], tier, height, chance)
    rate(member, vendor=vendor, programme=programme, tier=tier, answers=answers, anonymous=anonymous, at=at)


def story_answers(rating: Toml) -> dict[str, Answer]:
    """Return the answers of a story's rating."""
    stars, asks, deals = rating.get("gives", {}), rating.get("asks", {}), rating.get("deals", {})
    answers: dict[str, Answer] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))
    answers |= {key: NOT_OFFERED if value == "none" else value for key, value in stars.items()}
    answers |= {ASK_KEYS_OF_STORIES.get(key, key): value for key, value in asks.items()}
    answers |= {DEAL_KEYS_OF_STORIES.get(key, key): value for key, value in deals.items()}
    return answers | {
        "worth": rating["worth"],
        "again": rating["again"],
        "years": rating.get("years"),
        "currency": asks.get("currency", "EUR"),
        "only_vendor_trains": None,
        "interest": "none",
    }


def random_answers(profile: Toml, tier: Tier | None, height: float, chance: Random) -> dict[str, Answer]:
    """Return answers around a vendor's profile; `height` is the tier's in its programme, -0.5 to 0.5."""
    mood = chance.gauss(0, 0.5)
    answers: dict[str, Answer] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))
    stars = _random_stars(profile, mood, height, chance)
    answers |= stars
    answers |= _random_asks(tier, profile["hours"], height, chance)
    answers |= _random_deals(stars.get("deal_registration"), chance)
    worth = _star(profile["worth"] + mood * 1.1 + chance.gauss(0, 0.6))
    return answers | {
        "worth": worth,
        "again": chance.random() < (0.05, 0.2, 0.6, 0.9, 0.97)[worth - 1],
        "years": chance.randint(1, 9),
        "currency": "EUR",
        "only_vendor_trains": chance.random() < 0.5,
        "interest": "none",
    }


def _random_stars(profile: Toml, mood: float, height: float, chance: Random) -> dict[str, int]:
    stars = {}
    for key, mean in profile["gives"].items():
        if chance.random() < profile.get("none", {}).get(key, 0.04) * (1.4 - height):
            stars[key] = NOT_OFFERED
        elif chance.random() > 0.06:
            lift = height * TIER_LIFT.get(key, MIN_TIER_LIFT) * profile["lift"]
            stars[key] = _star(mean + mood + lift + chance.gauss(0, 0.7))
    return stars


def _star(value: float) -> int:
    return max(1, min(5, round(value)))


def _random_asks(tier: Tier | None, hours: int, height: float, chance: Random) -> dict[str, int]:
    if tier is None:
        return {}
    fee, revenue, people = tier.annual_fee or 0, tier.revenue_target or 0, tier.certified_people or 1
    return {
        "annual_fee": fee,
        "revenue_commitment": revenue if chance.random() < 0.8 else round(revenue * chance.choice([0.8, 1.2])),
        "certified_people": max(1, people + chance.choice([-1, 0, 0, 0, 0, 1, 2])),
        "training_cost": round((tier.training_cost or 0) * chance.uniform(0.75, 1.35) / 50) * 50,
        "hours": max(2, round(hours * (1 + height) * chance.uniform(0.65, 1.45))),
    }


def _random_deals(honoured: int | None, chance: Random) -> dict[str, int]:
    if chance.random() < 0.35:
        return {}
    registered = chance.randint(2, 9)
    approved = sum(chance.random() < 0.8 for _ in range(registered))
    retained = sum(chance.random() < 0.15 + 0.16 * (honoured or 2) for _ in range(approved))
    requested = chance.randint(1, 5)
    granted = sum(chance.random() < 0.55 for _ in range(requested))
    refused_by_tier = chance.randint(0, requested - granted)
    return {
        "deals_registered": registered,
        "deals_approved": approved,
        "deals_kept": retained,
        "bids_asked": requested,
        "bids_granted": granted,
        "bids_refused_tier": refused_by_tier,
        "bids_refused_registered": chance.randint(0, requested - granted - refused_by_tier),
    }
