"""The page of followed items, and the buttons that follow, unfollow, open and mark as read."""

from collections.abc import Callable, Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_see, is_member
from forum.accounts.models import Member
from forum.db import db
from forum.notifications import actions
from forum.notifications.following import FollowedItem, following_of, thread_follow
from forum.notifications.news import first_unread_reply
from forum.notifications.search_follows import followed_searches, search_path
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_by_slug
from forum.rate_limits import limiter
from forum.templating import current_reader
from forum.urls import KeyConverter, safe_path
from forum.vendors.lookup import vendor_or_404
from forum.web import permission_required

bp = Blueprint("following", __name__)
PAGE_SIZE = 30
# What each value of the field `intent` does.
INTENTS: dict[str, Callable[[Member, str, int], None]] = {
    "follow": actions.follow,
    "unfollow": actions.unfollow,
    "mark_read": actions.mark_read,
    "open": actions.mark_read,
}
# What the reader is told afterwards.
MESSAGES = {
    "follow": "You follow this now. What is new appears under Following.",
    "unfollow": "You no longer follow this.",
    "mark_read": "Marked as read.",
}


@bp.get("/following")
@permission_required(is_member)
def index() -> ResponseReturnValue:
    """List what the reader follows: items with something unread, or with ?show=all all items."""
    following = following_of(current_user)
    unread, searches = following.only_unread(), followed_searches(current_user)
    shows_all = request.args.get("show") == "all"
    listed = following if shows_all else unread
    posts, next_after = _page(listed.posts, KeyConverter.number_in(request.args.get("after")))
    return render_template(
        "notifications/index.html",
        posts=posts,
        tags=listed.tags,
        vendors=listed.vendors,
        shows_all=shows_all,
        searches=[(query, search_path(query)) for query in searches] if shows_all else [],
        follows_anything=any(following) or bool(searches),
        has_unread=any(unread),
        next_after=next_after,
    )


@bp.post("/following/seen")
@permission_required(is_member)
def mark_all_read() -> ResponseReturnValue:
    """Mark everything as read."""
    actions.mark_all_read(current_user)
    db.session.commit()
    return redirect(url_for(".index"))


@bp.post("/posts/<key:post_id>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_post(post_id: int) -> ResponseReturnValue:
    """Follow or unfollow a post, mark it as read, or open it at the first unread reply."""
    post: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    if request.form.get("intent") == "open":
        return _change_follow("post", post_id, _first_unread_path(post))
    target = url_for("posts.show", post_id=post_id, slug=post.slug, _anchor="post-actions")
    return _change_follow("post", post_id, target)


@bp.get("/posts/<key:post_id>/first-unread")
@permission_required(is_member)
def first_unread(post_id: int) -> ResponseReturnValue:
    """Redirect to the first unread reply under a post, and leave it unread."""
    post: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    return redirect(_first_unread_path(post))


def _first_unread_path(post: Post) -> str:
    follow = thread_follow(current_reader(), post)
    reply_id = first_unread_reply(post, current_user, follow.unread) if follow is not None and follow.unread else None
    if reply_id is None:
        return url_for("posts.show", post_id=post.id, slug=post.slug)
    return url_for("comments.show", comment_id=reply_id)


@bp.post("/tags/<slug>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_tag(slug: str) -> ResponseReturnValue:
    """Follow or unfollow a tag, mark it as read, or open it."""
    tag = db.first_or_404(tag_by_slug(slug))
    return _change_follow("tag", tag.id, url_for("pages.tag", slug=slug))


@bp.post("/vendors/<slug>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_vendor(slug: str) -> ResponseReturnValue:
    """Follow or unfollow a vendor, mark it as read, or open it."""
    vendor = vendor_or_404(slug, current_user)
    anchor = "posts" if request.form.get("intent") == "open" else None
    return _change_follow("vendor", vendor.id, url_for("pages.vendor", slug=slug, _anchor=anchor))


def _change_follow(kind: str, item_id: int, target: str) -> ResponseReturnValue:
    intent = request.form.get("intent", "")
    if intent not in INTENTS:
        abort(400)
    INTENTS[intent](current_user, kind, item_id)
    db.session.commit()
    if intent in MESSAGES:
        flash(MESSAGES[intent])
    return_to = safe_path(request.form.get("return_to")) if intent != "open" else None
    return redirect(return_to or target)


def _page(posts: Sequence[FollowedItem], after: int | None) -> tuple[Sequence[FollowedItem], int | None]:
    """Return the posts after the one with this id, and the id after which the next page starts, or None."""
    post_ids = [item.row.id for item in posts]
    start = post_ids.index(after) + 1 if after in post_ids else 0
    page = posts[start : start + PAGE_SIZE]
    return page, page[-1].row.id if len(posts) > start + PAGE_SIZE else None
