"""Replies: write, edit, delete and find them."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import text
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
)
from forum.config import SAFE_METHODS
from forum.db import begin_writing, db, deferred_transaction
from forum.forms import composing
from forum.posts import comment_actions
from forum.posts.comment_queries import comment_by_id, page_of
from forum.posts.form_pages import (
    SAVED_WHILE_HELD,
    TOO_MANY_SCHEDULED,
    cancel_replaced,
    is_preview_requested,
    reply_form_page,
)
from forum.posts.forms import CommentEditForm, CommentForm, OfficialEditForm
from forum.posts.models import Comment, Post
from forum.posts.official_views import official_reply_page
from forum.posts.previews import edit_preview
from forum.posts.queries import post_to_reply_to
from forum.posts.scheduled_actions import schedule_comment
from forum.posts.submission_checks import is_other_text, sent_before
from forum.posts.useful_views import save_useful_vote
from forum.posts.versions import version_page
from forum.rate_limits import limit_writing, limiter
from forum.templating import current_reader
from forum.urls import KeyConverter, key_text, whole_number
from forum.web import permission_required, require

bp = Blueprint("comments", __name__)


@bp.get("/replies/<key:comment_id>")
def show(comment_id: int) -> ResponseReturnValue:
    """Redirect to a reply: to its place on the page of the thread that shows it."""
    comment: Comment = db.first_or_404(comment_by_id(comment_id))
    if not can_open(current_user, comment) or not can_open(current_user, comment.post):
        abort(404)
    return redirect(_url_of(comment))


@bp.route("/posts/<key:post_id>/reply", methods=["GET", "POST"])
@deferred_transaction
@permission_required(can_write)
@limit_writing("20/minute;200/hour")
@composing
def new(post_id: int) -> ResponseReturnValue:
    """Reply to a post, or (?to=) to a reply under it."""
    reader, post = current_reader(), post_to_reply_to(post_id)
    if post is None or not can_see(reader, post):
        abort(404)
    form = CommentForm(submission=secrets.token_hex(16))
    form.post = post
    if form.is_submitted() and (first := sent_before(Comment, form.submission)) is not None:
        return _sent_again(form, post, first)
    if not can_reply(reader, post):
        # A representative of the post's vendor replies officially; what they typed is carried to that form.
        if can_reply_officially(reader, post):
            return official_reply_page(post, refused=form.is_submitted())
        return _closed_page(form, post)
    if form.is_submitted() and form.validate() and form.is_cleared_to_publish(request.form.get("intent", "")):
        return _submit(form, post)
    return _form_page(form, post)


def _sent_again(form: CommentForm, post: Post, first: Comment) -> ResponseReturnValue:
    """Lead to the reply that the same form has made, or show the form when it holds another text by now."""
    return _form_page(form, post) if is_other_text(form, body=first.body) else redirect(_url_of(first))


def _form_page(form: CommentForm, post: Post) -> ResponseReturnValue:
    parent = _parent(post)
    return reply_form_page(form, post, parent.id if parent else None)


def _submit(form: CommentForm, post: Post) -> ResponseReturnValue:
    """Publish or schedule a valid reply, if the thread still takes replies and the limits allow it."""
    post_id, reader = post.id, current_reader()
    if begin_writing(post, reader) and (first := sent_before(Comment, form.submission)) is not None:
        return _sent_again(form, post, first)
    post = db.get_or_404(Post, post_id)
    if not can_reply(reader, post):
        return _closed_page(form, post)
    if not form.passes_limits(is_post=False):
        return _form_page(form, post)
    parent = _parent(post)
    if form.delay_hours():
        return _schedule(post, form, parent)
    return _publish(post, form, parent)


def _closed_page(form: CommentForm, post: Post) -> ResponseReturnValue:
    return render_template("posts/closed.html", form=form, post=post), 403


@bp.route("/replies/<key:comment_id>/edit", methods=["GET", "POST"])
@limit_writing("60/hour")
@composing
def edit(comment_id: int) -> ResponseReturnValue:
    """Edit one's own reply."""
    comment = _comment_or_404(comment_id, for_update=request.method == "POST")
    require(can_edit(current_user, comment))
    form_class = OfficialEditForm if comment.official_vendor_id is not None else CommentEditForm
    form = form_class(obj=comment)
    intent = request.form.get("intent")
    if intent == "begin":  # with a text that another page suggests
        form = form_class(formdata=None, obj=comment)
        form.body.data = text.clean(request.form.get("body", ""))
    elif form.is_submitted() and form.validate() and intent == "publish":
        if form.has_changed():
            comment_actions.edit_comment(comment, body=form.body.rendered or "", author=current_reader())
            db.session.commit()
        flash(SAVED_WHILE_HELD if comment.is_held else "Reply saved. Earlier versions can still be read.")
        return redirect(_url_of(comment))
    preview = edit_preview(form.body, comment) if is_preview_requested() else None
    return form.render("posts/edit_reply.html", comment=comment, post=comment.post, preview=preview)


