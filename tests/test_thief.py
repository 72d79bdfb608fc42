"""A thief has the database and all pages, but not the key: can two texts of one author be linked?

Each of two hundred simulated authors writes a post and, independently, a reply in someone else's thread, at random moments
and with random texts. The thief compares every column of every row that belongs to a text, the position of the row in its
table and the length of each value, and sorts the two hundred replies by their similarity to one post. By guessing, the
author's reply lands in the middle on average.
"""

import base64
import random
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import fmean
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text as sql

from forum.accounts.models import Member
from forum.db import db
from forum.posts.actions import PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Post
from forum.posts.recounts import settle_recounts
from tests.conftest import on_one_database
from tests.factories import make_member, make_tag, make_vendor
from tests.two_worlds import faults

AUTHORS = 200
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
# What is stored about a text, by "table.column": numbers as they are, everything else as bytes.
Clues = dict[str, list[float | bytes]]
# Tables of texts; tables with a column that refers to the text; tables that a column of the text refers to.
TEXTS = ("posts", "comments")
REFERRING = {"revisions": "comment_id", "cases": "comment_id"}
REFERENCED = {"pseudonyms": "pseudonym_id", "ratings": "rating_id"}


def write(authors: list[Member], chance: random.Random) -> dict[int, tuple[int, int]]:
    """Write the texts in random order; return {author id: (post id, comment id)}."""
    tag, vendor, rating_values = make_tag("deals"), make_vendor(), {"worth": 3, "again": True, "interest": "none"}
    strangers = [make_member() for _ in range(20)]
    threads = [write_post(chance.choice(strangers), **_post_fields(chance, [tag])) for _ in authors]
    acts: list[tuple[Member, Post | None]] = [(author, None) for author in authors]
    acts += list(zip(authors, threads, strict=True))
    chance.shuffle(acts)
    ids: dict[int, list[int]] = {author.id: [0, 0] for author in authors}
    for n, (author, thread) in enumerate(acts):
        with time_machine.travel(START + timedelta(minutes=17 * n), tick=False):
            if thread is None:
                about = (
                    {"subject": PostSubject(vendor), "rating_answers": rating_values} if chance.random() < 0.5 else {}
                )
                post = write_post(author, anonymous=True, **_post_fields(chance, [tag]), **about)
                ids[author.id][0] = post.id
            else:
                ids[author.id][1] = write_comment(thread, author, body=_words(chance), anonymous=True).id
            db.session.commit()
            settle_recounts(db.session.commit)
    return {number: (post, comment) for number, (post, comment) in ids.items()}


def _post_fields(chance: random.Random, tags: Any) -> dict[str, Any]:
    return {"title": f"It went {_words(chance)[:60]}", "body": _words(chance), "leaning": "mixed", "tags": tags}


def _words(chance: random.Random) -> str:
    return " ".join(chance.choice(("slow", "late", "well", "never", "twice")) for _ in range(chance.randint(8, 60)))


def clues(table: str, number: int, places: dict[str, dict[Any, int]]) -> Clues:
    """Return everything the database stores about one text and its thread."""
    result: Clues = {}
    (text,) = _rows(table, "id", number)
    _add(result, "text", text, places[table])
    thread = number if table == "posts" else text["post_id"]
    for name, column in REFERRING.items():
        for row in _rows(name, column, thread if column == "post_id" else number):
            _add(result, name, row, places[name])
    for name, column in REFERENCED.items():
        for row in _rows(name, "id", text[column]) if text.get(column) else []:
            _add(result, name, row, places[name])
    return result


def _rows(table: str, column: str, value: int) -> list[Any]:
    # PostgreSQL keeps the number of the transaction that wrote a row.
    number = "xmin::text::bigint AS transaction_number, " if db.engine.dialect.name == "postgresql" else ""
    statement = sql(f"SELECT {number}{table}.* FROM {table} WHERE {column} = :value")
    return list(db.session.execute(statement, {"value": value}).mappings())


def _places() -> dict[str, dict[Any, int]]:
    """Return the position of each row in its table, by table and id."""
    order = "rowid" if db.engine.dialect.name == "sqlite" else "ctid"
    places = {}
    for table in (*TEXTS, *REFERRING, *REFERENCED):
        rows = db.session.execute(sql(f"SELECT id FROM {table} ORDER BY {order}"))
        places[table] = {row.id: place for place, row in enumerate(rows)}
    return places


