"""Joining, confirming, signing in and settings, through the browser and by the mails in the outbox."""

import re
import runpy
from typing import Any

import pytest
from argon2 import Type

from forum.accounts import passwords
from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.db import db
from forum.mail import Mail, deliver_due
from forum.rate_limits import limiter
from tests.factories import PASSWORD, run_concurrently
from tests.factories import make_member as make_plain_member
from tests.rating_forms import page_text

OTHER = "wet stone quiet harbour"


def outbox() -> list[Mail]:
    return list(db.session.query(Mail).order_by(Mail.created_at, Mail.id))


def link_in(mail: Mail) -> str:
    match = re.search(r"http://localhost(/\S+)", mail.text)
    assert match
    return match[1]


def newest(template_words: str) -> Mail:
    db.session.expire_all()
    mails = [mail for mail in outbox() if template_words in mail.text]
    assert mails, [mail.subject for mail in outbox()]
    return mails[-1]


def test_passwords_are_hashed_at_the_cost_that_owasp_recommends() -> None:
    """The other tests use a cheap hasher: see conftest.py."""
    hasher = runpy.run_path(passwords.__file__)["_hasher"]
    assert (hasher.type, hasher.time_cost, hasher.memory_cost, hasher.parallelism) == (Type.ID, 2, 19_456, 1)


def test_somebody_joins_confirms_and_is_in(app: Any, browse: Any) -> None:
    reader = browse()
    answer = reader.post("/join", data={"name": "Marta Aalto", "email": "Marta@Partner.example", "password": PASSWORD})
    assert answer.status_code == 302 and answer.location.endswith("/sent/join")
    link = link_in(newest("created an account"))
    assert reader.get(link).status_code == 200
    assert reader.post(link, data={"password": "not it at all"}).status_code == 422
    answer = reader.post(link, data={"password": PASSWORD}, follow_redirects=True)
    assert "Your e-mail address is confirmed" in answer.text
    member = db.session.query(Member).one()
    assert member.email == "marta@partner.example" and member.confirmed_at
    assert reader.get("/settings").status_code == 200
    assert reader.get(link).status_code == 410, "a confirmation works once"


def test_nobody_signs_in_before_confirming_and_gets_the_link_again(app: Any, browse: Any) -> None:
    reader = browse()
    reader.post("/join", data={"name": "Marta", "email": "marta@partner.example", "password": PASSWORD})
    answer = reader.post("/sign-in", data={"email": "marta@partner.example", "password": PASSWORD})
    assert answer.location.endswith("/sent/join") and len(outbox()) == 2
    assert reader.get("/settings").status_code == 302


def test_an_address_that_is_known_gets_the_same_answer_on_the_page(app: Any, browse: Any) -> None:
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    existing = browse().post("/join", data={"name": "X Y", "email": "marta@partner.example", "password": OTHER})
    new = browse().post("/join", data={"name": "X Y", "email": "else@partner.example", "password": OTHER})
    assert (existing.status_code, existing.location) == (new.status_code, new.location)
    assert "already has an account" in newest("already has an account").text
    for path in ("/forgotten-password",):
        answers = [browse().post(path, data={"email": f"{name}@partner.example"}) for name in ("marta", "nobody")]
        assert answers[0].location == answers[1].location
    wrong = [
        browse().post("/sign-in", data={"email": f"{name}@partner.example", "password": "wrong wrong"}).text
        for name in ("marta", "nobody")
    ]
    wrong = [re.sub(r'name="csrf_token" value="[^"]+"', "", page) for page in wrong]
    assert "Wrong e-mail or password" in wrong[0]
    assert wrong[0].replace("marta", "") == wrong[1].replace("nobody", "")


def test_a_second_join_before_confirming_kills_the_first_link(app: Any, browse: Any) -> None:
    browse().post("/join", data={"name": "Intruder", "email": "marta@partner.example", "password": OTHER})
    first = link_in(newest("created an account"))
    browse().post("/join", data={"name": "Marta", "email": "marta@partner.example", "password": PASSWORD})
    assert browse().get(first).status_code == 410
    assert db.session.query(Member).count() == 1


