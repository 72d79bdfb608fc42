"""A thief has the database without the key, and with it all that pages show: can two texts of one author be tied together?

Each of two hundred simulated authors writes an experience in a thread of their own and a reply in somebody else's, at
moments that have nothing to do with each other and in texts of chance. The thief looks at every column of every row that
belongs to a text, at the place of the row in its table, and at the length of what stands there, and puts the two hundred
replies in the order of their likeness to one experience. By guessing, the author's own reply comes in the middle.
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
from tests.conftest import on_one_database
from tests.factories import make_tag, make_member, make_vendor
from tests.two_worlds import faults

AUTHORS = 200
# What stands about a text, by table and column: numbers as they are, everything else as bytes.
Clues = dict[str, list[float | bytes]]
# By which column of it a row belongs to a text, or by which column of the text a row is found.
OWN = ("posts", "comments")
HANGING = {"follows": "post_id", "revisions": "comment_id", "cases": "comment_id"}
FOUND = {"pseudonyms": "pseudonym_id", "ratings": "rating_id"}


def write(authors: list[Member], chance: random.Random) -> dict[int, tuple[int, int]]:
    """For each author's number those of their experience and of their reply elsewhere."""
    tag, vendor, said = make_tag("deals"), make_vendor(), {"worth": 3, "again": True, "interest": "none"}
    others = [make_member() for _ in range(20)]
    threads = [write_post(chance.choice(others), **_experience(chance, [tag])) for _ in authors]
    acts: list[tuple[Member, Post | None]] = [(author, None) for author in authors]
    acts += list(zip(authors, threads, strict=True))
    chance.shuffle(acts)
    made: dict[int, list[int]] = {author.id: [0, 0] for author in authors}
    start = datetime.now(UTC).replace(microsecond=0)
    for n, (author, thread) in enumerate(acts):
        with time_machine.travel(start + timedelta(minutes=17 * n), tick=False):
            if thread is None:
                about = {"about": PostSubject(vendor), "said": said} if chance.random() < 0.5 else {}
                post = write_post(author, anonymous=True, **_experience(chance, [tag]), **about)
                made[author.id][0] = post.id
            else:
                made[author.id][1] = write_comment(thread, author, body=_words(chance), anonymous=True).id
    db.session.commit()
    return {number: (post, comment) for number, (post, comment) in made.items()}


def _experience(chance: random.Random, tags: Any) -> dict[str, Any]:
    return {"title": f"It went {_words(chance)[:60]}", "body": _words(chance), "leaning": "mixed", "tags": tags}


def _words(chance: random.Random) -> str:
    return " ".join(chance.choice(("slow", "late", "well", "never", "twice")) for _ in range(chance.randint(8, 60)))


def clues(table: str, number: int, places: dict[str, dict[Any, int]]) -> Clues:
    """All that the database says about one text and its thread."""
    found: Clues = {}
    (text,) = _rows(table, "id", number)
    _note(found, "text", text, places[table])
    thread = number if table == "posts" else text["post_id"]
    for name, column in HANGING.items():
        for row in _rows(name, column, thread if column == "post_id" else number):
            _note(found, name, row, places[name])
    for name, column in FOUND.items():
        for row in _rows(name, "id", text[column]) if text.get(column) else []:
            _note(found, name, row, places[name])
    return found


def _rows(table: str, column: str, value: int) -> list[Any]:
    return list(db.session.execute(sql(f"SELECT * FROM {table} WHERE {column} = :value"), {"value": value}).mappings())


def _places() -> dict[str, dict[Any, int]]:
    """Where each row lies in its table."""
    lies = "rowid" if db.engine.dialect.name == "sqlite" else "ctid"
    found = {}
    for table in (*OWN, *HANGING, *FOUND):
        rows = db.session.execute(sql(f"SELECT id FROM {table} ORDER BY {lies}"))
        found[table] = {row.id: place for place, row in enumerate(rows)}
    return found


def _note(found: Clues, table: str, row: Any, places: dict[Any, int]) -> None:
    found.setdefault(f"{table} lies", []).append(places[row["id"]] / len(places))
    for name, value in row.items():
        if value is None:
            continue
        plain = _plain(value)
        found.setdefault(f"{table}.{name}", []).append(plain)
        if isinstance(plain, bytes):
            found.setdefault(f"{table}.{name} length", []).append(float(len(plain)))