def _add(result: Clues, table: str, row: Any, places: dict[Any, int]) -> None:
    result.setdefault(f"{table} position", []).append(places[row["id"]] / len(places))
    for name, value in row.items():
        if value is None:
            continue
        plain = _plain(value)
        result.setdefault(f"{table}.{name}", []).append(plain)
        if isinstance(plain, bytes):
            result.setdefault(f"{table}.{name} length", []).append(float(len(plain)))


def _plain(value: Any) -> float | bytes:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value.timestamp()
    text = str(value)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        return text.encode()


def distance(a: float | bytes, b: float | bytes) -> float:
    """Return the difference of two numbers, or the share of bits in which two byte strings differ."""
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b)
    if isinstance(a, float) or isinstance(b, float):
        return 1.0
    length = min(len(a), len(b))
    return (int.from_bytes(a[:length]) ^ int.from_bytes(b[:length])).bit_count() / (8 * length or 1)


def ranks(posts: list[Clues], replies: list[Clues]) -> dict[str, list[float]]:
    """Return, for each clue and author, the rank of the author's reply: 0 first, 1 last, 0.5 by guessing."""
    by_clue: dict[str, list[float]] = {}
    for name in sorted({name for post in posts for name in post} & {name for reply in replies for name in reply}):
        by_clue[name] = []
        for n, post in enumerate(posts):
            distances = [_nearest(post.get(name, []), reply.get(name, [])) for reply in replies]
            closer = sum(value < distances[n] for value in distances)
            rank = closer + (sum(value == distances[n] for value in distances) - 1) / 2
            by_clue[name].append(rank / (len(distances) - 1))
    return by_clue


def _nearest(first: list[float | bytes], second: list[float | bytes]) -> float:
    return min((distance(a, b) for a in first for b in second), default=float("inf"))


def surprise(ranks_of_clue: list[float]) -> float:
    """Return by how many standard errors the mean rank beats guessing, which has mean 0.5 and variance 1/12."""
    return (0.5 - fmean(ranks_of_clue)) * sqrt(12 * len(ranks_of_clue))


def linked(app: Flask, authors: int) -> tuple[dict[str, float], tuple[float, float]]:
    """Return how much each clue beats guessing, and the 95 % interval of the mean rank by the best five together.

    A thief may already know some authors: the clues are chosen on the first half and tested on the second.
    """
    chance = random.Random(20261124)
    ids = write([make_member() for _ in range(authors)], chance)
    places = _places()
    by_clue = ranks(
        [clues("posts", post, places) for post, _ in ids.values()],
        [clues("comments", reply, places) for _, reply in ids.values()],
    )
    half = authors // 2
    best = sorted(by_clue, key=lambda name: -surprise(by_clue[name][:half]))[:5]
    combined = [fmean(by_clue[name][n] for name in best) for n in range(half, authors)]
    mean, error = fmean(combined), (fmean((rank - fmean(combined)) ** 2 for rank in combined) / len(combined)) ** 0.5
    return {name: surprise(values) for name, values in by_clue.items()}, (mean - 1.96 * error, mean + 1.96 * error)


@pytest.mark.slow
def test_a_thief_without_the_key_ties_no_two_texts_of_one_author_together(app: Flask) -> None:
    by_clue, (low, high) = linked(app, AUTHORS)
    assert {"text.chain_link", "pseudonyms.thread_hmac", "text position"} <= set(by_clue)
    better = {name: round(errors, 1) for name, errors in by_clue.items() if errors > 5}
    assert better == {}, f"guessing is beaten by {better}; the best together: {low:.3f} to {high:.3f}, 0.5 is guessing"
    # Five clues that are correlated by chance: twice the interval.
    assert low - (high - low) / 2 <= 0.5, f"{low:.3f} to {high:.3f}"


@pytest.mark.slow
@on_one_database
@pytest.mark.parametrize(
    ("plant", "clue"),
    [
        (faults.one_hmac_for_two_threads, "pseudonyms.thread_hmac"),
    ],
)
def test_the_thief_would_find_what_ties_them(app: Flask, monkeypatch: Any, plant: Any, clue: str) -> None:
    plant(monkeypatch)
    by_clue, _ = linked(app, 40)
    assert by_clue[clue] > 5
