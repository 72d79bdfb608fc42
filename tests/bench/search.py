"""How long searching takes over 100,000 posts and 1,000,000 replies, how large the index is, and what writing costs.

    python -m tests.bench.search                      SQLite, in a temporary folder
    python -m tests.bench.search postgresql://...     PostgreSQL, in an empty database

The texts are made of words whose frequency falls with their rank, as in a language. Filling takes some minutes.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import text as sql

from forum import create_app
from forum.db import db, new_random_id, start_of_day, writing
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post, PostTag
from forum.search.actions import rebuild_index
from forum.search.expressions import parse
from forum.search.result_queries import result_page
from forum.text import RENDER_VERSION
from forum.urls import key_text
from tests.conftest import settings_for
from tests.factories import make_member, make_post, make_tag, make_vendor

POSTS = 100_000
REPLIES_PER_POST = 10
VOCABULARY = 50_000
POST_WORDS, REPLY_WORDS = 120, 45
BATCH = 2_000
DAYS = 1_500
RUNS = 40
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu".split()
# The words of these ranks are in nearly every text, in every tenth, in every thousandth, and in a few.
QUESTIONS = {
    "very common word": lambda words: words[0],
    "common word": lambda words: words[30],
    "two common words": lambda words: f"{words[5]} {words[40]}",
    "ordinary word": lambda words: words[1_000],
    "rare word": lambda words: words[40_000],
    "common and rare": lambda words: f"{words[5]} {words[40_000]}",
    "phrase": lambda words: f'"{words[3]} {words[8]}"',
    "beginning of a word": lambda words: words[1_000][:4] + "*",
    "common word, one vendor": lambda words: f"{words[0]} vendor:vendor-of-few",
    "ordinary word, one vendor": lambda words: f"{words[300]} vendor:vendor-of-few",
    "ordinary word, one tag": lambda words: f"{words[1_000]} tag:some",
    "one vendor, no word": lambda words: "vendor:vendor-of-few",
    "nothing": lambda words: "notaword",
}


def vocabulary() -> list[str]:
    """Return distinct words, the most frequent first."""
    chance = random.Random(7)
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(words)


def fill(words: list[str]) -> None:
    """Insert posts and replies in bulk, without indexing them."""
    chance = random.Random(11)
    cumulative, total = [], 0.0
    for rank in range(1, len(words) + 1):
        total += 1 / rank
        cumulative.append(total)
    author, vendors, tag = make_member(), [make_vendor(f"Vendor {n}").id for n in range(50)], make_tag("some").id
    few = make_vendor("Vendor of few").id
    today = datetime.now(UTC)

    def text(length: int) -> str:
        return " ".join(chance.choices(words, cum_weights=cumulative, k=length))

    for start in range(0, POSTS, BATCH):
        posts, comments, links = [], [], []
        for n in range(start, start + BATCH):
            at = start_of_day(today - timedelta(days=DAYS * (1 - n / POSTS)))
            post = _post(author.id, few if n % 500 == 0 else chance.choice(vendors), at, text(8), text(POST_WORDS))
            posts.append(post)
            if n % 20 == 0:
                links.append({"post_id": post["id"], "tag_id": tag})
            comments += [_comment(author.id, post["id"], at, text(REPLY_WORDS)) for _ in range(REPLIES_PER_POST)]
        db.session.execute(Post.__table__.insert(), posts)
        db.session.execute(PostTag.__table__.insert(), links)
        db.session.execute(Comment.__table__.insert(), comments)
        db.session.commit()


def _shared(author_id: int, at: datetime, body: str) -> dict[str, Any]:
    html = f"<p>{body}</p>"
    return {
        "id": new_random_id(),
        "author_id": author_id,
        "body": body,
        "body_html": html,
        "render_version": RENDER_VERSION,
        "created_at": at,
        "useful_count": 0,
    }


def _post(author_id: int, vendor_id: int, at: datetime, title: str, body: str) -> dict[str, Any]:
    row = _shared(author_id, at, body)
    details = {
        "slug": "bench",
        "excerpt": body[:200],
        "leaning": "mixed",
        "vendor_id": vendor_id,
        "last_activity_at": at,
    }
    return {
        **row,
        "title": title[:140],
        "thread_key": f"{row['id']:032x}",
        "comment_count": REPLIES_PER_POST,
        **details,
    }


def _comment(author_id: int, post_id: int, at: datetime, body: str) -> dict[str, Any]:
    row = _shared(author_id, at, body)
    path = f"{int(at.timestamp()):08x}{key_text(row['id'])}"
    return {**row, "post_id": post_id, "depth": 0, "path": path, "answer_count": 0}


def timed(work: Callable[[], object]) -> list[float]:
    """Return how long each of some runs takes, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
        db.session.rollback()
    return sorted(times)


def measurements(app: Flask) -> Iterator[str]:
    """Fill the database, ask, and yield the lines of a table."""
    words = vocabulary()
    start = time.perf_counter()
    fill(words)
    yield f"filled in {time.perf_counter() - start:.0f} s"
    start, size = time.perf_counter(), _size()
    rebuild_index()
    db.session.commit()
    yield f"indexed in {time.perf_counter() - start:.0f} s; texts {size:.0f} MB, index {_size() - size:.0f} MB"
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sql("ANALYZE"))
        db.session.commit()
    yield "| question | matches | median ms | p95 ms |"
    yield "| --- | --- | --- | --- |"
    with app.test_request_context():
        for name, question in QUESTIONS.items():
            expression = parse(question(words))
            page = result_page(expression)
            times = timed(lambda expression=expression: result_page(expression))
            matches = f"{page.total}{'+' if page.is_cut else ''}"
            yield f"| {name} | {matches} | {statistics.median(times):.0f} | {times[int(RUNS * 0.95)]:.0f} |"


def cost_of_writing() -> float:
    """Return the median CPU time of writing a reply, in milliseconds."""
    post, author, times = make_post(), make_member(), []
    for n in range(200):
        start = time.process_time()
        with writing():
            write_comment(post, author, body=f"The vendor answered within {n} days. " * 8)
            db.session.commit()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def _size() -> float:
    """Return the size of the database in MB."""
    if db.engine.dialect.name == "postgresql":
        return float(db.session.scalar(sql("SELECT pg_database_size(current_database())")) or 0) / 1e6
    pages = db.session.scalar(sql("PRAGMA page_count")) or 0
    return float(pages) * float(db.session.scalar(sql("PRAGMA page_size")) or 0) / 1e6


def main(url: str | None) -> None:
    """Measure on a database, by default SQLite in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(url or f"sqlite:///{folder}/bench.sqlite", Path(folder)))
        with app.app_context():
            flask_migrate.upgrade()
            db.session.remove()
            print(f"writing a reply: {cost_of_writing():.2f} ms of CPU", flush=True)
            for line in measurements(app):
                print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
