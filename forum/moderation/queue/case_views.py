"""The page of a case: deciding, claiming and releasing it, notes to colleagues, and opening a case."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_decide, can_represent
from forum.accounts.device_views import staff_proof_page
from forum.accounts.models import Member
from forum.accounts.queries import member_by_slug
from forum.accounts.staff_actions import LastAdmin
from forum.affiliation import is_employee
from forum.db import db, now
from forum.forms import composing
from forum.moderation import cases
from forum.moderation.decisions import actions, appeals
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.decisions.effects import named_member
from forum.moderation.evidence import actions as evidence_actions
from forum.moderation.evidence.forms import EvidenceRequestForm
from forum.moderation.evidence.queries import requests_of_case
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Case, Decision, Item
from forum.moderation.notices.senders import unseal_sender
from forum.moderation.queries import (
    case_by_id,
    decisions_about_item,
    flags_with_records,
    has_other_staff,
    notes_for_case,
)
from forum.moderation.queue.blueprint import bp
from forum.moderation.queue.choices import parse_choice
from forum.moderation.queue.forms import DecisionForm, NoteForm
from forum.moderation.queue.queries import next_open_case, queue
from forum.moderation.representatives import actions as representative_actions
from forum.moderation.rules import RULES
from forum.posts.comment_queries import comment_by_id
from forum.posts.item_queries import revisions_of
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_slugs_of
from forum.rate_limits import limiter
from forum.urls import KeyConverter
from forum.web import require

# Cases listed beside the open one.
SIDEBAR_SIZE = 12
# Deciding by keyboard is quick, and each case takes two requests: claim and decide.
DECISIONS = limiter.limit("240/minute;6000/hour")


@bp.get("/cases/<key:case_id>")
def case(case_id: int) -> ResponseReturnValue:
    """One case, with all that is needed to decide it."""
    opened = _case_or_404(case_id)
    return _case_page(opened, _form_for(opened))


@bp.post("/cases/<key:case_id>/decide")
@DECISIONS
@composing
def decide(case_id: int) -> ResponseReturnValue:
    """Decide, and go to the next case."""
    opened = _case_or_404(case_id)
    require(_can_decide(opened))
    form = _form_for(opened)
    if request.form.get("intent") == "fill_reason":
        form.reason.data = form.standard_reason()
        return _case_page(opened, form)
    if not form.validate() or not _can_still_represent(opened, form):
        return _case_page(opened, form)
    if (page := staff_proof_page(_member_acted_on(opened, form))) is not None:
        return page
    try:
        decision = _decide(opened, form)
        db.session.commit()
    except LastAdmin:
        db.session.rollback()
        form.action.errors = ["This is the last admin. Make someone else an admin first."]
        return _case_page(_case_or_404(case_id), form)
    except AlreadyDecided:
        db.session.rollback()
        return render_template("moderation/too_late.html", case=_case_or_404(case_id), form=form), 409
    flash(f"Decided: entry {decision.id} of the log." if decision.id > 0 else "Decided. In public it is only counted.")
    kind = request.args.get("kind")
    next_id = next_open_case(case_id, kind)
    return redirect(url_for(".case", case_id=next_id, kind=kind) if next_id else url_for(".index", kind=kind))


@bp.post("/cases/<key:case_id>/claim")
@DECISIONS
def claim(case_id: int) -> ResponseReturnValue:
    """Claim a case for half an hour, or release it."""
    opened = _case_or_404(case_id)
    if request.form.get("intent") == "release":
        cases.release_claim(opened, current_user)
    elif not cases.claim(opened, current_user):
        flash("A colleague has claimed this case, or it is decided already.")
    db.session.commit()
    return redirect(url_for(".case", case_id=case_id, kind=request.args.get("kind")))


@bp.post("/cases/<key:case_id>/note")
@composing
def note(case_id: int) -> ResponseReturnValue:
    """Add a note for colleagues."""
    opened = _case_or_404(case_id)
    form = NoteForm()
    if form.validate():
        cases.add_note(opened, current_user, (form.body.data or "").strip())
        db.session.commit()
        return redirect(url_for(".case", case_id=case_id, kind=request.args.get("kind"), _anchor="notes"))
    return _case_page(opened, _form_for(opened, formdata=None), form)


@bp.post("/cases/<key:case_id>/evidence")
@composing
def ask_for_evidence(case_id: int) -> ResponseReturnValue:
    """Ask the author of the text or the sender of the notice for files."""
    opened = _case_or_404(case_id)
    require(_can_decide(opened) and opened.closed_at is None)
    form = EvidenceRequestForm(opened)
    if not form.validate():
        return _case_page(opened, _form_for(opened, formdata=None), ask_form=form)
    recipient, question = form.recipient.data, (form.question.data or "").strip()
    evidence_actions.ask_for_evidence(opened, current_user, recipient=recipient, question=question)
    db.session.commit()
    flash("Asked. What is sent appears here.", "evidence")
    return redirect(url_for(".case", case_id=case_id, kind=request.args.get("kind"), _anchor="evidence"))


@bp.post("/open")
def open_case() -> ResponseReturnValue:
    """Open a case about a text or a member on a moderator's own initiative."""
    opened = cases.open_case("flag", _item_or_404(), "Opened by a moderator")
    db.session.commit()
    return redirect(url_for(".case", case_id=opened.id))


