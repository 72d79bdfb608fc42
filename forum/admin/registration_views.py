"""Who waits for approval, and the links by which people are invited."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from forum.access import can_administer
from forum.accounts import registration_actions
from forum.accounts.registration_queries import applicant_by_slug, applicants, invite_link_by_id, invite_links
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db, now
from forum.domains import display_domain, email_domain
from forum.forms import Form
from forum.links import external_url
from forum.moderation.log.actions import log_change
from forum.site import setting
from forum.urls import whole_number
from forum.web import permission_required, require

MAX_USES, MAX_DAYS = 1000, 365


def _number_up_to(maximum: int) -> list[InputRequired | NumberRange]:
    message = f"Enter a number from 1 to {maximum:,}."
    return [InputRequired(message), NumberRange(1, maximum, message)]


class InviteForm(Form):
    """A new invitation link."""

    note = StringField("For whom", validators=[Length(max=80, message="Use at most 80 characters.")])
    uses = IntegerField(
        "How many people can join",
        default=1,
        validators=[
            InputRequired("Enter a number."),
            NumberRange(1, MAX_USES, f"Enter a number from 1 to {MAX_USES:,}."),
        ],
    )
    days = IntegerField(
        "Valid for how many days",
        default=14,
        validators=[
            InputRequired("Enter a number."),
            NumberRange(1, MAX_DAYS, f"Enter a number from 1 to {MAX_DAYS}."),
        ],
    )


@bp.get("/joining")
def joining() -> ResponseReturnValue:
    """List who waits for approval and, for admins, the invitation links."""
    return _page(InviteForm(formdata=None))


@bp.post("/joining/<slug>")
@ADMIN_WRITES
def decide_application(slug: str) -> ResponseReturnValue:
    """Approve or decline an account."""
    member = applicant_by_slug(slug)
    if member is None:
        flash("Someone else has already decided about this account.")
        return redirect(url_for(".joining"))
    name = member.name
    if request.form.get("intent") == "approve":
        registration_actions.approve(member)
        log_change(current_user, "member", facts="the account was approved", member=member)
        flash(f"{name} is now a member. We have sent them an e-mail.")
    elif request.form.get("intent") == "decline":
        registration_actions.decline(member, reason=request.form.get("reason", "").strip()[:500])
        log_change(current_user, "member", facts="a new account was not approved")
        flash(f"{name} was declined and the account deleted. We have sent them an e-mail.")
    db.session.commit()
    return redirect(url_for(".joining"))


@bp.post("/invitations")
@permission_required(can_administer)
@ADMIN_WRITES
def create_invitation() -> ResponseReturnValue:
    """Make an invitation link."""
    form = InviteForm()
    if not form.validate():
        return _page(form)
    link = registration_actions.create_invite_link(**form.cleaned_data())
    log_change(current_user, "settings", facts=f"invitation link {link.id} created, for {link.uses_left} to join")
    db.session.commit()
    flash("Link created. Copy it from the list and send it to the people you invite.")
    return redirect(url_for(".joining"))


@bp.post("/invitations/revoke")
@ADMIN_WRITES
def revoke_invitation() -> ResponseReturnValue:
    """Revoke an invitation link."""
    require(can_administer(current_user))
    link = invite_link_by_id(whole_number(request.form.get("link_id")) or 0)
    if link is not None:
        log_change(current_user, "settings", facts=f"invitation link {link.id} revoked")
        registration_actions.revoke_invite_link(link)
        db.session.commit()
    flash("Link revoked. Nobody can join with it any more." if link is not None else "This link was already revoked.")
    return redirect(url_for(".joining"))


def _page(form: InviteForm) -> ResponseReturnValue:
    links = invite_links() if can_administer(current_user) else []
    urls = {link.id: external_url("accounts.join", invite=registration_actions.invite_token(link)) for link in links}
    page = render_template(
        "admin/joining.html",
        form=form,
        mode=setting("registration"),
        applicants=[(member, display_domain(email_domain(member.email))) for member in applicants()],
        links=links,
        urls=urls,
        now=now(),
    )
    return page, 422 if form.errors else 200
