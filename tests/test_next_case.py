"""The next case: in the order of the list, only what this moderator may decide, never twice; and two moderators at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import claim
from forum.moderation.models import Case, Decision
from forum.moderation.queue.next_cases import claim_next
from forum.moderation.queue.queries import Listing
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.moderation import REMOVE, WHY, case_about

Browse = Callable[..., Any]


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


@pytest.fixture
def colleague(app: Flask) -> Member:
    return make_member(role="moderator", name="Colin League")


def some_cases(count: int) -> list[Case]:
    cases = [case_about(make_post()) for _ in range(count)]
    for n, case in enumerate(cases):
        case.opened_at, case.weight = now() - timedelta(hours=count - n), float(n % 3)
    db.session.commit()
    return cases


def opened(answer: Any) -> str | None:
    match = re.search(r"/moderation/cases/(\w+)", answer.headers["Location"])
    return match and match[1]


def skip(reader: Any, after: str | None = None, args: str = "") -> str | None:
    return opened(reader.post(f"/moderation/next{args}", data={"after": after} if after else {}))


@pytest.mark.parametrize("sort", ["oldest", "weight"])
def test_skipping_goes_once_through_the_list_in_its_order(browse: Browse, judge: Member, sort: str) -> None:
    cases = some_cases(25)
    order = sorted(cases, key=lambda case: (-case.weight, -case.id) if sort == "weight" else (case.opened_at, case.id))
    expected = [key_text(case.id) for case in order]
    reader, keys = browse(judge), []
    key = skip(reader, args=f"?sort={sort}")
    while key is not None:
        keys.append(key)
        assert reader.get(f"/moderation/cases/{key}?sort={sort}").status_code == 200
        key = skip(reader, key, f"?sort={sort}")
    assert keys == expected
    assert db.session.query(Case).filter(Case.claimed_by_id.is_not(None)).count() == 0, "what was skipped is released"
    assert "reached the end of this list" in reader.get(f"/moderation/?sort={sort}").text


def test_the_next_case_is_one_that_the_moderator_may_decide(browse: Browse, judge: Member, colleague: Member) -> None:
    about_self, signed, anonymous, claimed, expired, free = (
        case_about(item)
        for item in (judge, make_post(judge), make_post(judge, anonymous=True), *(make_post() for _ in range(3)))
    )
    cases = [about_self, signed, anonymous, claimed, expired, free]
    for n, case in enumerate(cases):
        case.opened_at = now() - timedelta(hours=9 - n)
    claim(claimed, colleague)
    expired.claimed_by_id, expired.claimed_until = colleague.id, now() - timedelta(minutes=1)
    db.session.commit()
    reader = browse(judge)
    keys = [skip(reader)]
    while keys[-1] is not None:
        keys.append(skip(reader, keys[-1]))
    assert keys == [key_text(expired.id), key_text(free.id), None]
    page = reader.get("/moderation/").text
    assert "claimed by Colin League until" in page
    assert all(key_text(case.id) not in page for case in (about_self, signed, anonymous)), "no link leads to a 403"


def test_the_filter_of_the_list_holds_for_what_comes_next(browse: Browse, judge: Member) -> None:
    on_post, on_reply = case_about(make_post()), case_about(make_comment())
    request = case_about(make_member())
    reader = browse(judge)
    for about, case in (("post", on_post), ("comment", on_reply), ("member", request)):
        key = skip(reader, args=f"?about={about}")
        assert key == key_text(case.id)
        assert key in reader.get(f"/moderation/?about={about}").text
        assert skip(reader, key, f"?about={about}") is None
    assert skip(reader, args="?kind=held") is None
    claim(on_reply, judge)
    db.session.commit()
    assert skip(reader, args="?claim=mine") == key_text(on_reply.id)


def test_deciding_claims_the_next_case(browse: Browse, judge: Member) -> None:
    first, second = some_cases(2)
    reader = browse(judge)
    answer = reader.post(f"/moderation/cases/{key_text(first.id)}/decide?sort=weight", data=REMOVE)
    assert opened(answer) is None or opened(answer) == key_text(second.id)
    answer = reader.post(f"/moderation/cases/{key_text(second.id)}/decide", data=REMOVE, follow_redirects=True)
    assert "reached the end of this list" in answer.text and "Decided: entry" in answer.text


def test_two_who_ask_at_once_get_two_cases(judge: Member, colleague: Member) -> None:
    some_cases(3)
    mine, theirs = claim_next(judge, Listing(judge.id)), claim_next(colleague, Listing(colleague.id))
    assert mine is not None and theirs is not None and mine.id != theirs.id


def test_a_case_without_its_text_is_never_next(judge: Member) -> None:
    case = case_about(make_post())
    case.post_id = None
    db.session.commit()
    assert claim_next(judge, Listing(judge.id)) is None


# A colleague is faster


def test_a_claim_that_came_too_late_says_so(browse: Browse, judge: Member, colleague: Member) -> None:
    case = case_about(make_post())
    claim(case, colleague)
    db.session.commit()
    path = f"/moderation/cases/{key_text(case.id)}"
    page = browse(judge).post(f"{path}/claim", data={"intent": "claim"}, follow_redirects=True).text
    assert "A colleague was faster" in page and "Claimed by Colin League" in page


def test_a_decision_on_a_claimed_case_stays_in_its_form(browse: Browse, judge: Member, colleague: Member) -> None:
    case = case_about(make_post())
    claim(case, colleague)
    db.session.commit()
    answer = browse(judge).post(f"/moderation/cases/{key_text(case.id)}/decide", data=REMOVE)
    assert answer.status_code == 409
    assert "Colin League has claimed this case until" in answer.text
    form = answer.text[answer.text.index("data-decide") :]
    assert WHY in form and "Line two." in form and "checked" in form
    assert db.session.query(Decision).count() == 0


@pytest.mark.parametrize("intent", ["decide", "fill_reason"])
@pytest.mark.parametrize("action", ["remove", "no longer offered"])
def test_a_decision_on_a_decided_case_shows_both(
    browse: Browse, judge: Member, colleague: Member, intent: str, action: str
) -> None:
    case, following = some_cases(2)
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    assert browse(colleague).post(path, data={**REMOVE, "reason": "Theirs, and long enough."}).status_code == 302
    answer = browse(judge).post(path, data={**REMOVE, "intent": intent, "action": action})
    assert answer.status_code == 409
    assert "has decided this case" in answer.text and "Removed" in answer.text
    assert WHY in answer.text and "Line two." in answer.text
    assert db.session.query(Decision).count() == 1
    claim_of_colleague = db.session.get(Case, following.id)
    assert claim_of_colleague is not None and claim_of_colleague.claimed_by_id == colleague.id


def test_all_cases_of_a_page_can_be_selected_without_a_script(browse: Browse, judge: Member) -> None:
    cases = some_cases(3)
    page = browse(judge).get("/moderation/?select=all").text
    for case in cases:
        assert f'value="{key_text(case.id)}" checked' in page


def test_the_cases_beside_an_open_one_are_those_around_it(browse: Browse, judge: Member) -> None:
    cases = some_cases(40)
    page = browse(judge).get(f"/moderation/cases/{key_text(cases[20].id)}").text
    listed = re.findall(r'href="/moderation/cases/(\w+)" data-case', page)
    assert listed == [key_text(case.id) for case in cases[17:30]]
