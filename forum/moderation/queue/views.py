"""The moderation room: the queue, a case, and deciding. The whole blueprint is shut to others at its door."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import is_employee, can_decide, can_represent, is_moderator
from forum.accounts.queries import member_by_slug
from forum.accounts.two_factor_views import require_staff
from forum.db import db, now
from forum.moderation import cases
from forum.moderation.decisions import actions, appeals
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.kinds import parse_choice
from forum.moderation.models import CASE_KINDS, Case
from forum.moderation.notices.senders import unseal_sender
from forum.moderation.queries import case_by_id, decisions_about_item, notes_for_case, flags_with_records, has_other_staff
from forum.moderation.queue.forms import BulkForm, DecisionForm, NoteForm
from forum.moderation.queue.queries import COUNT_CAP, SORTS, pending_edits, next_open_case, overdue_notice_count, queue, open_case_counts
from forum.moderation.representatives import actions as representative_actions
from forum.moderation.rules import RULES
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.posts.item_queries import revisions_of
from forum.posts.tags.queries import tag_slugs_of
from forum.urls import KeyConverter
from forum.rate_limits import limiter
from forum.web import require

bp = Blueprint("moderation", __name__, url_prefix="/moderation")
SIDEBAR_SIZE = 12  # cases shown beside the one that is open
# Deciding by keyboard is quick: claim and decide are two writes a case.
DECISIONS = limiter.limit("240/minute;6000/hour")
CASE_LABELS = {
    "flag": "Reports",
    "held": "Held",
    "notice": "Notices",
    "appeal": "Appeals",
    "representative": "Vendor requests",
}


@bp.before_request
def _door() -> Any:
    return require_staff(is_moderator)


@bp.get("/")
def index() -> Any:
    """What waits, the oldest or the weightiest first."""
    return queue_page(BulkForm(formdata=None))


@bp.get("/asked-to-edit")
def waiting_for_author() -> str:
    """What waits for its author, who was asked to change it."""
    return render_template("moderation/authors.html", texts=pending_edits(), rules=RULES)


@bp.get("/cases/<key:case_id>")
def case(case_id: int) -> Any:
    """One case, with what is needed to decide it."""
    found = _found(case_id)
    return _case_page(found, _form_for(found))


@bp.post("/cases/<key:case_id>/decide")
@DECISIONS
def decide(case_id: int) -> Any:
    """Decide, and open the next one."""
    found = _found(case_id)
    require(_may_decide(found))
    form = _form_for(found)
    if request.form.get("intent") == "usual":
        form.reason.data = form.usual_reason()
        return _case_page(found, form)
    if not form.validate() or not _still_fits(found, form):
        return _case_page(found, form)
    try:
        number = _decide(found, form)
        db.session.commit()
    except AlreadyDecided:
        db.session.rollback()
        return _too_late(_found(case_id), form)
    flash(f"Decided: entry {number} of the log.")
    kind = request.args.get("kind")
    following = next_open_case(case_id, kind)
    return redirect(url_for(".case", case_id=following, kind=kind) if following else url_for(".index", kind=kind))


@bp.post("/cases/<key:case_id>/claim")
@DECISIONS
def claim(case_id: int) -> Any:
    """Take a case for half an hour, or give it back."""
    found = _found(case_id)
    if request.form.get("intent") == "release":
        cases.release(found, current_user)
    elif not cases.claim(found, current_user):
        flash("A colleague has this one, or it is decided already.")
    db.session.commit()
    return redirect(url_for(".case", case_id=case_id, kind=request.args.get("kind")))


@bp.post("/cases/<key:case_id>/note")
def note(case_id: int) -> Any:
    """Tell the colleagues something."""
    found = _found(case_id)
    form = NoteForm()
    if form.validate():
        cases.add_note(found, current_user, (form.body.data or "").strip())
        db.session.commit()
        return redirect(url_for(".case", case_id=case_id, kind=request.args.get("kind"), _anchor="notes"))
    return _case_page(found, _form_for(found, formdata=None), form)


@bp.post("/open")
def open_case() -> Any:
    """Open a case about a text or a member oneself."""
    item = _named_item()
    made = cases.open_case("flag", item, "Opened by a moderator", source="own")
    db.session.commit()
    return redirect(url_for(".case", case_id=made.id))


def queue_page(form: BulkForm) -> Any:
    """The queue with the form for deciding on many at once."""
    kind = request.args.get("kind")
    sort = request.args.get("sort", "oldest")
    if (kind and kind not in CASE_KINDS) or sort not in SORTS:
        return redirect(url_for("moderation.index"))
    return form.render(
        "moderation/index.html",
        queue=queue(kind, sort, request.args.get("after")),
        kind=kind,
        sort=sort,
        names=CASE_LABELS,
        now=now,
        waiting=open_case_counts(),
        overdue=overdue_notice_count(now()),
        counted=COUNT_CAP,
        chosen=set(request.form.getlist("case")),
        rules=RULES,
    )


def _found(case_id: int) -> Case:
    """The case. About themselves or what they wrote nobody sees who reported it, moderators neither."""
    found: Case = db.first_or_404(case_by_id(case_id))
    require(can_decide(current_user, found, is_only_staff=True) or _decided_before(found))
    return found


def _decided_before(found: Case) -> bool:
    """The one who decided may read the appeal or objection, not answer it."""
    return found.contested_decision is not None and found.contested_decision.moderator_id == current_user.id


def _may_decide(found: Case) -> bool:
    if can_decide(current_user, found):
        return True
    return can_decide(current_user, found, is_only_staff=not has_other_staff({current_user.id}))


def _item_of(found: Case) -> Any:
    return found.comment or found.post or found.member


def _form_for(found: Case, **given: Any) -> DecisionForm:
    item = _item_of(found)
    form = DecisionForm(item, found.kind, **given)
    if request.method == "GET" and isinstance(item, Post):
        form.tags.data = ", ".join(tag_slugs_of([item.id]).get(item.id, []))
        form.vendor.data = item.vendor.name if item.vendor else ""
    if request.method == "GET" and isinstance(item, Post | Comment):
        form.proposed.data = item.body
    return form


def _decide(found: Case, form: DecisionForm) -> int:
    """Do what the form says: the decision, and the sanction beside it if there is one. The number of the entry."""
    choice, said = form.action.data, form.said()
    if found.kind == "appeal":
        said.pop("rule")
        return appeals.answer_appeal(found, current_user, reverses=choice == "reversed", **said).id
    if found.kind == "representative":
        return representative_actions.decide_request(found, current_user, accepts=choice == "approve", **said).id
    made = actions.decide(found, current_user, **parse_choice(choice), **said, **form.given())
    if form.sanction.data:
        sanction = parse_choice(form.sanction.data)
        actions.apply_action(_item_of(found), current_user, source=actions.source_of(found), **sanction, **said)
    return made.id


def _still_fits(found: Case, form: DecisionForm) -> bool:
    """A request is confirmed only while its member might still make it; else the form says so."""
    asked = found.representative
    if asked is None or form.action.data != "approve" or can_represent(asked.member, asked.vendor):
        return True
    form.action.errors = ["Their address, their role or their standing has changed: they cannot speak for the vendor."]
    return False


def _case_page(found: Case, form: DecisionForm, note_form: NoteForm | None = None, status: int = 0) -> Any:
    item = _item_of(found)
    text = item if isinstance(item, Post | Comment) else None
    page, code = form.render(
        "moderation/case.html",
        case=found,
        item=item,
        text=text,
        post=item.post if isinstance(item, Comment) else text,
        revisions=revisions_of(text) if text is not None else [],
        decisions=decisions_about_item(item) if item is not None else [],
        reports=flags_with_records(found),
        notes=notes_for_case(found),
        # Who says it is for those who weigh it, while they do.
        sender=unseal_sender(found.notice) if found.notice and found.closed_at is None and _may_decide(found) else None,
        note_form=note_form or NoteForm(formdata=None),
        beside=queue(request.args.get("kind"), most=SIDEBAR_SIZE),
        may_decide=_may_decide(found) and found.closed_at is None,
        names=CASE_LABELS,
        now=now,
        rules=RULES,
        belongs=lambda asked: is_employee(asked.member, asked.vendor),
    )
    return page, status or (422 if note_form is not None else code)


def _too_late(found: Case, form: DecisionForm) -> Any:
    """Somebody else was quicker, or has it claimed: said in words, with what was typed still there."""
    return render_template("moderation/too_late.html", case=found, form=form), 409


def _named_item() -> Any:
    """The text or member that a form names."""
    number = KeyConverter.number_in(request.form.get("post") or request.form.get("comment")) or 0
    if request.form.get("slug"):
        item = db.first_or_404(member_by_slug(request.form["slug"]))
    elif request.form.get("comment"):
        item = db.first_or_404(comment_by_id(number))
    else:
        item = db.first_or_404(post_by_id(number))
    if getattr(item, "deleted_at", None):
        abort(404)
    return item