def test_joining_twice_at_once_is_joining_once_and_one_name_may_join_twice(app: Any, browse: Any) -> None:
    def join(email: str) -> Any:
        reader = browse()
        return lambda: reader.post("/join", data={"name": "Marta", "email": email, "password": PASSWORD})

    answers = run_concurrently(*(join("marta@partner.example") for _ in range(3)), join("other@partner.example"))
    assert {answer.status_code for answer in answers} == {302}
    assert sorted(member.email for member in db.session.query(Member)) == [
        "marta@partner.example",
        "other@partner.example",
    ]


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "Enter your name"),
        ("name", "x" * 61, "2 to 60 characters"),
        ("name", "a@b.example", "looks like an e-mail or web address"),
        ("email", "", "Enter your e-mail"),
        ("email", "marta@aalto", "e-mail address is incomplete"),
        ("email", "a" * 300 + "@partner.example", "too long"),
        ("password", "short", "at least 10 characters"),
        ("password", "password123", "most common passwords"),
        ("password", "Welcome2026!", "most common passwords"),
        ("password", "aaaaaaaaaaaa", "most common passwords"),
        ("password", "x" * 201, "at most 200"),
        ("password", "Marta Aalto1", "your name"),
    ],
)
def test_joining_answers_every_wrong_field_in_words(app: Any, browse: Any, field: str, value: str, words: str) -> None:
    form_data = {"name": "Marta Aalto", "email": "marta@partner.example", "password": PASSWORD, field: value}
    answer = browse().post("/join", data=form_data)
    assert answer.status_code == 422 and words in answer.text
    if field != "name":
        assert "Marta Aalto" in answer.text, "the rest is kept"
    assert db.session.query(Member).count() == 0


def test_signing_in_leads_back_and_never_elsewhere(app: Any, browse: Any) -> None:
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    right = {"email": "MARTA@partner.example ", "password": PASSWORD}
    assert browse().post("/sign-in", data={**right, "next": "/posts/new?vendor=x"}).location == "/posts/new?vendor=x"
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"):
        assert browse().post("/sign-in", data={**right, "next": evil}).location == "/"
    assert browse().get("/posts/new").location.endswith("/sign-in?next=/posts/new")


def test_remember_me_outlives_the_session_and_a_password_change_ends_it(app: Any, browse: Any) -> None:
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    old, current = browse(), browse()
    for reader in (old, current):
        reader.post("/sign-in", data={"email": "marta@partner.example", "password": PASSWORD, "remember": "y"})
        assert reader.get_cookie("remember_token")
        reader.delete_cookie("session")
        assert reader.get("/settings").status_code == 200
    answer = current.post(
        "/settings/password", data={"current_password": PASSWORD, "password": OTHER, "password_confirmation": OTHER}
    )
    assert answer.status_code == 302
    assert current.get("/settings").status_code == 200
    assert old.get("/settings").status_code == 302, "other devices are signed out"
    assert "was just changed" in newest("password of your account").text


def test_changing_the_password_asks_for_the_present_one_and_twice_for_the_new(app: Any, browse: Any) -> None:
    member = create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    reader = browse(member)
    for data, words in [
        (
            {"current_password": "wrong wrong", "password": OTHER, "password_confirmation": OTHER},
            "not your current password",
        ),
        ({"current_password": PASSWORD, "password": OTHER, "password_confirmation": "another one"}, "do not match"),
        ({"current_password": PASSWORD, "password": "short", "password_confirmation": "short"}, "at least 10"),
    ]:
        answer = reader.post("/settings/password", data=data)
        assert answer.status_code == 422 and words in answer.text
    db.session.expire_all()
    assert passwords.is_correct(db.session.get(Member, member.id).password_hash, PASSWORD)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(app: Any, browse: Any) -> None:
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    browse().post("/forgotten-password", data={"email": "marta@partner.example"})
    link = link_in(newest("asked for a new password"))
    assert browse().post(link, data={"password": "short"}).status_code == 422
    assert browse().post(link, data={"password": OTHER}).status_code == 302
    assert browse().get(link).status_code == 410
    assert browse().get("/new-password/forged").status_code == 410
    assert browse().post("/sign-in", data={"email": "marta@partner.example", "password": OTHER}).status_code == 302


def test_a_new_address_is_confirmed_by_its_mailbox_and_told_to_the_old_one(app: Any, browse: Any) -> None:
    member = create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    reader = browse(member)
    assert (
        reader.post("/settings/email", data={"email": "new@partner.example", "current_password": "wrong"}).status_code
        == 422
    )
    reader.post("/settings/email", data={"email": "new@partner.example", "current_password": PASSWORD})
    mail = newest("You asked to use this e-mail address")
    assert mail.to_address == "new@partner.example"
    reader.get(link_in(mail))
    db.session.expire_all()
    assert db.session.get(Member, member.id).email == "marta@partner.example", "nothing changes by GET"
    reader.post(link_in(mail))
    db.session.expire_all()
    assert db.session.get(Member, member.id).email == "new@partner.example"
    assert newest("We no longer use this address").to_address == "marta@partner.example"


