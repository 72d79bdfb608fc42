"""Texts that wait to appear: back into the form, and cancelled."""

import secrets
from typing import Any

from flask import Blueprint, abort, redirect, url_for
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.posts.form_pages import post_form_page, reply_form_page
from forum.posts.forms import CommentForm, PostForm
from forum.posts.scheduled_actions import ScheduledItem, cancel_scheduled, scheduled_texts_of
from forum.urls import key_text
from forum.web import permission_required

bp = Blueprint("scheduled", __name__)


@bp.get("/scheduled/<key:number>/edit")
@permission_required(is_member)
def edit(number: int) -> Any:
    """The text in its form again. What is published from there takes its place."""
    found = _own(number)
    given = found.form_data | {"submission": secrets.token_hex(16), "replaces": key_text(number)}
    if found.post is not None:
        return reply_form_page(CommentForm(formdata=None, **given), found.post, found.parent_id)
    return post_form_page(PostForm(formdata=None, **given), "posts/new.html")


@bp.post("/scheduled/<key:number>/delete")
@permission_required(is_member)
def delete(number: int) -> Any:
    """Cancel it: it never appears, and nothing of it stays."""
    if not cancel_scheduled(current_user, number):
        abort(404)
    db.session.commit()
    return redirect(url_for("pages.anonymous_writing"))


def _own(number: int) -> ScheduledItem:
    found = next((one for one in scheduled_texts_of(current_user) if one.id == number), None)
    if found is None or (found.kind == "comment" and found.post is None):
        abort(404)
    return found
