"""Scheduled texts: open one in its form again, or cancel it."""

import secrets

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.forms import composing
from forum.posts.form_pages import post_form_page, reply_form_page
from forum.posts.forms import CommentForm, PostForm
from forum.posts.scheduled_actions import ScheduledItem, cancel_scheduled, scheduled_texts_of
from forum.rate_limits import limit_writing
from forum.templating import current_reader
from forum.urls import key_text
from forum.web import permission_required

bp = Blueprint("scheduled", __name__)


@bp.get("/scheduled/<key:number>/edit")
@permission_required(is_member)
@composing
def edit(number: int) -> ResponseReturnValue:
    """Open the text in its form again. What is submitted from there replaces it."""
    item = _own_item(number)
    values = item.form_data | {"submission": secrets.token_hex(16), "replaces": key_text(number)}
    if item.post is not None:
        return reply_form_page(CommentForm(formdata=None, **values), item.post, item.parent_id)
    return post_form_page(PostForm(formdata=None, **values), "posts/new.html")


@bp.post("/scheduled/<key:number>/delete")
@permission_required(is_member)
@limit_writing("60/hour")
def delete(number: int) -> ResponseReturnValue:
    """Cancel the text: it never appears, and nothing of it is kept."""
    if not cancel_scheduled(current_reader(), number):
        abort(404)
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _own_item(number: int) -> ScheduledItem:
    item = next((item for item in scheduled_texts_of(current_user) if item.id == number), None)
    if item is None or (item.kind == "comment" and item.post is None):
        abort(404)
    return item
