"""Deciding on many at once, opening everything of a member, undoing a decision."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask_login import current_user

from forum.access import can_undo
from forum.accounts.queries import member_by_slug
from forum.db import db, now
from forum.moderation import cases
from forum.moderation.decisions import actions
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.queries import decision_by_id
from forum.moderation.queue.bulk_actions import decide_many
from forum.moderation.queue.forms import BulkForm, UndoForm
from forum.moderation.queue.queries import open_cases_by_id, signed_items_since
from forum.moderation.queue.views import bp, queue_page
from forum.posts.models import Comment, Post
from forum.urls import KeyConverter, key_text
from forum.web import require

MOST = 200
__all__ = ["bp"]


@bp.post("/bulk")
def bulk() -> Any:
    """Decide on all that was selected in the queue."""
    form = BulkForm()
    if request.form.get("intent") == "usual":
        form.reason.data = form.usual_reason()
        return queue_page(form)
    numbers = [n for key in request.form.getlist("case") if (n := KeyConverter.number_in(key)) is not None]
    if not form.validate() or not 1 <= len(numbers) <= MOST:
        if not 1 <= len(numbers) <= MOST:
            form.action.errors = [f"Select between one and {MOST} cases first."]
        return queue_page(form)
    _decide_and_say(open_cases_by_id(numbers), form)
    return redirect(url_for(".index", kind=request.args.get("kind"), sort=request.args.get("sort")))


@bp.route("/members/<slug>", methods=["GET", "POST"])
def member(slug: str) -> Any:
    """All that a member signed since a day, to be decided on in one go. Anonymous writing is not among it."""
    found = db.first_or_404(member_by_slug(slug))
    days = request.values.get("days", "7")
    since = now() - timedelta(days=int(days) if days.isdecimal() and len(days) < 5 else 7)
    items = signed_items_since(found.id, since, MOST)
    form = BulkForm(only=("hide", "remove", "ask_to_edit"))
    chosen = {key_text(item.id) for item in items}
    if request.method == "POST":
        chosen &= set(request.form.getlist("item"))
        if request.form.get("intent") == "usual":
            form.reason.data = form.usual_reason()
        elif form.validate():
            _decide_and_say([_case_about(item) for item in items if key_text(item.id) in chosen], form)
            return redirect(url_for(".member", slug=slug, days=days))
    return form.render("moderation/member.html", member=found, items=items, days=days, chosen=chosen)


@bp.post("/log/<int:number>/undo")
def undo(number: int) -> Any:
    """Undo a decision by another one, with a reason."""
    decision = db.first_or_404(decision_by_id(number))
    require(can_undo(current_user, decision))
    form = UndoForm()
    if not form.validate():
        flash(form.reason.errors[0])
        return redirect(url_for("log.entry", number=number))
    try:
        made = actions.reverse(decision, current_user, reason=(form.reason.data or "").strip())
        db.session.commit()
    except AlreadyDecided:
        db.session.rollback()
        flash("That was undone already, or cannot be undone.")
        return redirect(url_for("log.entry", number=number))
    flash("Undone. The earlier entry stays, this one says why.")
    return redirect(url_for("log.entry", number=made.id))


def _case_about(item: Post | Comment) -> Any:
    return cases.open_case("flag", item, "All of a member", source="own")


def _decide_and_say(cases: Any, form: BulkForm) -> None:
    done, left = decide_many(cases, current_user, action=form.action.data, **form.said())
    db.session.commit()
    rest = f" {left} were left: decided already, claimed by a colleague, your own, or of another kind." if left else ""
    flash(f"{done} decided.{rest}")
