"""The pages with the form for a post and for a reply, shared by writing, editing and scheduled texts."""

from typing import Any

from flask import request
from flask_login import current_user

from forum import text
from forum.accounts.pseudonyms import alias_for
from forum.posts.comment_queries import comment_row
from forum.posts.forms import CommentForm
from forum.posts.models import Post
from forum.posts.scheduled_actions import MAX_SCHEDULED, cancel_scheduled
from forum.posts.tags.queries import active_tags
from forum.ratings.criteria import DEALS, CRITERIA
from forum.vendors.queries import popular_vendor_names
from forum.urls import KeyConverter

TOO_MANY_SCHEDULED = f"{MAX_SCHEDULED} of your texts wait to appear already. Let this one appear now, or cancel one of those."


def post_form_page(form: Any, template: str, **values: Any) -> Any:
    """The page with the form for a post, new or changed."""
    preview = text.to_html(form.body.data or "") if request.form.get("intent") == "preview" else None
    offered = {"tags": active_tags(), "vendor_names": popular_vendor_names(300), "criteria": CRITERIA, "deals": DEALS}
    return form.render(template, preview=preview, **offered, **values)


def reply_form_page(form: CommentForm, post: Post, parent_id: int | None) -> Any:
    """The page with the form for a reply to the post, or to a reply under it."""
    return form.render(
        "posts/reply.html",
        post=post,
        parent=comment_row(parent_id) if parent_id else None,
        alias=alias_for(post.thread_key, current_user),
        preview=text.to_html(form.body.data or "") if request.form.get("intent") == "preview" else None,
    )


def cancel_replaced(form: Any) -> None:
    """The delayed text that was taken back into this form is gone once the form is published."""
    cancel_scheduled(current_user, KeyConverter.number_in(form.replaces.data))
