"""The list of news, the buttons that mark it as read, and the kinds of news that a member chooses."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member, is_moderator
from forum.accounts.session_views import has_recent_proof
from forum.db import db
from forum.notifications import news_actions
from forum.notifications.bell import note_news
from forum.notifications.forms import KindsForm
from forum.notifications.kinds import KINDS
from forum.notifications.news import NewsGroup, outlined_news, without_private
from forum.notifications.news_queries import posts_by_id, replies_by_id
from forum.notifications.queries import muted_kinds_of
from forum.rate_limits import limiter
from forum.web import permission_required

bp = Blueprint("notifications", __name__)
# Of one kind in one group, the list shows this many texts.
SHOWN_PER_PART = 3


@bp.get("/notifications")
@permission_required(is_member)
def index() -> ResponseReturnValue:
    """List what is new for the reader, by thread."""
    news = outlined_news(current_user)
    note_news(current_user, news)
    page = news.page(request.args.get("after"))
    groups = page.items if has_recent_proof() else [without_private(group) for group in page.items]
    texts = [(part.kind, part.ids[:SHOWN_PER_PART]) for group in groups for part in group.parts]
    post_kinds = ("vendor", "tag", "search")
    return render_template(
        "notifications/list.html",
        groups=groups,
        replies=replies_by_id([number for kind, ids in texts if kind not in post_kinds for number in ids]),
        posts=posts_by_id([number for kind, ids in texts if kind in post_kinds for number in ids]),
        per_part=SHOWN_PER_PART,
        # Not from the cache of paths: that would tell which replies are new to somebody.
        reply_path=lambda comment_id: url_for("comments.show", comment_id=comment_id),
        next_after=page.next_after,
        is_further=page.is_further,
    )


@bp.post("/notifications/read")
@permission_required(is_member)
@limiter.limit("60/minute")
def mark_read() -> ResponseReturnValue:
    """Mark one group or everything as read, or open a group at the first that is unread."""
    target = request.form.get("target", "")
    if not target:
        news_actions.mark_everything_read(current_user)
        db.session.commit()
        flash("Everything is marked as read.")
        return redirect(url_for(".index"))
    group = news_actions.mark_group_read(current_user, target)
    db.session.commit()
    if group is not None and request.form.get("intent") == "open":
        return redirect(_path_to_first(group))
    return redirect(url_for(".index"))


@bp.route("/notifications/settings", methods=["GET", "POST"])
@permission_required(is_member)
def settings() -> ResponseReturnValue:
    """Choose the kinds of news."""
    kinds = {key: kind for key, kind in KINDS.items() if not kind.is_for_staff or is_moderator(current_user)}
    muted_kinds = muted_kinds_of(current_user.id)
    form = KindsForm(kinds=[key for key in kinds if key not in muted_kinds])
    form.kinds.choices = [(key, kind.label) for key, kind in kinds.items()]
    if form.validate_on_submit():
        news_actions.mute_kinds(current_user, kinds.keys() - set(form.kinds.data or ()))
        db.session.commit()
        flash("Saved.")
        return redirect(url_for(".settings"))
    return form.render("notifications/settings.html", kinds=kinds)


def _path_to_first(group: NewsGroup) -> str:
    """Return the path of the oldest unread reply or post among those that are known."""
    ids = [part.ids[-1] for part in group.parts if part.ids]
    if group.kind == "post" and len(ids) == 1:
        return url_for("comments.show", comment_id=ids[0])
    return group.path
