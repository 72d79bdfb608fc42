"""Transparency by year and month: stable, spam apart from opinions, and nothing that the public log does not tell."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from forum.accounts.models import Member
from forum.db import clock_at, db
from forum.moderation.decisions.actions import apply_action
from forum.moderation.log.periods import month_period, periods_between
from forum.moderation.log.queries import action_counts_of
from forum.moderation.models import Appeal, Decision, Notice
from tests.factories import make_post
from tests.notices import Browse, case_of, confirmed, decide
from tests.query_counts import queries_for, recorded_work

WHY = "It names somebody without a public role; leave the name out."


def removed_on(day: datetime, judge: Member | None, rule: int = 3, *, count: int = 1, **fields: Any) -> None:
    with clock_at(day):
        for _ in range(count):
            values = {"action": "remove", "facts": "", "reason": WHY, "source": "flag", **fields}
            apply_action(make_post(), judge, rule=rule, **values)
        db.session.commit()


def on(year: int, month: int, day: int = 5) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def test_a_month_counts_its_own_decisions_with_spam_apart(browse: Browse, judge: Member) -> None:
    removed_on(on(2025, 3), judge, count=6)
    removed_on(on(2025, 3, 31), judge, 7, count=5)
    removed_on(on(2025, 4), judge, count=7)
    figures = browse().get("/transparency/2025-03.json").json
    assert figures["outcome"] == {"remove": "6"} and figures["spam"] == {"remove": "5"}
    assert figures["rule"] == {"3": "6", "7": "5"} and figures["source"] == {"flag": "11"}
    year = browse().get("/transparency/2025.json").json
    assert year["outcome"] == {"remove": "13"} and year["period"] == "2025"
    page = browse().get("/transparency/2025-03").text
    assert "Transparency, March 2025" in page and "is not over yet" not in page and "April" in page
    everything = browse().get("/transparency.json").json
    assert everything["by_action"] == {"remove": "13"} and everything["spam_by_action"] == {"remove": "5"}
    assert everything["decisions"] == "18"


def test_spam_is_no_opinion(browse: Browse, judge: Member) -> None:
    posts = [make_post(leaning="bad") for _ in range(10)]
    for n, post in enumerate(posts):
        apply_action(post, judge, action="remove", rule=7 if n < 4 else 3, facts="", reason=WHY, source="flag")
    db.session.commit()
    assert browse().get("/transparency.json").json["leanings"]["bad"] == {
        "removed": "6",
        "written": "6",
        "rate": "100.0%",
    }


def test_small_counts_are_bands_in_page_json_and_csv(browse: Browse, judge: Member) -> None:
    removed_on(on(2025, 3), judge, count=2)
    assert browse().get("/transparency/2025-03.json").json["outcome"] == {"remove": "1–4"}
    assert "1–4" in browse().get("/transparency/2025-03").text
    answer = browse().get("/transparency.csv")
    assert answer.mimetype == "text/csv"
    rows = {
        (row["period"], row["figure"], row["item"]): row["count"] for row in csv.DictReader(io.StringIO(answer.text))
    }
    assert rows["2025-03", "outcome", "remove"] == rows["2025", "outcome", "remove"] == "1–4"


def test_an_approved_anonymous_text_is_in_no_figure_of_a_month(browse: Browse, judge: Member) -> None:
    """Where few texts appeared in a month, a count of approvals would tell which of them was held."""
    post = make_post(anonymous=True)
    for target in (post, make_post()):
        apply_action(target, judge, action="approve", rule=None, facts="", reason=WHY, source="filter")
    apply_action(make_post(anonymous=True), judge, action="remove", rule=3, facts="", reason=WHY, source="filter")
    db.session.commit()
    listed = browse().get("/log.json").json["entries"]
    month = browse().get(f"/transparency/{datetime.now(UTC):%Y-%m}.json").json
    assert sorted(month["source"]) == sorted({entry["source"] for entry in listed}) == ["filter", "own"]
    assert month["outcome"] == {"approve": "1–4", "remove": "1–4"} and len(listed) == 2
    assert db.session.query(Decision).count() == 3


def test_appeals_and_notices_count_in_the_month_that_they_were_answered(browse: Browse, judge: Member) -> None:
    removed_on(on(2025, 3), judge)
    decision = db.session.query(Decision).one()
    db.session.add(
        Appeal(decision_id=decision.id, body="No.", created_at=on(2025, 4), answered_at=on(2025, 5), outcome="upheld")
    )
    db.session.commit()
    decide(browse, judge, case_of(confirmed(browse, make_post())[0]))
    notice = db.session.query(Notice).one()
    notice.confirmed_at, notice.closed_at = on(2025, 5), on(2025, 6)
    db.session.commit()
    months = [browse().get(f"/transparency/2025-0{month}.json").json for month in (4, 5, 6)]
    assert [month["received"] for month in months] == [{"appeals": "1–4"}, {"notices": "1–4"}, {}]
    assert [month["appeals"] for month in months] == [{}, {"upheld": "1–4"}, {}]
    assert [month["notices"] for month in months] == [{}, {}, {"kept": "1–4"}]
    page = browse().get("/transparency/2025").text
    assert "The decision stands" in page and "The content stays up" in page


@pytest.mark.parametrize("period", ["2019", "2025-13", "2025-00", "x", "2025-3", "99999", "2025-03-01"])
def test_a_period_without_a_site_is_not_found(browse: Browse, judge: Member, period: str) -> None:
    removed_on(on(2025, 3), judge)
    for path in (f"/transparency/{period}", f"/transparency/{period}.json"):
        assert browse().get(path).status_code == 404


def test_pages_of_periods_cost_the_same_for_one_decision_and_for_years_of_them(browse: Browse, judge: Member) -> None:
    removed_on(on(2025, 3), judge)
    paths = ("/transparency/2025", "/transparency/2025-03", "/transparency.csv", "/transparency")
    before = [queries_for(browse(), path) for path in paths]
    for month in range(1, 13):
        removed_on(on(2024, month), judge)
    assert [queries_for(browse(), path) for path in paths] == before


def test_the_logs_figures_read_only_what_was_decided_today(app: Flask) -> None:
    values = {"action": "hide", "target_label": "a post", "rule": 1, "reason": WHY, "source": "filter"}
    values |= {"decided_at": on(2025, 3), "moderator_name": "moderator 1"}
    db.session.execute(insert(Decision), [values] * 600)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE decisions"))
    db.session.commit()
    with recorded_work() as work:
        assert action_counts_of("2025-03") == {"hide": 600}
    assert max(work) < 200


def test_years_come_with_their_months_the_latest_first() -> None:
    keys = [period.key for period in periods_between(on(2025, 11), on(2026, 2))]
    assert keys == ["2026", "2026-02", "2026-01", "2025", "2025-12", "2025-11"]
    assert month_period(2025, 12).end == datetime(2026, 1, 1, tzinfo=UTC)
