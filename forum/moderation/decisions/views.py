"""Decisions about the reader: the list, the statement of reasons and the appeal. For anonymous authors too."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_read_statement, is_signed_in
from forum.accounts.device_views import fresh_proof_required
from forum.db import db, now
from forum.diffs import word_diff
from forum.forms import composing
from forum.moderation.decisions import appeals
from forum.moderation.decisions.forms import AppealForm
from forum.moderation.decisions.redress import is_open_to_appeal
from forum.moderation.evidence.queries import requests_to_author
from forum.moderation.kinds import ADVERSE, SOURCES
from forum.moderation.models import Decision
from forum.moderation.notices.queries import notices_for_member
from forum.moderation.own_decision_queries import decisions_for_member
from forum.moderation.queries import decision_by_id, reversal_of, withheld_text
from forum.moderation.wording import NOTICE_OUTCOMES, outcome_for_author
from forum.posts.chain_queries import readable_chain_links_of
from forum.rate_limits import limit_writing
from forum.submissions import submit_once
from forum.web import permission_required

bp = Blueprint("statements", __name__)


@bp.get("/decisions")
@permission_required(is_signed_in)
@fresh_proof_required
def index() -> ResponseReturnValue:
    """Decisions about the reader and their texts, anonymous ones too. Nobody else can list them."""
    cursor, links = request.args.get("after"), readable_chain_links_of(current_user)
    return render_template(
        "moderation/statements.html",
        decisions=decisions_for_member(current_user, links, cursor),
        is_first_page=not cursor,
        notices=[] if cursor else notices_for_member(current_user, links),
        evidence=[] if cursor else requests_to_author(current_user, links),
        outcomes=NOTICE_OUTCOMES,
        moment=now(),
        outcome_for_author=outcome_for_author,
    )


@bp.get("/decisions/<int(signed=True):number>")
@permission_required(is_signed_in)
def show(number: int) -> ResponseReturnValue:
    """The statement of reasons."""
    return _page(_decision_or_404(number), AppealForm(formdata=None))


@bp.post("/decisions/<int:number>/appeal")
@permission_required(is_signed_in)
@limit_writing("10/day")
@composing
def appeal(number: int) -> ResponseReturnValue:
    """Appeal against the decision. The same appeal sent twice is one; another text comes back, to be copied."""
    decision = _decision_or_404(number)
    form = AppealForm()
    body = (form.body.data or "").strip()
    if is_open_to_appeal(current_user, decision):
        if not form.validate():
            return _page(decision, form)
        submit_once(lambda: appeals.file_appeal(decision, body))
    if decision.appeal is None or decision.appeal.body != body:
        return _page(decision, form, is_late=True)
    flash("Your appeal was sent to a moderator who did not make this decision.")
    return redirect(url_for(".show", number=number))


def _decision_or_404(number: int) -> Decision:
    decision: Decision | None = db.session.scalar(decision_by_id(number)) if abs(number) < 2**31 else None
    if decision is None or not can_read_statement(current_user, decision):
        abort(404)
    return decision


def _page(decision: Decision, form: AppealForm, *, is_late: bool = False) -> ResponseReturnValue:
    page, status = form.render(
        "moderation/statement.html",
        decision=decision,
        item=decision.content,
        is_adverse=decision.action in ADVERSE,
        is_in_force=decision.content is not None and decision.content.decision_id == decision.id,
        moment=now(),
        outcome=outcome_for_author(decision),
        source=SOURCES[decision.source].statement if decision.source in SOURCES else decision.source,
        withheld=withheld_text(decision),
        word_diff=word_diff,
        appeal=decision.appeal,
        reversal=reversal_of(decision),
        is_open_to_appeal=is_open_to_appeal(current_user, decision),
        is_late=is_late,
    )
    return page, 409 if is_late else status
