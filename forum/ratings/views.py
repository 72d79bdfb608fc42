"""Rating a vendor, revising and withdrawing one's rating, and the list of one's own."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from forum.access import can_rate, can_write, is_member, is_representative
from forum.db import db
from forum.ratings import actions
from forum.ratings.criteria import DEALS, CRITERIA
from forum.ratings.forms import RatingForm, form_data
from forum.ratings.models import Rating
from forum.ratings.queries import member_rating, member_ratings, rating_by_submission, rating_revisions
from forum.vendors.lookup import vendor_or_404
from forum.rate_limits import limiter
from forum.web import permission_required
from forum.templating import current_reader

bp = Blueprint("ratings", __name__)
FIELDS = {"criteria": CRITERIA, "deals": DEALS}


@bp.get("/ratings")
@permission_required(is_member)
def index() -> str:
    """The reader's own ratings, signed and anonymous. Nobody else can list them."""
    return render_template("ratings/index.html", ratings=member_ratings(current_user))


@bp.route("/vendors/<slug>/rate", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("20/hour", methods=["POST"], deduct_when=lambda response: response.status_code == 302)
def new(slug: str) -> Any:
    """Rate a vendor, without a text. Whoever has rated the programme before revises that."""
    vendor = vendor_or_404(slug, current_user)
    if not can_rate(current_user, vendor):
        return render_template("ratings/refused.html", vendor=vendor), 403
    given = _given(vendor)
    form = RatingForm(vendor=vendor, **given)
    if form.is_submitted():
        first = rating_by_submission((form.submission.data or "")[:64])
        if first is not None:
            if member_rating(current_user, first.id) is not None:
                return redirect(url_for(".index"))
            form.submission.data = given["submission"]
        if form.validate() and (done := _rate(form)) is not None:
            return done
    return form.render("ratings/new.html", vendor=vendor, again="worth" in given, **FIELDS)


@bp.route("/ratings/<key:rating_id>/edit", methods=["GET", "POST"])
@permission_required(can_write)
def edit(rating_id: int) -> Any:
    """Revise one's rating. Whoever speaks for a vendor may withdraw theirs, and gives none."""
    rating = _own(rating_id)
    if is_representative(current_user):
        return render_template("ratings/refused.html", vendor=rating.vendor), 403
    form = RatingForm(vendor=rating.vendor, data=form_data(rating))
    form.is_revision = True
    if form.validate_on_submit():
        programme, tier = form.tiers.resolve(form.tier.data)
        if rating.vendor is not None and programme is not rating.programme:
            form.tier.errors = ["This rating is of another programme. Rate that one on its own."]
        else:
            actions.revise(rating, author=current_reader(), tier=tier, answers=form.answers())
            db.session.commit()
            flash("Your rating is revised. Figures follow with the next batch.")
            return redirect(url_for(".index"))
    return form.render(
        "ratings/edit.html", rating=rating, vendor=rating.vendor, revisions=rating_revisions(rating.id), **FIELDS
    )


@bp.route("/ratings/<key:rating_id>/withdraw", methods=["GET", "POST"])
@permission_required(is_member)
def delete(rating_id: int) -> Any:
    """Withdraw one's rating, after being asked."""
    rating = _own(rating_id)
    if request.method == "GET":
        return render_template("ratings/delete.html", rating=rating)
    actions.withdraw(rating)
    db.session.commit()
    flash("Your rating is gone from every page. The published figures follow with the next batch.")
    return redirect(url_for(".index"))


def _own(rating_id: int) -> Rating:
    rating = member_rating(current_user, rating_id)
    if rating is None:
        abort(404)
    return rating


def _given(vendor: Any) -> dict[str, Any]:
    """What the form begins with: the reader's live rating of the programme, or nothing."""
    for programme in [*vendor.programmes, None]:
        if live := actions.live_ratings(current_user, vendor, programme):
            return {"submission": secrets.token_hex(16)} | form_data(live[0])
    return {"submission": secrets.token_hex(16)}


def _rate(form: RatingForm) -> Any:
    programme, tier = form.tiers.resolve(form.tier.data)
    try:
        rating = actions.rate(
            current_user,
            vendor=form.vendor,
            programme=programme,
            tier=tier,
            anonymous=form.identity.data == "anonymous",
            answers=form.answers(),
            submission=(form.submission.data or "")[:64],
        )
        db.session.commit()
    except actions.AlreadyRated:
        db.session.rollback()
        how = "by name" if form.identity.data == "anonymous" else "anonymously"
        form.identity.errors = [f"You have rated this programme {how}. Withdraw that rating first, or keep to it."]
        return None
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
        return redirect(url_for(".index"))
    kept = "It counts with the next batch of at least five organisations."
    flash(f"Your rating is kept. {kept if rating.interest == 'none' else 'It is kept, and does not count in scores.'}")
    return redirect(url_for(".index"))
