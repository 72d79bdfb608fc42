"""`python -m tests.bench.ratings`: publish the scores of 1,000 vendors with 100,000 ratings; print time and memory.

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
from itertools import islice
from random import Random
from typing import Any, NamedTuple

import flask_migrate
from sqlalchemy import bindparam, insert, select

from forum import anonymity, create_app
from forum.config import from_environment
from forum.db import db, new_random_id, now, start_of_day
from forum.ratings.actions import ORGANISATION_SEAL_PURPOSE
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS, Answer
from forum.ratings.models import Rating, seal_answers
from forum.ratings.scores.actions import Outcome, publish
from forum.vendors.actions import create_default_categories
from forum.vendors.models import Programme, Tier, Vendor
from forum.vendors.queries import categories
from tests.bench.__main__ import RESULTS_FILE, _machine

MAX_SECONDS, MAX_MEMORY = 60, 500  # for publishing all, in seconds and MB
TIERS = ("Silver", "Gold", "Platinum")
BATCH_SIZE = 2000


class Measure(NamedTuple):
    """A step, how long it took and how long it kept a core busy, in seconds, and what it printed."""

    name: str
    seconds: float
    cpu: float
    outcome: str = ""

    def line(self) -> str:
        """Return a row of a Markdown table."""
        return f"| {self.name} | {self.seconds:.1f} | {self.cpu:.1f} | {self.outcome} |"


def fill(vendors: int, ratings: int) -> None:
    """Insert vendors with a programme of three tiers each, and ratings: the same at every run except keys and seals.

    Every fifth rating is anonymous, every tenth of an undisclosed vendor; there is an organisation for every five
    ratings. The caller commits.
    """
    chance = Random(100)
    create_default_categories()
    category_ids = [category.id for category in categories()]
    numbers = range(1, vendors + 1)
    _insert(Vendor, (_vendor(n, category_ids) for n in numbers))
    _insert(Programme, ({"id": n, "name": f"Programme {n}", "slug": f"programme-{n}", "vendor_id": n} for n in numbers))
    _insert(
        Tier,
        (
            {"id": n * 3 + position, "programme_id": n, "name": name, "position": position}
            for n in numbers
            for position, name in enumerate(TIERS)
        ),
    )
    organisations = [anonymity.organisation_hmac(f"house{n}.example") for n in range(max(ratings // 5, 20))]
    _insert(Rating, (_rating(n, chance, vendors, category_ids, organisations) for n in range(ratings)))


def _vendor(n: int, category_ids: list[int]) -> dict[str, Any]:
    return {
        "id": n,
        "name": f"Vendor {n}",
        "slug": f"vendor-{n}",
        "folded_name": f"vendor {n}",
        "category_id": category_ids[n % 8],
        "accepted_at": now(),
        "description": "",
        "proposed_at": now(),
        "post_count": 0,
    }


def _rating(n: int, chance: Random, vendors: int, category_ids: list[int], organisations: list[str]) -> dict[str, Any]:
    vendor = 1 + n % vendors
    is_undisclosed = chance.random() < 0.1
    subject = {"vendor_id": None, "programme_id": None, "category_id": chance.choice(category_ids)}
    if not is_undisclosed:
        subject = {"vendor_id": vendor, "programme_id": vendor, "category_id": None}
    day = start_of_day(now()) - timedelta(days=chance.randrange(30, 900))
    return {
        "id": new_random_id(),
        "rater_hmac": secrets.token_hex(32),
        "chain_link": secrets.token_hex(32) if n % 5 == 0 else None,
        "organisation_seal": anonymity.seal(ORGANISATION_SEAL_PURPOSE, "w" + chance.choice(organisations)),
        "vendor_description": "a large supplier" if is_undisclosed else None,
        **subject,
        "answers_seal": seal_answers(_answers(vendor, chance, has_tier=not is_undisclosed)),
        "rated_at": day,
        "counted_from": day + timedelta(days=chance.randrange(3, 22)),
    }


def _answers(vendor: int, chance: Random, *, has_tier: bool) -> dict[str, Answer]:
    stars = min(5, max(1, round(chance.gauss(2.5 + vendor % 3, 1))))
    return {
        **{key: chance.choice((None, 0, stars, stars, 1, 5)) for key in CRITERION_KEYS},
        **{key: chance.randrange(1, 400) * 25 if chance.random() < 0.7 else None for key in ASK_KEYS},
        **dict.fromkeys(DEALS, chance.randrange(1, 9) if chance.random() < 0.5 else None),
        "tier_id": vendor * 3 + chance.randrange(3) if has_tier and chance.random() < 0.9 else None,
        "currency": chance.choice(("EUR", "EUR", "USD")),
        "worth": stars,
        "again": stars > 2,
        "interest": "none",
    }


def _insert(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_SIZE:
            db.session.execute(insert(model.__table__), batch)
            batch = []
    if batch:
        db.session.execute(insert(model.__table__), batch)


def measure(vendors: int, ratings: int) -> list[Measure]:
    """Fill the database and publish three times: everything, nothing new, and after half of them were revised."""
    filling = _timed("filling the database", lambda: fill(vendors, ratings))
    measures = [filling, _timed("publishing all", publish), _timed("publishing again, nothing new", publish)]
    _revise_half()
    return [*measures, _timed("publishing after half were revised", publish)]


def _revise_half() -> None:
    """Give every other rating new answers, as if all had been revised long enough ago."""
    chance, table = Random(101), Rating.__table__
    ids = db.session.execute(select(table.c.id, table.c.vendor_id).where(table.c.id % 2 == 0)).all()
    rows = (
        {"key": row.id, "seal": seal_answers(_answers(row.vendor_id or 0, chance, has_tier=bool(row.vendor_id)))}
        for row in ids
    )
    statement = table.update().where(table.c.id == bindparam("key")).values(answers_seal=bindparam("seal"))
    while batch := list(islice(rows, BATCH_SIZE)):
        db.session.execute(statement, batch)


def _timed(name: str, step: Callable[[], Outcome | None]) -> Measure:
    start, cpu_start = time.perf_counter(), time.process_time()
    outcome = step()
    db.session.commit()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    return Measure(name, seconds, cpu, outcome.text() if outcome else "")


def main() -> None:
    """Measure and print; exit with 1 when a limit was exceeded."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ratings", description=__doc__)
    parser.add_argument("--write", action="store_true", help="append the table to docs/benchmarks.md")
    parser.add_argument("--vendors", type=int, default=1000)
    parser.add_argument("--ratings", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as folder:
        app = create_app(from_environment(os.environ | {"FORUM_INSTANCE": folder}))
        with app.app_context():
            flask_migrate.upgrade()
            measures = measure(args.vendors, args.ratings)
            database = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[db.engine.dialect.name]
            db.session.remove()
            db.engine.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = _report(measures, memory, f"{_machine()}, {database}", args)
    print(report)
    if args.write:
        RESULTS_FILE.parent.mkdir(exist_ok=True)
        with RESULTS_FILE.open("a", encoding="utf-8") as file:
            file.write(f"\n## {datetime.now(UTC):%Y-%m-%d}\n\n{report}")
    slow = [row.line() for row in measures[1:] if row.seconds > MAX_SECONDS]
    if slow or memory > MAX_MEMORY:
        raise SystemExit(f"Too slow or too large: {'; '.join(slow)} {memory:.0f} MB")


def _report(measures: list[Measure], memory: float, machine: str, args: argparse.Namespace) -> str:
    lines = ["| | seconds | of a core | |", "|---|--:|--:|---|", *(row.line() for row in measures)]
    # On a busy machine the seconds include others' work: the load says how far they can be trusted.
    return (
        f"{machine}\n\nScores of {args.vendors:,} vendors with {args.ratings:,} ratings "
        f"(limits: all published in {MAX_SECONDS} s and {MAX_MEMORY} MB).\n\n" + "\n".join(lines) + "\n\n"
        f"Peak memory, filling included: {memory:.0f} MB. Load of the machine: {os.getloadavg()[1]:.1f}.\n"
    )


if __name__ == "__main__":
    main()
