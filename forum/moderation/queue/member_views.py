"""Everything that a member signed lately, to be decided on at once."""

from datetime import timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from forum.accounts.queries import member_by_slug
from forum.db import db, now
from forum.moderation import cases
from forum.moderation.queue.blueprint import bp
from forum.moderation.queue.forms import MemberTextsForm
from forum.moderation.queue.queries import signed_items_since
from forum.moderation.queue.views import BULK_LIMIT, decide_selected
from forum.urls import key_text, whole_number

DEFAULT_DAYS, MAX_DAYS = 7, 9999


@bp.route("/members/<slug>", methods=["GET", "POST"])
def member(slug: str) -> ResponseReturnValue:
    """List what a member signed in the last days, and decide on the selected texts. No anonymous text is listed."""
    author = db.first_or_404(member_by_slug(slug))
    days = whole_number(request.values.get("days"), MAX_DAYS) or DEFAULT_DAYS
    since = now() - timedelta(days=days)
    items = signed_items_since(author.id, since, BULK_LIMIT)
    form = MemberTextsForm()
    selected = {key_text(item.id) for item in items}
    if request.method == "POST":
        selected &= set(request.form.getlist("item"))
        if request.form.get("intent") == "fill_reason":
            form.fill_in_standard_text()
        elif form.validate():
            texts = [item for item in items if key_text(item.id) in selected]
            decide_selected([cases.open_case("flag", item, "All texts of a member") for item in texts], form)
            return redirect(url_for(".member", slug=slug, days=days))
    return form.render("moderation/member.html", member=author, items=items, days=days, selected=selected)
