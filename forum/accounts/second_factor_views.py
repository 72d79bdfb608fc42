"""Entering with or without a second factor, its settings, and the door of the pages for those who run the site."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user

from forum.access import is_member, is_moderator
from forum.accounts import second_factor
from forum.accounts.models import Member
from forum.accounts.queries import member_of_session
from forum.accounts.second_factor_forms import (
    TOO_MANY,
    WRONG,
    CheckedCodeForm,
    CodeForm,
    TurnOffForm,
    TurnOnForm,
    may_try,
)
from forum.db import db
from forum.web import SAFE, kept_fields, limiter, new_session, only, require, safe_path

bp = Blueprint("second_factor", __name__)
# How long after the password the code may come, in seconds.
PATIENCE = 600


def enter(
    member: Member,
    *,
    remember: bool = False,
    target: str | None = None,
    kept: Mapping[str, str] | None = None,
    action: str | None = None,
) -> Any:
    """The password was right: in they are, or the code is asked for first. What they had typed comes along."""
    if member.banned_at is not None:
        abort(403)
    new_session()
    if not second_factor.is_on(member):
        login_user(member, remember=remember)
        return _go_on(target, kept or {}, action)
    session["half_in"] = {"who": member.get_id(), "remember": remember, "at": int(time.time())}
    return _code_page(CodeForm(formdata=None), target, kept or {}, action)


def staff_door(rule: Callable[[Any], bool]) -> Any:
    """For `before_request` of the pages for staff: the rule, and a second factor that was passed in this session.

    Who has none yet is led to where it is made, if the site demands it; who has not passed it, to the code.
    """
    require(rule(current_user))
    if second_factor.is_on(current_user):
        if session.get("passed") == second_factor.pass_of(current_user):
            return None
        kept = {} if request.method in SAFE else kept_fields()
        target = request.full_path.rstrip("?") if request.method in SAFE else None
        return _code_page(CodeForm(formdata=None), target, kept, request.path)
    if current_app.config.get("STAFF_SECOND_FACTOR"):
        flash("These pages need a second factor. Turn it on here, and they open.")
        target = request.full_path.rstrip("?") if request.method in SAFE else None
        return redirect(url_for("second_factor.show", next=target))
    return None


@bp.route("/sign-in/code", methods=["GET", "POST"])
@limiter.limit("30/15 minutes", methods=["POST"])
def code() -> Any:
    """The second step of signing in, and of opening the pages for staff."""
    target = safe_path(request.values.get("next"))
    kept = {name.removeprefix("kept."): value for name, value in request.form.items() if name.startswith("kept.")}
    action = safe_path(request.form.get("action"))
    member, remember = _half_in()
    if member is None:
        return redirect(url_for("accounts.sign_in", next=target))
    form = CodeForm()
    if form.validate_on_submit():
        if not may_try(member):
            form.code.errors = [TOO_MANY]
        elif second_factor.use_code(member, form.code.data or ""):
            db.session.commit()
            new_session()
            login_user(member, remember=remember)
            session["passed"] = second_factor.pass_of(member)
            return _go_on(target, kept, action)
        else:
            form.code.errors = [WRONG]
    return _code_page(form, target, kept, action)


@bp.route("/settings/second-factor", methods=["GET", "POST"])
@only(is_member)
@limiter.limit("30/hour", methods=["POST"])
def show() -> Any:
    """Turn it on; or, when it is on, the ways to change it."""
    target = safe_path(request.values.get("next"))
    if second_factor.is_on(current_user):
        return _settings_page(TurnOffForm(formdata=None), next=target)
    form = TurnOnForm()
    secret = form.secret()
    if form.validate_on_submit():
        codes = second_factor.turn_on(current_user, secret, (form.code.data or "").replace(" ", ""))
        if codes is not None:
            db.session.commit()
            session["passed"] = second_factor.pass_of(current_user)
            return render_template("accounts/recovery_codes.html", codes=codes, next=target)
        form.code.errors = ["This is not the code of now. Is the clock of your phone right?"]
    return _settings_page(form, next=target, **form.picture())


@bp.post("/settings/second-factor/off")
@only(is_member)
@limiter.limit("10/hour")
def off() -> Any:
    """Turn it off, with password and code."""
    form = TurnOffForm()
    if not second_factor.is_on(current_user):
        return redirect(url_for(".show"))
    if not form.validate():
        return _settings_page(form)
    second_factor.turn_off(current_user)
    db.session.commit()
    session.pop("passed", None)
    flash("Your second factor is off. Signing in asks for your password only.")
    return redirect(url_for(".show"))


@bp.post("/settings/second-factor/recovery-codes")
@only(is_member)
@limiter.limit("10/hour")
def recovery_codes() -> Any:
    """Ten new recovery codes in place of the earlier ones."""
    form = CheckedCodeForm(prefix="new-")
    if not second_factor.is_on(current_user):
        return redirect(url_for(".show"))
    if not form.validate():
        return _settings_page(TurnOffForm(formdata=None), renewing=form)
    codes = second_factor.new_recovery_codes(current_user)
    db.session.commit()
    return render_template("accounts/recovery_codes.html", codes=codes, next=None)


def _settings_page(form: Any, **values: Any) -> Any:
    values.setdefault("renewing", CheckedCodeForm(prefix="new-", formdata=None))
    left = len(current_user.recovery_codes or [])
    demanded = bool(current_app.config.get("STAFF_SECOND_FACTOR")) and is_moderator(current_user)
    page, status = form.page(
        "accounts/second_factor.html", on=second_factor.is_on(current_user), left=left, demanded=demanded, **values
    )
    return page, 422 if values["renewing"].errors else status


def _half_in() -> tuple[Member | None, bool]:
    """Whose code is asked for: somebody whose password was right just now, or who is signed in already."""
    waiting = session.get("half_in")
    if waiting and time.time() - waiting["at"] < PATIENCE:
        member = member_of_session(waiting["who"])
        if member is not None and member.banned_at is None and second_factor.is_on(member):
            return member, waiting["remember"]
    if current_user.is_authenticated and second_factor.is_on(current_user):
        return db.session.get(Member, current_user.id), False
    return None, False


def _code_page(form: CodeForm, target: str | None, kept: Mapping[str, str], action: str | None) -> Any:
    return form.page("accounts/code.html", next=target, kept=kept, action=action)


def _go_on(target: str | None, kept: Mapping[str, str], action: str | None) -> Any:
    if kept:
        return render_template("kept.html", action=action or target, kept=kept)
    return redirect(target or url_for("pages.home"))
