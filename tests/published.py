"""Helpers of the tests of published figures: snapshots without ratings, and pages that show them."""

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.ratings.criteria import CRITERION_KEYS
from forum.ratings.models import Snapshot
from forum.ratings.scores.actions import publish
from forum.ratings.scores.figures import EMPTY_CONTEXT, CountedRating, compute_figures
from forum.vendors.actions import add_programme
from forum.vendors.models import Vendor
from tests.factories import make_category, make_post, make_rating, make_vendor

TIERS = [("Silver", 2, 900, 0, 0), ("Gold", 8, 2100, 4500, 600_000)]


def make_figures(n: int, worth: int = 3, stars: int = 3, tiers: dict[int, int] | None = None) -> dict[str, Any]:
    """Return the figures of n organisations that answer the same; `tiers` says how many of them hold a tier."""
    asks = (1500.0, 150_000.0, 4.0, 1800.0, 40.0)
    ratings = [
        CountedRating(f"house {i}", None, 1.0, worth, worth > 2, (stars,) * 11, asks, (4, 3, 2, 3, 2, 1, 0), True)
        for i in range(n)
    ]
    by_tier = {
        str(tier_id): compute_figures(ratings[:count], EMPTY_CONTEXT) for tier_id, count in (tiers or {}).items()
    }
    return {**compute_figures(ratings, EMPTY_CONTEXT), "tiers": by_tier}


def publish_figures(vendor: Vendor | None, figures: dict[str, Any] | None, n: int = 0, **columns: Any) -> Snapshot:
    """Store a current snapshot without ratings: pages read nothing else."""
    stars = figures["stars"] if figures else None
    snapshot = Snapshot(
        vendor_id=vendor.id if vendor else None,
        organisations=figures["organisations"] if figures else n,
        ratings=figures["ratings"] if figures else n,
        worth_mean=stars["worth"]["mean"] if stars else None,
        worth_low=stars["worth"]["low"] if stars else None,
        worth_high=stars["worth"]["high"] if stars else None,
        asks_mean=figures["all_asks"]["mean"] if figures else None,
        gives_mean=stars["all_gives"]["mean"] if stars else None,
        figures=figures,
        **{"published_at": now(), **columns},
    )
    db.session.add(snapshot)
    db.session.commit()
    return snapshot


def make_published_vendor(name: str, n: int = 12, worth: int = 3, stars: int = 3, **columns: Any) -> Vendor:
    """Return a vendor with a snapshot of n organisations."""
    vendor = make_vendor(name, **columns)
    if n:
        publish_figures(vendor, make_figures(n, worth, stars) if n >= 5 else None, n)
    return vendor


def make_rated_vendor() -> Vendor:
    """Return Northwind, rated by fifteen organisations at two tiers, and published."""
    vendor = make_vendor("Northwind")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    programme = vendor.programmes[0]
    for n in range(15):
        answers = dict.fromkeys(CRITERION_KEYS, 2 + n % 3)
        answers |= {"beta": 0, "worth": 2 + n % 3, "discounts": 1 + 4 * (n % 2)}
        answers |= {"annual_fee": 1500, "certified_people": 4, "training_cost": 1800, "hours": 40}
        answers |= {"deals_registered": 4, "deals_approved": 3, "deals_kept": 2, "bids_asked": 3, "bids_granted": 1}
        make_rating(vendor=vendor, programme=programme, tier=programme.tiers[n % 2], answers=answers)
    publish()
    db.session.commit()
    return vendor


def make_many_vendors(count: int) -> None:
    """Make vendors of which a third each is ranked, early and thin."""
    category = make_category(slug="storage")
    ranked, early = [make_figures(12, worth) for worth in (2, 3, 4)], make_figures(6, 3)
    for n in range(count):
        vendor = make_vendor(f"Vendor {n:03}", category=category)
        publish_figures(vendor, ranked[n % 9 // 3] if n % 3 == 0 else early if n % 3 == 1 else None, n=3)


def write_posts(vendor: Vendor, count: int = 1) -> None:
    for n in range(count):
        make_post(subject=PostSubject(vendor), title=f"What happened, time and again, {n}")


def ranked_names(page: str) -> list[str]:
    """Return the names in the table of vendors, in order."""
    pattern = r'<th scope="row">\s*<a href="/vendors/[^"]+"[^>]*>([^<]+)</a>'
    return [unescape(name) for name in re.findall(pattern, page)]


def charts(page: str) -> list[ElementTree.Element]:
    """Return every inline SVG, parsed: one that is not well-formed fails here."""
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)]
