"""The demo's ratings: those that stories carry, and as many beside them, given by the cast without a text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from forum.accounts.models import Member
from forum.ratings.actions import rate
from forum.ratings.criteria import ASK_KEYS, DEALS, CRITERION_KEYS, NOT_OFFERED
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import categories

# What the stories' authors wrote for short, and what a rating calls it.
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
# Discounts, special bids and pre-sales are what a higher tier lifts; the rest hardly moves.
LIFT = {"discounts": 1.6, "presales": 1.4, "responsiveness": 0.7, "demos": 0.5, "beta": 0.9}


class ExtraRating(NamedTuple):
    """A rating without a text: how many days ago, by whom, of which vendor or undisclosed description."""

    day: float
    member: str
    about: str
    n: int
    undisclosed: bool = False


def extra_ratings(
    cast: Mapping[str, Any], stories: Sequence[Mapping[str, Any]], members: Mapping[str, Member]
) -> Iterator[ExtraRating]:
    """Who rates which vendor without writing about it, and when: nobody who rates it in a story."""
    chance = Random(1878)  # noqa: S311 - always the same
    for slug, profile in cast["ratings"].items():
        taken = {story["author"] for story in stories if story.get("vendor") == slug and "rating" in story}
        for n, member in enumerate(_shuffle_across_organisations(taken, members, chance)[: profile["beside"]]):
            yield ExtraRating(_day(n, profile, chance), member, slug, n)
    for n, (given, member) in enumerate(zip(cast["undisclosed"], chance.sample(sorted(members), 9), strict=False)):
        yield ExtraRating(chance.uniform(80, 400), member, given["description"], n, undisclosed=True)


def _shuffle_across_organisations(taken: set[str], members: Mapping[str, Member], chance: Random) -> list[str]:
    """The members that are not taken, shuffled; those whose house has a say already come last."""
    heard = {members[slug].company for slug in taken}
    first: list[str] = []
    last: list[str] = []
    for slug in chance.sample(free := sorted(set(members) - taken), len(free)):
        (last if members[slug].company in heard else first).append(slug)
        heard.add(members[slug].company)
    return first + last


def _day(n: int, profile: Mapping[str, Any], chance: Random) -> float:
    """How many days ago the nth was given. In waves each falls into one quarter, so that every tier has a batch."""
    if waves := profile.get("waves"):
        return chance.uniform(5, 68) + WAVE * (waves - 1 - n * waves // profile["beside"])
    return chance.choice([chance.uniform(2, 300), chance.uniform(2, 650)])


def rate_extra(
    given: ExtraRating,
    cast: Mapping[str, Any],
    vendors: Mapping[str, Vendor],
    members: Mapping[str, Member],
    started: datetime,
) -> None:
    """Give the rating; every other one anonymously."""
    chance = Random(f"{given.about} {given.n}")  # noqa: S311 - always the same
    how: dict[str, Any] = {"anonymous": chance.random() < 0.5, "at": started - timedelta(days=round(given.day))}
    member = members[given.member]
    if given.undisclosed:
        told = cast["undisclosed"][given.n]
        category = next(one for one in categories() if one.slug == told["category"])
        profile = {**cast["ratings"]["meridian-networks"], "worth": told["worth"]}
        answers = random_answers(profile, None, 0.0, chance)
        rate(member, category=category, description=told["description"], answers=answers, **how)
        return
    vendor = vendors[given.about]
    programme = vendor.programmes[0]
    place = given.n % len(programme.tiers)
    up = place / (len(programme.tiers) - 1) - 0.5 if len(programme.tiers) > 1 else 0.0
    tier = programme.tiers[place]
    answers = random_answers(cast["ratings"][given.about], tier, up, chance)
    rate(member, vendor=vendor, programme=programme, tier=tier, answers=answers, **how)


def story_answers(told: Mapping[str, Any]) -> dict[str, Any]:
    """A story's rating as an action takes it."""
    gives, asks, deals = told.get("gives", {}), told.get("asks", {}), told.get("deals", {})
    answers: dict[str, Any] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))
    answers |= {key: NOT_OFFERED if mark == "none" else mark for key, mark in gives.items()}
    answers |= {ASK_KEYS_OF_STORIES.get(key, key): value for key, value in asks.items()}
    answers |= {DEAL_KEYS_OF_STORIES.get(key, key): value for key, value in deals.items()}
    return answers | {
        "worth": told["worth"],
        "again": told["again"],
        "years": told.get("years"),
        "currency": asks.get("currency", "EUR"),
        "only_vendor_trains": None,
        "interest": "none",
    }


def random_answers(profile: Mapping[str, Any], tier: Tier | None, up: float, chance: Random) -> dict[str, Any]:
    """A rating around a vendor's profile; `up` is where the tier stands in its programme, -0.5 to 0.5."""
    mood = chance.gauss(0, 0.5)
    answers: dict[str, Any] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))
    for key, mean in profile["gives"].items():
        if chance.random() < profile.get("none", {}).get(key, 0.04) * (1.4 - up):
            answers[key] = NOT_OFFERED
        elif chance.random() > 0.06:
            answers[key] = _star(mean + mood + up * LIFT.get(key, 0.1) * profile["lift"] + chance.gauss(0, 0.7))
    answers |= _random_asks(tier, profile["hours"], up, chance)
    answers |= _random_deals(answers["deal_registration"], chance)
    worth = _star(profile["worth"] + mood * 1.1 + chance.gauss(0, 0.6))
    return answers | {
        "worth": worth,
        "again": chance.random() < (0.05, 0.2, 0.6, 0.9, 0.97)[worth - 1],
        "years": chance.randint(1, 9),
        "currency": "EUR",
        "only_vendor_trains": chance.random() < 0.5,
        "interest": "none",
    }


def _star(value: float) -> int:
    return max(1, min(5, round(value)))


def _random_asks(tier: Tier | None, hours: int, up: float, chance: Random) -> dict[str, Any]:
    if tier is None:
        return {}
    fee, revenue, people = tier.annual_fee or 0, tier.revenue_target or 0, tier.certified_people or 1
    return {
        "annual_fee": fee,
        "revenue_commitment": revenue if chance.random() < 0.8 else round(revenue * chance.choice([0.8, 1.2])),
        "certified_people": max(1, people + chance.choice([-1, 0, 0, 0, 0, 1, 2])),
        "training_cost": round((tier.training_cost or 0) * chance.uniform(0.75, 1.35) / 50) * 50,
        "hours": max(2, round(hours * (1 + up) * chance.uniform(0.65, 1.45))),
    }


def _random_deals(honoured: int | None, chance: Random) -> dict[str, Any]:
    if chance.random() < 0.35:
        return {}
    registered = chance.randint(2, 9)
    approved = sum(chance.random() < 0.8 for _ in range(registered))
    kept = sum(chance.random() < 0.15 + 0.16 * (honoured or 2) for _ in range(approved))
    asked = chance.randint(1, 5)
    granted = sum(chance.random() < 0.55 for _ in range(asked))
    by_tier = chance.randint(0, asked - granted)
    return {
        "deals_registered": registered,
        "deals_approved": approved,
        "deals_kept": kept,
        "bids_asked": asked,
        "bids_granted": granted,
        "bids_refused_tier": by_tier,
        "bids_refused_registered": chance.randint(0, asked - granted - by_tier),
    }