@bp.route("/replies/<key:comment_id>/delete", methods=["GET", "POST"])
@limit_writing("60/hour")
def delete(comment_id: int) -> ResponseReturnValue:
    """Delete one's own reply, after a confirmation page."""
    comment = _comment_or_404(comment_id, for_update=request.method == "POST")
    require(can_delete(current_user, comment))
    if request.method in SAFE_METHODS:
        return render_template("posts/delete_reply.html", comment=comment, post=comment.post)
    post = comment.post
    leaves_tombstone = comment_actions.delete_comment(comment)
    db.session.commit()
    flash("Reply deleted. The replies to it remain." if leaves_tombstone else "Reply deleted.")
    if leaves_tombstone:
        return redirect(_url_of(comment))
    return redirect(url_for("posts.show", post_id=post.id, slug=post.slug, _anchor="talk"))


@bp.get("/replies/<key:comment_id>/revisions")
def revisions(comment_id: int) -> ResponseReturnValue:
    """Show the versions of a reply, each with what changed in it."""
    comment = _comment_or_404(comment_id)
    if comment.deleted_at:
        abort(404)
    is_insider = is_author(current_user, comment) or is_moderator(current_user)
    page = version_page(comment, is_insider=is_insider, before=whole_number(request.args.get("before")))
    return render_template("posts/reply_revisions.html", comment=comment, post=comment.post, page=page)


@bp.post("/replies/<key:comment_id>/useful")
@limiter.limit("60/minute")
def useful(comment_id: int) -> ResponseReturnValue:
    """Mark a reply useful, or undo that."""
    comment = _comment_or_404(comment_id)
    save_useful_vote(comment)
    return redirect(_url_of(comment))


def _comment_or_404(comment_id: int, *, for_update: bool = False) -> Comment:
    comment: Comment = db.first_or_404(comment_by_id(comment_id, for_update=for_update))
    if not can_see(current_user, comment) or not can_see(current_user, comment.post):
        abort(404)
    return comment


def _parent(post: Post) -> Comment | None:
    """Return the reply that is being answered, if it is listed under this post; else the post is."""
    comment_id = KeyConverter.number_in(request.values.get("to"))
    parent = db.session.scalar(comment_by_id(comment_id)) if comment_id is not None else None
    return parent if parent is not None and parent.post_id == post.id and is_listed(parent) else None


def _publish(post: Post, form: CommentForm, parent: Comment | None) -> ResponseReturnValue:
    values = form.cleaned_data() | {"body": form.body.rendered}
    cancel_replaced(form)
    comment = comment_actions.write_comment(post, current_reader(), parent=parent, **values)
    url = _url_of(comment)  # before the commit, which expires what was loaded and releases the write lock
    db.session.commit()
    return redirect(url)


def _schedule(post: Post, form: CommentForm, parent: Comment | None) -> ResponseReturnValue:
    cancel_replaced(form)
    is_scheduled = schedule_comment(
        current_reader(),
        post,
        hours=form.delay_hours(),
        form_data=form.typed_fields(),
        parent=parent,
        **form.cleaned_data(),
    )
    if not is_scheduled:
        db.session.rollback()
        form.delay.errors = [TOO_MANY_SCHEDULED]
        return reply_form_page(form, post, parent.id if parent else None)
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _url_of(comment: Comment) -> str:
    number = page_of(comment)
    page: dict[str, Any] = {"page": number} if number > 1 else {}
    anchor = f"r-{key_text(comment.id)}"
    slug = None if comment.post.hidden_at else comment.post.slug
    return url_for("posts.show", post_id=comment.post_id, slug=slug, _anchor=anchor, **page)
