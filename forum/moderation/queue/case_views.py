"""A case: deciding, claiming and releasing it, going to the next, notes to colleagues, and opening a case."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_open_case, can_represent
from forum.accounts.device_views import staff_proof_page
from forum.accounts.models import Member
from forum.accounts.queries import member_by_slug
from forum.accounts.staff_actions import LastAdmin
from forum.db import db
from forum.forms import composing
from forum.moderation import cases
from forum.moderation.decisions import actions, appeals
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.decisions.effects import named_member
from forum.moderation.evidence import actions as evidence_actions
from forum.moderation.evidence.forms import EvidenceRequestForm
from forum.moderation.models import Case, Decision, Item
from forum.moderation.queries import case_by_id
from forum.moderation.queue.blueprint import bp
from forum.moderation.queue.case_pages import case_page, listing_from_url
from forum.moderation.queue.choices import parse_choice
from forum.moderation.queue.forms import DecisionForm, NoteForm
from forum.moderation.queue.next_cases import claim_next, is_decidable
from forum.moderation.representatives import actions as representative_actions
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_slugs_of
from forum.rate_limits import limiter
from forum.urls import KeyConverter
from forum.web import require

# Deciding by keyboard is quick, and each case takes some requests: claim, standard text, decide.
DECISIONS = limiter.limit("240/minute;6000/hour")


@bp.get("/cases/<key:case_id>")
def case(case_id: int) -> ResponseReturnValue:
    """One case, with all that is needed to decide it."""
    opened = _case_or_404(case_id)
    return case_page(opened, _form_for(opened))


@bp.post("/cases/<key:case_id>/decide")
@DECISIONS
@composing
def decide(case_id: int) -> ResponseReturnValue:
    """Decide, and go to the next case."""
    opened = _case_or_404(case_id)
    require(is_decidable(current_user, opened))
    form = _form_for(opened)
    if opened.closed_at is not None:
        return _too_late_page(opened, form)
    if request.form.get("intent") == "fill_reason":
        form.fill_in_standard_text()
        return case_page(opened, form)
    if not form.validate() or not _can_still_represent(opened, form):
        return case_page(opened, form)
    if (page := staff_proof_page(_member_acted_on(opened, form))) is not None:
        return page
    try:
        decision = _decide(opened, form)
        db.session.commit()
    except LastAdmin:
        db.session.rollback()
        form.action.errors = ["This is the last admin. Make someone else an admin first."]
        return case_page(_case_or_404(case_id), form)
    except AlreadyDecided:
        db.session.rollback()
        return _too_late_page(_case_or_404(case_id), form)
    flash(f"Decided: entry {decision.id} of the log." if decision.id > 0 else "Decided. In public it is only counted.")
    return _open_next(_case_or_404(case_id))


@bp.post("/next")
@DECISIONS
def next_case() -> ResponseReturnValue:
    """Claim and open the next case of the list; the case that was open is released."""
    number = KeyConverter.number_in(request.form.get("after"))
    opened = db.session.scalar(case_by_id(number)) if number is not None else None
    if opened is not None:
        cases.release_claim(opened, current_user)
    return _open_next(opened)


@bp.post("/cases/<key:case_id>/claim")
@DECISIONS
def claim(case_id: int) -> ResponseReturnValue:
    """Claim a case for half an hour, or release it."""
    opened = _case_or_404(case_id)
    if request.form.get("intent") == "release":
        cases.release_claim(opened, current_user)
    elif not cases.claim(opened, current_user):
        flash("A colleague was faster: they have claimed this case or decided it.")
    db.session.commit()
    return redirect(url_for(".case", case_id=case_id, **listing_from_url().args))


@bp.post("/cases/<key:case_id>/note")
@composing
def note(case_id: int) -> ResponseReturnValue:
    """Add a note for colleagues."""
    opened = _case_or_404(case_id)
    form = NoteForm()
    if form.validate():
        cases.add_note(opened, current_user, (form.body.data or "").strip())
        db.session.commit()
        return redirect(url_for(".case", case_id=case_id, **listing_from_url().args, _anchor="notes"))
    return case_page(opened, _form_for(opened, formdata=None), form)


@bp.post("/cases/<key:case_id>/evidence")
@composing
def ask_for_evidence(case_id: int) -> ResponseReturnValue:
    """Ask the author of the text or the sender of the notice for files."""
    opened = _case_or_404(case_id)
    require(is_decidable(current_user, opened) and opened.closed_at is None)
    form = EvidenceRequestForm(opened)
    if not form.validate():
        return case_page(opened, _form_for(opened, formdata=None), ask_form=form)
    recipient, question = form.recipient.data, (form.question.data or "").strip()
    evidence_actions.ask_for_evidence(opened, current_user, recipient=recipient, question=question)
    db.session.commit()
    flash("Asked. The files will appear here.", "evidence")
    return redirect(url_for(".case", case_id=case_id, **listing_from_url().args, _anchor="evidence"))


@bp.post("/open")
def open_case() -> ResponseReturnValue:
    """Open a case about a text or a member on a moderator's own initiative."""
    opened = cases.open_case("flag", _item_or_404(), "Opened by a moderator")
    db.session.commit()
    return redirect(url_for(".case", case_id=opened.id))


