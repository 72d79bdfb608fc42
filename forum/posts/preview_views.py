"""Previews while a text is typed: the same as the button's, as a fragment of a page. They write and store nothing."""

from flask import Blueprint, abort, render_template, request
from flask_login import current_user

from forum.access import can_edit, can_reply, can_reply_officially, can_see, can_write
from forum.db import db, deferred_transaction
from forum.posts.comment_queries import comment_by_id
from forum.posts.forms import CommentEditForm, CommentForm, PostEditForm, PostForm, form_values
from forum.posts.models import Comment, Post
from forum.posts.official_forms import OfficialReplyForm
from forum.posts.previews import Preview, comment_preview, edit_preview, post_preview
from forum.posts.queries import post_by_id
from forum.posts.signature_forms import SignedForm
from forum.rate_limits import limit_previews
from forum.web import permission_required, require

bp = Blueprint("previews", __name__)


@bp.post("/posts/new/preview")
@deferred_transaction
@permission_required(can_write)
@limit_previews
def new_post() -> str:
    """Show a new post as it would appear."""
    form = PostForm()
    return _fragment(post_preview(form), form)


@bp.post("/posts/<key:post_id>/edit/preview")
@deferred_transaction
@limit_previews
def post(post_id: int) -> str:
    """Show the changed text of one's own post."""
    item = _post_or_404(post_id)
    require(can_edit(current_user, item))
    return _fragment(post_preview(PostEditForm(data=form_values(item)), item))


@bp.post("/posts/<key:post_id>/reply/preview")
@deferred_transaction
@permission_required(can_write)
@limit_previews
def new_reply(post_id: int) -> str:
    """Show a reply as it would appear."""
    item = _post_or_404(post_id)
    require(can_reply(current_user, item))
    form = CommentForm()
    form.post = item
    return _fragment(comment_preview(form, form.body, item), form)


@bp.post("/posts/<key:post_id>/official-reply/preview")
@deferred_transaction
@permission_required(can_write)
@limit_previews
def official_reply(post_id: int) -> str:
    """Show an official reply as it would appear."""
    require(can_reply_officially(current_user, _post_or_404(post_id)))
    return _fragment(edit_preview(OfficialReplyForm().body))


@bp.post("/replies/<key:comment_id>/edit/preview")
@deferred_transaction
@limit_previews
def reply(comment_id: int) -> str:
    """Show the changed text of one's own reply."""
    item: Comment = db.first_or_404(comment_by_id(comment_id))
    if not can_see(current_user, item):
        abort(404)
    require(can_edit(current_user, item))
    return _fragment(edit_preview(CommentEditForm().body, item))


def _fragment(preview: Preview, form: SignedForm | None = None) -> str:
    verb = "Publish" if request.endpoint == "previews.new_post" else "Post"
    return render_template("posts/preview.html", preview=preview, form=form, verb=verb)


def _post_or_404(post_id: int) -> Post:
    item: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, item):
        abort(404)
    return item
