"""Reporting a text or a member."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from forum.access import can_flag, can_see, can_write
from forum.accounts.queries import member_by_slug
from forum.db import db
from forum.moderation.flags import actions
from forum.moderation.queries import existing_flag, replied_recently
from forum.moderation.queue.forms import FlagForm
from forum.moderation.rules import RULES
from forum.posts.comment_queries import comment_by_id
from forum.posts.queries import post_by_id
from forum.rate_limits import limiter
from forum.web import permission_required, require

bp = Blueprint("flags", __name__)
FLAG_LIMIT = limiter.shared_limit("20/hour", scope="flags", methods=["POST"])


@bp.route("/posts/<key:post_id>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAG_LIMIT
def post(post_id: int) -> Any:
    """Report a post, and with it the rating it carries."""
    item = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, item):
        abort(404)
    return _flag(item, "an experience", url_for("posts.show", post_id=item.id, slug=item.slug))


@bp.route("/replies/<key:comment_id>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAG_LIMIT
def comment(comment_id: int) -> Any:
    """Report a reply."""
    item = db.first_or_404(comment_by_id(comment_id))
    if not can_see(current_user, item) or not can_see(current_user, item.post):
        abort(404)
    return _flag(item, "a reply", url_for("comments.show", comment_id=item.id))


@bp.route("/members/<slug>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAG_LIMIT
def member(slug: str) -> Any:
    """Report a member."""
    item = db.first_or_404(member_by_slug(slug))
    return _flag(item, "a member", url_for("pages.member", slug=slug))


def _flag(item: Any, what: str, back: str) -> Any:
    if existing_flag(current_user, item) is not None:
        return render_template("moderation/flagged.html", what=what, back=back, lately=False)
    require(can_flag(current_user, item))
    if replied_recently(current_user, item):
        return render_template("moderation/flagged.html", what=what, back=back, lately=True), 403
    form = FlagForm()
    if not form.validate_on_submit():
        return form.render("moderation/flag.html", item=item, what=what, back=back, rules=RULES)
    try:
        actions.flag(current_user, item, **form.cleaned_data())
        db.session.commit()
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
    flash("Thank you. A moderator looks at it; nobody else learns that it was you.")
    return redirect(back if _still_seen(item) else url_for("pages.home"))


def _still_seen(item: Any) -> bool:
    """Whether the reader may go back to what they reported: it may be hidden by now."""
    return not hasattr(item, "hidden_at") or can_see(current_user, item)
