"""The official reply of a vendor to a post that names it, given by its representative."""

import secrets
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user

from forum import text
from forum.access import can_reply_officially, can_see, can_write, is_author, represents_vendor_of
from forum.db import db
from forum.posts.item_queries import item_by_submission
from forum.posts.models import Comment, Post
from forum.posts.official_actions import AlreadyAnswered, write_official_reply
from forum.posts.official_forms import OfficialReplyForm
from forum.posts.official_queries import representation_under
from forum.posts.queries import post_by_id
from forum.templating import current_reader
from forum.submissions import honeypot_filled
from forum.rate_limits import limiter, was_accepted
from forum.web import permission_required, require

bp = Blueprint("official_replies", __name__)
ANSWERED_ONCE = "{} has answered here already, and answers once. Edit that reply instead; this text is still yours to copy."
ONLY_OFFICIALLY = (
    "You speak for {}, so here you answer once, by name and in its name, and not otherwise. Nothing is published yet."
)


@bp.route("/posts/<key:post_id>/official-reply", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("20/hour", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def new(post_id: int) -> Any:
    """Answer for the vendor, once."""
    post: Post = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, post):
        abort(404)
    speaker = representation_under(current_user, post.id) if represents_vendor_of(current_user, post) else None
    require(speaker is not None)
    if request.method == "POST" and honeypot_filled():
        return redirect(url_for("posts.show", post_id=post.id, slug=post.slug, _anchor="talk"))
    form = OfficialReplyForm()
    if (first := item_by_submission(Comment, form.submission.data or "")) is not None:
        if is_author(current_user, first):
            return redirect(url_for("comments.show", comment_id=first.id))
        form.submission.data = secrets.token_hex(16)
    if not can_reply_officially(current_user, post):
        return render_template("posts/closed.html", form=form, post=post), 403
    if form.is_submitted() and form.validate() and request.form.get("intent") == "publish" and form.passes_limits():
        return _publish(post, form, speaker)
    return _page(post, form, speaker)


def official_reply_values(post: Any) -> dict[str, Any]:
    """For the post's page: the form, who the reader is at the vendor, and whether there is a reply already."""
    return {
        "form": OfficialReplyForm(formdata=None, submission=secrets.token_hex(16)),
        "speaker": representation_under(current_user, post.id),
    }


def official_reply_page(post: Post, *, refused: bool) -> Any:
    """The page with the form, for what was sent as a common reply; nothing of it is published."""
    speaker = representation_under(current_user, post.id)
    require(speaker is not None)
    form = OfficialReplyForm()
    if refused:
        form.submission.data = secrets.token_hex(16)
        form.validate()
        form.body.errors = [ONLY_OFFICIALLY.format(speaker.name)]
    return _page(post, form, speaker)


def _publish(post: Post, form: OfficialReplyForm, speaker: Any) -> Any:
    try:
        submission = (form.submission.data or "")[:64]
        comment = write_official_reply(
            post, current_reader(), title=speaker.title, body=form.body.data or "", submission=submission
        )
        number = comment.id
        db.session.commit()
    except AlreadyAnswered:
        db.session.rollback()
        first = item_by_submission(Comment, form.submission.data or "")
        if first is not None and is_author(current_user, first):
            # The same form came twice at once, and the other was quicker.
            return redirect(url_for("comments.show", comment_id=first.id))
        form.body.errors = [ANSWERED_ONCE.format(speaker.name)]
        return _page(post, form, speaker)
    return redirect(url_for("comments.show", comment_id=number))


def _page(post: Post, form: OfficialReplyForm, speaker: Any) -> Any:
    form.submission.data = form.submission.data or secrets.token_hex(16)
    return form.render(
        "posts/official.html",
        post=post,
        speaker=speaker,
        preview=text.to_html(form.body.data or "") if request.form.get("intent") == "preview" else None,
    )
