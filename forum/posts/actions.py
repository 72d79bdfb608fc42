"""What can happen to a post, and to writing of either kind: signing, revisions, useful marks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from forum import anonymity, text
from forum.access import is_listed
from forum.accounts.models import Member
from forum.db import db, now
from forum.posts.anonymous.badges import badge_for
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.posts.queries import is_rating_carried, has_replies
from forum.posts.screening.holds import hold_if_needed
from forum.posts.signals import post_published, vendor_named
from forum.posts.tags.queries import tag_slugs_of
from forum.posts.visibility import adjust_visible_counts, hold_if_edit_requested
from forum.posts.writing import leave_tombstone, save_revision, set_body, sign
from forum.ratings.actions import AlreadyRated, disclose_vendor, rate, withdraw
from forum.vendors.models import Category, Programme, Tier, Vendor


class PostSubject(NamedTuple):
    """Which vendor a post is about: named with programme and tier, undisclosed with category and words, or none."""

    vendor: Vendor | None = None
    programme: Programme | None = None
    tier: Tier | None = None
    category: Category | None = None
    description: str | None = None


NO_VENDOR = PostSubject()
# A title must not stand in the way of a post's other pages: /posts/<number>/edit and so on.
RESERVED_SLUGS = ("delete", "edit", "flag", "follow", "official-reply", "reply", "revisions", "useful")


def write_post(
    author: Member,
    *,
    title: str,
    body: str,
    leaning: str,
    tags: Sequence[Tag],
    subject: PostSubject = NO_VENDOR,
    rating_values: Mapping[str, Any] | None = None,
    anonymous: bool = False,
    badged: bool = False,
    submission: str | None = None,
    at: datetime | None = None,
) -> Post:
    """Write a post, by name or under a pseudonym. `at` is for writing that is moved in or made up.

    `rating_values` is the rating it carries. Raises RatedOtherwise when the author has rated the same under the other kind of
    name.
    """
    post = Post(thread_key=anonymity.new_thread_key(), submission=submission or None)
    _say(post, title=title, body=body, leaning=leaning, subject=subject)
    sign(post, author, anonymous=anonymous, at=at or now())
    if anonymous and badged:
        post.badge = badge_for(author, subject.tier)
    post.last_activity_at = post.created_at
    if rating_values:
        post.rating = rate(author, anonymous=anonymous, answers=rating_values, at=at, **subject._asdict())
    db.session.add(post)
    db.session.flush()
    _tag(post, tags)
    adjust_visible_counts(post, +1)
    db.session.flush()
    hold_if_needed(post, author, is_import=at is not None)
    if is_listed(post):
        post_published.send(post)
    return post


def edit_post(
    post: Post,
    *,
    title: str,
    body: str,
    leaning: str,
    tags: Sequence[Tag],
    subject: PostSubject = NO_VENDOR,
    author: Member | None = None,
) -> None:
    """Change a post and keep what it said before.

    A rating it carries goes along when its author (`author`) names a vendor that was undisclosed; any other change of the
    vendor raises RatedOtherwise, since the rating is of the one it was.
    """
    if post.rating is not None:
        _take_rating_along(post, subject, author)
    save_revision(post, title=post.title, facts=_facts(post))
    named_before = post.vendor_id
    if is_listed(post):
        adjust_visible_counts(post, -1)
    _say(post, title=title, body=body, leaning=leaning, subject=subject)
    if post.badge:
        # With another tier another number of organisations shares it.
        post.badge = badge_for(author, subject.tier) if author is not None else ""
    _untag(post)
    _tag(post, tags)
    if is_listed(post):
        adjust_visible_counts(post, +1)
    db.session.flush()
    hold_if_edit_requested(post)
    hold_if_needed(post, author)
    if is_listed(post) and post.vendor_id not in (None, named_before):
        vendor_named.send(post)


def delete_post(post: Post) -> bool:
    """Take one's post down. With replies under it a tombstone stays, and True comes back; otherwise nothing stays.

    What was moved in leaves one, too: by it the next import knows not to bring it back.
    """
    if is_listed(post):
        adjust_visible_counts(post, -1)
    _untag(post)
    _drop_rating(post)
    kept = post.removed_at is not None or post.imported_from is not None or has_replies(post.id)
    if kept:
        leave_tombstone(post)
        post.title, post.slug, post.excerpt = "Removed by its author", "removed", ""
        post.vendor_id = post.programme_id = post.tier_id = post.category_id = post.vendor_description = None
    else:
        db.session.delete(post)
    db.session.flush()
    return kept


def _say(post: Post, *, title: str, body: str, leaning: str, subject: PostSubject) -> None:
    post.title = text.single_line(title)
    post.slug = text.slug_of(post.title)
    if post.slug in RESERVED_SLUGS:
        post.slug += "-experience"
    post.leaning = leaning
    set_body(post, body)
    post.excerpt = text.to_plain(body)
    post.vendor_id = subject.vendor.id if subject.vendor else None
    post.programme_id = subject.programme.id if subject.programme else None
    post.tier_id = subject.tier.id if subject.tier else None
    post.category_id = subject.category.id if subject.category else None
    post.vendor_description = text.single_line(subject.description) if subject.description else None


def _take_rating_along(post: Post, subject: PostSubject, author: Member | None) -> None:
    rating = post.rating
    if rating is None or (subject.vendor == rating.vendor and subject.category == rating.category):
        return
    if rating.vendor is not None or subject.vendor is None or author is None or rating.anonymous != (post.author_id is None):
        raise AlreadyRated
    disclose_vendor(rating, author, vendor=subject.vendor, programme=subject.programme, tier=subject.tier)


def _drop_rating(post: Post) -> None:
    """The rating goes with its post, unless another post of the same author carries it."""
    rating, post.rating = post.rating, None
    db.session.flush()
    if rating is not None and not is_rating_carried(rating.id):
        withdraw(rating)


def _facts(post: Post) -> str:
    """Leaning, vendor and tags in words."""
    vendor = post.vendor.name if post.vendor else post.vendor_description or "no vendor"
    tier = f", {post.tier.name}" if post.tier else ""
    tags = " ".join(f"#{slug}" for slug in tag_slugs_of([post.id]).get(post.id, []))
    return f"{post.leaning} · {vendor}{tier} · {tags}"[:400]


def _tag(post: Post, tags: Sequence[Tag]) -> None:
    for tag in {tag.id: tag for tag in tags}.values():
        db.session.add(PostTag(post_id=post.id, tag_id=tag.id))
    db.session.flush()


def _untag(post: Post) -> None:
    db.session.query(PostTag).filter_by(post_id=post.id).delete()


def rerender_outdated(version: int) -> int:
    """Render every text that an older version rendered; how many there were."""
    done = 0
    for kind in (Post, Comment):
        for item in db.session.query(kind).filter(kind.render_version < version, kind.deleted_at.is_(None)):
            set_body(item, item.body)
            done += 1
    db.session.flush()
    return done
