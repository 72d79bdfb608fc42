"""A large community in bulk: 100,000 posts, a million replies, 5,000 members, 1,000 vendors, 100,000 ratings.

One tag is on half of the posts, one thread has a fiftieth of all replies, and one member (`heavy_member`) follows much
and has written much, signed and anonymously. `scale` multiplies every number but theirs. The texts: bench/search.py.
"""

import random
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update

from forum.accounts.models import Member, Pseudonym
from forum.anonymity import new_secret_seal
from forum.db import db, new_random_id, now, start_of_day
from forum.moderation.models import Case, Decision
from forum.notifications.member_state import ItemState, SealedState, empty_state, seal_state
from forum.notifications.models import MemberState
from forum.posts.chain_queries import TEXT_CHAIN
from forum.posts.models import Comment, Post, PostTag, Tag, UsefulVote
from forum.ratings.scores.actions import publish
from forum.text import RENDER_VERSION
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.bench import ratings, search

POSTS, REPLIES, MEMBERS, VENDORS, RATINGS, TAGS = 100_000, 1_000_000, 5_000, 1_000, 100_000, 40
DECISIONS, OPEN_CASES = 20_000, 500
# Every so manieth text is anonymous; the tag of half of the posts; the heavy member's texts and follows.
ANONYMOUS = 5
BIG_TAG = "tag-0"
HEAVY_TEXTS, HEAVY_FOLLOWS = 150, 300
HEAVY_EMAIL = "heavy@partner.example"
DAYS = 1_500


