"""What every page shares: tokens, headers, caching, limits, and texts that must not be lost on the way."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from markupsafe import escape
from wtforms import PasswordField

from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.forms import NEVER_REPEATED, Form, UnsentForm
from forum.posts import comment_actions
from forum.posts.models import Comment, Post
from forum.rate_limits import limiter
from forum.signed_tokens import read_token, sign_token
from forum.urls import key_text
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_tag
from tests.post_forms import hidden_fields, post_form

TEXT = "We registered eleven deals. Nine were approved, two came back."


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def token_in(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match
    return match[1]


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with its forms guarded by tokens, as in life."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


def test_every_form_that_changes_something_needs_its_token(guarded: Flask, browse: Any) -> None:
    reader = browse(make_member())
    post = make_post()
    comment = make_comment(post)
    args = {"post_id": post.id, "comment_id": comment.id, "page": "imprint"}
    posted = 0
    for rule in guarded.url_map.iter_rules():
        # Mail programmes press the button in the digest for their readers: with a signed link, and no form of ours.
        if "POST" in (rule.methods or ()) and rule.endpoint != "following.unsubscribe":
            with guarded.test_request_context():
                path = guarded.url_map.bind("localhost").build(
                    rule.endpoint, {name: args.get(name, 1) for name in rule.arguments}, "POST"
                )
            assert reader.post(path, data={"body": "x"}).status_code == 400, path
            posted += 1
    assert posted >= 15
    page = reader.get(path_to(post)).text
    answer = reader.post(path_to(post, "useful"), data={"intent": "mark", "csrf_token": token_in(page)})
    assert answer.status_code == 302


def test_a_text_with_an_outdated_token_is_kept_and_goes_on_with_one_press(guarded: Flask, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    form_data = {
        "title": "A title that must stay",
        "body": f'{TEXT}\n\n"><b>',
        "tags": "deals",
        "leaning": "bad",
        "intent": "publish",
    }
    answer = reader.post("/posts/new", data={**form_data, "csrf_token": "outdated"})
    assert answer.status_code == 400
    assert "your text is still here" in answer.text and "&#34;&gt;&lt;b&gt;" in answer.text
    fields = hidden_fields(answer.text)
    assert fields["title"] == form_data["title"] and "csrf_token" not in fields and "intent" not in fields
    again = reader.post("/posts/new", data={**form_data, "intent": "review", "csrf_token": token_in(answer.text)})
    assert again.status_code == 200 and "A title that must stay" in again.text
    assert db.session.query(Post).count() == 0


def test_a_text_survives_an_expired_session_signing_in_wrongly_and_then_rightly(guarded: Flask, browse: Any) -> None:
    member = make_member(password_hash=hash_password(PASSWORD))
    post = make_post()
    email, path = member.email, path_to(post, "reply")
    reader = browse()
    page = reader.post(path, data={"body": TEXT, "identity": "anonymous", "to": "", "intent": "publish"})
    assert page.status_code == 401 and TEXT in page.text
    for password, code in (("wrong wrong wrong", 422), (PASSWORD, 200)):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        assert TEXT in page.text
        page = reader.post("/sign-in", data={**fields, "email": email, "password": password})
        assert page.status_code == code
    assert "You are signed in, and your text is still here" in page.text and f'action="{path}"' in page.text
    form_data = hidden_fields(page.text)
    assert form_data["body"] == TEXT and form_data["identity"] == "anonymous"
    answer = reader.post(path, data={**form_data, "intent": "review", "csrf_token": token_in(page.text)})
    assert answer.status_code == 200 and TEXT in answer.text and db.session.query(Comment).count() == 0


def test_an_unsent_text_can_be_neither_forged_nor_sent_elsewhere(guarded: Flask, browse: Any) -> None:
    member = make_member(password_hash=hash_password(PASSWORD))
    with guarded.test_request_context():
        token = UnsentForm("/posts/new", {"title": TEXT}).token()
    sign_in = {"email": member.email, "password": PASSWORD, "action": "/admin/settings", "carried.title": TEXT}
    for unsent in ("", token[:-1], token[1:], f"{token}x"):
        reader = browse()
        fields = {"csrf_token": token_in(reader.get("/sign-in").text), "unsent": unsent}
        answer = reader.post("/sign-in", data=fields | sign_in)
        assert answer.status_code == 302 and answer.location == "/"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://[::1/"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "", "Referer": "https://evil.example/localhost"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_text_sent_by_a_foreign_page_is_never_offered_again(
    guarded: Flask, browse: Any, headers: dict[str, str]
) -> None:
    post = make_post()
    for reader in (browse(), browse(make_member())):
        for path in ("/posts/new", path_to(post, "reply"), "/join", "/notices/new", "/vendors/new", "/sign-in"):
            page = reader.post(path, data={"body": TEXT, "title": TEXT, "name": TEXT}, headers=headers)
            assert page.status_code in (400, 401) and TEXT not in page.text, path


def test_what_is_no_text_is_never_offered_again(guarded: Flask, browse: Any) -> None:
    """An admin who is signed out and presses "continue" would change the settings as a foreign page wrote them."""
    admin = make_member(role="admin", password_hash=hash_password(PASSWORD))
    reader = browse()
    page = reader.post("/admin/settings", data={"announcement": TEXT, "body": TEXT})
    assert page.status_code == 401 and TEXT not in page.text and 'name="unsent"' not in page.text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    answer = reader.post("/sign-in", data={**fields, "email": admin.email, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (302, "/admin/settings")
    outdated = reader.post("/admin/settings", data={"announcement": TEXT, "csrf_token": "outdated"})
    assert outdated.status_code == 400 and TEXT not in outdated.text and 'href="/admin/settings"' in outdated.text


def test_an_unsent_text_is_shown_in_full_and_first_opens_its_form(guarded: Flask, browse: Any) -> None:
    make_tag("deals")
    author = browse(make_member())
    form_data = post_form(title="Shown as well", vendor="Shown too", description="And this") | {"leaning": "mixed"}
    page = author.post("/posts/new", data={**form_data, "csrf_token": "outdated"}).text
    visible = re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL)
    for name in ("title", "body", "vendor", "description", "tags", "leaning", "identity"):
        assert escape(form_data[name]) in visible, name
    again = author.post("/posts/new", data={**form_data, "intent": "review", "csrf_token": token_in(page)})
    assert again.status_code == 200 and db.session.query(Post).count() == 0


def test_passwords_are_never_kept(guarded: Flask, browse: Any) -> None:
    form_data = {
        "email": "a@partner.example",
        "password": "secret-1",
        "current_password": "secret-2",
        "password_confirmation": "secret-3",
    }
    for path in ("/settings/password", "/settings/email", "/join", "/sign-in"):
        for reader in (browse(), browse(make_member())):
            assert "secret-" not in reader.post(path, data=form_data).text


def test_no_password_field_is_ever_kept(app: Flask) -> None:
    def subclasses(form: type[Form]) -> list[type[Form]]:
        return [form, *(deeper for child in form.__subclasses__() for deeper in subclasses(child))]

    with app.test_request_context():
        names = {
            name
            for form in subclasses(Form)
            for name, field in vars(form).items()
            if getattr(field, "field_class", None) is PasswordField
        }
    assert len(names) >= 3 and names <= NEVER_REPEATED


def test_joining_with_an_outdated_token_asks_nobody_to_sign_in_first(guarded: Flask, browse: Any) -> None:
    answer = browse().post("/join", data={"name": "Marta Aalto", "email": "marta@partner.example"})
    assert answer.status_code == 400 and 'action="/join"' in answer.text and "Marta Aalto" in answer.text


def test_errors_are_pages_in_words(app: Any, browse: Any) -> None:
    answer = browse().get("/nowhere")
    assert answer.status_code == 404 and "This page does not exist" in answer.text and "<nav" in answer.text
    answer = browse().post("/about")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


def test_an_error_of_ours_keeps_the_text_and_logs_nothing_of_it(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("planted")

    post, member = make_post(), make_member(name="Jussi Korhonen")
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setattr(comment_actions, "write_comment", broken)
    answer = browse(member).post(
        path_to(post, "reply"), data={"body": TEXT, "identity": "anonymous", "intent": "publish"}
    )
    assert answer.status_code == 500 and TEXT in answer.text and "planted" not in answer.text
    reference = re.search(r"ref (\w{8})", answer.text)
    assert reference and reference[1] in caplog.text
    assert TEXT not in caplog.text and "Jussi" not in caplog.text and member.email not in caplog.text


def test_the_body_of_a_request_is_capped(app: Any, browse: Any) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        answer = browse().post("/sign-in", data=b"a=" + b"x" * 1_000_001, content_type=kind)
        assert answer.status_code in (413, 422), kind
    assert browse().post("/sign-in", data=b"a=" + b"x" * 1_000_001).status_code == 413


def test_every_way_to_write_has_a_limit_and_the_text_is_kept_at_it(app: Any, browse: Any) -> None:
    post = make_post()
    reader, other = browse(make_member()), browse(make_member())
    path = path_to(post, "reply")
    for n in range(20):
        answer = reader.post(path, data={"body": f"Reply {n}.", "identity": "name", "intent": "publish"})
        assert answer.status_code == 302
    answer = reader.post(path, data={"body": TEXT, "identity": "name", "intent": "publish"})
    assert answer.status_code == 429 and TEXT in answer.text and int(answer.headers["Retry-After"]) <= 60
    assert other.post(path, data={"body": "Mine.", "identity": "name", "intent": "publish"}).status_code == 302
    assert reader.get(path_to(post)).status_code == 200


@pytest.mark.parametrize("path", ["/join", "/forgotten-password", "/sign-in", "/settings", "/sign-out", "/vendors/new"])
def test_no_form_can_be_sent_without_end(app: Any, browse: Any, path: str) -> None:
    reader = browse(make_member()) if path in ("/settings", "/sign-out", "/vendors/new") else browse()
    codes = [reader.post(path, data={"email": "nobody"}).status_code for _ in range(42)]
    assert 429 in codes


def test_previews_are_limited_too(app: Any, browse: Any) -> None:
    reader = browse(make_member())
    codes = [reader.post("/posts/new", data={"body": "x", "intent": "preview"}).status_code for _ in range(41)]
    assert codes[0] == 422 and codes[-1] == 429


def test_changing_many_texts_is_limited_in_memory_alone(app: Flask, browse: Any) -> None:
    """A counter in a store beside the process would move with every text of one author."""
    author = make_member()
    posts, reader = [make_post(author, anonymous=True) for _ in range(3)], browse(author)
    for end in ("edit", "delete"):
        paths = [path_to(post, end) for post in posts] * 14
        codes = [reader.post(path).status_code for path in paths]
        assert codes.count(429) == 2, end
    assert not limiter.storage.storage  # type: ignore[attr-defined]


def test_limits_know_nobody_by_name(app: Any, browse: Any) -> None:
    member = make_member()
    browse(member).post("/settings", data={})
    keys = " ".join(str(key) for key in limiter.storage.storage)  # type: ignore[attr-defined]
    assert keys and "127.0.0.1" not in keys and f"member {member.id}" not in keys


def test_days_are_the_readers_but_an_anonymous_day_is_the_same_for_all(app: Any, browse: Any) -> None:
    late = datetime(2024, 5, 31, 23, 30, tzinfo=UTC)
    named, anonymous = make_post(at=late), make_post(at=late, anonymous=True)
    tokyo, lima = (browse(make_member(time_zone=zone)) for zone in ("Asia/Tokyo", "America/Lima"))
    for reader, day in ((browse(), "31 May 2024"), (tokyo, "1 Jun 2024"), (lima, "31 May 2024")):
        assert f">{day}</time>" in reader.get(path_to(named)).text
        assert ">31 May 2024</time>" in reader.get(path_to(anonymous)).text


def test_a_clock_that_is_set_back_signs_nobody_out_and_one_that_goes_on_does(app: Flask, browse: Any) -> None:
    make_member(email="marta@partner.example", password_hash=hash_password(PASSWORD))
    browser = browse()
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        form = {"email": "marta@partner.example", "password": PASSWORD}
        assert browser.post("/sign-in", data=form).status_code == 302
        token = sign_token("test", "value")
    browser.delete_cookie("remember_token")
    assert browser.get("/settings/mail").status_code == 200
    assert read_token("test", token, max_age=60) == "value"
    with time_machine.travel(now() + timedelta(days=40), tick=False):
        assert browser.get("/settings/mail").status_code == 302
        assert read_token("test", token, max_age=60) is None
