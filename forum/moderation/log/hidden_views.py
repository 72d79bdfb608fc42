"""The public list of texts that are hidden now."""

from flask import render_template, request

from forum.moderation.log.hidden_queries import hidden_counts, hidden_texts
from forum.moderation.log.transparency_views import banded_count
from forum.moderation.log.views import bp
from forum.urls import whole_number


@bp.get("/log/hidden")
def hidden() -> str:
    """List what is hidden now, the latest first: which kind of text, under which rule and since when."""
    before = whole_number(request.args.get("before"))
    rows, next_before = hidden_texts(before)
    return render_template(
        "moderation/hidden.html",
        rows=rows,
        next=next_before,
        before=before,
        counts=hidden_counts(),
        banded_count=banded_count,
    )
