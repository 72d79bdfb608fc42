"""Reporting a text or a member."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from forum.access import can_flag, can_see, can_write
from forum.accounts.queries import member_called
from forum.db import db
from forum.moderation.flags import actions
from forum.moderation.queries import flag_by, replied_lately
from forum.moderation.queue.forms import FlagForm
from forum.moderation.rules import RULES
from forum.posts.comment_queries import comment_numbered
from forum.posts.queries import post_numbered
from forum.web import limiter, only, require

bp = Blueprint("flags", __name__)
PACE = limiter.shared_limit("20/hour", scope="flags", methods=["POST"])


@bp.route("/posts/<key:post_id>/flag", methods=["GET", "POST"])
@only(can_write)
@PACE
def post(post_id: int) -> Any:
    """Report a post, and with it the rating it carries."""
    item = db.first_or_404(post_numbered(post_id))
    if not can_see(current_user, item):
        abort(404)
    return _flag(item, "an experience", url_for("posts.show", post_id=item.id, slug=item.slug))


@bp.route("/replies/<key:comment_id>/flag", methods=["GET", "POST"])
@only(can_write)
@PACE
def comment(comment_id: int) -> Any:
    """Report a reply."""
    item = db.first_or_404(comment_numbered(comment_id))
    if not can_see(current_user, item) or not can_see(current_user, item.post):
        abort(404)
    return _flag(item, "a reply", url_for("comments.show", comment_id=item.id))


@bp.route("/members/<slug>/flag", methods=["GET", "POST"])
@only(can_write)
@PACE
def member(slug: str) -> Any:
    """Report a member."""
    item = db.first_or_404(member_called(slug))
    return _flag(item, "a member", url_for("pages.member", slug=slug))


def _flag(item: Any, what: str, back: str) -> Any:
    if flag_by(current_user, item) is not None:
        return render_template("moderation/flagged.html", what=what, back=back, lately=False)
    require(can_flag(current_user, item))
    if replied_lately(current_user, item):
        return render_template("moderation/flagged.html", what=what, back=back, lately=True), 403
    form = FlagForm()
    if not form.validate_on_submit():
        return form.page("moderation/flag.html", item=item, what=what, back=back, rules=RULES)
    try:
        actions.flag(current_user, item, **form.answers())
        db.session.commit()
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
    flash("Thank you. A moderator looks at it; nobody else learns that it was you.")
    return redirect(back if _still_seen(item) else url_for("pages.home"))


def _still_seen(item: Any) -> bool:
    """Whether the reader may go back to what they reported: it may be hidden by now."""
    return not hasattr(item, "hidden_at") or can_see(current_user, item)
