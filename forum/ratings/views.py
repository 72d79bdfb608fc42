"""Rate a vendor, revise and withdraw a rating, and list one's own ratings."""

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_rate, can_write, is_anonymous_writing_locked, is_member, is_representative, is_retired
from forum.accounts.device_views import fresh_proof_required
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import composing
from forum.rate_limits import limit_writing
from forum.ratings import actions
from forum.ratings.criteria import CRITERIA, DEALS
from forum.ratings.forms import RatingForm, form_data
from forum.ratings.models import Rating
from forum.ratings.queries import (
    first_live_rating,
    member_rating,
    rating_by_submission,
    rating_revisions,
    readable_ratings,
)
from forum.submissions import submit_once
from forum.templating import current_reader
from forum.vendors.lookup import vendor_or_404
from forum.vendors.merging import hold_catalogue
from forum.vendors.models import Vendor
from forum.vendors.queries import MAX_SUGGESTED_VENDORS, popular_vendor_names, vendor_by_name
from forum.web import permission_required

bp = Blueprint("ratings", __name__)
MAX_NAME_LENGTH = 80
FIELDS = {"criteria": CRITERIA, "deals": DEALS}


@bp.get("/ratings")
@permission_required(is_member)
@fresh_proof_required
def index() -> ResponseReturnValue:
    """List the reader's own ratings, anonymous ones included. Nobody else can list them."""
    return render_template("ratings/index.html", ratings=readable_ratings(current_user))


@bp.get("/rate")
@permission_required(can_write)
def choose() -> ResponseReturnValue:
    """Ask for the vendor to rate, and go on to its form."""
    name = request.args.get("vendor", "").strip()[:MAX_NAME_LENGTH]
    vendor = vendor_by_name(name)
    if vendor is not None:
        return redirect(url_for(".new", slug=vendor.slug))
    names = popular_vendor_names(MAX_SUGGESTED_VENDORS)
    return render_template("ratings/choose.html", name=name, vendor_names=names), 422 if name else 200


@bp.route("/vendors/<slug>/rate", methods=["GET", "POST"])
@permission_required(can_write)
@limit_writing("20/hour")
@composing
def new(slug: str) -> ResponseReturnValue:
    """Rate a vendor without a post, or revise one's rating of the same programme."""
    if request.method == "POST":
        hold_catalogue()
    vendor = vendor_or_404(slug, current_user)
    # Who may rate only once would learn by trying whether they had, anonymously.
    if not can_rate(current_user, vendor) or is_retired(vendor) or is_anonymous_writing_locked(current_user):
        return render_template("ratings/refused.html", vendor=vendor), 403
    initial = _initial_values(vendor)
    form = RatingForm(vendor, **initial)
    if form.is_submitted():
        first = rating_by_submission(form.submission.data)
        if first is not None and member_rating(current_user, first.id) is None:
            form.submission.data = initial["submission"]
        if form.validate() and (response := _rate(form, vendor)) is not None:
            return response
    return form.render("ratings/new.html", vendor=vendor, has_rated="worth" in initial, **FIELDS)


@bp.route("/ratings/<key:rating_id>/edit", methods=["GET", "POST"])
@permission_required(can_write)
@limit_writing("60/hour")
@composing
def edit(rating_id: int) -> ResponseReturnValue:
    """Revise a rating. Vendor representatives may only withdraw theirs."""
    if request.method == "POST":
        hold_catalogue()
    rating = _rating_or_404(rating_id)
    if is_representative(current_user):
        return render_template("ratings/refused.html", vendor=rating.vendor), 403
    form = RatingForm(rating.vendor, data=form_data(rating))
    form.is_revision = True
    if form.validate_on_submit():
        programme, tier = form.tiers.resolve(form.tier.data)
        if rating.vendor is not None and programme is not rating.programme:
            form.tier.errors = ["This rating is of another programme. Rate that programme separately."]
        else:
            actions.revise(rating, author=current_reader(), tier=tier, answers=form.answers())
            db.session.commit()
            flash("Rating revised. The published figures will be updated in the next batch.")
            return redirect(url_for(".index"))
    return form.render(
        "ratings/edit.html", rating=rating, vendor=rating.vendor, revisions=rating_revisions(rating.id), **FIELDS
    )


@bp.route("/ratings/<key:rating_id>/withdraw", methods=["GET", "POST"])
@permission_required(is_member)
@limit_writing("60/hour")
def delete(rating_id: int) -> ResponseReturnValue:
    """Withdraw a rating, after a confirmation."""
    rating = _rating_or_404(rating_id)
    if request.method in SAFE_METHODS:
        return render_template("ratings/delete.html", rating=rating)
    actions.withdraw(rating)
    db.session.commit()
    flash("Rating withdrawn from every page. The published figures will be updated in the next batch.")
    return redirect(url_for(".index"))


def _rating_or_404(rating_id: int) -> Rating:
    rating = member_rating(current_user, rating_id)
    if rating is None:
        abort(404)
    return rating


def _initial_values(vendor: Vendor) -> dict[str, str]:
    """Return the form's initial values: those of the reader's live rating, if there is one."""
    live = first_live_rating(current_reader(), vendor)
    return {"submission": secrets.token_hex(16)} | (form_data(live) if live is not None else {})


def _rate(form: RatingForm, vendor: Vendor) -> ResponseReturnValue | None:
    """Rate, and return the response; None when the form has to be shown again with an error."""
    programme, tier = form.tiers.resolve(form.tier.data)
    # Before the commit, which expires what was loaded.
    response = _redirect_to(vendor)

    def rate() -> str:
        rating = actions.rate(
            current_reader(),
            vendor=vendor,
            programme=programme,
            tier=tier,
            anonymous=form.identity.data == "anonymous",
            answers=form.answers(),
            submission=form.submission.data,
        )
        return _saved_message(rating)

    try:
        message = submit_once(rate)
    except actions.AlreadyRated:
        db.session.rollback()
        how = "by name" if form.identity.data == "anonymous" else "anonymously"
        form.identity.errors = [f"You have already rated this programme {how}. Withdraw that rating first, or keep it."]
        return None
    if message is not None:
        flash(message)
    return response


def _redirect_to(vendor: Vendor) -> ResponseReturnValue:
    return redirect(url_for("pages.vendor", slug=vendor.slug))


def _saved_message(rating: Rating) -> str:
    if rating.interest == "none":
        return "Rating saved. It counts with the next batch of at least five organisations."
    return "Rating saved. Because of your conflict of interest it does not count in scores."
