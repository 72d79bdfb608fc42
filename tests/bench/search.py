"""How long searching takes over 100,000 posts and 1,000,000 replies, how large the index is, and what writing costs.

    python -m tests.bench.search                      SQLite, in a temporary folder
    python -m tests.bench.search postgresql://...     PostgreSQL, in an empty database
    python -m tests.bench.search URL filled           a database that an earlier run has filled

The texts are made of words whose frequency falls with their rank, as in a language; each of 24,000 different ones is used
many times. Filling takes some minutes.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, NamedTuple

import flask_migrate
from flask import Flask
from sqlalchemy import text as sql

from forum import create_app
from forum.db import db, new_random_id, start_of_day, writing
from forum.posts.models import Comment, Post, PostTag
from forum.search import indexing
from forum.search.actions import rebuild_index
from forum.search.expressions import parse
from forum.search.models import SearchDocument
from forum.search.result_queries import result_page
from forum.text import RENDER_VERSION
from forum.urls import key_text
from tests.conftest import settings_for
from tests.factories import make_member, make_post, make_tag, make_vendor

POSTS = 100_000
REPLIES_PER_POST = 10
VOCABULARY = 50_000
POST_WORDS, REPLY_WORDS = 120, 45
POST_TEXTS, REPLY_TEXTS = 4_000, 20_000
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


def make_texts(words: list[str]) -> tuple[list[str], list[str]]:
    """Return bodies of posts and of replies."""
    chance = random.Random(11)
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    return tuple(
        [" ".join(chance.choices(words, cum_weights=weights, k=length)) for _ in range(number)]
        for number, length in ((POST_TEXTS, POST_WORDS), (REPLY_TEXTS, REPLY_WORDS))
    )


def fill(words: list[str]) -> None:
    """Insert posts and replies in bulk, without indexing them."""
    chance = random.Random(13)
    post_texts, reply_texts = make_texts(words)
    author, vendors, tag = make_member(), [make_vendor(f"Vendor {n}").id for n in range(50)], make_tag("some").id
    few = make_vendor("Vendor of few").id
    today = datetime.now(UTC)
    for start in range(0, POSTS, BATCH):
        posts, comments, links = [], [], []
        for n in range(start, start + BATCH):
            at = start_of_day(today - timedelta(days=DAYS * (1 - n / POSTS)))
            body = chance.choice(post_texts)
            posts.append(_post(author.id, few if n % 500 == 0 else chance.choice(vendors), at, body))
            if n % 20 == 0:
                links.append({"post_id": posts[-1]["id"], "tag_id": tag})
            replies = chance.choices(reply_texts, k=REPLIES_PER_POST)
            comments += [_comment(author.id, posts[-1]["id"], at, reply) for reply in replies]
        for table, rows in ((Post, posts), (PostTag, links), (Comment, comments)):
            db.session.execute(table.__table__.insert(), rows)
        db.session.commit()


def fill_index() -> None:
    """Index them as `forum search rebuild` does, but each different text once."""
    columns_of = lru_cache(maxsize=None)(indexing.word_columns)
    indexing.word_columns = lambda *text: dict(columns_of(*text))
    rebuild_index(db.session.commit)


def _shared(author_id: int, at: datetime, body: str) -> dict[str, Any]:
    return {
        "id": new_random_id(),
        "author_id": author_id,
        "body": body,
        "body_html": f"<p>{body}</p>",
        "render_version": RENDER_VERSION,
        "created_at": at,
        "useful_count": 0,
    }


def _post(author_id: int, vendor_id: int, at: datetime, body: str) -> dict[str, Any]:
    row = _shared(author_id, at, body)
    details = {
        "slug": "bench",
        "excerpt": body[:200],
        "leaning": "mixed",
        "vendor_id": vendor_id,
        "last_activity_at": at,
    }
    title = " ".join(body.split()[:8])[:140]
    return {**row, "title": title, "thread_key": f"{row['id']:032x}", "comment_count": REPLIES_PER_POST, **details}


def _comment(author_id: int, post_id: int, at: datetime, body: str) -> dict[str, Any]:
    row = _shared(author_id, at, body)
    path = f"{int(at.timestamp()):08x}{key_text(row['id'])}"
    return {**row, "post_id": post_id, "depth": 0, "path": path, "answer_count": 0}


class Times(NamedTuple):
    """The median and the 95th percentile of some runs, and the median of this process's CPU time, in milliseconds."""

    median: float
    p95: float
    cpu: float


