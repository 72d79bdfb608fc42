"""Posts: show, write, edit and delete them."""

import secrets
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import text, versions
from forum.access import (
    can_delete,
    can_edit,
    can_open,
    can_reply,
    can_reply_officially,
    can_see,
    can_write,
    is_author,
    is_listed,
    is_moderator,
    represents_vendor_of,
)
from forum.accounts.models import Member
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import composing
from forum.fragments import shares_pages
from forum.page_cache import keep_page
from forum.posts import actions
from forum.posts.comment_queries import comment_by_id, listed_reply_count
from forum.posts.form_pages import SAVED_WHILE_HELD, TOO_MANY_SCHEDULED, cancel_replaced, post_form_page
from forum.posts.forms import TEXT_ONLY, PostEditForm, PostForm, form_values
from forum.posts.models import Post
from forum.posts.official_views import official_reply_values
from forum.posts.post_pages import (
    PostPage,
    is_shared,
    page_versions,
    post_page,
    printed_thread,
    render_shared,
    whole_page,
)
from forum.posts.queries import post_by_id
from forum.posts.rows import PostPageRow
from forum.posts.scheduled_actions import schedule_post
from forum.posts.signature_forms import competitor_message
from forum.posts.submission_checks import is_other_text, sent_before
from forum.posts.thread_pages import ThreadView, place_args, place_in, thread_view
from forum.posts.useful_views import save_useful_vote
from forum.posts.versions import version_page
from forum.rate_limits import limit_writing, limiter
from forum.ratings.actions import AlreadyRated
from forum.templating import current_reader
from forum.urls import KeyConverter, path_of, whole_number
from forum.vendors.merging import hold_catalogue
from forum.vendors.queries import vendor_by_name
from forum.web import permission_required, require

bp = Blueprint("posts", __name__)


@bp.get("/posts/<key:post_id>/")
@bp.get("/posts/<key:post_id>/<slug>")
@shares_pages
def show(post_id: int, slug: str | None = None) -> ResponseReturnValue:
    """Show a post and a page of its thread."""
    place = place_in(request.args)
    present = page_versions(post_id, place)  # before anything else is read
    page, reader = post_page(post_id, place, present), current_reader()
    if page is None or not can_open(reader, page.post):
        abort(404)
    post, is_removed = page.post, not can_see(reader, page.post)
    # Once a decision hid it, the slug (made of the title) disappears from the URL.
    url_slug = None if is_removed else post.slug
    if slug != url_slug:
        args: dict[str, Any] = place_args(request.args)
        return redirect(url_for(".show", post_id=post_id, slug=url_slug, **args), 302 if is_removed else 301)
    if is_removed and post.removed_at is None:
        return render_template("posts/hidden.html", post=post)
    if "from" in request.args:
        return _redirect_to_reply(post, KeyConverter.number_in(request.args["from"]))
    return _page(page, reader, is_removed=is_removed) or _redirect_to(post)


def _page(page: PostPage, reader: Member, *, is_removed: bool) -> ResponseReturnValue | None:
    """Return the page of a post for its reader; None if the thread has no such page."""
    post = page.post
    thread = thread_view(post, page.thread, reader, page.place, partial(printed_thread, page))
    if thread is None:
        return None
    values = _reply_values(page, thread, reader)
    if is_shared(page, reader) and values["can_vote"]:
        return Response(render_shared(page, thread, reader, values))
    return render_template("posts/show.html", **whole_page(page, thread, reader, values, is_removed=is_removed))


def _reply_values(page: PostPage, thread: ThreadView, reader: Member) -> dict[str, object]:
    """Return what the page needs for the reader's reply, ordinary or official, and for their useful vote."""
    post, has_form, can_be_official = page.post, can_reply(reader, page.post), can_reply_officially(reader, page.post)
    form_path = None if post.hidden_at or post.locked_at else path_of("comments.new", post_id=post.id)
    return {
        "has_form": has_form,
        "alias": thread.alias if has_form else None,
        "official_reply": official_reply_values(post) if can_be_official else None,
        "reply_url": "#reply" if has_form or can_be_official else form_path,
        "can_vote": not represents_vendor_of(reader, post),
    }


@bp.route("/posts/new", methods=["GET", "POST"])
@permission_required(can_write)
@limit_writing("30/hour")
@composing
def new() -> ResponseReturnValue:
    """Write a post."""
    if request.method == "POST":
        hold_catalogue()
    values = {"submission": secrets.token_hex(16)} | (_preset() if request.method in SAFE_METHODS else {})
    form = PostForm(**values)
    if form.is_submitted():
        if (first := sent_before(Post, form.submission)) is not None:
            is_other = is_other_text(form, body=first.body, title=first.title)
            return post_form_page(form, "posts/new.html") if is_other else _redirect_to(first)
        if request.form.get("intent") == "clear rating":
            form.clear_rating()
        elif _can_submit(form, request.form.get("intent", "")):
            response = _schedule(form) if form.delay_hours() else _publish(form)
            if response is not None:
                return response
    return post_form_page(form, "posts/new.html")


def _preset() -> dict[str, str]:
    """Return what the address chooses for a new post: its vendor, and whether it comes without a rating."""
    name = request.args.get("vendor", "")
    vendor = vendor_by_name(name) if name else None
    kind = TEXT_ONLY if request.args.get("kind") == TEXT_ONLY else ""
    return {"vendor_naming": "named", "vendor": vendor.name if vendor else name, "kind": kind}


def _can_submit(form: PostForm, intent: str) -> bool:
    return (
        intent != "tiers"
        and form.validate()
        and form.is_cleared_to_publish(intent)
        and form.passes_limits(is_post=True)
    )


