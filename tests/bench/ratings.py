"""`python -m tests.bench.ratings`: publish the scores of 1,000 vendors with 100,000 ratings, and tell time and memory.

The database is a new SQLite file, or an empty one at FORUM_DATABASE_URL.
"""

import argparse
import os
import resource
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import flask_migrate
from sqlalchemy import insert, text

from forum import anonymity, create_app
from forum.config import from_environment
from forum.db import db, new_random_id, now, start_of_day
from forum.ratings.actions import ORGANISATION_SEAL
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS
from forum.ratings.models import Rating
from forum.ratings.scores.actions import publish
from forum.vendors.actions import create_default_categories
from forum.vendors.models import Programme, Tier, Vendor
from forum.vendors.queries import categories
from tests.bench.__main__ import KEPT_IN, _machine

MOST_SECONDS, MOST_MEMORY = 60, 500  # for publishing all, in seconds and MB
TIERS = ("Silver", "Gold", "Platinum")
PORTION = 2000


class Measure(NamedTuple):
    """One thing that was done, and how long it and this process's core took, in seconds."""

    name: str
    seconds: float
    cpu: float
    told: str = ""

    def line(self) -> str:
        """In Markdown."""
        return f"| {self.name} | {self.seconds:.1f} | {self.cpu:.1f} | {self.told} |"


def fill(vendors: int, ratings: int) -> None:
    """Vendors with a programme of three tiers each, and ratings of them, the same at every run but for keys and seals.

    Every fifth is anonymous, every tenth of an undisclosed vendor; there is a house for every five ratings. The caller
    commits.
    """
    chance = Random(100)
    create_default_categories()
    kinds = [category.id for category in categories()]
    numbers = range(1, vendors + 1)
    _insert(Vendor, ({**_named(n, "Vendor"), "folded": f"vendor {n}", "category_id": kinds[n % 8]} for n in numbers))
    _insert(Programme, ({**_named(n, "Programme"), "vendor_id": n} for n in numbers))
    _insert(
        Tier,
        (
            {"id": n * 3 + place, "programme_id": n, "name": name, "position": place}
            for n in numbers
            for place, name in enumerate(TIERS)
        ),
    )
    houses = [anonymity.organisation_hmac(f"house{n}.example") for n in range(max(ratings // 5, 20))]
    _insert(Rating, (_rating(n, chance, vendors, kinds, houses) for n in range(ratings)))


def _named(n: int, kind: str) -> dict[str, Any]:
    return {"id": n, "name": f"{kind} {n}", "slug": f"{kind.lower()}-{n}"} | (
        {"accepted_at": now(), "description": "", "proposed_at": now(), "post_count": 0} if kind == "Vendor" else {}
    )


def _rating(n: int, chance: Random, vendors: int, kinds: list[int], houses: list[str]) -> dict[str, Any]:
    vendor = 1 + n % vendors
    undisclosed = chance.random() < 0.1
    stars = min(5, max(1, round(chance.gauss(2.5 + vendor % 3, 1))))
    about = {"vendor_id": None, "programme_id": None, "tier_id": None, "category_id": chance.choice(kinds)}
    if not undisclosed:
        about = {"vendor_id": vendor, "programme_id": vendor, "category_id": None}
        about["tier_id"] = vendor * 3 + chance.randrange(3) if chance.random() < 0.9 else None
    return {
        "id": new_random_id(),
        "rater_hmac": secrets.token_hex(32),
        "chain_link": secrets.token_hex(32) if n % 5 == 0 else None,
        "organisation_seal": anonymity.seal(ORGANISATION_SEAL, "w" + chance.choice(houses)),
        "vendor_description": "a large supplier" if undisclosed else None,
        **about,
        **{key: chance.choice((None, 0, stars, stars, 1, 5)) for key in CRITERION_KEYS},
        **{key: chance.randrange(1, 400) * 25 if chance.random() < 0.7 else None for key in ASK_KEYS},
        **dict.fromkeys(DEALS, chance.randrange(1, 9) if chance.random() < 0.5 else None),
        "currency": chance.choice(("EUR", "EUR", "USD")),
        "worth": stars,
        "again": stars > 2,
        "interest": "none",
        "rated_at": start_of_day(now()) - timedelta(days=chance.randrange(900)),
        "version": 1,
    }


def _insert(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    portion: list[dict[str, Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == PORTION:
            db.session.execute(insert(model.__table__), portion)
            portion = []
    if portion:
        db.session.execute(insert(model.__table__), portion)


def measure(vendors: int, ratings: int) -> list[Measure]:
    """Fill the database and publish three times: everything, nothing new, and after half of them were revised."""
    filled = _timed("filling the database", lambda: fill(vendors, ratings))
    measures = [filled, _timed("publishing all", publish), _timed("publishing again, nothing new", publish)]
    db.session.execute(text("UPDATE ratings SET version = version + 1, worth = 1 WHERE id % 2 = 0"))
    return [*measures, _timed("publishing after half were revised", publish)]


def _timed(name: str, do: Callable[[], Any]) -> Measure:
    start, busy = time.perf_counter(), time.process_time()
    outcome = do()
    db.session.commit()
    return Measure(name, time.perf_counter() - start, time.process_time() - busy, outcome.text() if outcome else "")


def main() -> None:
    """Measure and tell; ends with 1 when a mark was missed."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.ratings", description=__doc__)
    asked.add_argument("--write", action="store_true", help="append the table to docs/benchmarks.md")
    asked.add_argument("--vendors", type=int, default=1000)
    asked.add_argument("--ratings", type=int, default=100_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as folder:
        app = create_app(from_environment(os.environ | {"FORUM_INSTANCE": folder}))
        with app.app_context():
            flask_migrate.upgrade()
            measures = measure(given.vendors, given.ratings)
            database = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[db.engine.dialect.name]
            db.session.remove()
            db.engine.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = ["| | seconds | of a core | |", "|---|--:|--:|---|", *(done.line() for done in measures)]
    told = (
        f"{_machine()}, {database}\n\nScores of {given.vendors:,} vendors with {given.ratings:,} ratings "
        f"(marks: all published in {MOST_SECONDS} s and {MOST_MEMORY} MB).\n\n" + "\n".join(lines)
    )
    # On a busy machine the seconds are the others' as well: the load says how far they can be trusted.
    told += f"\n\nPeak memory, filling included: {memory:.0f} MB. Load of the machine: {os.getloadavg()[1]:.1f}.\n"
    print(told)
    if given.write:
        KEPT_IN.parent.mkdir(exist_ok=True)
        with KEPT_IN.open("a", encoding="utf-8") as kept:
            kept.write(f"\n## {datetime.now(UTC):%Y-%m-%d}\n\n{told}")
    slow = [done.line() for done in measures[1:] if done.seconds > MOST_SECONDS]
    if slow or memory > MOST_MEMORY:
        raise SystemExit(f"Missed: {'; '.join(slow)} {memory:.0f} MB")


if __name__ == "__main__":
    main()
