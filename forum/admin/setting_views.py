"""The settings that admins can change while the site runs, and a test mail."""

from urllib.parse import urlsplit

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import mail
from forum.access import can_administer
from forum.admin.setting_forms import LABELS, REDACTED_IN_LOG, SettingsForm
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.mail_transport import needs_tls
from forum.moderation.log.actions import log_change
from forum.rate_limits import limiter
from forum.site import (
    DEFAULTS,
    MAX_LOGO_BYTES,
    Value,
    change_setting,
    current_settings,
    logo_mimetype,
    record_mail_test,
    store_logo,
)
from forum.web import permission_required


@bp.route("/settings", methods=["GET", "POST"])
@permission_required(can_administer)
@ADMIN_WRITES
def settings() -> ResponseReturnValue:
    """Show and change the settings."""
    current = current_settings()
    form = SettingsForm(**current)
    if form.validate_on_submit():
        changes = form.changes(current)
        for name, value in changes.items():
            change_setting(name, value)
        if changes:
            facts = "; ".join(_log_words(name, current[name], value) for name, value in changes.items())
            log_change(current_user, "settings", facts=facts)
        db.session.commit()
        flash("Saved. The new settings apply from now on." if changes else "Nothing was changed.")
        return redirect(url_for(".settings"))
    page, status = form.render(
        "admin/settings.html",
        defaults=DEFAULTS,
        labels=LABELS,
        current=current,
        mail_server=_mail_server(),
        from_address=current_app.config["MAIL_FROM"],
    )
    return page, 409 if form.conflicts else status


@bp.post("/settings/logo")
@permission_required(can_administer)
@ADMIN_WRITES
def change_logo() -> ResponseReturnValue:
    """Store or remove the logo."""
    upload = request.files.get("logo")
    body = upload.read(MAX_LOGO_BYTES + 1) if upload is not None else b""
    if request.form.get("intent") == "remove":
        return _logo_saved(b"", "Logo removed.")
    if not body or len(body) > MAX_LOGO_BYTES or logo_mimetype(body) is None:
        flash(f"Choose a PNG, JPEG or WebP image of at most {MAX_LOGO_BYTES // 1000} KB. The logo was not changed.")
        return redirect(url_for(".settings", _anchor="logo"))
    return _logo_saved(body, "Logo saved. Every page shows it now.")


def _logo_saved(body: bytes, message: str) -> ResponseReturnValue:
    store_logo(body)
    log_change(current_user, "settings", facts=f"Logo: {'changed' if body else 'removed'}")
    db.session.commit()
    flash(message)
    return redirect(url_for(".settings", _anchor="logo"))


@bp.post("/settings/test-mail")
@permission_required(can_administer)
@limiter.limit("10/hour")
def test_mail() -> ResponseReturnValue:
    """Send a test mail to the admin."""
    if not current_user.email:
        flash("Your account has no e-mail address to send a test to.")
        return redirect(url_for(".settings", _anchor="mail"))
    record_mail_test()
    mail.enqueue(current_user.email, "test", subject="Test mail", name=current_user.name)
    db.session.commit()
    flash(f"Test mail sent to {current_user.email}. If it does not arrive, see System health.")
    return redirect(url_for(".settings", _anchor="mail"))


def _log_words(name: str, old: Value, new: Value) -> str:
    if name in REDACTED_IN_LOG:
        return f"{LABELS[name].label}: {'emptied' if not new else 'changed' if old else 'set'}"
    return f"{LABELS[name].label}: {old} → {new}"


def _mail_server() -> str:
    """Return the mail server and port for the page, without user and password."""
    url = urlsplit(current_app.config["MAIL_URL"])
    if url.scheme == "file":
        return "files in a folder on this machine: no one receives any"
    return f"{url.hostname}{f', port {url.port}' if url.port else ''}, {'TLS' if needs_tls(url) else 'SMTP'}"
