"""Members: found by name, and one account with what staff may do to it. Anonymous writing is absent."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_administer, can_change_role, can_vouch
from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.staff_actions import LastAdmin
from forum.admin import member_actions
from forum.admin.member_forms import RoleForm
from forum.admin.queries import MEMBER_GROUPS, account_by_slug, decisions_about, search_members, signed_counts
from forum.admin.views import bp, int_arg, ADMIN_WRITES
from forum.db import db, now
from forum.vendors.representative_queries import represented_vendor
from forum.web import require


@bp.get("/members")
def members() -> Any:
    """Members by the beginning of their name, page or (for admins) e-mail address."""
    words, group = request.args.get("q", "").strip()[:80], request.args.get("group", "")
    if group not in MEMBER_GROUPS:
        return redirect(url_for(".members"))
    found = search_members(words, group, int_arg("before"), by_address=can_administer(current_user))
    return render_template(
        "admin/members.html",
        words=words,
        group=group,
        groups=MEMBER_GROUPS,
        page=found,
        now=now,
        before=int_arg("before"),
    )


@bp.get("/members/<slug>")
def member(slug: str) -> Any:
    """One account."""
    found = _found(slug)
    return _page(found, _role_form(found, formdata=None))


@bp.post("/members/<slug>")
@ADMIN_WRITES
def change_member(slug: str) -> Any:
    """Vouch, end sessions, clear a bounce, or send the confirming link again."""
    found, do = _found(slug), request.form.get("intent", "")
    if do in member_actions.MEMBER_ACTIONS:
        require(can_vouch(current_user, found) if do == "vouch" else can_administer(current_user))
        done = member_actions.run_member_action(current_user, found, do)
        db.session.commit()
        flash(done or "There was nothing to do: somebody else did it, perhaps.")
    return redirect(url_for(".member", slug=slug))


@bp.post("/members/<slug>/role")
@ADMIN_WRITES
def change_role(slug: str) -> Any:
    """Give another role, with a fresh password or code."""
    found = _found(slug)
    require(can_change_role(current_user, found))
    form = _role_form(found)
    if form.validate():
        try:
            member_actions.change_role(current_user, found, form.role.data, reason=form.reason_text())
            db.session.commit()
            flash(f"{found.name} is now: {found.role}.")
            return redirect(url_for(".member", slug=slug))
        except LastAdmin:
            form.role.errors = ["This is the last admin. Make somebody else one first."]
    # A code that was right is used up, whatever else is wrong.
    db.session.commit()
    return _page(found, form)


def _found(slug: str) -> Member:
    found: Member = db.first_or_404(account_by_slug(slug))
    return found


def _role_form(found: Member, **given: Any) -> RoleForm:
    spoken = represented_vendor(found)
    return RoleForm(found.role, spoken.name if spoken else None, role=found.role, **given)


def _page(found: Member, form: RoleForm) -> Any:
    return form.render(
        "admin/member.html",
        member=found,
        counts=signed_counts(found),
        decisions=decisions_about(found),
        speaks_for=form.vendor,
        second_factor_on=two_factor.is_enabled(found),
        now=now,
    )
