"""A post's page, writing, changing and deleting posts, and marking them useful."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from forum.access import (
    can_delete,
    can_edit,
    can_open,
    can_reply,
    can_reply_officially,
    can_see,
    can_write,
    ids_written_by,
    is_author,
    is_listed,
    is_moderator,
    is_representative,
    represents_vendor_of,
)
from forum.accounts.pseudonyms import alias_for
from forum.db import db
from forum.posts import actions
from forum.posts.comment_queries import thread_page
from forum.posts.form_pages import TOO_MANY_SCHEDULED, post_form_page, cancel_replaced
from forum.posts.forms import CommentForm, PostEditForm, PostForm, form_values
from forum.posts.item_queries import useful_votes_in, revisions_of, item_by_submission
from forum.posts.models import Post
from forum.posts.official_views import official_reply_values
from forum.posts.queries import post_by_id, post_page_row, related_posts
from forum.posts.scheduled_actions import schedule_post
from forum.posts.thread_html import ThreadReader, render_thread
from forum.posts.useful_views import save_useful_vote
from forum.ratings.actions import AlreadyRated
from forum.ratings.directions import rating_scorecard
from forum.ratings.queries import scorecard_row
from forum.ratings.scores.actions import site_context
from forum.vendors.queries import vendor_by_name
from forum.urls import KeyConverter
from forum.forms import carried_fields
from forum.templating import current_reader
from forum.submissions import honeypot_filled
from forum.rate_limits import limiter, was_accepted
from forum.web import permission_required, require

bp = Blueprint("posts", __name__)


@bp.get("/posts/<key:post_id>/")
@bp.get("/posts/<key:post_id>/<slug>")
def show(post_id: int, slug: str | None = None) -> Any:
    """An experience and its replies, a page of them at a time."""
    post, user = post_page_row(post_id), current_reader()
    if post is None or not can_open(user, post):
        abort(404)
    removed = not can_see(user, post)
    # A removed one has its title in no address any more.
    if slug != (None if removed else post.slug):
        slug = None if removed else post.slug
        return redirect(url_for(".show", post_id=post_id, slug=slug, **_place()), 302 if removed else 301)
    start = KeyConverter.number_in(request.args.get("from"))
    page = thread_page(post.id, start)
    if start is not None and not page.rows:
        return redirect(url_for(".show", post_id=post_id, slug=post.slug))
    replies, answers = can_reply(user, post), can_reply_officially(user, post)
    own = ids_written_by(user, post.thread_key, [post, *page.rows])
    useful = _useful(post, page.rows)
    return render_template(
        "posts/show.html",
        post=post,
        tags=sorted((post.tags or "").split()),
        talk=render_thread(page.rows, post, _reader(user, own, useful)),
        next=page.next_id,
        start=start,
        related=related_posts(post.id, post.vendor_id),
        own=own,
        useful=useful,
        form=CommentForm(formdata=None, submission=secrets.token_hex(16)) if replies else None,
        official=official_reply_values(post) if answers else None,
        votes=not represents_vendor_of(user, post),
        alias=alias_for(post.thread_key, user) if replies else None,
        card=_card(post),
        removed=removed,
    )


@bp.route("/posts/new", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("30/hour", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def new() -> Any:
    """Write an experience."""
    given = {"submission": secrets.token_hex(16)}
    if request.method == "GET" and request.args.get("vendor"):
        known = vendor_by_name(request.args["vendor"])
        given |= {"vendor_naming": "named", "vendor": known.name if known else request.args["vendor"]}
    form = PostForm(**given)
    if form.is_submitted() and honeypot_filled():
        flash("Published.")
        return redirect(url_for("pages.home"))
    if form.is_submitted():
        if (first := item_by_submission(Post, form.submission.data or "")) is not None:
            if is_author(current_user, first):
                return _to(first)
            form.submission.data = given["submission"]
        do = request.form.get("intent", "")
        ready = do != "tiers" and form.validate() and form.is_cleared_to_publish(do) and form.passes_limits(is_post=True)
        if ready and (done := _delay(form) if form.delay_hours() else _publish(form)) is not None:
            return done
    return post_form_page(form, "posts/new.html")


@bp.route("/posts/<key:post_id>/edit", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def edit(post_id: int) -> Any:
    """Change one's own post."""
    post = db.first_or_404(post_by_id(post_id, for_update=request.method == "POST"))
    if not can_see(current_user, post):
        abort(404)
    require(can_edit(current_user, post))
    form = PostEditForm(data=form_values(post))
    do = request.form.get("intent")
    if do == "begin":  # with another wording than what stands there
        form = PostEditForm(formdata=None, data=form_values(post) | {"body": request.form.get("body")})
        return post_form_page(form, "posts/edit.html", post=post)
    valid = form.is_submitted() and do != "tiers" and form.validate()
    if valid and do == "publish" and (done := _save(form, post)) is not None:
        return done
    return post_form_page(form, "posts/edit.html", post=post)


