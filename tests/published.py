"""Helpers of the tests of published figures: snapshots without ratings, and pages that show them."""

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS
from forum.ratings.figure_types import band_of
from forum.ratings.models import Snapshot
from forum.ratings.scores.formulas import score, wilson_interval
from forum.vendors.actions import add_programme
from forum.vendors.models import Vendor
from tests.factories import make_category, make_post, make_vendor

TIERS = [("Silver", 2, 900, 0, 0), ("Gold", 8, 2100, 4500, 600_000)]
MEDIANS = {"annual_fee": 1500, "revenue_commitment": 150_000, "certified_people": 4, "training_cost": 1800, "hours": 40}
DAY = "2026-11-02"


def make_stars(n: int, stars: int, day: str = DAY) -> dict[str, Any]:
    """Return the figures of one measure that n organisations answered with the same number of stars."""
    mean, _, low, high = score([n if star == stars else 0 for star in range(1, 6)])
    shares = [100 if star == stars else 0 for star in range(1, 6)] if n >= 10 else None
    rounded = {"mean": round(mean, 1), "low": round(low, 1), "high": round(high, 1)}
    return {"band": band_of(n), **rounded, "shares": shares, "not_offered": 0 if shares else None, "published_at": day}


def make_share(n: int, yes: int, day: str = DAY) -> dict[str, Any]:
    """Return a share of n organisations in steps of five percent."""
    share = wilson_interval(yes, n)
    steps = [round(20 * share.share), int(20 * share.low), -int(-20 * share.high)]
    return {"band": band_of(n), **dict(zip(("share", "low", "high"), (5 * x for x in steps), strict=True))} | {
        "published_at": day
    }


def make_ask(n: int, median: int, day: str = DAY) -> dict[str, Any]:
    """Return the figures of one ask, with quartiles from twenty organisations on."""
    quartiles = {"q1": median // 2, "q3": median * 2, "low": 2.5, "high": 3.5} if n >= 20 else {}
    return {"band": band_of(n), "median": median, "level": 3.0, **quartiles, "published_at": day}


def make_figures(n: int, worth: int = 3, stars: int = 3, tiers: dict[int, int] | None = None) -> dict[str, Any]:
    """Return the figures of n organisations that answer the same; `tiers` says how many of them hold a tier."""
    keys = ("approved", "kept", "granted", "refused_tier", "refused_registered")
    votes = (n * 3 // 4, n // 2, n * 2 // 3, n // 3, 0)
    return {
        "stars": {"worth": make_stars(n, worth)}
        | {key: make_stars(n, stars) for key in (*CRITERION_KEYS, "all_gives")},
        "again": make_share(n, n if worth > 2 else 0) if n >= 10 else None,
        "asks": {key: make_ask(n, MEDIANS[key]) for key in ASK_KEYS},
        "all_asks": {"band": band_of(n), "mean": 3.0, "low": 2.6, "high": 3.4, "published_at": DAY},
        "deals": {key: make_share(n, yes) for key, yes in zip(keys, votes, strict=True)} if n >= 10 else {},
        "tiers": {str(tier_id): make_figures(count, worth, stars) for tier_id, count in (tiers or {}).items()},
    }


def publish_figures(vendor: Vendor | None, figures: dict[str, Any], **columns: Any) -> Snapshot:
    """Store a current snapshot without ratings: pages read nothing else."""
    worth, all_gives = (figures["stars"].get(key, {}) for key in ("worth", "all_gives"))
    snapshot = Snapshot(
        vendor_id=vendor.id if vendor else None,
        band=worth.get("band"),
        worth_mean=worth.get("mean"),
        worth_low=worth.get("low"),
        worth_high=worth.get("high"),
        asks_mean=figures["all_asks"]["mean"] if figures["all_asks"] else None,
        gives_mean=all_gives.get("mean"),
        figures=figures,
        **{"published_at": now(), **columns},
    )
    db.session.add(snapshot)
    db.session.commit()
    return snapshot


def make_published_vendor(name: str, n: int = 12, worth: int = 3, stars: int = 3, **columns: Any) -> Vendor:
    """Return a vendor with a snapshot of n organisations; below five there is none."""
    vendor = make_vendor(name, **columns)
    if n >= 5:
        publish_figures(vendor, make_figures(n, worth, stars))
    return vendor


def make_rated_vendor() -> Vendor:
    """Return Northwind, rated by fifteen organisations at two tiers that differ in discounts, and published."""
    vendor = make_vendor("Northwind")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    silver, gold = vendor.programmes[0].tiers
    figures = make_figures(15, tiers={silver.id: 8, gold.id: 7})
    for part in (figures, *figures["tiers"].values()):
        del part["stars"]["beta"]  # nobody is offered a beta programme, so there is no mean
    for tier, stars, n in ((silver, 1, 8), (gold, 5, 7)):
        figures["tiers"][str(tier.id)]["stars"]["discounts"] = make_stars(n, stars)
    figures["stars"]["discounts"] |= {"mean": 3.0, "low": 2.4, "high": 3.6, "shares": [50, 0, 0, 0, 50]}
    figures["stars"]["presales"]["not_offered"] = 20
    publish_figures(vendor, figures)
    return vendor


def make_many_vendors(count: int) -> None:
    """Make vendors of which a third each is ranked, early and thin."""
    category = make_category(slug="storage")
    ranked, early = [make_figures(12, worth) for worth in (2, 3, 4)], make_figures(6, 3)
    for n in range(count):
        vendor = make_vendor(f"Vendor {n:03}", category=category)
        if n % 3 < 2:
            publish_figures(vendor, early if n % 3 else ranked[n % 9 // 3])


def write_posts(vendor: Vendor, count: int = 1) -> None:
    for n in range(count):
        make_post(subject=PostSubject(vendor), title=f"What happened, time and again, {n}")


def ranked_names(page: str) -> list[str]:
    """Return the names in the table of vendors, in order."""
    pattern = r'<th scope="row">\s*(?:<label.*?</label>\s*)?<a href="/vendors/[^"]+"[^>]*>([^<]+)</a>'
    return [unescape(name) for name in re.findall(pattern, page)]


def charts(page: str) -> list[ElementTree.Element]:
    """Return every inline SVG, parsed: one that is not well-formed fails here."""
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)]
