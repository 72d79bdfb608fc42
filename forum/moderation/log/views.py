"""The public log of decisions as pages, feed and JSON."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_read_statement, can_undo, is_moderator
from forum.dates import format_rfc3339
from forum.db import db, now
from forum.links import external_url
from forum.moderation.decisions.forms import UndoForm
from forum.moderation.kinds import ACTIONS, SOURCES, UNDONE_BY
from forum.moderation.log.queries import (
    LogEntry,
    action_counts_of,
    entry_by_id,
    log_page,
    reversal_id,
)
from forum.moderation.queries import decision_by_id
from forum.moderation.rules import RULES
from forum.urls import whole_number

bp = Blueprint("log", __name__)
TABS = {"": "All"} | {
    key: ACTIONS[key].tab for key in ("remove", "hide", "ask_to_edit", "decline", "approve", "restore", "staff")
}
FEED_SIZE = 30


@bp.get("/log")
def index() -> ResponseReturnValue:
    """Every decision, the latest first."""
    action, rule = request.args.get("action", ""), request.args.get("rule", "")
    if (action and action not in ACTIONS) or (rule and rule not in map(str, RULES)):
        return redirect(url_for(".index"))
    month = now().replace(day=1, hour=0, minute=0, second=0)
    return render_template(
        "moderation/log.html",
        log=log_page(action or None, whole_number(rule), _before()),
        action=action,
        rule=rule,
        before=request.args.get("before", ""),
        month=month,
        counts=action_counts_of(f"{month:%Y-%m}"),
        tabs=TABS,
        rules=RULES,
        sources=SOURCES,
    )


@bp.get("/log.json")
def as_json() -> Response:
    """The log as JSON."""
    page = log_page(before=_before())
    answer: dict[str, object] = {"entries": [_public_values(row) for row in page.rows]}
    if page.next:
        answer["next"] = external_url("log.as_json", before=page.next)
    return jsonify(answer)


@bp.get("/log.atom")
def feed() -> Response:
    """The latest decisions as a feed."""
    rows = log_page(limit=FEED_SIZE).rows
    return Response(
        render_template("moderation/log.xml", rows=rows, format_rfc3339=format_rfc3339),
        mimetype="application/atom+xml",
    )


@bp.get("/log/<int(signed=True):number>")
def entry(number: int) -> ResponseReturnValue:
    """One decision. Moderators can reverse it here."""
    row = entry_by_id(number) if abs(number) < 2**31 else None
    if row is None:
        abort(404)
    decision = db.session.scalars(decision_by_id(number)).one()
    is_concerned = can_read_statement(current_user, decision)
    if not row.is_listed and not is_concerned and not is_moderator(current_user):
        abort(404)
    reversed_by = reversal_id(number)
    is_reversible = row.action in UNDONE_BY and reversed_by is None
    return render_template(
        "moderation/entry.html",
        row=row,
        reversed_by=reversed_by,
        is_concerned=is_concerned,
        form=UndoForm(formdata=None) if is_reversible and can_undo(current_user, decision) else None,
        sources=SOURCES,
    )


def _before() -> int | None:
    return whole_number(request.args.get("before"))


def _public_values(row: LogEntry) -> dict[str, Any]:
    return {
        "number": row.id,
        "action": row.action,
        "target": row.target_label,
        "rule": row.rule,
        "reason": row.reason,
        "changed": row.changed or None,
        "source": row.source,
        "automated": row.automated,
        "ends_at": format_rfc3339(row.ends_at) if row.ends_at else None,
        "moderator": row.moderator_name,
        "reverses": row.reverses_id,
        "decided_at": format_rfc3339(row.decided_at),
        "url": external_url("log.entry", number=row.id),
    }
