"""The pages with the form for a post and for a reply, shared by writing, editing and scheduled texts."""

from flask import request
from flask.typing import ResponseReturnValue

from forum.accounts.pseudonyms import alias_for
from forum.posts.comment_queries import comment_row
from forum.posts.forms import CommentForm, PostFields
from forum.posts.models import Post
from forum.posts.previews import comment_preview, post_preview
from forum.posts.scheduled_actions import MAX_SCHEDULED, cancel_scheduled
from forum.posts.signature_forms import SignedForm
from forum.posts.tags.queries import active_tags
from forum.ratings.criteria import CRITERIA, DEALS
from forum.templating import current_reader
from forum.urls import KeyConverter
from forum.vendors.queries import MAX_SUGGESTED_VENDORS, popular_vendor_names

TOO_MANY_SCHEDULED = (
    f"You already have {MAX_SCHEDULED} scheduled texts. Publish this one now, or cancel one of the others."
)
SAVED_WHILE_HELD = "Saved. A moderator will review this version before anyone else can read it."


def post_form_page(form: PostFields, template: str, *, post: Post | None = None) -> ResponseReturnValue:
    """Return the page with the form for a post, new or edited."""
    return form.render(
        template,
        post=post,
        preview=post_preview(form, post) if is_preview_requested() else None,
        tags=active_tags(),
        vendor_names=popular_vendor_names(MAX_SUGGESTED_VENDORS),
        criteria=CRITERIA,
        deals=DEALS,
    )


def reply_form_page(form: CommentForm, post: Post, parent_id: int | None) -> ResponseReturnValue:
    """Return the page with the form for a reply to the post, or to a reply under it."""
    return form.render(
        "posts/reply.html",
        post=post,
        parent=comment_row(parent_id) if parent_id else None,
        alias=alias_for(post.thread_key, current_reader()),
        preview=comment_preview(form, form.body, post) if is_preview_requested() else None,
    )


def is_preview_requested() -> bool:
    """Return whether the button that was pressed shows the text as it would appear."""
    return request.form.get("intent") == "preview"


def cancel_replaced(form: SignedForm) -> None:
    """Cancel the scheduled text that was opened in this form, which is now submitted."""
    cancel_scheduled(current_reader(), KeyConverter.number_in(form.replaces.data))
