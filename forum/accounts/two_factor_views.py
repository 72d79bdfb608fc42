"""Entering with or without a second factor, its settings, and the door of the pages for those who run the site."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user

from forum.access import is_member, is_moderator
from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.queries import member_by_session
from forum.accounts.two_factor_forms import (
    TOO_MANY_ATTEMPTS,
    WRONG_CODE,
    CodeForm,
    DisableForm,
    EnableForm,
    VerifiedCodeForm,
    count_attempt,
)
from forum.db import db
from forum.forms import carried_fields
from forum.rate_limits import limiter
from forum.urls import SAFE_METHODS, safe_path
from forum.web import new_session, permission_required, require

bp = Blueprint("two_factor", __name__)
# How long after the password the code may come, in seconds.
CODE_TIMEOUT = 600


def start_session(
    member: Member,
    *,
    remember: bool = False,
    target: str | None = None,
    carried: Mapping[str, str] | None = None,
    action: str | None = None,
) -> Any:
    """The password was right: in they are, or the code is asked for first. What they had typed comes along."""
    if member.banned_at is not None:
        abort(403)
    new_session()
    if not two_factor.is_enabled(member):
        login_user(member, remember=remember)
        return _go_on(target, carried or {}, action)
    session["half_in"] = {"who": member.get_id(), "remember": remember, "at": int(time.time())}
    return _code_page(CodeForm(formdata=None), target, carried or {}, action)


def require_staff(rule: Callable[[Any], bool]) -> Any:
    """For `before_request` of the pages for staff: the rule, and a second factor that was passed in this session.

    Who has none yet is led to where it is made, if the site demands it; who has not passed it, to the code.
    """
    require(rule(current_user))
    if two_factor.is_enabled(current_user):
        if session.get("passed") == two_factor.session_proof(current_user):
            return None
        carried = {} if request.method in SAFE_METHODS else carried_fields()
        target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        return _code_page(CodeForm(formdata=None), target, carried, request.path)
    if current_app.config.get("STAFF_SECOND_FACTOR"):
        flash("These pages need a second factor. Turn it on here, and they open.")
        target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        return redirect(url_for("two_factor.settings", next=target))
    return None


@bp.route("/sign-in/code", methods=["GET", "POST"])
@limiter.limit("30/15 minutes", methods=["POST"])
def code() -> Any:
    """The second step of signing in, and of opening the pages for staff."""
    target = safe_path(request.values.get("next"))
    carried = {name.removeprefix("carried."): value for name, value in request.form.items() if name.startswith("carried.")}
    action = safe_path(request.form.get("action"))
    member, remember = _half_in()
    if member is None:
        return redirect(url_for("accounts.sign_in", next=target))
    form = CodeForm()
    if form.validate_on_submit():
        if not count_attempt(member):
            form.code.errors = [TOO_MANY_ATTEMPTS]
        elif two_factor.consume_code(member, form.code.data or ""):
            db.session.commit()
            new_session()
            login_user(member, remember=remember)
            session["passed"] = two_factor.session_proof(member)
            return _go_on(target, carried, action)
        else:
            form.code.errors = [WRONG_CODE]
    return _code_page(form, target, carried, action)


@bp.route("/settings/two-factor", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("30/hour", methods=["POST"])
def settings() -> Any:
    """Turn it on; or, when it is on, the ways to change it."""
    target = safe_path(request.values.get("next"))
    if two_factor.is_enabled(current_user):
        return _settings_page(DisableForm(formdata=None), next=target)
    form = EnableForm()
    secret = form.secret()
    if form.validate_on_submit():
        codes = two_factor.enable(current_user, secret, (form.code.data or "").replace(" ", ""))
        if codes is not None:
            db.session.commit()
            session["passed"] = two_factor.session_proof(current_user)
            return render_template("accounts/recovery_codes.html", codes=codes, next=target)
        form.code.errors = ["This is not the code of now. Is the clock of your phone right?"]
    return _settings_page(form, next=target, **form.picture())


@bp.get("/settings/second-factor")
def former_settings() -> Any:
    """Redirect the former address of the page."""
    return redirect(url_for(".settings"), 301)


@bp.post("/settings/two-factor/off")
@permission_required(is_member)
@limiter.limit("10/hour")
def disable() -> Any:
    """Turn it off, with password and code."""
    form = DisableForm()
    if not two_factor.is_enabled(current_user):
        return redirect(url_for(".settings"))
    if not form.validate():
        return _settings_page(form)
    two_factor.disable(current_user)
    db.session.commit()
    session.pop("passed", None)
    flash("Your second factor is off. Signing in asks for your password only.")
    return redirect(url_for(".settings"))


@bp.post("/settings/two-factor/recovery-codes")
@permission_required(is_member)
@limiter.limit("10/hour")
def recovery_codes() -> Any:
    """Ten new recovery codes in place of the earlier ones."""
    form = VerifiedCodeForm(prefix="new-")
    if not two_factor.is_enabled(current_user):
        return redirect(url_for(".settings"))
    if not form.validate():
        return _settings_page(DisableForm(formdata=None), renewing=form)
    codes = two_factor.replace_recovery_codes(current_user)
    db.session.commit()
    return render_template("accounts/recovery_codes.html", codes=codes, next=None)


def _settings_page(form: Any, **values: Any) -> Any:
    values.setdefault("renewing", VerifiedCodeForm(prefix="new-", formdata=None))
    left = len(current_user.recovery_codes or [])
    demanded = bool(current_app.config.get("STAFF_SECOND_FACTOR")) and is_moderator(current_user)
    page, status = form.render(
        "accounts/two_factor.html", on=two_factor.is_enabled(current_user), left=left, demanded=demanded, **values
    )
    return page, 422 if values["renewing"].errors else status


def _half_in() -> tuple[Member | None, bool]:
    """Whose code is asked for: somebody whose password was right just now, or who is signed in already."""
    waiting = session.get("half_in")
    if waiting and time.time() - waiting["at"] < CODE_TIMEOUT:
        member = member_by_session(waiting["who"])
        if member is not None and member.banned_at is None and two_factor.is_enabled(member):
            return member, waiting["remember"]
    if current_user.is_authenticated and two_factor.is_enabled(current_user):
        return db.session.get(Member, current_user.id), False
    return None, False


def _code_page(form: CodeForm, target: str | None, carried: Mapping[str, str], action: str | None) -> Any:
    return form.render("accounts/code.html", next=target, carried=carried, action=action)


def _go_on(target: str | None, carried: Mapping[str, str], action: str | None) -> Any:
    if carried:
        return render_template("resubmit.html", action=action or target, carried=carried)
    return redirect(target or url_for("pages.home"))