def timed(work: Callable[[], object], runs: int = RUNS) -> Times:
    """Measure some runs."""
    walls, cpus = [], []
    for _ in range(runs):
        start, cpu_start = time.perf_counter(), time.process_time()
        work()
        cpus.append((time.process_time() - cpu_start) * 1000)
        walls.append((time.perf_counter() - start) * 1000)
        db.session.rollback()
    return Times(statistics.median(walls), sorted(walls)[int(runs * 0.95)], statistics.median(cpus))


def filling(words: list[str]) -> Iterator[str]:
    """Fill the database, and yield how long that took and how large it is."""
    start = time.perf_counter()
    fill(words)
    yield f"filled in {time.perf_counter() - start:.0f} s"
    start, size = time.perf_counter(), _size()
    fill_index()
    yield f"indexed in {time.perf_counter() - start:.0f} s; texts {size:.0f} MB, index {_size() - size:.0f} MB"
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sql("ANALYZE"))
        db.session.commit()


def answering(app: Flask, words: list[str]) -> Iterator[str]:
    """Ask each question, and yield the lines of a table."""
    yield "| question | matches | median ms | p95 ms | CPU ms |"
    yield "| --- | --- | --- | --- | --- |"
    with app.test_request_context():
        for name, question in QUESTIONS.items():
            expression = parse(question(words))
            page = result_page(expression)
            times = timed(lambda expression=expression: result_page(expression))
            matches = f"{page.total}{'+' if page.is_cut else ''}"
            yield f"| {name} | {matches} | {times.median:.0f} | {times.p95:.0f} | {times.cpu:.0f} |"


def cost_of_indexing() -> Iterator[str]:
    """Yield the CPU time of writing a reply's row of the index, in this process."""
    body_html = "<p>" + "The vendor answered within seven days, and the deal was still ours. " * 6 + "</p>"
    post_id = make_post().id
    row = db.session.query(SearchDocument).filter_by(post_id=post_id).one()
    table, dialect = SearchDocument.__table__, db.engine.dialect.name
    words = timed(lambda: indexing.word_columns(dialect, "", body_html), 300)
    columns = indexing.word_columns(dialect, "", body_html)
    with writing():
        update = timed(lambda: db.session.execute(table.update().where(table.c.id == row.id), columns), 300)
    yield f"a reply of {len(body_html)} characters: {words.cpu:.2f} ms for its words, {update.cpu:.2f} ms to replace its row"


def _size() -> float:
    """Return the size of the database in MB."""
    if db.engine.dialect.name == "postgresql":
        return float(db.session.scalar(sql("SELECT pg_database_size(current_database())")) or 0) / 1e6
    pages = db.session.scalar(sql("PRAGMA page_count")) or 0
    return float(pages) * float(db.session.scalar(sql("PRAGMA page_size")) or 0) / 1e6


def main(url: str | None, is_filled: bool = False) -> None:
    """Measure on a database, by default SQLite in a temporary folder."""
    words = vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(url or f"sqlite:///{folder}/bench.sqlite", Path(folder)))
        with app.app_context():
            flask_migrate.upgrade()
            db.session.remove()
            for line in chain(() if is_filled else filling(words), cost_of_indexing(), answering(app, words)):
                print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None, is_filled="filled" in sys.argv)