def _plain(value: Any) -> float | bytes:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value.timestamp()
    said = str(value)
    try:
        return datetime.fromisoformat(said).timestamp()
    except ValueError:
        pass
    try:
        return bytes.fromhex(said)
    except ValueError:
        pass
    try:
        return base64.b64decode(said, altchars=b"-_", validate=True)
    except ValueError:
        return said.encode()


def apart(one: float | bytes, other: float | bytes) -> float:
    """How unlike two values are: numbers by their difference, bytes by the share of bits that differ."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    if isinstance(one, float) or isinstance(other, float):
        return 1.0
    length = min(len(one), len(other))
    return (int.from_bytes(one[:length]) ^ int.from_bytes(other[:length])).bit_count() / (8 * length or 1)


def ranks(posts: list[Clues], replies: list[Clues]) -> dict[str, list[float]]:
    """For each clue and author how far down their own reply comes: 0 first, 1 last, 0.5 by guessing."""
    found: dict[str, list[float]] = {}
    for name in sorted({name for one in posts for name in one} & {name for one in replies for name in one}):
        found[name] = []
        for n, post in enumerate(posts):
            far = [_nearest(post.get(name, []), reply.get(name, [])) for reply in replies]
            before = sum(one < far[n] for one in far) + (sum(one == far[n] for one in far) - 1) / 2
            found[name].append(before / (len(far) - 1))
    return found


def _nearest(some: list[float | bytes], others: list[float | bytes]) -> float:
    return min((apart(one, other) for one in some for other in others), default=float("inf"))


def surprise(found: list[float]) -> float:
    """By how many standard errors the mean is better (below) than that of guessing, 0.5 with 1/12 of variance."""
    return (0.5 - fmean(found)) * sqrt(12 * len(found))


def linked(app: Flask, authors: int) -> tuple[dict[str, float], tuple[float, float]]:
    """How much better than guessing each clue is, and the 95 % interval of the best of them together.

    A thief may know some authors already: the clues are chosen by the first half and used on the second.
    """
    chance = random.Random(20261124)
    made = write([make_member() for _ in range(authors)], chance)
    places = _places()
    found = ranks(
        [clues("posts", post, places) for post, _ in made.values()],
        [clues("comments", reply, places) for _, reply in made.values()],
    )
    half = authors // 2
    best = sorted(found, key=lambda name: -surprise(found[name][:half]))[:5]
    together = [fmean(found[name][n] for name in best) for n in range(half, authors)]
    mean, error = fmean(together), (fmean((one - fmean(together)) ** 2 for one in together) / len(together)) ** 0.5
    return {name: surprise(of) for name, of in found.items()}, (mean - 1.96 * error, mean + 1.96 * error)


def test_a_thief_without_the_key_ties_no_two_texts_of_one_author_together(app: Flask) -> None:
    by_clue, (low, high) = linked(app, AUTHORS)
    assert {"text.chain_link", "pseudonyms.thread_hmac", "follows.follower_seal", "text lies"} <= set(by_clue)
    better = {name: round(errors, 1) for name, errors in by_clue.items() if errors > 5}
    assert better == {}, f"guessing is beaten by {better}; the best together: {low:.3f} to {high:.3f}, 0.5 is guessing"
    # Five clues that are correlated by chance: twice the interval.
    assert low - (high - low) / 2 <= 0.5, f"{low:.3f} to {high:.3f}"


@on_one_database
@pytest.mark.parametrize(
    ("plant", "clue"),
    [
        (faults.one_hmac_for_two_threads, "pseudonyms.thread_hmac"),
        (faults.the_same_seal_twice, "pseudonyms.member_seal"),
        (faults.an_unsealed_subscription, "follows.follower_seal"),
    ],
)
def test_the_thief_would_find_what_ties_them(app: Flask, monkeypatch: Any, plant: Any, clue: str) -> None:
    plant(monkeypatch)
    by_clue, _ = linked(app, 40)
    assert by_clue[clue] > 5
