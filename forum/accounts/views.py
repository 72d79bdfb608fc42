"""Pages for joining, signing in and settings."""

from ipaddress import ip_address, ip_network
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user
from limits import parse

from forum import anonymity
from forum.access import is_member
from forum.accounts import actions, passwords
from forum.accounts.forms import (
    ChangeEmailForm,
    ChangePasswordForm,
    ConfirmForm,
    ForgottenForm,
    JoinForm,
    NewPasswordForm,
    ProfileForm,
    SignInForm,
)
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email, member_by_session
from forum.accounts.tokens import member_from_token
from forum.accounts.two_factor_views import start_session
from forum.db import db
from forum.rate_limits import limiter, was_accepted
from forum.submissions import form_age, honeypot_filled
from forum.urls import safe_path
from forum.web import login_manager, permission_required

bp = Blueprint("accounts", __name__)
login_manager.user_loader(member_by_session)

# Failed sign-ins: from one address, and at one account from wherever.
PER_ADDRESS = parse("20/15 minutes")
PER_ACCOUNT = parse("10/15 minutes")
# Accounts begun from one network.
PER_NETWORK = "20/hour;60/day"
# Nobody fills the form in less, in seconds.
MIN_FORM_SECONDS = 2


def network_key() -> str:
    """A network of the asker's neighbours (/24, or /48 of IPv6), as a mark that says which to nobody."""
    address = ip_address(get_remote_address())
    address = getattr(address, "ipv4_mapped", None) or address
    near = ip_network((address, 24 if address.version == 4 else 48), strict=False)
    return anonymity.hashed_limit_key(f"network {near}")


