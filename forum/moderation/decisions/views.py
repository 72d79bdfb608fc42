"""For whoever a decision is about: why it was made, what it took down, and the way to object. Anonymous authors too."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user, login_required
from sqlalchemy.exc import IntegrityError

from forum import text
from forum.access import can_appeal, can_read_statement
from forum.db import db, now
from forum.moderation.decisions import appeals
from forum.moderation.decisions.actions import ADVERSE
from forum.moderation.decisions.mail import outcome_for_author
from forum.moderation.models import Decision
from forum.moderation.notices.outcomes import OUTCOMES
from forum.moderation.notices.queries import notices_for_member
from forum.moderation.queries import (
    decision_by_id,
    decisions_for_member,
    reversal_of,
    withheld_text,
)
from forum.moderation.queue.forms import AppealForm
from forum.moderation.rules import RULES, rule_words
from forum.posts.chain_queries import anonymous_texts_of
from forum.rate_limits import limiter

bp = Blueprint("statements", __name__)


@bp.get("/decisions")
@login_required
def index() -> str:
    """Decisions about the reader, what they signed and what they wrote anonymously. Nobody else can list them."""
    posts, comments = anonymous_texts_of(current_user)
    found = decisions_for_member(current_user, [row.id for row in posts], [row.id for row in comments])
    return render_template(
        "moderation/statements.html",
        decisions=found,
        notices=notices_for_member(current_user, [row.id for row in posts], [row.id for row in comments]),
        outcomes=OUTCOMES,
        moment=now(),
        done=outcome_for_author,
        rule_words=rule_words,
    )


@bp.get("/decisions/<int:number>")
@login_required
def show(number: int) -> Any:
    """The statement of reasons."""
    return _page(_own(number), AppealForm(formdata=None))


@bp.post("/decisions/<int:number>/appeal")
@login_required
@limiter.limit("10/day")
def appeal(number: int) -> Any:
    """Object to the decision."""
    decision = _own(number)
    if not _open_to_appeal(decision):
        flash("An appeal against this decision is not open any more, or was made already.")
        return redirect(url_for(".show", number=number))
    form = AppealForm()
    if not form.validate():
        return _page(decision, form)
    try:
        appeals.file_appeal(decision, (form.body.data or "").strip())
        db.session.commit()
    except IntegrityError:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
    flash("Your appeal is with a moderator who did not decide this.")
    return redirect(url_for(".show", number=number))


def _own(number: int) -> Decision:
    decision: Decision | None = db.session.scalar(decision_by_id(number)) if number < 2**31 else None
    if decision is None or not can_read_statement(current_user, decision):
        abort(404)
    return decision


def _open_to_appeal(decision: Decision) -> bool:
    return decision.action in ADVERSE and can_appeal(current_user, decision) and reversal_of(decision) is None


def _page(decision: Decision, form: AppealForm) -> Any:
    return form.render(
        "moderation/statement.html",
        decision=decision,
        item=decision.comment or decision.post,
        done=outcome_for_author(decision),
        rule=RULES.get(decision.rule or 0),
        rule_words=rule_words,
        taken=withheld_text(decision),
        changes=text.word_diff,
        appeal=decision.appeal,
        reversal=reversal_of(decision),
        open_to_appeal=_open_to_appeal(decision),
    )
