"""The queue of open cases, deciding on many of them at once, and the texts that wait for their authors."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.db import db, now
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Case
from forum.moderation.queue.blueprint import bp
from forum.moderation.queue.bulk_actions import decide_many
from forum.moderation.queue.case_pages import listing_from_url
from forum.moderation.queue.choices import parse_choice
from forum.moderation.queue.forms import BulkForm, ReasonForm
from forum.moderation.queue.next_cases import without_closed_doors
from forum.moderation.queue.queries import (
    CLAIMS,
    COUNT_CAP,
    TARGETS,
    open_case_counts,
    open_cases_by_id,
    overdue_notice_count,
    pending_edits,
    queue,
)
from forum.urls import KeyConverter, key_text

BULK_LIMIT = 200


@bp.get("/")
def index() -> ResponseReturnValue:
    """Open cases, the oldest or the heaviest first."""
    return _queue_page(BulkForm(formdata=None))


@bp.get("/asked-to-edit")
def waiting_for_author() -> str:
    """Texts whose author was asked to edit them."""
    return render_template("moderation/waiting_for_author.html", texts=pending_edits())


@bp.post("/bulk")
def bulk() -> ResponseReturnValue:
    """Decide all selected cases alike."""
    form = BulkForm()
    if request.form.get("intent") == "fill_reason":
        form.fill_in_standard_text()
        return _queue_page(form)
    ids = [n for key in request.form.getlist("case") if (n := KeyConverter.number_in(key)) is not None]
    is_valid = form.validate()
    if not 1 <= len(ids) <= BULK_LIMIT:
        form.action.errors = [f"Select between one and {BULK_LIMIT} cases first."]
    if not is_valid or form.action.errors:
        return _queue_page(form)
    decide_selected(open_cases_by_id(ids), form)
    return redirect(url_for(".index", **listing_from_url().args))


def decide_selected(cases: Sequence[Case], form: ReasonForm) -> None:
    """Decide these cases as the form says, commit, and say how many were decided."""
    decided, skipped = decide_many(cases, current_user, action=parse_choice(form.action.data).action, **form.grounds())
    db.session.commit()
    note = ""
    if skipped:
        note = f" {skipped} skipped: decided already, claimed by a colleague, your own, or of another kind."
    flash(f"{decided} decided.{note}")


def _queue_page(form: BulkForm) -> ResponseReturnValue:
    listing = listing_from_url()
    if any(request.args.get(name) not in (None, "", value) for name, value in listing.options.items()):
        return redirect(url_for("moderation.index"))
    page = queue(listing, request.args.get("after"))
    listed = without_closed_doors(current_user, page)
    every = {key_text(row.id) for row in listed.rows} if request.args.get("select") == "all" else set()
    return form.render(
        "moderation/index.html",
        queue=listed,
        listing=listing,
        list_args=listing.args,
        kinds=CASE_KINDS,
        claims=CLAIMS,
        targets=TARGETS,
        moment=now(),
        counts=open_case_counts(),
        overdue_count=overdue_notice_count(now()),
        count_cap=COUNT_CAP,
        selected=every | set(request.form.getlist("case")),
    )