def _case_or_404(case_id: int) -> Case:
    """Load the case. Not even moderators see who reported them or what they wrote."""
    opened: Case = db.first_or_404(case_by_id(case_id))
    require(can_decide(current_user, opened, is_only_staff=True) or _decided_before(opened))
    return opened


def _decided_before(opened: Case) -> bool:
    """The moderator who decided can read the appeal or objection, but not answer it."""
    return opened.contested_decision is not None and opened.contested_decision.moderator_id == current_user.id


def _can_decide(opened: Case) -> bool:
    if can_decide(current_user, opened):
        return True
    return can_decide(current_user, opened, is_only_staff=not has_other_staff({current_user.id}))


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
    action, ends_at = parse_choice(choice)
    options = form.options()
    decision = actions.decide(opened, current_user, action=action, ends_at=ends_at, options=options, **grounds)
    if form.sanction.data:
        _add_sanction(opened, form)
    return decision


def _add_sanction(opened: Case, form: DecisionForm) -> None:
    """Sanction the author for the same rule and reason."""
    action, ends_at = parse_choice(form.sanction.data)
    item, grounds = opened.item, form.grounds()
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


def _case_page(
    opened: Case, form: DecisionForm, note_form: NoteForm | None = None, ask_form: EvidenceRequestForm | None = None
) -> ResponseReturnValue:
    item, content = opened.item, opened.content
    is_open, representative = opened.closed_at is None, opened.representative
    page, status = form.render(
        "moderation/case.html",
        case=opened,
        item=item,
        content=content,
        post=content.post if isinstance(content, Comment) else content,
        revisions=revisions_of(content) if content is not None else [],
        decisions=decisions_about_item(item) if item is not None else [],
        reports=flags_with_records(opened),
        notes=notes_for_case(opened),
        # Only those who can decide read who sent a notice, and only while it is open.
        sender=unseal_sender(opened.notice) if opened.notice and is_open and _can_decide(opened) else None,
        note_form=note_form or NoteForm(formdata=None),
        evidence=requests_of_case(opened) if is_open else [],
        evidence_form=ask_form or EvidenceRequestForm(opened, formdata=None),
        sidebar=queue(request.args.get("kind"), limit=SIDEBAR_SIZE),
        can_decide=_can_decide(opened) and is_open,
        kinds=CASE_KINDS,
        moment=now(),
        rules=RULES,
        is_employee=representative is not None and is_employee(representative.member, representative.vendor),
    )
    return page, 422 if note_form is not None or ask_form is not None else status


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
