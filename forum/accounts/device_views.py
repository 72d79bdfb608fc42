"""The devices on which a member is signed in, and the page that asks for a fresh proof of who one is."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member, is_signed_in
from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.session_actions import end_session, own_session, sessions_of
from forum.accounts.session_views import close_session, has_recent_proof, record_proof
from forum.accounts.staff_actions import end_sessions
from forum.accounts.two_factor_forms import ReauthenticationForm
from forum.accounts.two_factor_views import Destination, continue_to, end_other_sessions, requested_destination
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import unsent_form
from forum.rate_limits import limiter
from forum.urls import safe_path
from forum.web import permission_required

bp = Blueprint("sessions", __name__)
Params = ParamSpec("Params")
Page = Callable[Params, ResponseReturnValue]


@bp.get("/settings/sessions")
@permission_required(is_member)
def index() -> str:
    """List where the member is signed in."""
    return render_template("accounts/sessions.html", sessions=sessions_of(current_user))


@bp.post("/settings/sessions/<key:session_id>/end")
@permission_required(is_member)
@limiter.limit("60/hour")
def end(session_id: int) -> ResponseReturnValue:
    """End one session of the member's."""
    row = own_session(current_user, session_id)
    if row is None:
        abort(404)
    end_session(row)
    db.session.commit()
    flash("That device is signed out.")
    return redirect(url_for(".index"))


@bp.post("/settings/sessions/end-others")
@permission_required(is_member)
@limiter.limit("20/hour")
def end_others() -> ResponseReturnValue:
    """End every session of the member's but this one."""
    end_other_sessions()
    flash("All other devices are signed out.")
    return redirect(url_for(".index"))


@bp.post("/settings/sessions/end-all")
@permission_required(is_signed_in)
@limiter.limit("20/hour")
def end_all() -> ResponseReturnValue:
    """End every session of the member's, this one too."""
    end_sessions(db.session.get_one(Member, current_user.id))
    db.session.commit()
    close_session()
    flash("You are signed out everywhere.")
    return redirect(url_for("pages.home"))


@bp.route("/sign-in/again", methods=["GET", "POST"])
@permission_required(is_signed_in)
@limiter.limit("30/hour", methods=["POST"])
def prove() -> ResponseReturnValue:
    """Ask a signed-in member for the password, a code or a passkey once more."""
    form, destination = ReauthenticationForm(), requested_destination()
    if form.validate_on_submit():
        db.session.commit()  # a code is used up
        record_proof()
        return continue_to(destination)
    db.session.commit()
    return _proof_page(form, destination)


def fresh_proof_required(view: "Page[Params]") -> "Page[Params]":
    """Guard a view that a copied cookie alone must not open: ask for a proof first, and carry what was typed along."""

    @wraps(view)
    def guarded_view(*args: Params.args, **kwargs: Params.kwargs) -> ResponseReturnValue:
        if not current_user.is_authenticated or has_recent_proof():
            return view(*args, **kwargs)
        return proof_page()

    return guarded_view


def proof_page() -> ResponseReturnValue:
    """Return the page that asks for a proof and leads back to this request."""
    is_read = request.method in SAFE_METHODS
    target = request.full_path.rstrip("?") if is_read else safe_path(urlsplit(request.referrer or "").path)
    return _proof_page(ReauthenticationForm(formdata=None), Destination(target, unsent_form()))


def staff_proof_page(member: Member | None) -> ResponseReturnValue | None:
    """Return the page that asks for a proof before something is done about a member of staff; else None."""
    is_needed = member is not None and member.role != "member" and not has_recent_proof()
    return proof_page() if is_needed else None


def _proof_page(form: ReauthenticationForm, destination: Destination) -> ResponseReturnValue:
    has_passkeys = two_factor.is_enabled(current_user) and bool(current_user.passkeys)
    return form.render("accounts/prove.html", has_passkeys=has_passkeys, **destination._asdict())
