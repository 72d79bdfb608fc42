"""Telling a vendor's representative of posts that name the vendor: noted when they appear, mailed once a day.

The mail has title and address, as every list has them, and nothing about the author.
"""

from datetime import datetime
from typing import Any


from forum.links import external_url
from forum import mail
from forum.db import db
from forum.notifications.models import UnmailedPost
from forum.notifications.representative_queries import representatives_with_unmailed, unmailed_posts
from forum.notifications.unsubscribe_tokens import token_for
from forum.posts.models import Post
from forum.vendors.representative_queries import representative_ids

MAX_TITLES = 50  # titles in a mail


def queue_post_for_representatives(post: Post) -> None:
    """Whoever speaks for the post's vendor is to be told of it."""
    for number in set(representative_ids(post.vendor_id or 0)) - representatives_with_unmailed(post.id):
        db.session.add(UnmailedPost(representative_id=number, post_id=post.id))
    db.session.flush()


def mail_representatives(moment: datetime) -> None:
    """One mail to each representative who has it today: daily, or weekly on Mondays. What is hidden waits."""
    told: dict[int, list[Any]] = {}
    for row in unmailed_posts():
        wants = row.email and row.digest != "never" and not row.bounced_at and not row.banned_at
        if not row.speaks or row.deleted_at or not wants:
            _forget(row.id)
        elif row.listed and (row.digest == "daily" or moment.weekday() == 0):
            told.setdefault(row.member_id, []).append(row)
            _forget(row.id)
    for rows in told.values():
        _send(rows)


def _send(rows: list[Any]) -> None:
    first = rows[0]
    posts = [(row.title, external_url("posts.show", post_id=row.post_id, slug=row.slug)) for row in rows]
    mail.enqueue(
        first.email,
        "vendor_mentioned",
        subject=f"New experiences with {first.vendor_name}",
        name=first.name,
        vendor=first.vendor_name,
        posts=posts[:MAX_TITLES],
        more=len(posts) - MAX_TITLES,
        link=external_url("desk.show", slug=first.vendor_slug),
        unsubscribe=external_url("following.unsubscribe", token=token_for(first.member_id)),
    )


def _forget(number: int) -> None:
    db.session.query(UnmailedPost).filter_by(id=number).delete()
