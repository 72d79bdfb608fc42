"""Following: the page of what is new, and the buttons that follow, no longer follow, open and mark as read."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_see, is_member
from forum.db import db
from forum.notifications import actions
from forum.notifications.following import followed_by, reader_follows
from forum.notifications.queries import first_new_reply
from forum.posts.models import Post
from forum.posts.queries import post_numbered
from forum.posts.tags.queries import tag_called
from forum.vendors.addresses import vendor_at
from forum.web import KeyConverter, limiter, only, safe_path

bp = Blueprint("following", __name__)
PAGE = 30
DOES = {"follow": actions.follow, "unfollow": actions.unfollow, "seen": actions.mark_seen, "open": actions.mark_seen}


@bp.get("/following")
@only(is_member)
def index() -> Any:
    """What the reader follows, where something is new (or, with ?show=all, all of it)."""
    everything = followed_by(current_user)
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
@only(is_member)
def seen() -> Any:
    """Mark everything as read."""
    actions.mark_all_seen(current_user)
    db.session.commit()
    return redirect(url_for(".index"))


@bp.post("/posts/<key:post_id>/follow")
@only(is_member)
@limiter.limit("60/minute")
def post(post_id: int) -> Any:
    """Follow an experience or stop, mark it as read, or open it at the first new reply."""
    found: Post = db.first_or_404(post_numbered(post_id))
    if not can_see(current_user, found):
        abort(404)
    target = url_for("posts.show", post_id=post_id, slug=found.slug)
    if request.form.get("do") == "open":
        state = reader_follows("post", post_id, found.comment_count)
        reply = first_new_reply(found, current_user, state.new) if state is not None and state.new else None
        target = url_for("comments.show", comment_id=reply) if reply else target
    return _done("post", post_id, target)


@bp.post("/tags/<slug>/follow")
@only(is_member)
@limiter.limit("60/minute")
def tag(slug: str) -> Any:
    """The same for a tag."""
    found = db.first_or_404(tag_called(slug))
    return _done("tag", found.id, url_for("pages.tag", slug=slug))


@bp.post("/vendors/<slug>/follow")
@only(is_member)
@limiter.limit("60/minute")
def vendor(slug: str) -> Any:
    """The same for a vendor."""
    found = vendor_at(slug, current_user)
    return _done("vendor", found.id, url_for("pages.vendor", slug=slug, _anchor="experiences"))


def _done(kind: str, number: int, target: str) -> Any:
    do = request.form.get("do", "")
    if do not in DOES:
        abort(400)
    DOES[do](current_user, kind, number)
    db.session.commit()
    back = safe_path(request.form.get("return_to")) if do != "open" else None
    return redirect(back or target)


def _page(posts: list[Any], after: int | None) -> tuple[list[Any], int | None]:
    """The posts that come after the one numbered so, and with which the page after that begins its list (or None)."""
    numbers = [one.row.id for one in posts]
    start = numbers.index(after) + 1 if after in numbers else 0
    page = posts[start : start + PAGE]
    return page, page[-1].row.id if len(posts) > start + PAGE else None
