"""The system health page, with buttons that retry failed mail and start a backup."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import jobs, mail
from forum.access import can_administer
from forum.admin import health as system_health
from forum.admin.integrity import PAGE_SAMPLE_SIZE, key_problem
from forum.admin.views import bp
from forum.backup.files import backup_folder
from forum.db import db
from forum.moderation.log.actions import log_change
from forum.rate_limits import limiter
from forum.schema import migrations
from forum.templating import count_of
from forum.web import permission_required


@bp.get("/health")
@permission_required(can_administer)
def health() -> str:
    """Show versions, migrations, jobs, mail and backups."""
    return render_template(
        "admin/health.html",
        versions=system_health.system_facts(),
        migrations=migrations(),
        key_problem=key_problem(PAGE_SAMPLE_SIZE),
        jobs=system_health.job_rows(),
        queue_status=system_health.queue_status(),
        outbox=mail.outbox_status(),
        backups=system_health.backups(),
        folder=backup_folder(),
    )


@bp.post("/health/mail")
@permission_required(can_administer)
@limiter.limit("30/hour")
def retry_mail() -> ResponseReturnValue:
    """Retry the mail that failed."""
    count = mail.retry_failed()
    if count:
        log_change(current_user, "operations", facts=f"{count_of(count, 'failed e-mail')} to be retried")
    db.session.commit()
    flash(f"{count_of(count, 'e-mail')} will be retried within a minute." if count else "No e-mail has failed.")
    return redirect(url_for(".health"))


@bp.post("/health/backup")
@permission_required(can_administer)
@limiter.limit("6/hour")
def back_up() -> ResponseReturnValue:
    """Start a backup of the database."""
    _start_job("back_up_now", "a backup was started")
    flash("Backup started. It appears below when it is complete.")
    return redirect(url_for(".health", _anchor="backups"))


@bp.post("/health/check")
@permission_required(can_administer)
@limiter.limit("6/hour")
def check_database() -> ResponseReturnValue:
    """Start a check of the whole database."""
    _start_job("check_database_now", "a check of the database was started")
    flash("Check started. The result appears among the jobs when it is complete.")
    return redirect(url_for(".health", _anchor="jobs"))


def _start_job(name: str, facts: str) -> None:
    log_change(current_user, "operations", facts=facts)
    db.session.commit()
    jobs.enqueue(name)
