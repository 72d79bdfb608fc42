"""The pages on which a member proves where they work, beside a private address to sign in with."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from limits import parse

from forum.access import can_secure_account, is_member
from forum.accounts import work_domain_actions
from forum.accounts.forms import WorkDomainForm
from forum.accounts.sign_in_limits import is_within_mailbox_limit
from forum.db import db
from forum.domains import display_domain, normalized_address
from forum.rate_limits import limiter
from forum.web import permission_required

bp = Blueprint("work_domain", __name__)
# Mails to one address, so that nobody can flood another person's mailbox.
PER_EMAIL = parse("5/day")


@bp.route("/settings/company", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def settings() -> ResponseReturnValue:
    """Say what the member counts as, and request a link that proves where they work."""
    form = WorkDomainForm()
    if not can_secure_account(current_user):
        return render_template("accounts/work_domain.html"), 403 if form.is_submitted() else 200
    if form.validate_on_submit():
        address = normalized_address(form.email.data or "")
        if is_within_mailbox_limit(PER_EMAIL, "work domains to", address):
            work_domain_actions.send_work_domain_link(current_user, address)
            db.session.commit()
            return redirect(url_for("accounts.check_email", purpose="company"))
        form.email.errors = ["Several links were sent to this address today. Open one of them, or come back tomorrow."]
    return form.render("accounts/work_domain.html")


@bp.post("/settings/company/remove")
@permission_required(can_secure_account)
@limiter.limit("10/hour")
def remove() -> ResponseReturnValue:
    """Forget the domain: the member counts as their sign-in address says."""
    work_domain_actions.set_work_domain(current_user, None)
    db.session.commit()
    flash("The company is removed from your account.")
    return redirect(url_for(".settings"))


@bp.route("/company/<token>", methods=["GET", "POST"])
@permission_required(can_secure_account)
@limiter.limit("20/hour", methods=["POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Confirm where one works, by the link mailed to the work address, signed in as the member who asked for it."""
    domain = work_domain_actions.domain_from_token(token, current_user)
    if domain is None:
        return render_template("accounts/dead_link.html"), 410
    if request.method == "POST":
        work_domain_actions.set_work_domain(current_user, domain)
        db.session.commit()
        flash(f"You count as working at {display_domain(domain)}.")
        return redirect(url_for(".settings"))
    return render_template("accounts/confirm_work_domain.html", domain=domain)
