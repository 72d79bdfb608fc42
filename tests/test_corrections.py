"""Corrections of the catalogue that representatives suggest (can_suggest_correction) and staff answer."""

import pytest

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Decision
from forum.vendors.models import Correction
from tests.factories import make_member, make_representative, make_vendor
from tests.representatives import Browse, mails

FACT = "Gold asks for four certified people since May, not two."
DESK = "/vendors/nordwall/desk"


def suggest(browse: Browse, member: Member, **fields: str) -> Correction:
    assert browse(member).post(DESK, data={"body": FACT, **fields}).status_code == 302
    return db.session.query(Correction).order_by(Correction.id.desc()).first()


@pytest.mark.parametrize("intent, outcome", [("accept", "accepted"), ("decline", "declined")])
def test_a_correction_is_answered_with_a_reason_logged_and_mailed(
    browse: Browse, representative: Member, moderator: Member, intent: str, outcome: str
) -> None:
    row = suggest(browse, representative, source_url="https://nordwall.example/guide")
    assert "Not answered yet" in browse(representative).get(DESK).text
    reader, path = browse(moderator), f"/admin/corrections/{row.id}"
    assert path in reader.get("/admin/corrections").text and "Corrections" in reader.get("/admin/").text
    page = reader.get(path).text
    assert FACT in page and "https://nordwall.example/guide" in page
    assert reader.post(path, data={"intent": intent, "reason": ""}).status_code == 422
    mails()
    for _ in range(2):
        answer = reader.post(path, data={"intent": intent, "reason": "Your guide says so."})
        assert answer.status_code == 302
    db.session.expire_all()
    assert row.outcome == outcome and db.session.query(Decision).count() == 1
    ((address, subject, words),) = mails()
    assert address == representative.email and outcome in subject
    assert "Your guide says so." in words and FACT in words and DESK in words
    assert "Your guide says so." in browse(representative).get(DESK).text
    assert f"suggested by its representative was {outcome}" in browse().get("/log").text
    assert path not in reader.get("/admin/corrections").text


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"body": "Wrong."}, "at least 20 characters"),
        ({"body": "x " * 1500}, "Shorten it to 2,000"),
        ({"body": FACT, "source_url": "javascript:alert(1)"}, "begins with https://"),
    ],
)
def test_what_is_wrong_is_said_and_the_text_stays(
    browse: Browse, representative: Member, fields: dict[str, str], words: str
) -> None:
    answer = browse(representative).post(DESK, data=fields)
    assert answer.status_code == 422 and words in answer.text and fields["body"][:20].strip() in answer.text
    assert db.session.query(Correction).count() == 0


def test_ten_may_wait_and_no_more(browse: Browse, representative: Member) -> None:
    for _ in range(10):
        suggest(browse, representative)
    answer = browse(representative).post(DESK, data={"body": FACT})
    assert answer.status_code == 422 and "waiting for an answer" in answer.text and FACT in answer.text


def test_only_the_vendors_representatives_suggest_them(
    browse: Browse, representative: Member, moderator: Member
) -> None:
    for member in (make_member(), moderator, make_representative(make_vendor())):
        assert browse(member).post(DESK, data={"body": FACT}).status_code == 403
    assert browse().post(DESK, data={"body": FACT}).status_code == 401
    assert "Suggest correction" not in browse(moderator).get(DESK).text
