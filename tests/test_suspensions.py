"""Suspensions of any length."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now, start_of_day
from forum.urls import key_text
from tests.factories import make_comment, make_member
from tests.moderation import REMOVE, case_about


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator")


def decide(browse: Any, judge: Member, item: Any, **fields: str) -> Any:
    path = f"/moderation/cases/{key_text(case_about(item).id)}/decide"
    answer = browse(judge).post(path, data={**REMOVE, **fields})
    db.session.expire_all()
    return answer


@pytest.mark.parametrize("days", ["", "0", "-3", "3651", "ten"])
def test_a_length_that_is_no_number_of_days_is_refused_and_kept(browse: Any, judge: Member, days: str) -> None:
    member = make_member()
    page = decide(browse, judge, member, action="suspend_other", days=days)
    assert page.status_code == 422 and "Enter a number of days from 1 to 3,650" in page.text
    assert f'name="days" type="text" dir="auto" value="{days}"' in page.text and not member.suspended_until


def test_a_member_is_suspended_for_as_many_days_as_a_moderator_types(browse: Any, judge: Member) -> None:
    member, author = make_member(), make_member()
    assert decide(browse, judge, member, action="suspend_other", days="14").status_code == 302
    assert member.suspended_until == start_of_day(now()) + timedelta(days=14)
    comment = make_comment(author=author)
    assert decide(browse, judge, comment, sanction="suspend_other", days="90").status_code == 302
    assert author.suspended_until == start_of_day(now()) + timedelta(days=90) and comment.removed_at
    reader = browse(judge)
    assert (
        'name="days"'
        not in reader.get(f"/moderation/cases/{key_text(case_about(make_comment(anonymous=True)).id)}").text
    )
