"""Replies: writing, changing and deleting them, and the way to one of them."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

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
)
from forum.db import begin_writing, db, deferred
from forum.posts import comment_actions
from forum.posts.comment_queries import comment_by_id, page_start
from forum.posts.form_pages import TOO_MANY_SCHEDULED, cancel_replaced, reply_form_page
from forum.posts.forms import CommentEditForm, CommentForm
from forum.posts.item_queries import revisions_of, item_by_submission
from forum.posts.models import Comment, Post
from forum.posts.official_views import official_reply_page
from forum.posts.queries import post_by_id
from forum.posts.scheduled_actions import schedule_comment
from forum.posts.useful_views import save_useful_vote
from forum.urls import KeyConverter, key_text
from forum.forms import carried_fields
from forum.submissions import honeypot_filled
from forum.rate_limits import limiter, was_accepted
from forum.web import permission_required, require

bp = Blueprint("comments", __name__)


@bp.get("/replies/<key:comment_id>")
def show(comment_id: int) -> Any:
    """The way to a reply: its post's page, the part of the thread that has it, and its place there."""
    comment: Comment = db.first_or_404(comment_by_id(comment_id))
    if not can_open(current_user, comment) or not can_open(current_user, comment.post):
        abort(404)
    return _to(comment)


@bp.route("/posts/<key:post_id>/reply", methods=["GET", "POST"])
@deferred
@permission_required(can_write)
@limiter.limit("20/minute;200/hour", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def new(post_id: int) -> Any:
    """Reply to a post, or (?to=) to a reply under it."""
    post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    if request.method == "POST" and honeypot_filled():
        return redirect(url_for("posts.show", post_id=post.id, slug=post.slug, _anchor="talk"))
    form = CommentForm(submission=secrets.token_hex(16))
    if form.is_submitted() and (first := item_by_submission(Comment, form.submission.data or "")) is not None:
        if is_author(current_user, first):
            return _to(first)
        form.submission.data = secrets.token_hex(16)
    if not can_reply(current_user, post):
        # Whoever speaks for the post's vendor answers in its name; what they typed goes there.
        if can_reply_officially(current_user, post):
            return official_reply_page(post, refused=form.is_submitted())
        return _closed(form, post)
    form.vendor = post.vendor
    if form.is_submitted() and form.validate() and form.is_cleared_to_publish(request.form.get("intent", "")):
        return _send(form, post_id)
    parent = _parent(post)
    return reply_form_page(form, post, parent.id if parent else None)


def _send(form: CommentForm, post_id: int) -> Any:
    """Publish or keep for later what is right in itself, if the thread still takes replies and its writer may."""
    text.to_html(text.clean(form.body.data or ""))
    begin_writing()
    post = db.get_or_404(Post, post_id)
    if not can_reply(current_user, post):
        return _closed(form, post)
    parent = _parent(post)
    if not form.passes_limits(is_post=False):
        return reply_form_page(form, post, parent.id if parent else None)
    return _delay(post, form, parent) if form.delay_hours() else _publish(post, form, parent)


def _closed(form: CommentForm, post: Post) -> Any:
    return render_template("posts/closed.html", form=form, post=post), 403


@bp.route("/replies/<key:comment_id>/edit", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def edit(comment_id: int) -> Any:
    """Change one's own reply."""
    comment = _found(comment_id, for_update=request.method == "POST")
    require(can_edit(current_user, comment))
    form = CommentEditForm(obj=comment)
    do = request.form.get("intent")
    if do == "begin":  # with another wording than what stands there
        form = CommentEditForm(formdata=None, data={"body": request.form.get("body")})
    elif form.is_submitted() and form.validate() and do == "publish":
        if form.has_changed():
            comment_actions.edit_comment(comment, body=form.body.data or "", author=current_user)
            db.session.commit()
        flash("Your reply is changed. What it said before stays readable.")
        return _to(comment)
    preview = text.to_html(form.body.data or "") if do == "preview" else None
    return form.render("posts/edit_reply.html", comment=comment, post=comment.post, preview=preview)


@bp.route("/replies/<key:comment_id>/delete", methods=["GET", "POST"])
def delete(comment_id: int) -> Any:
    """Take one's own reply down, after being asked."""
    comment = _found(comment_id, for_update=request.method == "POST")
    require(can_delete(current_user, comment))
    if request.method == "GET":
        return render_template("posts/delete_reply.html", comment=comment, post=comment.post)
    post = comment.post
    kept = comment_actions.delete_comment(comment)
    db.session.commit()
    flash("Your reply is gone. The answers to it stay." if kept else "Your reply is gone.")
    return _to(comment) if kept else redirect(url_for("posts.show", post_id=post.id, slug=post.slug, _anchor="talk"))


@bp.get("/replies/<key:comment_id>/revisions")
def revisions(comment_id: int) -> Any:
    """What a reply said before each change."""
    comment = _found(comment_id)
    if comment.deleted_at:
        abort(404)
    return render_template(
        "posts/reply_revisions.html", comment=comment, post=comment.post, revisions=revisions_of(comment)
    )


@bp.post("/replies/<key:comment_id>/useful")
@limiter.limit("60/minute")
def useful(comment_id: int) -> Any:
    """Mark a reply useful, or take that back."""
    comment = _found(comment_id)
    save_useful_vote(comment)
    return _to(comment)


def _found(comment_id: int, *, for_update: bool = False) -> Comment:
    comment: Comment = db.first_or_404(comment_by_id(comment_id, for_update=for_update))
    if not can_see(current_user, comment) or not can_see(current_user, comment.post):
        abort(404)
    return comment


def _parent(post: Post) -> Comment | None:
    """The reply that is being answered, if everybody sees it under this post; else the answer goes to the post."""
    number = KeyConverter.number_in(request.values.get("to"))
    parent = db.session.scalar(comment_by_id(number)) if number is not None else None
    return parent if parent is not None and parent.post_id == post.id and is_listed(parent) else None


def _publish(post: Post, form: CommentForm, parent: Comment | None) -> Any:
    try:
        cancel_replaced(form)
        comment = comment_actions.write_comment(post, current_user, parent=parent, **form.cleaned_data())
        # The way to it is looked up before the commit, which lets go of all that is known and of the lock.
        answer = _to(comment)
        db.session.commit()
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
        comment = item_by_submission(Comment, form.submission.data or "")
        if comment is None or not is_author(current_user, comment):
            raise
        return _to(comment)
    return answer


def _delay(post: Post, form: CommentForm, parent: Comment | None) -> Any:
    cancel_replaced(form)
    kept = schedule_comment(
        current_user, post, hours=form.delay_hours(), form_data=carried_fields(), parent=parent, **form.cleaned_data()
    )
    if not kept:
        db.session.rollback()
        form.delay.errors = [TOO_MANY_SCHEDULED]
        return reply_form_page(form, post, parent.id if parent else None)
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _to(comment: Comment) -> Any:
    start = page_start(comment)
    place: dict[str, Any] = {"from": key_text(start)} if start else {}
    anchor = f"r-{key_text(comment.id)}"
    slug = None if comment.post.removed_at else comment.post.slug
    return redirect(url_for("posts.show", post_id=comment.post_id, slug=slug, _anchor=anchor, **place))
