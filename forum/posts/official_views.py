"""The official reply of a vendor to a post that names it, written by its representative."""

import secrets
from typing import NamedTuple

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_reply_officially, can_see, can_write, represents_vendor_of
from forum.db import db
from forum.forms import composing
from forum.posts.form_pages import is_preview_requested
from forum.posts.models import Comment, Post
from forum.posts.official_actions import AlreadyAnswered, write_official_reply
from forum.posts.official_forms import OfficialReplyForm
from forum.posts.official_queries import representation_under
from forum.posts.previews import edit_preview
from forum.posts.queries import post_by_id
from forum.posts.rows import PostPageRow, RepresentationRow
from forum.posts.submission_checks import is_other_text, sent_before
from forum.rate_limits import limiter, was_accepted
from forum.templating import current_reader
from forum.web import permission_required, require

bp = Blueprint("official_replies", __name__)
ANSWERED_ONCE = (
    "{} has already replied here, and there is one official reply to each post. Edit that reply instead. "
    "Your text is still in the form, to copy."
)
ONLY_OFFICIALLY = (
    "You represent {}, so you can reply here only once, by name, as its official reply. Nothing is published yet."
)


class OfficialReply(NamedTuple):
    """What a post's page needs for its official reply: the form, and whom the reader represents."""

    form: OfficialReplyForm
    representation: RepresentationRow | None


@bp.route("/posts/<key:post_id>/official-reply", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("20/hour", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@composing
def new(post_id: int) -> ResponseReturnValue:
    """Write the official reply, once."""
    post: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    require(represents_vendor_of(current_user, post))
    representation = _representation(post.id)
    form = OfficialReplyForm()
    if (first := sent_before(Comment, form.submission)) is not None and not is_other_text(form, body=first.body):
        return redirect(url_for("comments.show", comment_id=first.id))
    if not can_reply_officially(current_user, post):
        return render_template("posts/closed.html", form=form, post=post), 403
    if form.is_submitted() and form.validate() and request.form.get("intent") == "publish" and form.passes_limits():
        return _publish(post, form, representation)
    return _page(post, form, representation)


def official_reply_values(post: PostPageRow) -> OfficialReply:
    """Return what the post's page needs to show the form or to link to the reply."""
    form = OfficialReplyForm(formdata=None, submission=secrets.token_hex(16))
    return OfficialReply(form, representation_under(current_reader(), post.id))


def official_reply_page(post: Post, *, refused: bool) -> ResponseReturnValue:
    """Return the page with the form; with an error when the text was `refused` as an ordinary reply."""
    representation = _representation(post.id)
    form = OfficialReplyForm()
    if refused:
        form.submission.data = secrets.token_hex(16)
        form.validate()
        form.body.errors = [ONLY_OFFICIALLY.format(representation.vendor_name)]
    return _page(post, form, representation)


def _representation(post_id: int) -> RepresentationRow:
    representation = representation_under(current_reader(), post_id)
    if representation is None:
        abort(403)
    return representation


def _publish(post: Post, form: OfficialReplyForm, representation: RepresentationRow) -> ResponseReturnValue:
    author, title, submission = current_reader(), representation.title, form.submission.data
    try:
        comment = write_official_reply(post, author, title=title, body=form.body.data or "", submission=submission)
        comment_id = comment.id
        db.session.commit()
    except AlreadyAnswered:
        db.session.rollback()
        form.body.errors = [ANSWERED_ONCE.format(representation.vendor_name)]
        return _page(post, form, representation)
    return redirect(url_for("comments.show", comment_id=comment_id))


def _page(post: Post, form: OfficialReplyForm, representation: RepresentationRow) -> ResponseReturnValue:
    form.submission.data = form.submission.data or secrets.token_hex(16)
    return form.render(
        "posts/official.html",
        post=post,
        representation=representation,
        preview=edit_preview(form.body) if is_preview_requested() else None,
    )
