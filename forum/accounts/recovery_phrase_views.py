"""The page that makes a recovery phrase and shows it once."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_secure_account, is_member
from forum.accounts.recovery_phrase import replace_recovery_phrase
from forum.accounts.two_factor_forms import PhraseForm
from forum.db import db
from forum.rate_limits import limiter
from forum.web import permission_required

bp = Blueprint("recovery_phrase", __name__)


@bp.route("/settings/recovery-phrase", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def create() -> ResponseReturnValue:
    """Make a phrase, or replace the one there is, after the password. It is shown on the answer and nowhere else."""
    form = PhraseForm()
    if not can_secure_account(current_user):
        return render_template("accounts/recovery_phrase.html"), 403 if form.is_submitted() else 200
    if form.validate_on_submit():
        words = replace_recovery_phrase(current_user).split()
        db.session.commit()
        response = make_response(render_template("accounts/recovery_phrase_once.html", words=words))
        response.headers["Cache-Control"] = "no-store"
        return response
    return form.render("accounts/recovery_phrase.html", has_phrase=current_user.recovery_phrase_hash is not None)
