"""What admins may change while the site runs, with its effect; and a test of the way that mail takes."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, url_for
from flask_login import current_user

from forum import mail
from forum.access import can_administer
from forum.admin.setting_forms import LABELS, REDACTED_IN_LOG, SettingsForm
from forum.admin.views import bp, ADMIN_WRITES
from forum.db import db
from forum.moderation.log.actions import log_change
from forum.site import DEFAULTS, change_setting, current_settings
from forum.rate_limits import limiter
from forum.web import permission_required


@bp.route("/settings", methods=["GET", "POST"])
@permission_required(can_administer)
@ADMIN_WRITES
def settings() -> Any:
    """Every setting."""
    in_force = current_settings()
    form = SettingsForm(**in_force)
    overtaken = form.overtaken(in_force)
    if form.validate_on_submit() and not overtaken:
        changes = form.changes(in_force)
        for name, value in changes.items():
            change_setting(name, value)
        if changes:
            log_change(
                current_user, "settings", facts="; ".join(_told(n, in_force[n], changes[n]) for n in changes)
            )
        db.session.commit()
        flash("Saved. Every page follows within ten seconds." if changes else "Nothing was changed.")
        return redirect(url_for(".settings"))
    page, status = form.render(
        "admin/settings.html",
        overtaken=overtaken,
        labels=LABELS,
        defaults=DEFAULTS,
        in_force=in_force,
        way=_way_of_mail(),
        from_address=current_app.config["MAIL_FROM"],
    )
    return page, 409 if overtaken else status


@bp.post("/settings/test-mail")
@permission_required(can_administer)
@limiter.limit("10/hour")
def test_mail() -> Any:
    """Send a mail to the admin who asks for it."""
    if not current_user.email:
        flash("Your account has no e-mail address to send one to.")
        return redirect(url_for(".settings", _anchor="mail"))
    mail.enqueue(current_user.email, "test", subject="A test", name=current_user.name)
    db.session.commit()
    flash(f"A mail is on its way to {current_user.email}. If it does not come, look at Health.")
    return redirect(url_for(".settings", _anchor="mail"))


def _told(name: str, before: Any, after: Any) -> str:
    if name in REDACTED_IN_LOG:
        return f"{LABELS[name][0]}: {'emptied' if not after else 'changed' if before else 'set'}"
    return f"{LABELS[name][0]}: {before} → {after}"


def _way_of_mail() -> str:
    """Server and port, without user or password."""
    url = urlsplit(current_app.config["MAIL_URL"])
    if url.scheme == "file":
        return "files in a folder of this machine: nobody gets any"
    return f"{url.hostname}{f', port {url.port}' if url.port else ''}, {'TLS' if url.scheme == 'smtps' else 'SMTP'}"
