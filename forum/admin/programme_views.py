"""A programme, its tiers, and the notes about their terms in the public trend."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.admin import vendor_actions
from forum.admin.member_forms import ReasonForm
from forum.admin.vendor_forms import NameForm, RemovalForm, TierForm
from forum.admin.vendor_queries import programme_by_id, recent_programme_changes, tier_by_id, usage_counts
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.models import Programme, Tier

MAX_ID = 2**31


@bp.route("/programmes/<int:programme_id>", methods=["GET", "POST"])
@ADMIN_WRITES
def programme(programme_id: int) -> ResponseReturnValue:
    """Show a programme with its tiers and notes, and rename it."""
    programme = _programme(programme_id)
    form = NameForm(name=programme.name)
    if form.validate_on_submit():
        vendor_actions.rename_programme(current_user, programme, form.cleaned_name())
        return _saved(programme, "Name changed.")
    return form.render(
        "admin/programme.html",
        programme=programme,
        changes=recent_programme_changes(programme_id),
        usage=usage_counts("programme_id", programme_id),
    )


@bp.route("/programmes/<int:programme_id>/remove", methods=["GET", "POST"])
@ADMIN_WRITES
def remove_programme(programme_id: int) -> ResponseReturnValue:
    """Remove a programme that no post or rating refers to."""
    programme = _programme(programme_id)
    form, usage = ReasonForm(), usage_counts("programme_id", programme_id)
    if usage.is_unused and form.validate_on_submit():
        slug = programme.vendor.slug
        vendor_actions.remove_programme(current_user, programme, reason=form.reason_text())
        db.session.commit()
        flash("Programme removed.")
        return redirect(url_for(".vendor_page", slug=slug))
    page, status = form.render("admin/remove_programme.html", programme=programme, usage=usage)
    return page, 422 if request.method == "POST" else status


@bp.post("/programmes/<int:programme_id>/changes")
@ADMIN_WRITES
def remove_programme_change(programme_id: int) -> ResponseReturnValue:
    """Remove a note from the public trend."""
    programme = _programme(programme_id)
    changes = recent_programme_changes(programme_id)
    change = next((item for item in changes if str(item.id) == request.form.get("entry_id")), None)
    if change is not None:
        vendor_actions.remove_programme_change(current_user, programme, change)
    return _saved(programme, "Removed." if change is not None else "Already removed.")


@bp.route("/programmes/<int:programme_id>/tiers/new", methods=["GET", "POST"])
@ADMIN_WRITES
def new_tier(programme_id: int) -> ResponseReturnValue:
    """Add a tier."""
    programme = _programme(programme_id)
    return _tier_page(programme, None, TierForm(rank=len(programme.tiers) + 1))


@bp.route("/tiers/<int:tier_id>", methods=["GET", "POST"])
@ADMIN_WRITES
def tier(tier_id: int) -> ResponseReturnValue:
    """Change a tier and its requirements."""
    tier = _tier(tier_id)
    requirements = {key: getattr(tier, key) for key in REQUIREMENTS}
    values = {key: "" if value is None else str(value) for key, value in requirements.items()}
    return _tier_page(tier.programme, tier, TierForm(name=tier.name, rank=tier.position + 1, **values))


@bp.route("/tiers/<int:tier_id>/remove", methods=["GET", "POST"])
@ADMIN_WRITES
def remove_tier(tier_id: int) -> ResponseReturnValue:
    """Remove a tier. Posts and ratings that refer to it stay, without a tier."""
    tier = _tier(tier_id)
    form = RemovalForm(trend_note=f"{tier.name}: tier ended")
    if form.validate_on_submit():
        programme = tier.programme
        vendor_actions.remove_tier(
            current_user,
            tier,
            trend_note=form.trend_note_text(),
            effective_at=form.effective_at(),
            reason=form.reason_text(),
        )
        return _saved(programme, "Tier removed. Its posts and ratings stay.")
    return form.render("admin/remove_tier.html", tier=tier, usage=usage_counts("tier_id", tier_id))


def _tier_page(programme: Programme, tier: Tier | None, form: TierForm) -> ResponseReturnValue:
    """Show the form, then once more with the proposed note for the trend, then save it."""
    if form.validate_on_submit():
        values = form.values()
        is_set_up = tier is None and not form.is_news.data
        note = "" if is_set_up else vendor_actions.describe_tier_change(tier, values["name"], values["requirements"])
        if not note or form.proposed_note.data == note:
            try:
                vendor_actions.save_tier(current_user, programme, tier, **values)
                return _saved(programme, "Tier saved.")
            except ValueError as error:
                db.session.rollback()
                form.name.errors = [str(error)]
        else:
            form.proposed_note.data, form.trend_note.data = note, note[:160]
    return form.render("admin/tier.html", programme=programme, tier=tier)


def _saved(programme: Programme, message: str) -> ResponseReturnValue:
    programme_id = programme.id
    db.session.commit()
    flash(message)
    return redirect(url_for(".programme", programme_id=programme_id))


def _programme(programme_id: int) -> Programme:
    row: Programme = db.first_or_404(programme_by_id(programme_id)) if programme_id < MAX_ID else abort(404)
    return row


def _tier(tier_id: int) -> Tier:
    row: Tier = db.first_or_404(tier_by_id(tier_id)) if tier_id < MAX_ID else abort(404)
    return row
