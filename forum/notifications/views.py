"""The page of followed items, and the buttons that follow, unfollow, open and mark as read."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_see, is_member
from forum.accounts.models import Member
from forum.db import db
from forum.notifications import actions
from forum.notifications.followed_items import FollowedItem
from forum.notifications.following import following_of, thread_follow, with_titles
from forum.notifications.item_pages import Page, page_of
from forum.notifications.queries import vendor_labels
from forum.notifications.search_follows import followed_searches, search_path
from forum.notifications.unread_replies import first_unread_reply
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_by_slug
from forum.rate_limits import limiter
from forum.templating import current_reader
from forum.urls import key_text, safe_path
from forum.vendors.lookup import vendor_or_404
from forum.web import permission_required

bp = Blueprint("following", __name__)
NOTHING: Page[FollowedItem] = Page([])
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
    following, searches = following_of(current_user), followed_searches(current_user)
    shows_all = request.args.get("show") == "all"
    posts = page_of(following.posts, request.args.get("after"), _post_key, is_listed=_is_listed(shows_all))
    topics = page_of(following.topics(), request.args.get("topic"), _topic_key, is_listed=_is_listed(shows_all))
    # A further page of one list shows nothing else.
    is_first_page = not (posts.is_further or topics.is_further)
    return render_template(
        "notifications/index.html",
        posts=posts._replace(items=with_titles(posts.items)) if not topics.is_further else NOTHING,
        topics=topics if not posts.is_further else NOTHING,
        vendor_labels=vendor_labels([item.row.id for item in posts.items]),
        shows_all=shows_all,
        is_first_page=is_first_page,
        searches=[(query, search_path(query)) for query in searches] if shows_all and is_first_page else [],
        follows_anything=any(following) or bool(searches),
        has_unread=following.has_unread(),
    )


def _is_listed(shows_all: bool) -> Callable[[FollowedItem], bool]:
    return lambda item: shows_all or item.unread > 0


def _post_key(item: FollowedItem) -> str:
    return key_text(item.row.id)


def _topic_key(item: FollowedItem) -> str:
    return f"{item.kind} {item.row.slug}"


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