@bp.route("/join", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@limiter.limit(PER_NETWORK, key_func=network_key, methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def join() -> Any:
    """Begin an account."""
    if current_user.is_authenticated:
        return redirect(url_for("pages.home"))
    form = JoinForm()
    if form.is_submitted() and honeypot_filled():
        return redirect(url_for(".sent", what="join"))
    if form.validate_on_submit() and _at_leisure(form):
        actions.join(**form.cleaned_data())
        db.session.commit()
        return redirect(url_for(".sent", what="join"))
    return form.render("accounts/join.html")


@bp.get("/sent/<any(join, password, email):what>")
def sent(what: str) -> str:
    """ "Look into your mail": the same words whether the address was known or not."""
    return render_template("accounts/sent.html", what=what)


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def confirm(token: str) -> Any:
    """Confirm an address: the link shows the mailbox is theirs, the password that they are the one who joined."""
    found = member_from_token(token, "confirm")
    if found is None:
        return render_template("accounts/dead_link.html"), 410
    form = ConfirmForm()
    if form.validate_on_submit():
        if passwords.is_correct(found[0].password_hash, form.password.data or ""):
            actions.confirm_email(found[0])
            db.session.commit()
            return _enter(found[0], "Your address is confirmed. Welcome.")
        _wrong(form.password, "This is not the password you chose when you joined.")
    return form.render("accounts/confirm.html")


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """Sign in, and go back to where one was. Text typed while signed out comes along as `carried.` fields."""
    target = safe_path(request.values.get("next"))
    carried = {name.removeprefix("carried."): value for name, value in request.form.items() if name.startswith("carried.")}
    action = safe_path(request.form.get("action"))
    if current_user.is_authenticated and request.method == "GET":
        return redirect(target or url_for("pages.home"))
    form = SignInForm()
    template = "accounts/signed_out.html" if carried else "accounts/sign_in.html"
    if form.validate_on_submit():
        if _throttled(form.email.data or ""):
            page, _ = form.render(template, next=target, carried=carried, action=action, throttled=True)
            return page, 429
        member = _member_with(form.email.data or "", form.password.data or "")
        if member is not None and member.confirmed_at is None:
            actions.send_confirmation(member)
            db.session.commit()
            return redirect(url_for(".sent", what="join"))
        if member is not None:
            return start_session(member, remember=form.remember.data, target=target, carried=carried, action=action)
        _wrong(form.password, "This address and password do not belong together.")
    return form.render(template, next=target, carried=carried, action=action)


@bp.post("/sign-out")
def sign_out() -> Any:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("pages.home"))


@bp.route("/forgotten-password", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"])
def forgot_password() -> Any:
    """Ask for a link to choose a new password."""
    form = ForgottenForm()
    if form.validate_on_submit():
        actions.send_password_reset(form.email.data or "")
        db.session.commit()
        return redirect(url_for(".sent", what="password"))
    return form.render("accounts/forgotten.html")


@bp.route("/new-password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> Any:
    """Choose a new password by a mailed link."""
    return _password_by_link(token, "password", "Your password is changed. Other devices are signed out.")


@bp.route("/claim/<token>", methods=["GET", "POST"])
def claim(token: str) -> Any:
    """Take over the account that an import made for writing from elsewhere."""
    return _password_by_link(token, "claim", "This account is yours now, with everything you wrote before.")


@bp.route("/new-email/<token>", methods=["GET", "POST"])
def new_email(token: str) -> Any:
    """Confirm a new address by the link mailed to it."""
    found = member_from_token(token, "email")
    if found is None:
        return render_template("accounts/dead_link.html"), 410
    if request.method == "POST":
        if not actions.change_email(*found):
            return render_template("accounts/dead_link.html"), 410
        db.session.commit()
        flash("Your address is changed.")
        return redirect(url_for(".settings") if current_user.is_authenticated else url_for(".sign_in"))
    return render_template("accounts/new_email.html", email=found[1])


@bp.route("/settings", methods=["GET", "POST"])
@permission_required(is_member)
def settings() -> Any:
    """What one's own page says."""
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        actions.update_profile(current_user, **form.cleaned_data())
        db.session.commit()
        flash("Your profile is changed.")
        return redirect(url_for(".settings"))
    return form.render("accounts/settings.html")


@bp.route("/settings/password", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def password() -> Any:
    """Change one's password."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        actions.set_password(current_user, form.password.data or "")
        db.session.commit()
        login_user(db.session.get(Member, current_user.id))
        flash("Your password is changed. Other devices are signed out.")
        return redirect(url_for(".settings"))
    return form.render("accounts/password.html")


@bp.route("/settings/email", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def email() -> Any:
    """Ask for another address."""
    form = ChangeEmailForm()
    if form.validate_on_submit():
        actions.request_email_change(current_user, form.email.data or "")
        db.session.commit()
        return redirect(url_for(".sent", what="email"))
    return form.render("accounts/email.html")


def _password_by_link(token: str, purpose: str, welcome: str) -> Any:
    found = member_from_token(token, purpose)
    if found is None:
        return render_template("accounts/dead_link.html"), 410
    form = NewPasswordForm()
    if form.validate_on_submit():
        actions.set_password(found[0], form.password.data or "", notify=purpose == "password")
        db.session.commit()
        return _enter(found[0], welcome)
    return form.render("accounts/new_password.html", purpose=purpose, name=found[0].name)


def _enter(member: Member, words: str) -> Any:
    answer = start_session(member)
    flash(words)
    return answer


def _at_leisure(form: JoinForm) -> bool:
    """False, with words, for a form that came back quicker than anybody types."""
    age = form_age()
    if age is not None and age < MIN_FORM_SECONDS:
        _wrong(form.password, "That was quicker than anybody types. Write your password once more and send it again.")
    return not form.password.errors


def _throttled(email: str) -> bool:
    return not (
        limiter.limiter.test(PER_ADDRESS, "sign-in from", anonymity.hashed_limit_key(get_remote_address()))
        and limiter.limiter.test(PER_ACCOUNT, "sign-in at", anonymity.hashed_limit_key(email.strip().lower()))
    )


def _member_with(email: str, password: str) -> Member | None:
    """The member, if address and password fit; otherwise the failure is counted against both."""
    member = member_by_email(email)
    if passwords.is_correct(member.password_hash if member else None, password) and member and not member.banned_at:
        return member
    limiter.limiter.hit(PER_ADDRESS, "sign-in from", anonymity.hashed_limit_key(get_remote_address()))
    limiter.limiter.hit(PER_ACCOUNT, "sign-in at", anonymity.hashed_limit_key(email.strip().lower()))
    return None


def _wrong(field: Any, words: str) -> None:
    field.errors = [*field.errors, words]