def test_an_imported_author_claims_their_writing_by_mail(app: Any, browse: Any) -> None:
    create_member(name="Old Blogger", email="old@partner.example")
    db.session.commit()
    browse().post("/forgotten-password", data={"email": "old@partner.example"})
    link = link_in(newest("What you wrote on another site was moved here"))
    answer = browse().post(link, data={"password": PASSWORD}, follow_redirects=True)
    assert "This account is yours now" in answer.text
    assert browse().post("/sign-in", data={"email": "old@partner.example", "password": PASSWORD}).status_code == 302


def test_sign_in_is_throttled_for_an_account_and_says_so(app: Any, browse: Any) -> None:
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    limiter.reset()
    for _ in range(10):
        browse().post("/sign-in", data={"email": "marta@partner.example", "password": "wrong wrong"})
    answer = browse().post("/sign-in", data={"email": "marta@partner.example", "password": PASSWORD})
    assert answer.status_code == 429 and "Too many attempts" in answer.text
    limiter.reset()


def test_the_profile_keeps_what_is_right_and_says_what_is_wrong(app: Any, browse: Any) -> None:
    member = make_plain_member()
    reader = browse(member)
    answer = reader.post("/settings", data={"name": "M", "job_title": "engineer", "time_zone": "Europe/Helsinki"})
    assert answer.status_code == 422 and "engineer" in answer.text
    answer = reader.post("/settings", data={"name": "Marta", "job_title": "x" * 81, "time_zone": "Europe/Helsinki"})
    assert answer.status_code == 422 and "at most 80" in answer.text
    answer = reader.post("/settings", data={"name": "Marta A", "country": "Finland", "time_zone": "Nowhere/At-All"})
    assert answer.status_code == 422
    answer = reader.post("/settings", data={"name": "Marta A", "country": "Finland", "time_zone": "Europe/Helsinki"})
    assert answer.status_code == 302
    assert '<option value="Europe/Helsinki" selected>' in reader.get("/settings").text
    assert "Finland" in browse().get(f"/members/{member.slug}").text


def test_time_zones_are_regions_and_places_and_an_older_name_may_stay(app: Any, browse: Any) -> None:
    page = browse(make_plain_member()).get("/settings").text
    assert 'value="Europe/Helsinki"' in page and 'value="UTC"' in page
    for name in ("Factory", "W-SU", "Etc/GMT+5", "GB-Eire", "US/Alaska", "EST5EDT"):
        assert f'value="{name}"' not in page
    member = make_plain_member()
    member.time_zone = "W-SU"
    db.session.commit()
    fields = {"name": "Marta A", "job_title": "", "company": "", "country": "Finland"}
    assert '<option value="W-SU" selected>' in browse(member).get("/settings").text
    assert browse(member).post("/settings", data=fields | {"time_zone": "W-SU"}).status_code == 302
    assert browse(make_plain_member()).post("/settings", data=fields | {"time_zone": "W-SU"}).status_code == 422


def test_a_message_at_the_top_of_a_form_names_its_field(app: Any, browse: Any) -> None:
    typed = {"name": "Marta", "job_title": "x" * 81, "time_zone": "UTC"}
    page = page_text(browse(make_plain_member()).post("/settings", data=typed))
    assert "Job title: Use at most 80 characters." in page


def test_signing_out_ends_the_session(app: Any, browse: Any) -> None:
    reader = browse(make_plain_member())
    assert reader.get("/settings").status_code == 200
    reader.post("/sign-out")
    assert reader.get("/settings").status_code == 302
    assert browse().get("/sign-out").status_code == 405, "nothing changes by GET"


def test_the_outbox_is_emptied_into_the_folder_and_keeps_no_record(app: Any, browse: Any) -> None:
    browse().post("/join", data={"name": "Marta", "email": "marta@partner.example", "password": PASSWORD})
    assert deliver_due() == 1 and outbox() == []
    written = list((app.config["INSTANCE"] / "mail").glob("*.eml"))
    body = written[-1].read_text()
    assert "multipart/alternative" in body and "text/html" in body and "text/plain" in body
    assert deliver_due() == 0


def test_mail_that_cannot_go_out_stays_and_is_tried_later(
    app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1")
    browse().post("/join", data={"name": "Marta", "email": "marta@partner.example", "password": PASSWORD})
    assert deliver_due() == 0
    db.session.expire_all()
    waiting = outbox()[0]
    assert waiting.tries == 1 and waiting.failed_at is None
    assert waiting.due_at > waiting.created_at
