"""Mail to vendor representatives about new posts that name their vendor: queued as they appear, sent once a day.

The mail contains each post's title and address, as public lists do, and nothing about the author.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from forum import mail
from forum.db import db
from forum.links import external_url
from forum.notifications.models import UnmailedPost
from forum.notifications.paces import NEVER, WEEKLY, pace_of
from forum.notifications.representative_queries import (
    UnmailedRow,
    representatives_with_unmailed,
    unassigned_posts,
    unmailed_posts,
)
from forum.notifications.unsubscribe_tokens import token_for
from forum.posts.models import Post
from forum.turns import end_turn, reading_apart
from forum.vendors.representative_queries import representative_ids

MAX_TITLES = 50  # in one mail


def queue_post_for_representatives(post: Post) -> None:
    """Queue a post for the next mail to its vendor's representatives, naming none beside the author's row."""
    db.session.add(UnmailedPost(post_id=post.id))
    db.session.flush()


def assign_to_representatives() -> None:
    """Queue each new post for each representative of the vendor that it names by now."""
    for row in unassigned_posts():
        _delete(row.id)
        for representative_id in set(representative_ids(row.vendor_id or 0)) - representatives_with_unmailed(
            row.post_id
        ):
            db.session.add(UnmailedPost(representative_id=representative_id, post_id=row.post_id))
            db.session.flush()


def mail_representatives(moment: datetime, commit: Callable[[], object]) -> None:
    """Mail each representative who is due today: daily, or weekly on Mondays. Hidden posts stay queued.

    `commit` is called after each mail. If the run is killed, the other posts stay queued for the next one.
    """
    rows_by_member: dict[int, list[UnmailedRow]] = {}
    with reading_apart(commit):
        queued_rows = unmailed_posts()
    for row in queued_rows:
        pace = pace_of(row.mail_paces, "represented")
        wants_mail = row.email and pace != NEVER and not row.bounced_at and not row.banned_at
        if not row.represents or row.deleted_at or not wants_mail:
            _delete(row.id)
        elif row.listed and (pace != WEEKLY or moment.weekday() == 0):
            rows_by_member.setdefault(row.member_id, []).append(row)
    end_turn(commit)
    for rows in rows_by_member.values():
        if _delete(*(row.id for row in rows)):
            _enqueue_mail(rows)
        end_turn(commit)


def _enqueue_mail(rows: Sequence[UnmailedRow]) -> None:
    first = rows[0]
    posts = [(row.title, external_url("posts.show", post_id=row.post_id, slug=row.slug)) for row in rows]
    mail.enqueue(
        first.email,
        "vendor_mentioned",
        subject=f"New posts about {first.vendor_name}",
        name=first.name,
        vendor=first.vendor_name,
        posts=posts[:MAX_TITLES],
        more_count=len(posts) - MAX_TITLES,
        link=external_url("representative_dashboard.show", slug=first.vendor_slug),
        unsubscribe=external_url("following.unsubscribe", token=token_for(first.member_id, ["represented"])),
    )


def _delete(*unmailed_ids: int) -> int:
    """Delete rows of the queue, and return how many were there."""
    rows = db.session.query(UnmailedPost).filter(UnmailedPost.id.in_(unmailed_ids))
    return rows.delete(synchronize_session=False)
