"""Pages for joining, signing in and settings."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import Field

from forum.access import can_secure_account, is_anonymous_writing_locked, is_member
from forum.accounts import actions, lock_actions, passwords
from forum.accounts.forms import (
    ChangeEmailForm,
    ChangePasswordForm,
    ConfirmForm,
    ForgotPasswordForm,
    JoinForm,
    NewPasswordForm,
    ProfileForm,
    SignInForm,
)
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.accounts.registration_actions import can_join_by, invite_link_of, needs_approval
from forum.accounts.session_views import close_session, renew_session
from forum.accounts.sign_in_limits import count_failure, is_throttled, remember_device
from forum.accounts.tokens import member_from_token, unseal_path
from forum.accounts.two_factor_views import (
    Destination,
    continue_to,
    end_other_sessions,
    requested_destination,
    start_session,
)
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import composing
from forum.rate_limits import limiter, network_key, was_accepted
from forum.submissions import HONEYPOT_FILLED, form_age, honeypot_filled, typed_too_fast
from forum.urls import safe_path
from forum.web import permission_required

bp = Blueprint("accounts", __name__)

# Accounts created from one network, and mails requested.
PER_NETWORK = "20/hour;60/day"
# No person fills in the form in less, in seconds.
MIN_JOIN_FORM_AGE = 2


def _has_joined(response: Response) -> bool:
    """Return whether an account was created: the page that says so may be the answer itself."""
    return was_accepted(response) or g.get("has_joined", False)


@bp.route("/join", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"], deduct_when=_has_joined, override_defaults=False)
@limiter.limit(PER_NETWORK, key_func=network_key, methods=["POST"], deduct_when=_has_joined, override_defaults=False)
@composing
def join() -> ResponseReturnValue:
    """Create an account. Where the reader came from and what they composed there are carried along."""
    destination = requested_destination()
    if current_user.is_authenticated:
        return continue_to(destination)
    token = request.values.get("invite", "")
    link = invite_link_of(token)
    if not can_join_by(link):
        page = render_template("accounts/join_closed.html", has_token=bool(token), **destination._asdict())
        return page, 403 if request.method == "POST" else 200
    joining = {"invite": token if link else None, "needs_approval": needs_approval(link), **destination._asdict()}
    if request.form.get("intent") == "begin":  # from a page that holds a text composed while signed out
        return JoinForm(formdata=None).render("accounts/join.html", **joining)
    form = JoinForm()
    is_valid = form.validate_on_submit()
    if form.is_submitted() and honeypot_filled():
        form.form_errors = [HONEYPOT_FILLED]
    elif is_valid and _typed_by_a_person(form):
        actions.join(**form.cleaned_data(), path=destination.next, invite_link=link)
        db.session.commit()
        g.has_joined = True
        return _sent_page("join", destination)
    return form.render("accounts/join.html", **joining)


@bp.get("/sent/<any(join, password, email, company):purpose>")
def check_email(purpose: str) -> str:
    """Say that a mail was sent, in the same words whether or not the address has an account."""
    return render_template("accounts/check_email.html", purpose=purpose, needs_approval=needs_approval(None))


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Confirm an address: the link proves who reads the mailbox, the password that it is the person who joined."""
    match = member_from_token(token, "confirm")
    if match is None:
        return _dead_link()
    member, extra = match
    form = ConfirmForm()
    if form.validate_on_submit():
        if passwords.is_correct(member.password_hash, form.password.data or ""):
            is_admitted = actions.confirm_email(member)
            db.session.commit()
            if not is_admitted:
                return _waiting_page(Destination(safe_path(unseal_path(extra))))
            return _sign_in_and_flash(member, "Your e-mail address is confirmed. Welcome!", extra)
        _add_error(form.password, "This is not the password you chose when you joined.")
    return form.render("accounts/confirm.html")


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in and go back. A text composed while signed out is carried along."""
    destination = requested_destination()
    if current_user.is_authenticated and (request.method in SAFE_METHODS or request.form.get("intent") == "continue"):
        return continue_to(destination)
    form = SignInForm()
    template = "accounts/signed_out.html" if destination.unsent else "accounts/sign_in.html"
    if request.form.get("intent") == "continue":  # from the page that waits for a confirmation
        return SignInForm(formdata=None).render(template, **destination._asdict())
    if form.validate_on_submit():
        email, password = form.email.data or "", form.password.data or ""
        member = member_by_email(email)
        if is_throttled(email, member):
            page, _ = form.render(template, throttled=True, **destination._asdict())
            return page, 429
        if _is_right(member, password) and member is not None:
            return _signed_in(member, remember=form.remember.data, destination=destination)
        count_failure(email, member)
        _add_error(form.password, "Wrong e-mail or password.")
    return form.render(template, **destination._asdict())


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session. The browser forgets the pages that it had stored, which Back would show."""
    close_session()
    response = redirect(url_for("pages.home"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.route("/forgotten-password", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"])
@limiter.limit(PER_NETWORK, key_func=network_key, methods=["POST"], override_defaults=False)
def forgot_password() -> ResponseReturnValue:
    """Request a link for choosing a new password."""
    form, destination = ForgotPasswordForm(), requested_destination()
    if form.validate_on_submit():
        actions.send_password_reset(form.email.data or "", destination.next)
        db.session.commit()
        return redirect(url_for(".check_email", purpose="password"))
    return form.render("accounts/forgot_password.html", next=destination.next)


@bp.route("/new-password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> ResponseReturnValue:
    """Choose a new password by a mailed link."""
    return _password_by_link(token, "password", "Password changed. Other devices were signed out.")


@bp.route("/claim/<token>", methods=["GET", "POST"])
def claim(token: str) -> ResponseReturnValue:
    """Take over the account that an import created for the author of posts from elsewhere."""
    return _password_by_link(token, "claim", "This account is yours now, with all your earlier posts.")


@bp.route("/new-email/<token>", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("20/hour", methods=["POST"])
def new_email(token: str) -> ResponseReturnValue:
    """Confirm a new address by the link mailed to it, signed in as the member who asked for it."""
    match = member_from_token(token, "email")
    if match is None:
        return _dead_link()
    member, new_address = match
    if member.id != current_user.id:
        return render_template("accounts/other_account.html"), 403
    if request.method == "POST":
        if is_anonymous_writing_locked(member) or not actions.change_email(member, new_address):
            return _dead_link()
        end_other_sessions()
        flash("E-mail address changed. Other devices were signed out.")
        return redirect(url_for(".settings"))
    return render_template("accounts/new_email.html", email=new_address)


@bp.route("/settings", methods=["GET", "POST"])
@permission_required(is_member)
def settings() -> ResponseReturnValue:
    """Edit the profile."""
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        actions.update_profile(current_user, **form.cleaned_data())
        db.session.commit()
        flash("Profile saved.")
        return redirect(url_for(".settings"))
    return form.render("accounts/settings.html")


@bp.route("/settings/password", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def password() -> ResponseReturnValue:
    """Change the password."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        actions.change_password(current_user, form.password.data or "")
        renew_session(db.session.get_one(Member, current_user.id))
        flash("Password changed. Other devices were signed out.")
        return redirect(url_for(".settings"))
    return form.render("accounts/password.html")


@bp.route("/settings/email", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def email() -> ResponseReturnValue:
    """Request a link that moves the account to another address."""
    form = ChangeEmailForm()
    if not can_secure_account(current_user):
        return render_template("accounts/email.html"), 403 if form.is_submitted() else 200
    if form.validate_on_submit():
        actions.request_email_change(current_user, form.email.data or "")
        db.session.commit()
        return redirect(url_for(".check_email", purpose="email"))
    return form.render("accounts/email.html")


def _password_by_link(token: str, purpose: str, message: str) -> ResponseReturnValue:
    match = member_from_token(token, purpose)
    if match is None:
        return _dead_link()
    member, extra = match
    form = NewPasswordForm()
    if form.validate_on_submit():
        set_password = actions.reset_password if purpose == "password" else actions.claim_account
        set_password(member, form.password.data or "")
        db.session.commit()
        if member.confirmed_at is None:
            return _waiting_page(Destination(safe_path(unseal_path(extra))))
        return _sign_in_and_flash(member, message, extra)
    return form.render(
        "accounts/new_password.html", purpose=purpose, name=member.name, lock_days=lock_actions.LOCK_DURATION.days
    )


def _dead_link() -> ResponseReturnValue:
    return render_template("accounts/dead_link.html"), 410


def _sent_page(purpose: str, destination: Destination) -> ResponseReturnValue:
    """Say that a mail was sent. A text that waits for its author stays on that page: nothing stores it."""
    if destination.unsent is None:
        return redirect(url_for(".check_email", purpose=purpose))
    values = {"purpose": purpose, "needs_approval": needs_approval(None)}
    return render_template("accounts/check_email.html", **values, **destination._asdict())


def _waiting_page(destination: Destination) -> ResponseReturnValue:
    """Say that a moderator decides about the account. A text that waits for its author is shown, to be copied."""
    return render_template("accounts/waiting.html", **destination._asdict())


def _sign_in_and_flash(member: Member, message: str, extra: str) -> ResponseReturnValue:
    """Sign in and go where the mailed link leads: `extra` is of its token."""
    response = start_session(member, destination=Destination(safe_path(unseal_path(extra))))
    flash(message)  # afterwards: a new session drops earlier messages
    return response


def _typed_by_a_person(form: JoinForm) -> bool:
    """Return False, with an error on the form, when it was sent faster than anyone types."""
    if typed_too_fast(form_age(), MIN_JOIN_FORM_AGE):
        _add_error(form.password, "That was very fast. Please enter your password again and send it once more.")
    return not form.password.errors


def _is_right(member: Member | None, password: str) -> bool:
    """Return whether the password is the member's. It takes as long for an unknown address."""
    return passwords.is_correct(member.password_hash if member else None, password) and member is not None


def _signed_in(member: Member, *, remember: bool, destination: Destination) -> ResponseReturnValue:
    """Sign in a member whose password was right, or mail the link again that confirms their address."""
    if member.confirmed_at is None and member.applied_at is not None:
        return _waiting_page(destination)
    if member.confirmed_at is None:
        actions.send_confirmation(member, destination.next)
        db.session.commit()
        return _sent_page("join", destination)
    remember_device(member)
    return start_session(member, remember=remember, destination=destination)


def _add_error(field: Field, message: str) -> None:
    field.errors = [*field.errors, message]
