"""Downloading one's data and deleting one's account."""

from tempfile import SpooledTemporaryFile

from flask import Blueprint, flash, redirect, render_template, send_file, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from sqlalchemy.orm.exc import ObjectDeletedError

from forum.access import can_delete_account, is_signed_in
from forum.accounts.models import Member
from forum.db import begin_writing, db, deferred_transaction
from forum.pages.leaving.actions import delete_account, deletions
from forum.pages.leaving.forms import DeleteAccountForm, DownloadDataForm
from forum.pages.leaving.own_data import own_data
from forum.rate_limits import limiter
from forum.turns import end_turn
from forum.web import permission_required

bp = Blueprint("leaving", __name__)
MAX_BYTES_IN_MEMORY = 2_000_000


@bp.route("/settings/data", methods=["GET", "POST"])
@deferred_transaction
@permission_required(is_signed_in)
@limiter.limit("10/hour", methods=["POST"])
def data() -> ResponseReturnValue:
    """Send everything the member wrote and set as one file, after the password. It only reads, so no writer waits."""
    form = DownloadDataForm()
    if not form.validate_on_submit():
        return form.render("pages/download_data.html")
    # Write it to a file first, so that a slow connection does not keep the transaction open.
    buffer = SpooledTemporaryFile(max_size=MAX_BYTES_IN_MEMORY)  # noqa: SIM115 (closed with the response)
    for piece in own_data(current_user):
        buffer.write(piece.encode())
    db.session.rollback()
    buffer.seek(0)
    response = send_file(buffer, "application/json", as_attachment=True, download_name="full-duplex.json")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/settings/leave", methods=["GET", "POST"])
@deferred_transaction
@permission_required(is_signed_in)
@limiter.limit("10/hour", methods=["POST"])
def account() -> ResponseReturnValue:
    """Delete the member's account, after the password and two choices."""
    form = DeleteAccountForm()
    if not can_delete_account(current_user):
        return render_template("pages/delete_account.html"), 403 if form.is_submitted() else 200
    if current_user.role == "member" and form.validate_on_submit():
        member_id = current_user.id
        member = db.session.get_one(Member, member_id)
        keep_signed = form.named.data == "keep"
        steps = deletions(member, keep_anonymous=form.anonymous.data == "keep", keep_signed=keep_signed)
        begin_writing()
        logout_user()
        session.clear()
        try:
            for delete in steps:
                delete()
                end_turn(db.session.commit)
            # When the form was sent twice, the other request may have deleted the account meanwhile.
            if db.session.get(Member, member_id) is not None:
                delete_account(member, keep_signed=keep_signed)
            db.session.commit()
        except ObjectDeletedError:
            db.session.rollback()
        flash("Your account has been deleted.")
        return redirect(url_for("pages.home"))
    return form.render("pages/delete_account.html")
