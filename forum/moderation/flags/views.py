"""Pages to report a post, a reply or a member."""

from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_flag, can_see, can_write
from forum.accounts.queries import member_by_slug
from forum.db import db
from forum.forms import composing
from forum.moderation.flags import actions
from forum.moderation.flags.forms import FlagForm
from forum.moderation.kinds import TARGETS
from forum.moderation.models import Item
from forum.moderation.queries import existing_flag, replied_recently
from forum.moderation.rules import RULES
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.rate_limits import limiter, network_key
from forum.submissions import submit_once
from forum.web import permission_required, require

bp = Blueprint("flags", __name__)
FLAGS = limiter.shared_limit("20/hour", scope="flags", methods=["POST"])


@bp.route("/posts/<key:post_id>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAGS
@composing
def post(post_id: int) -> ResponseReturnValue:
    """Report a post, and with it its rating."""
    item = db.first_or_404(post_by_id(post_id))
    if not can_see(current_user, item):
        abort(404)
    return _flag(item, TARGETS["post"], url_for("posts.show", post_id=item.id, slug=item.slug))


@bp.route("/replies/<key:comment_id>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAGS
@composing
def comment(comment_id: int) -> ResponseReturnValue:
    """Report a reply."""
    item = db.first_or_404(comment_by_id(comment_id))
    if not can_see(current_user, item) or not can_see(current_user, item.post):
        abort(404)
    return _flag(item, TARGETS["comment"], url_for("comments.show", comment_id=item.id))


@bp.route("/members/<slug>/flag", methods=["GET", "POST"])
@permission_required(can_write)
@FLAGS
@composing
def member(slug: str) -> ResponseReturnValue:
    """Report a member."""
    item = db.first_or_404(member_by_slug(slug))
    return _flag(item, TARGETS["member"], url_for("pages.member", slug=slug))


def _flag(item: Item, label: str, back: str) -> ResponseReturnValue:
    form = FlagForm()
    message = form.message_line()
    refused = partial(render_template, "moderation/flagged.html", label=label, back=back, has_replied=False)
    if (earlier := existing_flag(current_user, item)) is not None:
        is_lost = message not in ("", earlier.message)
        return refused(message=message if is_lost else ""), 409 if is_lost else 200
    require(can_flag(current_user, item))
    if replied_recently(current_user, item):
        return refused(message=message, has_replied=True), 403
    if not form.validate_on_submit():
        return form.render("moderation/flag.html", item=item, label=label, back=back, rules=RULES)
    values = {"message": message, "network": network_key()}
    flag = submit_once(lambda: actions.flag(current_user, item, rule=form.rule_number(), **values))
    if flag is None or flag.message != message:  # another one of theirs was there first
        return refused(message=message), 409
    flash("Thank you. A moderator will look at it. Only moderators can see that you reported it.")
    return redirect(back if _can_still_see(item) else url_for("pages.home"))


def _can_still_see(item: Item) -> bool:
    """Return whether the reader can go back to what they reported: the report may have hidden it."""
    return not isinstance(item, Post | Comment) or can_see(current_user, item)
