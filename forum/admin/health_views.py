"""How the machinery is, with a button to try mail again and one for a backup."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user

from forum import backup, jobs, mail
from forum.access import can_administer
from forum.admin import health as machinery
from forum.admin.views import bp
from forum.db import db
from forum.moderation.log.actions import log_change
from forum.templating import count_of
from forum.rate_limits import limiter
from forum.web import permission_required


@bp.get("/health")
@permission_required(can_administer)
def health() -> str:
    """Versions, migrations, jobs, mail, backups."""
    return render_template(
        "admin/health.html",
        versions=machinery.versions(),
        migrations=machinery.migrations(),
        jobs=machinery.job_rows(),
        waiting=machinery.queue_status(),
        outbox=machinery.outbox(),
        copies=machinery.backups(),
        folder=backup.backup_folder(),
    )


@bp.post("/health/mail")
@permission_required(can_administer)
@limiter.limit("30/hour")
def try_mail_again() -> Any:
    """Try again what was given up."""
    tried = mail.retry_failed()
    if tried:
        log_change(current_user, "operations", facts=f"{count_of(tried, 'mail')} that had been given up tried again")
    db.session.commit()
    flash(f"{count_of(tried, 'mail')} will be tried again within a minute." if tried else "None had been given up.")
    return redirect(url_for(".health"))


@bp.post("/health/backup")
@permission_required(can_administer)
@limiter.limit("6/hour")
def back_up() -> Any:
    """Have a copy of the database made."""
    log_change(current_user, "operations", facts="a backup was asked for")
    db.session.commit()
    jobs.enqueue("back_up_now")
    flash("The copy is being made. It appears below when it is whole.")
    return redirect(url_for(".health", _anchor="backups"))