def _case_or_404(case_id: int) -> Case:
    """Load the case. Not even moderators see who reported them or what they wrote."""
    opened: Case = db.first_or_404(case_by_id(case_id))
    require(can_open_case(current_user, opened))
    return opened


def _open_next(after: Case | None) -> ResponseReturnValue:
    """Claim the next case, commit, and go there; at the end of the list, back to the list."""
    listing = listing_from_url()
    following = claim_next(current_user, listing, after)
    db.session.commit()
    if following is not None:
        return redirect(url_for(".case", case_id=following.id, **listing.args))
    end = "You have reached the end of this list. The cases you skipped are still in it."
    flash(end if after is not None else "There is no case in this list for you to decide.")
    return redirect(url_for(".index", **listing.args))


def _too_late_page(opened: Case, form: DecisionForm) -> ResponseReturnValue:
    """Say that a colleague was faster, and keep what was typed: to copy it, or to decide once the case is free."""
    if opened.closed_at is None and opened.claimed_by is not None:
        return case_page(opened, form, held_up_by=opened.claimed_by.name)
    args = listing_from_url().args
    return render_template("moderation/too_late.html", case=opened, form=form, list_args=args), 409


def _form_for(opened: Case, **kwargs: Any) -> DecisionForm:
    item = opened.item
    form = DecisionForm(item, opened.kind, **kwargs)
    if form.is_submitted():
        return form
    if isinstance(item, Post):
        form.tags.data = ", ".join(tag_slugs_of([item.id]).get(item.id, []))
        form.vendor.data = item.vendor.name if item.vendor else ""
    if isinstance(item, Post | Comment):
        form.suggested_body.data = item.body
    return form


def _decide(opened: Case, form: DecisionForm) -> Decision:
    """Decide as the form says, with the sanction if there is one."""
    choice, grounds = form.action.data, form.grounds()
    if opened.kind == "appeal":
        reverses, facts, reason = choice == "reversed", grounds["facts"], grounds["reason"]
        return appeals.answer_appeal(opened, current_user, reverses=reverses, facts=facts, reason=reason)
    if opened.kind == "representative":
        return representative_actions.decide_request(opened, current_user, accepts=choice == "approve", **grounds)
    action, ends_at = parse_choice(choice, form.suspension_days())
    options = form.options()
    decision = actions.decide(opened, current_user, action=action, ends_at=ends_at, options=options, **grounds)
    if form.sanction.data:
        _add_sanction(opened, form)
    return decision


def _add_sanction(opened: Case, form: DecisionForm) -> None:
    """Sanction the author for the same rule and reason."""
    action, ends_at = parse_choice(form.sanction.data, form.suspension_days())
    item, grounds = opened.item, form.grounds(form.sanction.data)
    assert item is not None
    actions.apply_action(item, current_user, action=action, source=opened.source, ends_at=ends_at, **grounds)


def _member_acted_on(opened: Case, form: DecisionForm) -> Member | None:
    """Return the member whose account the decision is about, or None."""
    item = opened.item
    is_about_account = opened.member_id is not None or form.sanction.data
    return named_member(item) if item is not None and is_about_account else None


def _can_still_represent(opened: Case, form: DecisionForm) -> bool:
    """A request can be confirmed only while its member could still make it; otherwise the form says so."""
    representative = opened.representative
    if representative is None or form.action.data != "approve":
        return True
    if can_represent(representative.member, representative.vendor):
        return True
    form.action.errors = [
        "Their e-mail address, role or account has changed since: they can't represent the vendor any more."
    ]
    return False


def _item_or_404() -> Item:
    """Load the text or member that the form names."""
    number = KeyConverter.number_in(request.form.get("post") or request.form.get("comment")) or 0
    if request.form.get("slug"):
        item: Item = db.first_or_404(member_by_slug(request.form["slug"]))
    elif request.form.get("comment"):
        item = db.first_or_404(comment_by_id(number))
    else:
        item = db.first_or_404(post_by_id(number))
    if getattr(item, "deleted_at", None):
        abort(404)
    return item
