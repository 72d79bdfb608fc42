"""Following: the page of what is new, and the buttons that follow, no longer follow, open and mark as read."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_see, is_member
from forum.db import db
from forum.notifications import actions
from forum.notifications.following import following_of, reader_follow
from forum.notifications.queries import first_unread_reply
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_by_slug
from forum.rate_limits import limiter
from forum.urls import KeyConverter, safe_path
from forum.vendors.lookup import vendor_or_404
from forum.web import permission_required

bp = Blueprint("following", __name__)
PAGE_SIZE = 30
ACTIONS = {
    "follow": actions.follow,
    "unfollow": actions.unfollow,
    "mark_read": actions.mark_read,
    "open": actions.mark_read,
}


@bp.get("/following")
@permission_required(is_member)
def index() -> Any:
    """What the reader follows, where something is new (or, with ?show=all, all of it)."""
    everything = following_of(current_user)
    new = everything.only_new()
    shows_all = request.args.get("show") == "all"
    shown = everything if shows_all else new
    posts, further = _page(shown.posts, KeyConverter.number_in(request.args.get("after")))
    return render_template(
        "notifications/index.html",
        posts=posts,
        tags=shown.tags,
        vendors=shown.vendors,
        shows_all=shows_all,
        anything=any(everything),
        anything_new=any(new),
        further=further,
    )


@bp.post("/following/seen")
@permission_required(is_member)
def mark_all_read() -> Any:
    """Mark everything as read."""
    actions.mark_all_read(current_user)
    db.session.commit()
    return redirect(url_for(".index"))


@bp.post("/posts/<key:post_id>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_post(post_id: int) -> Any:
    """Follow an experience or stop, mark it as read, or open it at the first new reply."""
    found: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, found):
        abort(404)
    target = url_for("posts.show", post_id=post_id, slug=found.slug)
    if request.form.get("intent") == "open":
        state = reader_follow("post", post_id, found.comment_count)
        reply = first_unread_reply(found, current_user, state.unread) if state is not None and state.unread else None
        target = url_for("comments.show", comment_id=reply) if reply else target
    return _done("post", post_id, target)


@bp.post("/tags/<slug>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_tag(slug: str) -> Any:
    """The same for a tag."""
    found = db.first_or_404(tag_by_slug(slug))
    return _done("tag", found.id, url_for("pages.tag", slug=slug))


@bp.post("/vendors/<slug>/follow")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_vendor(slug: str) -> Any:
    """The same for a vendor."""
    found = vendor_or_404(slug, current_user)
    return _done("vendor", found.id, url_for("pages.vendor", slug=slug, _anchor="experiences"))


def _done(kind: str, number: int, target: str) -> Any:
    do = request.form.get("intent", "")
    if do not in ACTIONS:
        abort(400)
    ACTIONS[do](current_user, kind, number)
    db.session.commit()
    back = safe_path(request.form.get("return_to")) if do != "open" else None
    return redirect(back or target)


def _page(posts: list[Any], after: int | None) -> tuple[list[Any], int | None]:
    """The posts that come after the one numbered so, and with which the page after that begins its list (or None)."""
    numbers = [one.row.id for one in posts]
    start = numbers.index(after) + 1 if after in numbers else 0
    page = posts[start : start + PAGE_SIZE]
    return page, page[-1].row.id if len(posts) > start + PAGE_SIZE else None
