"""The admin page for what the owner of an account asked for."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_act_for_owner, is_admin
from forum.accounts.models import Member
from forum.accounts.queries import account_by_slug
from forum.accounts.two_factor_views import require_staff
from forum.db import db
from forum.pages.leaving.queries import signed_text_count
from forum.pages.leaving.request_actions import fulfil, preparations
from forum.pages.leaving.request_forms import AccountRequestForm
from forum.rate_limits import limiter
from forum.templating import current_reader
from forum.turns import end_turn
from forum.web import require

bp = Blueprint("account_requests", __name__, url_prefix="/admin/members")


@bp.before_request
def _require_admin() -> ResponseReturnValue | None:
    return require_staff(is_admin)


@bp.route("/<slug>/request", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def show(slug: str) -> ResponseReturnValue:
    """Rename, anonymise or delete an account at its owner's request."""
    account: Member = db.first_or_404(account_by_slug(slug))
    require(can_act_for_owner(current_user, account))
    form = AccountRequestForm(account)
    if form.validate_on_submit():
        request, name = form.request.data, account.name
        for prepare in preparations(account, request):
            prepare()
            end_turn(db.session.commit)
        fulfil(current_reader(), account, request, name=form.name.data or "", reason=form.reason_text())
        db.session.commit()
        if request in ("keep", "delete"):
            flash(f"The account of {name} was deleted.")
            return redirect(url_for("admin.members"))
        flash("Renamed." if request == "rename" else f"What {name} signed no longer shows their name.")
        return redirect(url_for("admin.member", slug=account.slug))
    db.session.commit()  # a valid code is used up even when another field is wrong
    return form.render("pages/account_request.html", member=account, text_count=signed_text_count(account))
