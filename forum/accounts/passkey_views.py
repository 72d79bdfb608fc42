"""Passkeys: sign in with one, and list, add, rename and remove one's own."""

import time

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from limits import parse

from forum import anonymity
from forum.access import can_secure_account, is_member
from forum.accounts import passkeys, two_factor
from forum.accounts.forms import SignInForm
from forum.accounts.models import Member, Passkey
from forum.accounts.passkeys import Ceremony
from forum.accounts.session_views import open_session
from forum.accounts.two_factor_forms import (
    CodeForm,
    PasskeyForm,
    RemovePasskeyForm,
    RenamePasskeyForm,
    reauthentication_error,
)
from forum.accounts.two_factor_views import (
    Destination,
    code_page,
    continue_to,
    end_other_sessions,
    pending_member,
    requested_destination,
)
from forum.db import db, deferred_transaction
from forum.rate_limits import limiter
from forum.web import permission_required, require

bp = Blueprint("passkeys", __name__)
# Seconds between the options and the answer of the device.
CHALLENGE_TIMEOUT = 300
# A challenge is answered once. The session is a cookie: an old one could be sent again.
ONE_ANSWER = parse("1/10 minutes")
REFUSED = "The passkey was not accepted. Try again, or use another one."


@bp.post("/sign-in/passkey/options")
@deferred_transaction
@limiter.limit("60/15 minutes")
def sign_in_options() -> Response:
    """Return what the browser needs to ask for a passkey, at sign-in or after the password."""
    member, _ = pending_member()
    return _options("sign in", passkeys.sign_in_ceremony(member))


@bp.post("/sign-in/passkey")
@limiter.limit("30/15 minutes")
def sign_in() -> ResponseReturnValue:
    """Sign in with a passkey: instead of a password, or as the second factor after it."""
    destination, (pending, remember) = requested_destination(), pending_member()
    challenge = _spend_challenge("sign in")
    passkey = passkeys.passkey_that_signed(request.form.get("credential", ""), challenge) if challenge else None
    member = db.session.get(Member, passkey.member_id) if passkey is not None else None
    if passkey is None or member is None or (pending is not None and pending.id != member.id):
        db.session.rollback()
        return _refused_page(pending, destination)
    db.session.commit()
    open_session(member, remember=remember or bool(request.form.get("remember")))
    session["two_factor_proof"] = two_factor.session_proof(member, passkey)
    return continue_to(destination)


@bp.route("/settings/two-factor/passkeys", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("30/hour", methods=["POST"])
def index() -> ResponseReturnValue:
    """List the reader's passkeys, and add the one that the device has just made."""
    form = PasskeyForm()
    if not can_secure_account(current_user):
        return render_template("accounts/passkeys.html"), 403 if form.is_submitted() else 200
    if form.validate_on_submit():
        challenge = _spend_challenge("add")
        name, credential = form.name.data or "", form.credential.data or ""
        passkey = passkeys.add_passkey(current_user, credential, challenge, name) if challenge else None
        if passkey is not None:
            codes = two_factor.first_recovery_codes(current_user)
            end_other_sessions()
            session["two_factor_proof"] = two_factor.session_proof(current_user, passkey)
            if codes is not None:
                return render_template("accounts/recovery_codes.html", codes=codes, next=url_for(".index"))
            flash("The passkey is added.")
            return redirect(url_for(".index"))
        form.name.errors = [REFUSED if form.credential.data else "Adding a passkey needs JavaScript."]
    return form.render("accounts/passkeys.html", rows=current_user.passkeys, maximum=passkeys.MAX_PASSKEYS)


@bp.post("/settings/two-factor/passkeys/options")
@permission_required(can_secure_account)
@limiter.limit("30/hour")
def add_options() -> Response:
    """Return what the browser needs to make a passkey, after the password; or with a wrong one, an `error`."""
    if message := reauthentication_error(current_user, request.form.get("current_password", "")):
        return jsonify(error=message)
    db.session.commit()
    return _options("add", passkeys.registration_ceremony(current_user))


@bp.route("/settings/two-factor/passkeys/<int:passkey_id>", methods=["GET", "POST"])
@permission_required(is_member)
def edit(passkey_id: int) -> ResponseReturnValue:
    """Rename a passkey."""
    passkey = _own_passkey(passkey_id)
    form = RenamePasskeyForm(obj=passkey)
    if form.validate_on_submit():
        passkeys.rename_passkey(passkey, form.name.data or "")
        db.session.commit()
        return redirect(url_for(".index"))
    return form.render("accounts/passkey.html", passkey=passkey, removal=RemovePasskeyForm(formdata=None))


@bp.post("/settings/two-factor/passkeys/<int:passkey_id>/remove")
@permission_required(is_member)
@limiter.limit("10/hour")
def remove(passkey_id: int) -> ResponseReturnValue:
    """Remove a passkey, after the password, in a session that a second factor began."""
    passkey, removal = _own_passkey(passkey_id), RemovePasskeyForm()
    if not two_factor.is_session_proof(current_user, session.get("two_factor_proof")):
        return code_page(CodeForm(formdata=None), Destination(url_for(".edit", passkey_id=passkey_id)))
    if not removal.validate():
        form = RenamePasskeyForm(formdata=None, obj=passkey)
        return form.render("accounts/passkey.html", passkey=passkey, removal=removal)[0], 422
    two_factor.remove_passkey(current_user, passkey)
    end_other_sessions()
    flash("The passkey is removed. Your device may still offer it; delete it there, too.")
    return redirect(url_for(".index"))


def _own_passkey(passkey_id: int) -> Passkey:
    require(can_secure_account(current_user))
    passkey: Passkey | None = next((row for row in current_user.passkeys if row.id == passkey_id), None)
    if passkey is None:
        abort(404)
    return passkey


def _refused_page(pending: Member | None, destination: Destination) -> ResponseReturnValue:
    if pending is not None:
        return code_page(CodeForm(formdata=None), destination, is_refused=True)
    template = "accounts/signed_out.html" if destination.unsent else "accounts/sign_in.html"
    page, _ = SignInForm(formdata=None).render(template, is_refused=True, **destination._asdict())
    return page, 422


def _options(purpose: str, ceremony: Ceremony) -> Response:
    session["passkey_challenge"] = {"purpose": purpose, "value": ceremony.challenge, "time": int(time.time())}
    response = Response(ceremony.options, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _spend_challenge(purpose: str) -> str | None:
    """Return the challenge of this session for the purpose, once, while it is fresh."""
    challenge = session.pop("passkey_challenge", None)
    if challenge is None or challenge["purpose"] != purpose or time.time() - challenge["time"] > CHALLENGE_TIMEOUT:
        return None
    value: str = challenge["value"]
    key = anonymity.hashed_limit_key(f"passkey challenge {value}")
    return value if limiter.limiter.hit(ONE_ANSWER, "passkey challenge", key) else None
