"""The public log of decisions, as pages, feed and JSON, and what it counts."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask_login import current_user

from forum.links import external_url
from forum.access import can_read_statement, is_moderator
from forum.dates import format_rfc3339
from forum.db import db, now
from forum.moderation.decisions.effects import UNDONE_BY
from forum.moderation.log.queries import MIN_EXACT_COUNT, transparency_counts, action_counts_since, log_page, reversal_id
from forum.moderation.log.queries import entry_by_id as entry_row
from forum.moderation.models import ACTIONS
from forum.moderation.notices.outcomes import OUTCOMES
from forum.moderation.queries import decision_by_id
from forum.moderation.queue.forms import UndoForm
from forum.moderation.rules import RULES, rule_words

bp = Blueprint("log", __name__)
# What an entry says was done.
DONE = {
    "decline": "Reports declined, nothing changed",
    "approve": "Let through",
    "ask_to_edit": "Hidden, the author is asked to edit",
    "hide": "Hidden",
    "remove": "Removed",
    "restore": "Shown again",
    "lock": "Thread locked",
    "unlock": "Thread unlocked",
    "move": "Tags or vendor changed",
    "merge": "Thread goes on in another",
    "warn": "Warned",
    "hold": "Anonymous writing is held",
    "bar": "Barred from anonymous writing",
    "suspend": "Suspended",
    "ban": "Account closed",
    "lift": "Sanction lifted",
    "end": "Ended",
    "staff": "Changed by staff",
    "approve a vendor's representative": "Confirmed",
    "decline a vendor's representative": "Declined",
}
SOURCES = {
    "flag": "reports of members",
    "filter": "a filter",
    "notice": "a notice from outside",
    "own": "a moderator's own look",
    "appeal": "an appeal",
    "request": "a request",
    "automated": "the machine",
}
TABS = ("", "remove", "hide", "ask_to_edit", "decline", "approve", "restore", "staff")


@bp.get("/log")
def index() -> Any:
    """Every decision, the latest first."""
    action, rule = request.args.get("action", ""), request.args.get("rule", "")
    if (action and action not in ACTIONS) or (rule and rule not in map(str, RULES)):
        return redirect(url_for(".index"))
    before = request.args.get("before", "")
    return render_template(
        "moderation/log.html",
        log=log_page(action or None, int(rule or 0) or None, int(before) if _is_number(before) else None),
        action=action,
        rule=rule,
        before=before,
        month=now().replace(day=1, hour=0, minute=0, second=0),
        counts=action_counts_since(now().replace(day=1, hour=0, minute=0, second=0)),
        **_words(),
    )


@bp.get("/log.json")
def as_json() -> Response:
    """The same for machines."""
    before = request.args.get("before", "")
    page = log_page(before=int(before) if _is_number(before) else None)
    answer: dict[str, Any] = {"entries": [_public(row) for row in page.rows]}
    if page.next:
        answer["next"] = external_url("log.as_json", before=page.next)
    return jsonify(answer)


@bp.get("/log.atom")
def feed() -> Response:
    """The latest decisions as a feed."""
    page = render_template("moderation/log.xml", rows=log_page(most=30).rows, full=format_rfc3339, **_words())
    return Response(page, mimetype="application/atom+xml")


@bp.get("/log/<int:number>")
def entry(number: int) -> Any:
    """One decision. Moderators can undo it here."""
    row = entry_row(number) if number < 2**31 else None
    if row is None:
        abort(404)
    decision = db.session.scalar(decision_by_id(number))
    later = reversal_id(number)
    undoable = is_moderator(current_user) and row.action in UNDONE_BY and later is None
    return render_template(
        "moderation/entry.html",
        row=row,
        later=later,
        own=can_read_statement(current_user, decision),
        form=UndoForm(formdata=None) if undoable and not can_read_statement(current_user, decision) else None,
        **_words(),
    )


@bp.get("/transparency")
def transparency() -> str:
    """What was decided, counted."""
    return render_template(
        "moderation/transparency.html", counts=transparency_counts(), banded=banded_count, outcomes=OUTCOMES, **_words()
    )


@bp.get("/transparency.json")
def transparency_json() -> Response:
    """The same for machines, with small counts banded alike."""
    found = transparency_counts()
    answer: dict[str, Any] = {"site": current_app.config["SITE_NAME"]}
    answer |= {name: found[name] for name in ("hours_to_decide", "hours_to_decide_notices")}
    answer["notices_received"] = banded_count(sum(found["notices"].values()))
    for name in ("by_action", "by_rule", "by_source", "appeals", "notices"):
        answer[name] = {str(key): banded_count(value) for key, value in found[name].items()}
    answer |= {name: banded_count(found[name]) for name in ("decisions", "automated")}
    answer["leanings"] = {
        leaning: {"removed": banded_count(removed), "written": banded_count(written), "rate": removal_rate(removed, written)}
        for leaning, (removed, written) in found["leanings"].items()
    }
    return jsonify(answer)


def banded_count(count: int) -> str:
    """A count, or that it is small: so that no single case can be worked out."""
    return f"1–{MIN_EXACT_COUNT - 1}" if 0 < count < MIN_EXACT_COUNT else f"{count:,}"


def removal_rate(removed: int, written: int) -> str:
    """The share removed, unless too few stand behind it."""
    if written < MIN_EXACT_COUNT or 0 < removed < MIN_EXACT_COUNT:
        return "too few to say"
    return f"{100 * removed / written:.1f}%"


def _words() -> dict[str, Any]:
    return {"rules": RULES, "done": DONE, "sources": SOURCES, "rule_words": rule_words, "tabs": TABS, "rate": removal_rate}


def _is_number(typed: str) -> bool:
    return typed.isdecimal() and len(typed) < 10


def _public(row: Any) -> dict[str, Any]:
    return {
        "number": row.id,
        "action": row.action,
        "what": row.target_label,
        "rule": row.rule,
        "reason": row.reason,
        "changed": row.changed or None,
        "source": row.source,
        "automated": row.automated,
        "until": format_rfc3339(row.ends_at) if row.ends_at else None,
        "moderator": row.moderator_name,
        "reverses": row.reverses_id,
        "decided_at": format_rfc3339(row.decided_at),
        "url": external_url("log.entry", number=row.id),
    }
