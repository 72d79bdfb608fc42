"""Write, edit and delete posts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from forum import anonymity, text
from forum.access import is_listed
from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.posts.anonymous.badges import badge_for, is_tier_shared
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.posts.queries import has_replies, is_rating_attached_to_post, outdated_ids
from forum.posts.screening.holds import hold_if_needed
from forum.posts.signals import post_published, vendor_named
from forum.posts.tags.queries import tag_slugs_of
from forum.posts.visibility import adjust_visible_counts, hold_if_edit_requested, recounted
from forum.posts.writing import leave_tombstone, save_revision, set_body, sign
from forum.ratings.actions import AlreadyRated, disclose_vendor, live_ratings, rate, withdraw
from forum.ratings.criteria import Answer
from forum.text import Rendered
from forum.turns import end_turn, reading_apart
from forum.vendors.models import Category, Programme, Tier, Vendor


class PostSubject(NamedTuple):
    """The vendor a post is about: named, with programme and tier; undisclosed, with category and description; or none.

    An undisclosed vendor must not be identified by either.
    """

    vendor: Vendor | None = None
    programme: Programme | None = None
    tier: Tier | None = None
    category: Category | None = None
    description: str | None = None


NO_VENDOR = PostSubject()
# Texts that `rerender_outdated` renders in one transaction.
RENDERED_AT_ONCE = 10
# A slug must not be the path of one of the post's other pages: /posts/<id>/edit and so on.
RESERVED_SLUGS = frozenset(
    "bookmark delete edit first-unread flag follow official-reply rate reply reply-count revisions useful".split()
)


def write_post(
    author: Member,
    *,
    title: str,
    body: str | Rendered,
    leaning: str,
    tags: Sequence[Tag],
    subject: PostSubject = NO_VENDOR,
    rating_answers: Mapping[str, int | bool | str | None] | None = None,
    anonymous: bool = False,
    badged: bool = False,
    submission: str | None = None,
    at: datetime | None = None,
) -> Post:
    """Write a post, by name or under a pseudonym, with a rating if there are `rating_answers`.

    `at` is for imported or invented posts. Raises AlreadyRated when the author has rated the same vendor under the
    other kind of name.
    """
    post = Post(thread_key=anonymity.new_thread_key(), submission=submission or None)
    _set_content(post, title=title, body=body, leaning=leaning, subject=subject)
    sign(post, author, anonymous=anonymous, at=at or now())
    post.shows_tier = _may_show_tier(post)
    post.badge = badge_for(author, subject.tier) if anonymous and badged else ""
    post.last_activity_at = post.created_at
    if rating_answers:
        details = subject._asdict() | {"anonymous": anonymous, "is_shown": True}
        post.rating = rate(author, answers=rating_answers, at=at, **details)
    _save_new(post, author, tags, is_import=at is not None)
    return post


def _save_new(post: Post, author: Member, tags: Sequence[Tag], *, is_import: bool) -> None:
    """Insert the post and its tags, count it, and hold it or publish it."""
    db.session.add(post)
    db.session.flush()
    _add_tags(post, tags)
    adjust_visible_counts(post, +1)
    db.session.flush()
    hold_if_needed(post, author, is_import=is_import)
    if is_listed(post):
        post_published.send(post)


def rate_post(post: Post, author: Member, answers: Mapping[str, Answer]) -> None:
    """Give the post a rating that it was published without, under its own name or alias.

    Raises AlreadyRated when the author has rated the same in a way that the two together would reveal.
    """
    lock(f"ratings of {author.id}")
    subject = PostSubject(post.vendor, post.programme, post.tier, post.category, post.vendor_description)
    is_anonymous = post.author_id is None
    if is_anonymous and live_ratings(author, post.vendor, post.programme, post.category, post.vendor_description):
        raise AlreadyRated
    post.rating = rate(author, answers=answers, anonymous=is_anonymous, is_shown=True, **subject._asdict())
    db.session.flush()


def edit_post(
    post: Post,
    *,
    title: str,
    body: str | Rendered,
    leaning: str,
    tags: Sequence[Tag],
    subject: PostSubject = NO_VENDOR,
    author: Member | None = None,
) -> None:
    """Change a post and store its current text as a revision. `author` is None when a moderator changes it.

    Raises AlreadyRated when its rating is of another vendor, unless the author discloses the undisclosed one.
    """
    _disclose_rated_vendor(post, subject, author)
    save_revision(post, title=post.title, details=details_of(post))
    old_vendor_id = post.vendor_id
    with recounted(post):
        _set_content(post, title=title, body=body, leaning=leaning, subject=subject)
        post.shows_tier = _may_show_tier(post)
        if post.badge:
            # Another tier is shared by another number of organisations.
            post.badge = badge_for(author, subject.tier) if author is not None else ""
        _set_tags(post, tags)
    db.session.flush()
    hold_if_edit_requested(post)
    hold_if_needed(post, author)
    if is_listed(post) and post.vendor_id not in (None, old_vendor_id):
        vendor_named.send(post)


def delete_post(post: Post) -> bool:
    """Delete a post for its author. Return True when a tombstone stays because there are replies under it.

    An imported post leaves one, too, so that the next import does not bring it back.
    """
    if is_listed(post):
        adjust_visible_counts(post, -1)
    _set_tags(post, [])
    _drop_rating(post)
    leaves_tombstone = post.removed_at is not None or post.imported_from is not None or has_replies(post.id)
    if leaves_tombstone:
        leave_tombstone(post)
        post.title, post.slug, post.excerpt = "Removed by its author", "removed", ""
        post.vendor_id = post.programme_id = post.tier_id = post.category_id = post.vendor_description = None
    else:
        db.session.delete(post)
    db.session.flush()
    return leaves_tombstone


def details_of(post: Post) -> str:
    """Return leaning, vendor and tags as text, for a revision."""
    vendor = post.vendor.name if post.vendor else post.vendor_description or "no vendor"
    tier = f", {post.tier.name}" if post.tier and post.shows_tier else ""
    tags = " ".join(f"#{slug}" for slug in tag_slugs_of([post.id]).get(post.id, []))
    return f"{post.leaning} · {vendor}{tier} · {tags}"[:400]


def rerender_outdated(version: int, commit: Callable[[], object] | None = None) -> int:
    """Render every text again that was rendered by an older version, and return how many there were.

    With `commit` some at a time, in the random order of their ids, so that others can write.
    """
    count = 0
    for kind in (Post, Comment):
        last_id = -1
        while ids := _outdated_after(last_id, kind, version, commit):
            last_id = ids[-1]
            count += sum(_rerender(kind, item_id, version) for item_id in ids)
            db.session.flush()
            end_turn(commit)
    return count


def _outdated_after(
    last_id: int, kind: type[Post] | type[Comment], version: int, commit: Callable[[], object] | None
) -> Sequence[int]:
    with reading_apart(commit):
        return outdated_ids(kind, version, last_id, RENDERED_AT_ONCE)


def _rerender(kind: type[Post] | type[Comment], item_id: int, version: int) -> bool:
    """Render a text again, unless it was meanwhile deleted or rendered."""
    item = db.session.get(kind, item_id)
    if item is None or item.deleted_at is not None or item.render_version >= version:
        return False
    set_body(item, item.body)
    if isinstance(item, Post):
        item.excerpt = text.excerpt_of(item.body_html)
    return True


def _set_content(post: Post, *, title: str, body: str | Rendered, leaning: str, subject: PostSubject) -> None:
    post.title = text.single_line(title)
    post.slug = text.slug_of(post.title)
    if post.slug in RESERVED_SLUGS:
        post.slug += "-post"
    post.leaning = leaning
    set_body(post, body)
    post.excerpt = text.excerpt_of(post.body_html)
    post.vendor_id = subject.vendor.id if subject.vendor else None
    post.programme_id = subject.programme.id if subject.programme else None
    post.tier = subject.tier
    post.category_id = subject.category.id if subject.category else None
    post.vendor_description = text.single_line(subject.description) if subject.description else None


def _may_show_tier(post: Post) -> bool:
    return post.tier is not None and (post.pseudonym_id is None or is_tier_shared(post.tier))


def _disclose_rated_vendor(post: Post, subject: PostSubject, author: Member | None) -> None:
    """Name the vendor of the post's rating, when its author now names the vendor that was undisclosed.

    Any other change of the vendor raises AlreadyRated: a rating is of the vendor that was rated.
    """
    rating = post.rating
    if rating is None or (subject.vendor == rating.vendor and subject.category == rating.category):
        return
    is_disclosure = rating.vendor is None and rating.anonymous == (post.author_id is None)
    if not is_disclosure or subject.vendor is None or author is None:
        raise AlreadyRated
    disclose_vendor(rating, author, vendor=subject.vendor, programme=subject.programme, tier=subject.tier)


def _drop_rating(post: Post) -> None:
    """Withdraw the post's rating, unless another post of the author carries it."""
    rating, post.rating = post.rating, None
    db.session.flush()
    if rating is not None and not is_rating_attached_to_post(rating.id):
        withdraw(rating)


def _set_tags(post: Post, tags: Sequence[Tag]) -> None:
    db.session.query(PostTag).filter_by(post_id=post.id).delete()
    _add_tags(post, tags)


def _add_tags(post: Post, tags: Sequence[Tag]) -> None:
    for tag in {tag.id: tag for tag in tags}.values():
        db.session.add(PostTag(post_id=post.id, tag_id=tag.id))
    db.session.flush()
