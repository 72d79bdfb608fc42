"""The queue: its doors, its pages by key, claims and notes, deciding on many, and what ten thousand cases cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from forum import access
from forum.accounts.models import Member
from forum.db import db, new_random_id, now
from forum.mail import Mail
from forum.moderation.cases import open_case
from forum.moderation.models import Case, CaseNote, Decision
from forum.moderation.queue.queries import Listing, open_case_counts, queue
from forum.posts.models import Comment, Post
from forum.posts.visibility import hold
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.query_counts import calls_for, queries_for, recorded_queries, recorded_work

Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."
REMOVE = {"intent": "decide", "action": "remove", "rule": "3", "reason": WHY, "facts": ""}


def open_case_about(item: Any, reason: str = "Opened by a moderator", kind: str = "flag", **fields: Any) -> Case:
    case = open_case(kind, item, reason)
    for name, value in fields.items():
        setattr(case, name, value)
    db.session.commit()
    return case


def many_cases(count: int, post: Post) -> None:
    rows = [
        {
            "id": new_random_id(),
            "kind": ("flag", "held")[n % 2],
            "reason": f"Number {n}",
            "source": "own",
            "weight": float(n % 7),
            "opened_at": now() - timedelta(minutes=n),
            "post_id": post.id,
        }
        for n in range(count)
    ]
    db.session.execute(insert(Case), rows)
    db.session.commit()


def queries_of(visit: Callable[[], Any]) -> int:
    with recorded_queries() as statements:
        assert visit().status_code == 200
    return len(statements)


# Doors: every route of the room, by everybody.

DOORS = [
    ("GET", "/moderation/", 200),
    ("GET", "/moderation/cases/{case}", 200),
    ("POST", "/moderation/cases/{case}/decide", 422),
    ("POST", "/moderation/cases/{case}/claim", 302),
    ("POST", "/moderation/cases/{case}/note", 422),
    ("POST", "/moderation/cases/{case}/evidence", 422),
    ("POST", "/moderation/open", 404),
    ("POST", "/moderation/next", 302),
    ("POST", "/moderation/bulk", 422),
    ("GET", "/moderation/asked-to-edit", 200),
    ("GET", "/moderation/members/{slug}", 200),
    ("POST", "/moderation/members/{slug}", 422),
    ("POST", "/moderation/log/{number}/undo", 302),
]


@pytest.mark.parametrize("reader_role", ["stranger", "member", "suspended", "banned", "moderator", "admin"])
def test_each_door_of_the_room_opens_to_moderators_alone(browse: Browse, app: Flask, reader_role: str) -> None:
    author = make_member()
    case = open_case_about(make_post(author))
    decision = Decision(action="hide", target_label="a post", rule=3, reason=WHY, source="own", moderator_name="m")
    db.session.add(decision)
    db.session.commit()
    values: dict[str, Any] = {
        "member": {},
        "suspended": {"suspended_until": now() + timedelta(days=3)},
        "banned": {"role": "admin", "banned_at": now()},
        "moderator": {"role": "moderator"},
        "admin": {"role": "admin"},
    }.get(reader_role, {})
    reader = browse() if reader_role == "stranger" else browse(make_member(**values))
    for method, path, inside in DOORS:
        path = path.format(case=key_text(case.id), slug=author.slug, number=decision.id)
        answer = reader.open(path, method=method)
        shut = (302 if method == "GET" else 401) if reader_role == "stranger" else 403
        assert answer.status_code == (inside if reader_role in ("moderator", "admin") else shut), (method, path)


def test_the_table_of_doors_is_whole(app: Flask) -> None:
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("moderation.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    named = {"<key:case_id>": "{case}", "<slug>": "{slug}", "<int:number>": "{number}"}
    doors = set()
    for method, path in routes:
        for argument, name in named.items():
            path = path.replace(argument, name)
        doors.add((method, path))
    assert doors == {(method, path) for method, path, _ in DOORS}


def test_undoing_is_for_moderators_and_not_about_themselves(browse: Browse, judge: Member) -> None:
    post = make_post(judge, anonymous=True)
    decision = Decision(
        action="hide", target_label="x", rule=3, reason=WHY, source="own", moderator_name="m", post_id=post.id
    )
    db.session.add(decision)
    db.session.commit()
    assert not access.can_undo(judge, decision) and not access.can_undo(make_member(), decision)
    assert access.can_undo(make_member(role="moderator"), decision)
    assert browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY}).status_code == 403


# The list


def test_the_queue_shows_the_oldest_first_or_the_weightiest_and_pages_by_key(browse: Browse, judge: Member) -> None:
    many_cases(120, make_post())
    for sort in ("oldest", "weight"):
        rows, after = [], None
        while True:
            page = queue(Listing(sort=sort), after)
            rows += page.rows
            after = page.next
            if not after:
                break
        assert len({row.id for row in rows}) == 120
        values = [row.opened_at if sort == "oldest" else -row.weight for row in rows]
        assert values == sorted(values)
    assert len(queue(Listing(kind="held")).rows) == 50 and open_case_counts()["held"] == 60
    page = browse(judge).get("/moderation/?kind=held").text
    assert "Number 119" in page and "Number 118" not in page
    for nonsense in ("x", "x_y", "_5", "20261124T000000_x", "1e999_5", "nan_5"):
        assert browse(judge).get(f"/moderation/?after={nonsense}&sort=weight").status_code == 200
    assert browse(judge).get("/moderation/?kind=nonsense").status_code == 302


def test_ten_thousand_open_cases_cost_what_ten_cost(browse: Browse, judge: Member) -> None:
    post, reader = make_post(), browse(judge)

    def costs() -> tuple[int, int, int]:
        """Return the queries of a page, its function calls, and what its queries read."""
        queries, calls = queries_for(reader, "/moderation/"), calls_for(reader, "/moderation/")
        with recorded_work() as work:
            assert reader.get("/moderation/").status_code == 200
        return queries, calls, sum(work)

    many_cases(60, post)
    few = costs()
    many_cases(10_000, post)
    db.session.execute(db.text("ANALYZE"))
    db.session.commit()
    many = costs()
    assert many[0] == few[0] <= 12 and many[1] < 1.1 * few[1], (few, many)
    # Counting stops at COUNT_CAP; reading all cases once would cost more than this.
    assert many[2] < {"sqlite": 85_000, "postgresql": 3_000}[db.engine.dialect.name], (few, many)
    case = queue(Listing()).rows[0]
    assert queries_of(lambda: reader.get(f"/moderation/cases/{key_text(case.id)}")) <= 25


def test_a_case_shows_what_is_needed_to_decide_it(browse: Browse, judge: Member) -> None:
    post = make_post(title="What the upgrade really cost us")
    above = make_comment(post, body="Did anybody own that decision?")
    comment = make_comment(post, parent=above, anonymous=True, body="Our channel manager in Rotterdam.")
    case = open_case_about(comment)
    page = browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    for phrase in ("What the upgrade really cost us", "Did anybody own", "Rotterdam", "You only see the alias"):
        assert phrase in page
    browse(judge).post(f"/moderation/cases/{key_text(case.id)}/note", data={"body": "Seen this pattern before."})
    assert "Seen this pattern before." in browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    assert db.session.query(CaseNote).one().author_id == judge.id


def test_a_claim_is_one_moderators_and_can_be_given_back(browse: Browse, judge: Member) -> None:
    case, colleague = open_case_about(make_post()), make_member(role="moderator", name="Colin League")
    path = f"/moderation/cases/{key_text(case.id)}"
    browse(judge).post(f"{path}/claim", data={"intent": "claim"})
    assert "Claimed by Judith Fair until" in browse(colleague).get(path).text
    browse(colleague).post(f"{path}/claim", data={"intent": "release"})
    assert db.session.get(Case, case.id).claimed_by_id == judge.id
    browse(judge).post(f"{path}/claim", data={"intent": "release"})
    assert db.session.get(Case, case.id).claimed_by_id is None


def test_the_usual_reason_is_filled_in_to_be_edited(browse: Browse, judge: Member) -> None:
    case = open_case_about(make_post())
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    page = browse(judge).post(path, data={**REMOVE, "intent": "fill_reason", "reason": ""}).text
    assert "identifies someone who has no public role" in page
    assert db.session.query(Decision).count() == 0


# Many at once


@pytest.mark.slow
def test_two_hundred_are_decided_in_one_go(browse: Browse, judge: Member) -> None:
    post = make_post()
    author = make_member()
    cases = [open_case("flag", make_comment(post, author), "Advertising") for _ in range(200)]
    db.session.commit()
    with recorded_queries() as statements:
        answer = browse(judge).post("/moderation/bulk", data={**REMOVE, "case": [key_text(case.id) for case in cases]})
    assert answer.status_code == 302
    assert db.session.query(Decision).count() == 200
    assert db.session.query(Comment).filter(Comment.removed_at.is_(None)).count() == 0
    assert db.session.get(Post, post.id).comment_count == 0
    assert len(statements) < 18 * 200, f"{len(statements)} queries"
    (message,) = db.session.query(Mail).all()
    assert "199 other posts or replies" in message.text, "one mail, not two hundred"


def test_deciding_on_many_leaves_what_the_decision_does_not_fit(browse: Browse, judge: Member) -> None:
    held, flagged, by_moderator = make_post(), make_post(), make_post(judge)
    hold(held, "A filter caught it.")
    db.session.commit()
    cases = [db.session.query(Case).one(), open_case_about(flagged), open_case_about(by_moderator)]
    keys = [key_text(case.id) for case in cases]
    approve = {**REMOVE, "action": "approve", "rule": "", "reason": "Read, and nothing in it breaks a rule."}
    page = browse(judge).post("/moderation/bulk", data={**approve, "case": keys}, follow_redirects=True).text
    assert "1 decided." in page and "2 skipped" in page
    assert db.session.get(Post, held.id).hidden_at is None
    assert browse(judge).post("/moderation/bulk", data=approve).status_code == 422


def test_all_that_a_member_signed_since_a_day_is_taken_down_at_once(browse: Browse, judge: Member) -> None:
    spammer = make_member()
    old = make_post(spammer, at=now() - timedelta(days=30))
    new, anonymous = make_post(spammer), make_post(spammer, anonymous=True)
    comment = make_comment(author=spammer)
    path = f"/moderation/members/{spammer.slug}"
    page = browse(judge).get(path).text
    assert new.title in page and anonymous.title not in page and old.title not in page
    data = {**REMOVE, "rule": "7", "item": [key_text(new.id), key_text(comment.id), key_text(anonymous.id)]}
    assert browse(judge).post(path, data=data).status_code == 302
    db.session.expire_all()
    assert new.removed_at and comment.removed_at and not old.removed_at and not anonymous.removed_at
    assert db.session.query(Decision).count() == 2