class Filling:
    """Makes the rows, the same at each run except for random ids and hashes."""

    def __init__(self, scale: float) -> None:
        """Take the factor by which every number is multiplied."""
        self.scale = scale
        self.chance = random.Random(14)
        words = search.vocabulary()
        self.post_texts, self.reply_texts = search.make_texts(words)
        self.today = start_of_day(now())
        self.post_ids: list[int] = []
        self.links: Iterator[str] = iter(())

    def number(self, full: int) -> int:
        """Return a number at this scale."""
        return max(int(full * self.scale), 1)

    def fill(self) -> None:
        """Insert all rows and index them. Commits."""
        ratings.fill(self.number(VENDORS), self.number(RATINGS))
        self._members()
        self._texts()
        self._totals()
        self._moderation()
        self._heavy_state()
        db.session.commit()
        publish(commit=db.session.commit)
        db.session.commit()
        search.fill_index()
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE"))
            db.session.commit()

    def _members(self) -> None:
        numbers = range(1, self.number(MEMBERS) + 1)
        _insert(Member, (_member(n) for n in numbers))
        _insert(MemberState, ({"member_id": n, "sealed": seal_state(empty_state())} for n in numbers))
        _insert(Tag, ({"id": n + 1, "slug": f"tag-{n}", "description": f"Number {n}."} for n in range(TAGS)))
        db.session.commit()
        self.links = iter(TEXT_CHAIN.links(heavy_member().secret, range(HEAVY_TEXTS)))

    def _texts(self) -> None:
        """Insert posts with their tags and replies, the oldest first; the latest has the long thread."""
        posts, total = self.number(POSTS), self.number(REPLIES)
        long_thread = total // 50
        batch: dict[Any, list[dict[str, Any]]] = {Pseudonym: [], Post: [], PostTag: [], Comment: [], UsefulVote: []}
        for n in range(posts):
            replies = (
                long_thread if n == posts - 1 else self.chance.randrange(0, 2 * (total - long_thread) // posts + 1)
            )
            self._thread(n, posts, replies, batch)
            if len(batch[Comment]) > 5_000 or n == posts - 1:
                for model, rows in batch.items():
                    _insert(model, rows)
                    rows.clear()
                db.session.commit()

    def _thread(self, n: int, posts: int, replies: int, batch: dict[Any, list[dict[str, Any]]]) -> None:
        at = self.today - timedelta(days=DAYS * (1 - n / posts), hours=1)
        body = self.chance.choice(self.post_texts)
        post = self._text(n, at, body) | {"thread_key": secrets.token_hex(16), "slug": "bench", "excerpt": body[:200]}
        vendor = min(int(self.chance.paretovariate(0.6)), self.number(VENDORS))
        self.post_ids.append(post["id"])
        batch[Pseudonym] += self._pseudonyms(post, post["thread_key"], "0")
        batch[PostTag] += [{"post_id": post["id"], "tag_id": tag} for tag in self._tags(n)]
        path, last = "", at
        for m in range(replies):
            last = min(at + timedelta(minutes=30 * m), self.today)
            comment = self._text(n + m, last, self.chance.choice(self.reply_texts))
            segment = f"{int(last.timestamp()):08x}{key_text(comment['id'])}"
            depth = 1 if path and m % 3 == 0 else 0
            path = path[: len(segment)] + segment if depth else segment
            batch[Pseudonym] += self._pseudonyms(comment, post["thread_key"], str(m + 1))
            batch[Comment].append(comment | {"post_id": post["id"], "depth": depth, "path": path, "answer_count": 0})
            path = path[: len(segment)]
        batch[Post].append(
            post
            | {"title": " ".join(body.split()[:8])[:140], "leaning": "mixed", "vendor_id": vendor if n % 10 else None}
            | {"last_activity_at": start_of_day(last), "comment_count": replies}
        )
        batch[UsefulVote].append(
            {"id": new_random_id(), "member_id": 1 + n % self.number(MEMBERS), "post_id": post["id"]}
        )

    def _text(self, n: int, at: datetime, body: str) -> dict[str, Any]:
        """Return the columns that posts and replies share."""
        is_anonymous = n % ANONYMOUS == 0
        link = (next(self.links, None) or secrets.token_hex(32)) if is_anonymous else None
        return {
            "id": new_random_id(),
            "author_id": None if is_anonymous else self._author(n),
            "pseudonym_id": new_random_id() if is_anonymous else None,
            "chain_link": link,
            "body": body,
            "body_html": f"<p>{body}</p>",
            "render_version": RENDER_VERSION,
            "created_at": start_of_day(at) if is_anonymous else at,
            "useful_count": n % 7,
        }

    def _author(self, n: int) -> int:
        """Return a member's id: the heavy member's for one text of 500 at full scale, and for as many at any other."""
        return 1 if n % max(self.number(500), 2) == 1 else 1 + n % self.number(MEMBERS)

    def _pseudonyms(self, item: dict[str, Any], thread_key: str, number: str) -> list[dict[str, Any]]:
        if item["pseudonym_id"] is None:
            return []
        hmac = secrets.token_hex(32)
        return [{"id": item["pseudonym_id"], "thread_key": thread_key, "thread_hmac": hmac, "name": f"Heron {number}"}]

    def _tags(self, n: int) -> set[int]:
        return {1 + self.chance.randrange(1, TAGS) for _ in range(2)} | ({1} if n % 2 else set())

    def _totals(self) -> None:
        """Set the counters of tags and vendors."""
        tagged = select(func.count()).select_from(PostTag).where(PostTag.tag_id == Tag.id)
        about = select(func.count()).select_from(Post).where(Post.vendor_id == Vendor.id)
        db.session.execute(update(Tag).values(post_count=tagged.scalar_subquery()))
        db.session.execute(update(Vendor).values(post_count=about.scalar_subquery()))
        db.session.commit()

    def _moderation(self) -> None:
        """Insert decisions about signed and anonymous posts alike, and open cases."""
        total = self.number(DECISIONS)
        moments = [self.today - timedelta(days=DAYS * (1 - n / total)) for n in range(total)]
        _insert(Decision, (self._decision(n, moment) for n, moment in enumerate(moments)))
        cases = self.number(OPEN_CASES)
        _insert(Case, (self._case(n) for n in range(cases)))
        db.session.commit()

    def _decision(self, n: int, moment: datetime) -> dict[str, Any]:
        action, source = (("hide", "flag"), ("approve", "filter"), ("decline", "flag"), ("warn", "own"))[n % 4]
        return {
            "id": n + 1,
            "action": action,
            "target_label": "a post",
            "rule": 1 + n % 5,
            "reason": "It quotes a price list.",
            "source": source,
            "moderator_name": "moderator 1",
            "decided_at": moment,
            "post_id": self.post_ids[n % len(self.post_ids)],
        }

    def _case(self, n: int) -> dict[str, Any]:
        return {
            "id": new_random_id(),
            "kind": ("flag", "held")[n % 2],
            "source": ("flag", "filter")[n % 2],
            "post_id": self.post_ids[-1 - n],
            "opened_at": self.today - timedelta(hours=n),
            "weight": float(n % 5),
        }

    def _heavy_state(self) -> None:
        """Let the heavy member follow posts, all tags and vendors."""
        ids = self.post_ids[-HEAVY_FOLLOWS:]
        items = {("post", post_id): ItemState(True, 0) for post_id in ids}
        items |= {("tag", n): ItemState(True, 0) for n in range(1, TAGS + 1)}
        items |= {("vendor", n): ItemState(True, 0) for n in range(1, min(self.number(VENDORS), 100))}
        state: SealedState = empty_state()._replace(items=items)
        db.session.execute(
            update(MemberState).where(MemberState.member_id == heavy_member().id).values(sealed=seal_state(state))
        )


def heavy_member() -> Member:
    """Return the member who follows much and has written much."""
    return db.session.scalars(select(Member).where(Member.email == HEAVY_EMAIL)).one()


def _member(n: int) -> dict[str, Any]:
    email = HEAVY_EMAIL if n == 1 else f"member{n}@house{n % 400}.example"
    return {
        "id": n,
        "name": f"Member {n} Aalto",
        "slug": f"member-{n}",
        "email": email,
        "mailbox": email,
        "password_hash": "none",
        "confirmed_at": now(),
        "joined_at": now() - timedelta(days=400),
        "vouched_at": now(),
        "secret_seal": new_secret_seal(),
    }


def _insert(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows in batches; rows with different columns are told apart."""
    batches: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        batch = batches.setdefault(tuple(row), [])
        batch.append(row)
        if len(batch) >= search.BATCH:
            db.session.execute(insert(model.__table__), batch)
            batch.clear()
    for batch in batches.values():
        if batch:
            db.session.execute(insert(model.__table__), batch)
