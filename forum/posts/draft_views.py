"""Drafts on the server: save what a form holds, list them, open one in its form again, delete it."""

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import DBAPIError

from forum.access import can_reply, can_see, can_write, is_anonymous_writing_locked, is_listed, is_member
from forum.accounts.lock_actions import lock_message
from forum.config import SAFE_METHODS
from forum.db import db, writing
from forum.forms import composing
from forum.posts.comment_queries import comment_by_id
from forum.posts.draft_actions import MAX_DRAFTS, Draft, discard_draft, drafts_of, save_draft
from forum.posts.form_pages import post_form_page, reply_form_page
from forum.posts.forms import BODY_LENGTH, REPLY_LENGTH, CommentForm, PostForm
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.rate_limits import limit_writing
from forum.templating import current_reader
from forum.urls import KeyConverter, key_text
from forum.web import permission_required, require

bp = Blueprint("drafts", __name__)
SAVE = "save draft"
# The forms from which a draft is published; it is deleted right after.
PUBLISHING = ("posts.new", "comments.new")
TOO_MANY = f"You already have {MAX_DRAFTS} drafts. Delete one first. Your text is still here."


@bp.get("/drafts")
@permission_required(is_member)
def index() -> str:
    """List the reader's signed drafts. Anonymous ones are listed with anonymous writing."""
    drafts = [draft for draft in drafts_of(current_reader()) if not draft.is_anonymous]
    return render_template("posts/drafts.html", drafts=drafts)


@bp.post("/posts/new/draft")
@permission_required(can_write)
@limit_writing("120/hour")
@composing
def save_post() -> ResponseReturnValue:
    """Save what the form for a post holds; nothing in it must be valid yet."""
    form = PostForm()
    form.submission.data = form.submission.data or secrets.token_hex(16)
    return _save(form, None) or post_form_page(form, "posts/new.html")


@bp.post("/posts/<key:post_id>/reply/draft")
@permission_required(can_write)
@limit_writing("120/hour")
@composing
def save_reply(post_id: int) -> ResponseReturnValue:
    """Save what the form for a reply holds."""
    post = _post_or_404(post_id)
    require(can_reply(current_user, post))
    form = CommentForm()
    form.submission.data = form.submission.data or secrets.token_hex(16)
    return _save(form, post) or reply_form_page(form, post, _parent_id(post, request.form.get("to")))


@bp.get("/drafts/<key:number>/edit")
@permission_required(is_member)
@composing
def edit(number: int) -> ResponseReturnValue:
    """Open a draft in its form again. What is saved there replaces it, and what is published deletes it."""
    draft = _draft_or_404(number)
    values = draft.form_data | {"submission": secrets.token_hex(16), "draft": key_text(number)}
    if draft.kind == "post":
        return post_form_page(PostForm(formdata=None, **values), "posts/new.html")
    form = CommentForm(formdata=None, **values)
    if draft.post is None or not can_see(current_user, draft.post):
        abort(404)
    if not can_reply(current_user, draft.post):
        return render_template("posts/closed.html", form=form, post=draft.post)
    return reply_form_page(form, draft.post, _parent_id(draft.post, draft.form_data.get("to")))


@bp.post("/drafts/<key:number>/delete")
@permission_required(is_member)
@limit_writing("120/hour")
def delete(number: int) -> ResponseReturnValue:
    """Delete a draft."""
    draft = _draft_or_404(number)
    discard_draft(current_reader(), number)
    db.session.commit()
    flash("Draft deleted.")
    return redirect(url_for("pages.anonymous_writing" if draft.is_anonymous else ".index"))


def discard_published_draft(status: int) -> None:
    """Delete the draft whose form was just accepted, in a transaction of its own."""
    if request.endpoint not in PUBLISHING or request.method in SAFE_METHODS or status != 302:
        return
    number = KeyConverter.number_in(request.form.get("draft"))
    if number is None or not current_user.is_authenticated:
        return
    try:
        with writing():
            discard_draft(current_reader(), number)
            db.session.commit()
    except DBAPIError:
        db.session.rollback()


def _save(form: PostForm | CommentForm, post: Post | None) -> ResponseReturnValue | None:
    """Save the draft; None, perhaps with an error in the form, when the form is to be shown."""
    if request.form.get("intent") != SAVE:
        return None
    maximum = (REPLY_LENGTH if post else BODY_LENGTH)[1]
    form_data = form.typed_fields() | ({"to": request.form.get("to", "")} if post else {})
    if len(form.body.data or "") > maximum:
        form.body.errors = [f"A draft holds {maximum:,} characters. Shorten it; your text is still here."]
    elif form.identity.data != "name" and is_anonymous_writing_locked(current_user):
        form.identity.errors = [lock_message(current_reader())]
    else:
        draft_id = KeyConverter.number_in(form.draft.data)
        kind = "comment" if post else "post"
        saved_id = save_draft(current_reader(), draft_id, kind=kind, form_data=form_data, post=post)
        if saved_id is not None:
            db.session.commit()
            flash("Draft saved. Nothing is published.")
            return redirect(url_for(".edit", number=saved_id))
        form.body.errors = [TOO_MANY]
    return None


def _draft_or_404(number: int) -> Draft:
    draft = next((draft for draft in drafts_of(current_reader()) if draft.id == number), None)
    if draft is None:
        abort(404)
    return draft


def _parent_id(post: Post, typed: str | None) -> int | None:
    """Return the id of the reply that is answered, if it is listed under this post."""
    number = KeyConverter.number_in(typed)
    parent = db.session.scalar(comment_by_id(number)) if number is not None else None
    return parent.id if parent is not None and parent.post_id == post.id and is_listed(parent) else None


def _post_or_404(post_id: int) -> Post:
    post: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    return post
