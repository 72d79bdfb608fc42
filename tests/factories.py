"""Factories: make_x(...) saves one ordinary x. A test passes only the fields it is about."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any

from sqlalchemy import insert

from forum.accounts.models import Member
from forum.db import db, new_random_id, now, start_of_day
from forum.notifications.paces import same_pace
from forum.posts.actions import write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post, Tag
from forum.posts.recounts import settle_recounts
from forum.posts.tags.actions import create_tag
from forum.ratings.actions import rate
from forum.ratings.models import Rating
from forum.urls import key_text
from forum.vendors.actions import add_domain, add_programme, add_vendor
from forum.vendors.models import Category, Vendor
from forum.vendors.representative_actions import confirm_representation, request_representation

_n = count(1)
PASSWORD = "correct horse lamp post"


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def make_member(**fields: Any) -> Member:
    n = next(_n)
    defaults = {
        "name": f"Member {n}",
        "slug": f"member-{n}",
        "email": f"member{n}@partner.example",
        "confirmed_at": now(),
        "vouched_at": now(),
        "mail_paces": same_pace(fields.pop("digest", "daily")),
    }
    return _saved(Member(**{**defaults, "password_hash": "x", **fields}))


def make_category(**fields: Any) -> Category:
    n = next(_n)
    return _saved(Category(**{"slug": f"category-{n}", "name": f"Category {n}", "position": n, **fields}))


def make_vendor(name: str | None = None, tiers: tuple[str, ...] = (), **fields: Any) -> Vendor:
    category = fields.pop("category", None) or make_category()
    vendor = add_vendor(name=name or f"Vendor {next(_n)}", category=category, **fields)
    if tiers:
        add_programme(vendor, f"{vendor.name} Partners", [(tier, 1, 100, 0, 0) for tier in tiers])
    db.session.commit()
    db.session.refresh(vendor)
    return vendor


def make_tag(slug: str | None = None, synonyms: tuple[str, ...] = ()) -> Tag:
    tag = create_tag(slug or f"tag-{next(_n)}", "What it is for", synonyms)
    db.session.commit()
    return tag


def make_post(author: Member | None = None, **fields: Any) -> Post:
    n = next(_n)
    defaults = {
        "tags": fields.get("tags") or [make_tag()],
        "title": f"What happened, part {n}",
        "body": "We registered eleven deals. Nine were approved.",
        "leaning": "mixed",
    }
    post = write_post(author or make_member(), **{**defaults, **fields})
    db.session.commit()
    settle_recounts(db.session.commit)
    return post


def make_comment(post: Post | None = None, author: Member | None = None, **fields: Any) -> Comment:
    comment = write_comment(
        post or make_post(), author or make_member(), **{"body": "Same picture at Silver.", **fields}
    )
    db.session.commit()
    settle_recounts(db.session.commit)
    return comment


def make_thread(post: Post, depths: list[int], author: Member | None = None) -> list[Comment]:
    """Return comments in reading order, a minute apart: one per depth, each below the last comment one level up."""
    author = author or make_member()
    above: dict[int, Comment] = {}
    comments = []
    for n, depth in enumerate(depths):
        parent = above.get(depth - 1)
        at = now() - timedelta(minutes=len(depths) - n)
        above[depth] = write_comment(post, author, body=f"Reply number {n}.", parent=parent, at=at)
        comments.append(above[depth])
    db.session.commit()
    settle_recounts(db.session.commit)
    return comments


def make_representative(vendor: Vendor, **fields: Any) -> Member:
    """Return a confirmed representative of a vendor, with an address at the vendor's domain."""
    domain = f"{vendor.slug}.example"
    add_domain(vendor, domain)
    db.session.expire(vendor)
    n = next(_n)
    title = fields.pop("title", "Partner manager")
    member = make_member(**{"name": f"Representative {n}", "email": f"representative{n}@{domain}", **fields})
    confirm_representation(request_representation(member, vendor, title=title))
    db.session.commit()
    return member


def make_rating(member: Member | None = None, joined_at: datetime | None = None, **fields: Any) -> Rating:
    """Return a signed rating of three stars by a member of an organisation of its own; `answers` adds to these.

    The author joined long enough ago to count, and the rating counts from its first day on: both can be given.
    """
    member = member or make_member(email=f"member@house{next(_n)}.example")
    at = fields.get("at") or now()
    if joined_at is not None:
        member.joined_at = joined_at
    elif member.joined_at > at - timedelta(days=30):
        member.joined_at = at - timedelta(days=60)
    counted_from = fields.pop("counted_from", None) or start_of_day(fields.get("at") or now())
    answers = {"worth": 3, "again": True, "interest": "none"} | fields.pop("answers", {})
    if "vendor" not in fields and "category" not in fields:
        fields["vendor"] = make_vendor()
    rating = rate(member, **{"anonymous": False, **fields}, answers=answers)
    rating.counted_from = counted_from
    db.session.commit()
    return rating


def make_long_thread(post: Post, branches: int, author: Member) -> list[int]:
    """Insert branches of five nested comments directly; return their ids in reading order."""
    rows: list[dict[str, Any]] = []
    for n in range(branches):
        at = now() - timedelta(minutes=branches - n)
        path, above = "", None
        for depth in range(5):
            key = new_random_id()
            path += f"{int(at.timestamp()):08x}{key_text(key)}"
            row = {"id": key, "parent_id": above, "depth": depth, "path": path, "created_at": at, "post_id": post.id}
            rows.append({**row, "answer_count": int(depth < 4), "author_id": author.id, "render_version": 1})
            rows[-1] |= {"body": f"Reply {n}.", "body_html": f"<p>Reply {n}.</p>"}
            above = key
    db.session.execute(insert(Comment), rows)
    post.comment_count = Post.comment_count + len(rows)
    db.session.commit()
    return [row["id"] for row in rows]


def run_concurrently(*visits: Callable[[], Any]) -> list[Any]:
    """Start all visits at the same moment, each in its own thread, and return their results in order."""
    barrier = Barrier(len(visits))

    def run(visit: Callable[[], Any]) -> Any:
        barrier.wait()
        return visit()

    db.session.commit()
    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(run, visits))