@bp.get("/posts/<key:post_id>/reply-count")
def reply_count(post_id: int) -> ResponseReturnValue:
    """Return how many replies everyone sees under a post, for pages that are open: the same for every reader."""
    count = listed_reply_count(post_id)
    if count is None:
        abort(404)
    keep_page(versions.of_post(post_id))
    return Response(str(count), mimetype="text/plain")


@bp.route("/posts/<key:post_id>/edit", methods=["GET", "POST"])
@limit_writing("60/hour")
@composing
def edit(post_id: int) -> ResponseReturnValue:
    """Edit one's own post."""
    if request.method == "POST":
        hold_catalogue()
    post = _post_or_404(post_id, for_update=request.method == "POST")
    require(can_edit(current_user, post))
    form = PostEditForm(data=form_values(post))
    intent = request.form.get("intent")
    if intent == "begin":  # with a text that another page suggests
        form = PostEditForm(formdata=None, data=form_values(post))
        form.body.data = text.clean(request.form.get("body", ""))
        return post_form_page(form, "posts/edit.html", post=post)
    is_valid = form.is_submitted() and intent != "tiers" and form.validate()
    if is_valid and intent == "publish" and _save(form, post):
        flash(SAVED_WHILE_HELD if post.is_held else "Post saved. Earlier versions can still be read.")
        return _redirect_to(post)
    return post_form_page(form, "posts/edit.html", post=post)


@bp.route("/posts/<key:post_id>/delete", methods=["GET", "POST"])
@limit_writing("60/hour")
def delete(post_id: int) -> ResponseReturnValue:
    """Delete one's own post, after a confirmation page."""
    post = _post_or_404(post_id, for_update=request.method == "POST")
    require(can_delete(current_user, post))
    if request.method in SAFE_METHODS:
        return render_template("posts/delete.html", post=post)
    leaves_tombstone = actions.delete_post(post)
    db.session.commit()
    flash("Post deleted. Its replies remain." if leaves_tombstone else "Post deleted.")
    return _redirect_to(post) if leaves_tombstone else redirect(url_for("pages.home"))


@bp.get("/posts/<key:post_id>/revisions")
def revisions(post_id: int) -> ResponseReturnValue:
    """Show the versions of a post, each with what changed in it."""
    post = _post_or_404(post_id)
    if post.deleted_at:
        abort(404)
    is_insider = is_author(current_user, post) or is_moderator(current_user)
    page = version_page(post, is_insider=is_insider, before=whole_number(request.args.get("before")))
    return render_template("posts/revisions.html", post=post, page=page)


@bp.post("/posts/<key:post_id>/useful")
@limiter.limit("60/minute")
def useful(post_id: int) -> ResponseReturnValue:
    """Mark a post useful, or undo that."""
    post = _post_or_404(post_id)
    save_useful_vote(post)
    return redirect(url_for(".show", post_id=post.id, slug=post.slug, _anchor="post-actions"))


def _post_or_404(post_id: int, *, for_update: bool = False) -> Post:
    post: Post = db.first_or_404(post_by_id(post_id, for_update=for_update))
    if not can_see(current_user, post):
        abort(404)
    return post


def _publish(form: PostForm) -> ResponseReturnValue | None:
    """Publish the post; None, with an error in the form, when its author has rated the same in another window."""
    cancel_replaced(form)
    try:
        post = actions.write_post(current_reader(), **form.cleaned_data() | {"body": form.body.rendered})
        # Before the commit, which expires what was loaded.
        response, is_published = _redirect_to(post), is_listed(post)
        db.session.commit()
    except AlreadyRated:
        db.session.rollback()
        form.worth.errors = ["You have just rated this in another window. Publish without the rating."]
        return None
    # The same message by name and anonymously: it travels in a cookie.
    flash("Published." if is_published else "Saved. A moderator will review it before it appears.")
    return response


def _schedule(form: PostForm) -> ResponseReturnValue | None:
    """Schedule the post; None, with an error in the form, when its author has too many scheduled texts."""
    cancel_replaced(form)
    is_scheduled = schedule_post(
        current_reader(), hours=form.delay_hours(), form_data=form.typed_fields(), **form.cleaned_data()
    )
    if not is_scheduled:
        db.session.rollback()
        form.delay.errors = [TOO_MANY_SCHEDULED]
        return None
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _save(form: PostEditForm, post: Post) -> bool:
    """Save the edited post; False, with an error in the form, when its author or its rating does not allow it."""
    vendor = form.post_subject().vendor
    is_newly_named = post.author_id is None and vendor is not None and vendor.id != post.vendor_id
    if is_newly_named and (message := competitor_message(current_reader(), vendor)):
        form.vendor.errors = [message]
        return False
    try:
        if form.has_changed():
            actions.edit_post(post, author=current_reader(), **form.cleaned_data() | {"body": form.body.rendered})
            db.session.commit()
    except AlreadyRated:
        db.session.rollback()
        form.vendor_naming.errors = [
            "This post carries a rating of the vendor it was about, or you have already rated the vendor you name now. "
            "Withdraw the rating in your settings to change the vendor."
        ]
        return False
    return True


def _redirect_to(post: Post | PostPageRow) -> ResponseReturnValue:
    return redirect(url_for(".show", post_id=post.id, slug=post.slug))


def _redirect_to_reply(post: PostPageRow, comment_id: int | None) -> ResponseReturnValue:
    """Redirect an older link to a page of a thread, which names the reply that the page began with."""
    comment = db.session.scalar(comment_by_id(comment_id)) if comment_id is not None else None
    if comment is None:
        return _redirect_to(post)
    return redirect(url_for("comments.show", comment_id=comment.id))
