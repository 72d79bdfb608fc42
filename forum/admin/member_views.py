"""Members: the list, and one account with the staff actions on it. Anonymous posts are left out."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_act_on, can_administer, can_change_role, can_vouch
from forum.accounts import two_factor
from forum.accounts.device_views import staff_proof_page
from forum.accounts.models import Member
from forum.accounts.queries import account_by_slug
from forum.accounts.staff_actions import LastAdmin
from forum.admin import member_actions
from forum.admin.member_forms import RoleForm
from forum.admin.queries import MEMBER_GROUPS, decisions_about, search_members, signed_counts
from forum.admin.views import ADMIN_WRITES, bp, int_arg
from forum.db import db, now
from forum.vendors.representative_queries import represented_vendor
from forum.web import require


@bp.get("/members")
def members() -> ResponseReturnValue:
    """List members by parts of their names or (for admins) e-mail addresses."""
    words, group = request.args.get("q", "").strip()[:80], request.args.get("group", "")
    if group not in MEMBER_GROUPS:
        return redirect(url_for(".members"))
    before = int_arg("before")
    return render_template(
        "admin/members.html",
        words=words,
        group=group,
        groups=MEMBER_GROUPS,
        page=search_members(words, group, before, by_address=can_administer(current_user)),
        now=now,
        before=before,
    )


@bp.get("/members/<slug>")
def member(slug: str) -> ResponseReturnValue:
    """Show one account."""
    account = _account(slug)
    return _page(account, _role_form(account, formdata=None))


@bp.post("/members/<slug>")
@ADMIN_WRITES
def change_member(slug: str) -> ResponseReturnValue:
    """Vouch, end sessions, clear a bounce, or resend the confirmation link."""
    account, intent = _account(slug), request.form.get("intent", "")
    if intent in member_actions.MEMBER_ACTIONS:
        is_allowed = can_administer(current_user) and can_act_on(current_user, account)
        require(can_vouch(current_user, account) if intent == "vouch" else is_allowed)
        if (page := staff_proof_page(account)) is not None:
            return page
        message = member_actions.run_member_action(current_user, account, intent)
        db.session.commit()
        flash(message or "Nothing to do. Perhaps someone else did it already.")
    return redirect(url_for(".member", slug=slug))


@bp.post("/members/<slug>/role")
@ADMIN_WRITES
def change_role(slug: str) -> ResponseReturnValue:
    """Change the role, with the admin's password or code."""
    account = _account(slug)
    require(can_change_role(current_user, account))
    form = _role_form(account)
    if form.validate():
        try:
            member_actions.change_role(current_user, account, form.role.data, reason=form.reason_text())
            db.session.commit()
            flash(f"{account.name} is now {'an' if account.role == 'admin' else 'a'} {account.role}.")
            return redirect(url_for(".member", slug=slug))
        except LastAdmin:
            form.role.errors = ["This is the last admin. Make someone else an admin first."]
    # A valid code is used up even when another field is wrong.
    db.session.commit()
    return _page(account, form)


def _account(slug: str) -> Member:
    account: Member = db.first_or_404(account_by_slug(slug))
    return account


def _role_form(account: Member, **options: Any) -> RoleForm:
    vendor = represented_vendor(account)
    return RoleForm(account.role, vendor.name if vendor else None, role=account.role, **options)


def _page(account: Member, form: RoleForm) -> ResponseReturnValue:
    return form.render(
        "admin/member.html",
        member=account,
        counts=signed_counts(account),
        decisions=decisions_about(account),
        vendor_name=form.vendor,
        has_two_factor=two_factor.is_enabled(account),
        now=now,
    )