@bp.route("/posts/<key:post_id>/delete", methods=["GET", "POST"])
def delete(post_id: int) -> Any:
    """Take one's own post down, after being asked."""
    post = db.first_or_404(post_by_id(post_id, for_update=request.method == "POST"))
    if not can_see(current_user, post):
        abort(404)
    require(can_delete(current_user, post))
    if request.method == "GET":
        return render_template("posts/delete.html", post=post)
    kept = actions.delete_post(post)
    db.session.commit()
    flash("Your text is gone. The replies under it stay." if kept else "Your text is gone.")
    return _to(post) if kept else redirect(url_for("pages.home"))


@bp.get("/posts/<key:post_id>/revisions")
def revisions(post_id: int) -> Any:
    """What a post said before each change."""
    post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post) or post.deleted_at:
        abort(404)
    return render_template("posts/revisions.html", post=post, revisions=revisions_of(post))


@bp.post("/posts/<key:post_id>/useful")
@limiter.limit("60/minute")
def useful(post_id: int) -> Any:
    """Mark a post useful, or take that back."""
    post = db.first_or_404(post_by_id(post_id))
    save_useful_vote(post)
    return redirect(url_for(".show", post_id=post.id, slug=post.slug, _anchor="post-actions"))


def _place() -> dict[str, Any]:
    return {name: value for name, value in request.args.items() if name == "from"}


def _publish(form: PostForm) -> Any:
    try:
        cancel_replaced(form)
        post = actions.write_post(current_user, **form.cleaned_data())
        db.session.commit()
    except AlreadyRated:
        # Rated under the other kind of name a moment ago, in another window.
        db.session.rollback()
        form.worth.errors = ["You have just rated this in another window. Publish without the rating."]
        return None
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
        post = item_by_submission(Post, form.submission.data or "")
        if post is None or not is_author(current_user, post):
            raise
    # The same words under either kind of name: a notice travels in a cookie.
    flash("Published." if is_listed(post) else "Kept. A moderator reads it before others do.")
    return _to(post)


def _delay(form: PostForm) -> Any:
    cancel_replaced(form)
    kept = schedule_post(current_user, hours=form.delay_hours(), form_data=carried_fields(), **form.cleaned_data())
    if not kept:
        db.session.rollback()
        form.delay.errors = [TOO_MANY_SCHEDULED]
        return post_form_page(form, "posts/new.html")
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _save(form: PostEditForm, post: Post) -> Any:
    """To the changed post; None, with words in the form, when the rating it carries stands in the way."""
    try:
        if form.has_changed():
            actions.edit_post(post, author=current_user, **form.cleaned_data())
            db.session.commit()
    except AlreadyRated:
        db.session.rollback()
        form.vendor_naming.errors = [
            "This text carries a rating of the vendor it was about, or you have rated the one you name now. "
            "Withdraw the rating in your settings to change the vendor."
        ]
        return None
    flash("Your text is changed. What it said before stays readable.")
    return _to(post)


def _to(post: Post) -> Any:
    return redirect(url_for(".show", post_id=post.id, slug=post.slug))


def _card(post: Any) -> dict[str, Any] | None:
    """The rating the post carries: itself, what its tier and vendor are called, and its picture among all ratings."""
    found = scorecard_row(post.rating_id) if post.rating_id and not post.deleted_at else None
    if found is None or found.Rating.hidden_at:
        return None
    snapshot, site = found.Snapshot, found.site
    figures = snapshot.figures if snapshot else None
    return {
        "rating": found.Rating,
        "vendor": found.vendor_name,
        "tier": found.tier_name,
        "snapshot": snapshot if figures else None,
        "picture": rating_scorecard(found.Rating, figures, site_context(site)),
    }


def _reader(user: Any, own: set[int], useful: set[int]) -> ThreadReader:
    speaks_for = user.represents_id if is_representative(user) else None
    return ThreadReader(own, useful, can_write(user), is_moderator(user), speaks_for)


def _useful(post: Any, rows: Any) -> set[int]:
    if not current_user.is_authenticated:
        return set()
    return useful_votes_in(post.id, [row.id for row in rows], current_user.id)
