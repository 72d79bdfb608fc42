"""Starting a session with or without two-factor authentication, its settings page, and the guard of staff pages."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_secure_account, is_banned, is_member, is_moderator
from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.session_queries import member_by_mark
from forum.accounts.session_views import open_session, record_proof, renew_session
from forum.accounts.staff_actions import end_sessions
from forum.accounts.two_factor_forms import (
    TOO_MANY_ATTEMPTS,
    WRONG_CODE,
    CodeForm,
    DisableForm,
    EnableForm,
    VerifiedCodeForm,
    count_attempt,
)
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import UnsentForm, unsent_form, unsent_form_in
from forum.rate_limits import limiter
from forum.urls import safe_path
from forum.web import new_session, permission_required, require

bp = Blueprint("two_factor", __name__)
# Seconds after the password in which the code must follow.
CODE_TIMEOUT = 600
# Where signing in may lead a banned member.
OPEN_TO_BANNED = ("/decisions", "/settings/data", "/settings/leave")


class Destination(NamedTuple):
    """Where signing in leads: a path, or a form to submit again with the text composed there."""

    next: str | None
    unsent: UnsentForm | None = None


HOME = Destination(None)


def requested_destination() -> Destination:
    """Return the destination in the fields of this request."""
    return Destination(safe_path(request.values.get("next")), unsent_form_in(request.form.get("unsent", "")))


def start_session(member: Member, *, remember: bool = False, destination: Destination = HOME) -> ResponseReturnValue:
    """Sign in a member whose password or link was right, or ask for the code first. Carries along what they typed."""
    if not two_factor.is_enabled(member):
        open_session(member, remember=remember)
        return continue_to(destination)
    new_session()
    mark = f"{member.id}.{member.session_epoch}"
    session["pending_sign_in"] = {"mark": mark, "remember": remember, "time": int(time.time())}
    return code_page(CodeForm(formdata=None), destination)


def require_staff(rule: Callable[[Any], bool]) -> ResponseReturnValue | None:
    """Guard staff pages, as a `before_request` function: the rule, and two-factor authentication in this session.

    Staff who have not entered a code are asked for one; staff without it are sent to its settings if it is required.
    """
    require(rule(current_user))
    is_read = request.method in SAFE_METHODS
    target = request.full_path.rstrip("?") if is_read else None
    if two_factor.is_enabled(current_user):
        if two_factor.is_session_proof(current_user, session.get("two_factor_proof")):
            return None
        return code_page(CodeForm(formdata=None), Destination(target, unsent_form()))
    if current_app.config.get("STAFF_TWO_FACTOR"):
        flash("Staff pages need two-factor authentication. Turn it on here to open them.")
        return redirect(url_for("two_factor.settings", next=target))
    return None


@bp.route("/sign-in/code", methods=["GET", "POST"])
@limiter.limit("30/15 minutes", methods=["POST"])
def code() -> ResponseReturnValue:
    """Ask for the code: the second step of signing in, and of opening staff pages."""
    destination = requested_destination()
    member, remember = pending_member()
    if member is None:
        if destination.unsent:
            return render_template("accounts/signed_out.html", **destination._asdict()), 401
        return redirect(url_for("accounts.sign_in", next=destination.next))
    form = CodeForm()
    if form.validate_on_submit():
        if not count_attempt(member):
            form.code.errors = [TOO_MANY_ATTEMPTS]
        elif two_factor.consume_code(member, form.code.data or ""):
            db.session.commit()
            open_session(member, remember=remember)
            session["two_factor_proof"] = two_factor.session_proof(member)
            return continue_to(destination)
        else:
            form.code.errors = [WRONG_CODE]
    return code_page(form, destination)


@bp.route("/settings/two-factor", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("30/hour", methods=["POST"])
def settings() -> ResponseReturnValue:
    """Turn on two-factor authentication; when it is on, show how to change it."""
    target = safe_path(request.values.get("next"))
    if two_factor.has_app(current_user):
        return _settings_page(DisableForm(formdata=None), next=target)
    if not can_secure_account(current_user):
        return render_template("accounts/two_factor_locked.html"), 403 if request.method == "POST" else 200
    form = EnableForm()
    secret = form.secret()
    if form.validate_on_submit():
        codes = two_factor.enable(current_user, secret, (form.code.data or "").replace(" ", ""))
        if codes is not None:
            end_other_sessions()
            session["two_factor_proof"] = two_factor.session_proof(current_user)
            return render_template("accounts/recovery_codes.html", codes=codes, next=target)
        form.code.errors = ["This code is not valid now. Is the clock of your phone right?"]
    return _settings_page(form, next=target, app_secret=form.app_secret())


@bp.get("/settings/second-factor")
def former_settings() -> ResponseReturnValue:
    """Redirect the former address of the page."""
    return redirect(url_for(".settings"), 301)


@bp.post("/settings/two-factor/off")
@permission_required(is_member)
@limiter.limit("10/hour")
def disable() -> ResponseReturnValue:
    """Remove the authenticator app, with password and code."""
    form = DisableForm()
    if not two_factor.has_app(current_user):
        return redirect(url_for(".settings"))
    if not form.validate():
        return _settings_page(form)
    two_factor.remove_app(current_user)
    end_other_sessions()
    session.pop("two_factor_proof", None)
    factors = "your password and a passkey" if two_factor.is_enabled(current_user) else "your password only"
    flash(f"The authenticator app is removed. Signing in asks for {factors}.")
    return redirect(url_for(".settings"))


@bp.post("/settings/two-factor/recovery-codes")
@permission_required(is_member)
@limiter.limit("10/hour")
def recovery_codes() -> ResponseReturnValue:
    """Replace the recovery codes."""
    form = VerifiedCodeForm(prefix="new-")
    if not two_factor.is_enabled(current_user):
        return redirect(url_for(".settings"))
    if not form.validate():
        has_app = two_factor.has_app(current_user)
        other = DisableForm(formdata=None) if has_app else EnableForm(formdata=None)
        values = {} if isinstance(other, DisableForm) else {"app_secret": other.app_secret()}
        return _settings_page(other, recovery_form=form, **values)
    codes = two_factor.replace_recovery_codes(current_user)
    end_other_sessions()
    return render_template("accounts/recovery_codes.html", codes=codes, next=None)


def _settings_page(
    form: EnableForm | DisableForm, *, recovery_form: VerifiedCodeForm | None = None, **values: object
) -> ResponseReturnValue:
    recovery_form = recovery_form or VerifiedCodeForm(prefix="new-", formdata=None)
    page, status = form.render(
        "accounts/two_factor.html",
        recovery_form=recovery_form,
        has_app=two_factor.has_app(current_user),
        is_enabled=two_factor.is_enabled(current_user),
        codes_remaining=len(current_user.recovery_codes or []),
        is_demanded=bool(current_app.config.get("STAFF_TWO_FACTOR")) and is_moderator(current_user),
        **values,
    )
    return page, 422 if recovery_form.errors else status


def pending_member() -> tuple[Member | None, bool]:
    """Return whose code is asked for, and whether to remember them: someone between password and code, or signed in."""
    pending = session.get("pending_sign_in")
    if pending and time.time() - pending["time"] < CODE_TIMEOUT:
        member = member_by_mark(pending["mark"])
        if member is not None and two_factor.is_enabled(member):
            return member, pending["remember"]
    if current_user.is_authenticated and two_factor.is_enabled(current_user):
        return db.session.get(Member, current_user.id), False
    return None, False


def code_page(form: CodeForm, destination: Destination, *, is_refused: bool = False) -> ResponseReturnValue:
    """Return the page that asks for a code or a passkey; `is_refused` says that the passkey was not accepted."""
    member, _ = pending_member()
    page, status = form.render(
        "accounts/code.html",
        has_app=member is not None and two_factor.has_app(member),
        has_passkeys=member is not None and bool(member.passkeys),
        is_refused=is_refused,
        **destination._asdict(),
    )
    return page, 422 if is_refused else status


def end_other_sessions() -> None:
    """Commit what has changed about the account, and end every session of its member but this one."""
    member = db.session.get_one(Member, current_user.id)
    end_sessions(member)
    renew_session(member)
    record_proof()


def continue_to(destination: Destination) -> ResponseReturnValue:
    """Return the response that follows signing in. It leads banned members to the decisions about them."""
    if destination.unsent:
        return render_template("resubmit.html", unsent=destination.unsent)
    if is_banned(current_user) and not (destination.next or "").startswith(OPEN_TO_BANNED):
        return redirect(url_for("statements.index"))
    return redirect(destination.next or url_for("pages.home"))
