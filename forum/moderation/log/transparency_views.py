"""The transparency page: figures since the beginning, of a year or of a month, as page, JSON and CSV."""

import csv
import io
from typing import Any

from flask import Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from forum.db import now
from forum.moderation.kinds import ACTIONS, SOURCES
from forum.moderation.log.figure_queries import FIGURES, counts_by_month, first_decision_at, totals
from forum.moderation.log.periods import Period, periods_between
from forum.moderation.log.queries import MIN_EXACT_COUNT, transparency_counts
from forum.moderation.log.views import bp
from forum.moderation.rules import rule_words
from forum.moderation.wording import NOTICE_OUTCOMES
from forum.site import site_name

APPEAL_OUTCOMES = {"upheld": "The decision stands", "reversed": "The decision was undone"}
COLUMNS = ("period", "figure", "item", "count")


@bp.get("/transparency")
def transparency() -> str:
    """The figures about decisions since the site began."""
    return render_template(
        "moderation/transparency.html",
        counts=transparency_counts(),
        periods=_periods(),
        banded_count=banded_count,
        removal_rate=removal_rate,
        actions=ACTIONS,
        sources=SOURCES,
        outcomes=NOTICE_OUTCOMES,
    )


@bp.get("/transparency/<period>")
def transparency_of(period: str) -> ResponseReturnValue:
    """The figures of a year or a month."""
    periods = _periods()
    selected = _period_or_404(period, periods)
    return render_template(
        "moderation/transparency_period.html",
        period=selected,
        periods=periods,
        is_complete=selected.end <= now(),
        counts=totals(counts_by_month(selected), selected),
        figures=FIGURES,
        item_label=item_label,
        banded_count=banded_count,
    )


@bp.get("/transparency.csv")
def transparency_csv() -> Response:
    """The figures of every year and month as CSV, with small counts banded as on the pages."""
    output, rows = io.StringIO(), counts_by_month()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(COLUMNS)
    for period in _periods():
        for figure, items in totals(rows, period).items():
            writer.writerows([period.key, figure, item, banded_count(items[item], "")] for item in items)
    headers = {"Content-Disposition": 'attachment; filename="transparency.csv"'}
    return Response(output.getvalue(), mimetype="text/csv", headers=headers)


@bp.get("/transparency.json")
def transparency_json() -> Response:
    """The figures since the beginning as JSON, with small counts banded as on the page."""
    counts = transparency_counts()
    answer: dict[str, object] = {"site": site_name()}
    answer |= {name: counts[name] for name in ("hours_to_decide", "hours_to_decide_notices")}
    answer["notices_received"] = banded_count(sum(counts["notices"].values()))
    for name in ("by_action", "spam_by_action", "by_rule", "by_source", "appeals", "notices"):
        answer[name] = {str(key): banded_count(count) for key, count in counts[name].items()}
    answer |= {name: banded_count(counts[name]) for name in ("decisions", "automated")}
    answer["hidden"] = {name: banded_count(count) for name, count in counts["hidden"]._asdict().items()}
    answer["leanings"] = {
        leaning: {
            "removed": banded_count(removed),
            "written": banded_count(written),
            "rate": removal_rate(removed, written),
        }
        for leaning, (removed, written) in counts["leanings"].items()
    }
    return jsonify(answer)


@bp.get("/transparency/<period>.json")
def transparency_json_of(period: str) -> Response:
    """The figures of a year or a month as JSON."""
    selected = _period_or_404(period, _periods())
    counts: dict[str, Any] = totals(counts_by_month(selected), selected)
    figures = {name: {item: banded_count(items[item]) for item in items} for name, items in counts.items()}
    return jsonify({"site": site_name(), "period": selected.key, **figures})


def item_label(figure: str, item: str) -> str:
    """Return what a count of a figure is about, in words."""
    if figure in ("outcome", "spam"):
        return ACTIONS[item].tab or ACTIONS[item].log
    if figure == "rule":
        return rule_words(int(item))
    if figure == "source":
        return SOURCES[item].log.capitalize()
    if figure == "appeals":
        return APPEAL_OUTCOMES[item]
    return NOTICE_OUTCOMES[item] if figure == "notices" else item.capitalize()


def banded_count(count: int, thousands: str = ",") -> str:
    """Return a count as text, a small one as a band, so that no single case can be worked out."""
    return f"1–{MIN_EXACT_COUNT - 1}" if 0 < count < MIN_EXACT_COUNT else f"{count:{thousands}}"


def removal_rate(removed: int, written: int) -> str:
    """Return the share removed in percent, unless one of the counts is small."""
    if written < MIN_EXACT_COUNT or 0 < removed < MIN_EXACT_COUNT:
        return "too few to say"
    return f"{100 * removed / written:.1f}%"


def _periods() -> list[Period]:
    return periods_between(first_decision_at() or now(), now())


def _period_or_404(key: str, periods: list[Period]) -> Period:
    return next((period for period in periods if period.key == key), None) or abort(404)
