"""The button that follows a search, or stops following it."""

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.notifications.news_views import bp
from forum.notifications.search_follows import MAX_SEARCHES, follow_search, search_path, unfollow_search
from forum.rate_limits import limiter
from forum.text import single_line
from forum.urls import safe_path
from forum.web import permission_required


@bp.post("/notifications/searches")
@permission_required(is_member)
@limiter.limit("60/minute")
def follow_query() -> ResponseReturnValue:
    """Follow or unfollow a search."""
    query, intent = single_line(request.form.get("q", "")), request.form.get("intent")
    if intent == "follow":
        if not follow_search(current_user, query):
            flash(f"You can follow up to {MAX_SEARCHES} searches. Nothing was changed; unfollow one first.")
    elif intent == "unfollow":
        unfollow_search(current_user, query)
    else:
        abort(400)
    db.session.commit()
    return redirect(safe_path(request.form.get("return_to")) or search_path(query))
