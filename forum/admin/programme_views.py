"""A programme, its tiers and what the trend says of their terms."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user

from forum.admin import vendor_actions
from forum.admin.member_forms import ReasonForm
from forum.admin.vendor_forms import NameForm, RemovalForm, TierForm
from forum.admin.vendor_queries import recent_programme_changes, usage_counts, programme_by_id, tier_by_id
from forum.admin.views import bp, ADMIN_WRITES
from forum.db import db
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.models import Programme, Tier

MAX_ID = 2**31


@bp.route("/programmes/<int:programme_id>", methods=["GET", "POST"])
@ADMIN_WRITES
def programme(programme_id: int) -> Any:
    """A programme: its name, its tiers, and the marks in the trend."""
    found = _programme(programme_id)
    form = NameForm(name=found.name)
    if form.validate_on_submit():
        vendor_actions.rename_programme(current_user, found, form.cleaned_name())
        return _done(found, "The programme has another name.")
    return form.render(
        "admin/programme.html", programme=found, changes=recent_programme_changes(programme_id), told=usage_counts("programme_id", programme_id)
    )


@bp.route("/programmes/<int:programme_id>/remove", methods=["GET", "POST"])
@ADMIN_WRITES
def remove_programme(programme_id: int) -> Any:
    """Take one away that nothing hangs on."""
    found = _programme(programme_id)
    form, told = ReasonForm(), usage_counts("programme_id", programme_id)
    free = told == {"experiences": "0", "ratings": "none"}
    if free and form.validate_on_submit():
        slug = found.vendor.slug
        vendor_actions.remove_programme(current_user, found, reason=form.reason_text())
        db.session.commit()
        flash("The programme is gone.")
        return redirect(url_for(".vendor_page", slug=slug))
    page, status = form.render("admin/remove_programme.html", programme=found, told=told, free=free)
    return page, 422 if request.method == "POST" else status


@bp.post("/programmes/<int:programme_id>/changes")
@ADMIN_WRITES
def remove_programme_change(programme_id: int) -> Any:
    """Take a mark out of the trend."""
    found = _programme(programme_id)
    change = next((one for one in recent_programme_changes(programme_id) if str(one.id) == request.form.get("number")), None)
    if change is not None:
        vendor_actions.remove_programme_change(current_user, found, change)
    return _done(found, "Removed." if change is not None else "That was gone already.")


@bp.route("/programmes/<int:programme_id>/tiers/new", methods=["GET", "POST"])
@ADMIN_WRITES
def new_tier(programme_id: int) -> Any:
    """A tier more."""
    found = _programme(programme_id)
    return _tier_page(found, None, TierForm(rank=len(found.tiers) + 1))


@bp.route("/tiers/<int:tier_id>", methods=["GET", "POST"])
@ADMIN_WRITES
def tier(tier_id: int) -> Any:
    """A tier, and what it demands."""
    found = _tier(tier_id)
    shown = {key: getattr(found, key) for key in REQUIREMENTS}
    typed = {key: "" if value is None else str(value) for key, value in shown.items()}
    return _tier_page(found.programme, found, TierForm(name=found.name, rank=found.position + 1, **typed))


@bp.route("/tiers/<int:tier_id>/remove", methods=["GET", "POST"])
@ADMIN_WRITES
def remove_tier(tier_id: int) -> Any:
    """Take a tier away, after saying what loses it."""
    found = _tier(tier_id)
    form = RemovalForm(trend_note=f"{found.name}: tier ended")
    if form.validate_on_submit():
        programme_of = found.programme
        vendor_actions.remove_tier(current_user, found, trend_note=form.trend_note_text(), effective_at=form.effective_at(), reason=form.reason_text())
        return _done(programme_of, "The tier is gone. What was written and rated under it stays.")
    return form.render("admin/remove_tier.html", tier=found, told=usage_counts("tier_id", tier_id))


def _tier_page(of: Programme, found: Tier | None, form: TierForm) -> Any:
    """The form; once it is right, the same again with what changed in words; once these were seen, it is saved."""
    if form.validate_on_submit():
        given = form.values()
        told = vendor_actions.describe_tier_change(found, given["name"], given["requirements"])
        if not told or form.proposed_note.data == told:
            try:
                vendor_actions.save_tier(current_user, of, found, **given)
                return _done(of, "The tier is saved.")
            except ValueError as problem:
                db.session.rollback()
                form.name.errors = [str(problem)]
        else:
            form.proposed_note.data, form.trend_note.data = told, told[:160]
    return form.render("admin/tier.html", programme=of, tier=found)


def _done(of: Programme, words: str) -> Any:
    programme_id = of.id
    db.session.commit()
    flash(words)
    return redirect(url_for(".programme", programme_id=programme_id))


def _programme(programme_id: int) -> Programme:
    found: Programme = db.first_or_404(programme_by_id(programme_id)) if programme_id < MAX_ID else abort(404)
    return found


def _tier(tier_id: int) -> Tier:
    found: Tier = db.first_or_404(tier_by_id(tier_id)) if tier_id < MAX_ID else abort(404)
    return found
