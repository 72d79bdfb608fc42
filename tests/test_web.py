"""What every page shares: tokens, headers, caching, limits, and texts that must not be lost on the way."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given, settings
from hypothesis import strategies as st

from forum import create_app
from forum.accounts.passwords import hash_password
from forum.db import db
from forum.posts import comment_actions
from forum.posts.models import Comment, Post
from forum.urls import KeyConverter, key_text, safe_path
from forum.rate_limits import limiter
from tests.conftest import settings_for
from tests.factories import PASSWORD, make_tag, make_comment, make_member, make_post

TEXT = "We registered eleven deals. Nine were approved, two came back."


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with its forms guarded by tokens, as in life."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


@pytest.fixture
def elsewhere(tmp_path: Path) -> Any:
    """elsewhere(SETTING=...) is a browser at a site set up otherwise, without a table in its database."""

    def make(**given: Any) -> Any:
        return create_app(settings_for(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path, **given)).test_client()

    return make


def test_every_form_that_changes_something_needs_its_token(guarded: Flask, browse: Any) -> None:
    reader = browse(make_member())
    post = make_post()
    comment = make_comment(post)
    args = {"post_id": post.id, "comment_id": comment.id}
    tried = 0
    for rule in guarded.url_map.iter_rules():
        # Mail programmes press the button in the digest for their readers: with a signed link, and no form of ours.
        if "POST" in (rule.methods or ()) and rule.endpoint != "following.unsubscribe":
            with guarded.test_request_context():
                path = guarded.url_map.bind("localhost").build(
                    rule.endpoint, {name: args.get(name, 1) for name in rule.arguments}, "POST"
                )
            assert reader.post(path, data={"body": "x"}).status_code == 400, path
            tried += 1
    assert tried >= 15
    page = reader.get(path_to(post)).text
    answer = reader.post(path_to(post, "useful"), data={"intent": "mark", "csrf_token": token_in(page)})
    assert answer.status_code == 302


def test_a_text_with_an_outdated_token_is_kept_and_goes_on_with_one_press(guarded: Flask, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    sent = {
        "title": "A title that must stay",
        "body": f'{TEXT}\n\n"><b>',
        "tags": "deals",
        "leaning": "bad",
        "intent": "publish",
    }
    answer = reader.post("/posts/new", data={**sent, "csrf_token": "outdated"})
    assert answer.status_code == 400
    assert "your text is still here" in answer.text and "&#34;&gt;&lt;b&gt;" in answer.text
    kept = dict(re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n?([^<]*)</textarea>', answer.text))
    assert kept["title"] == sent["title"] and "csrf_token" not in kept and "intent" not in kept
    again = reader.post("/posts/new", data={**sent, "intent": "preview", "csrf_token": token_in(answer.text)})
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
        kept = dict(re.findall(r'<textarea name="(carried\.[^"]+)" hidden[^>]*>\n?([^<]*)</textarea>', page.text))
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        assert kept["carried.body"] == TEXT and fields["action"] == path
        page = reader.post("/sign-in", data={**fields, **kept, "email": email, "password": password})
        assert page.status_code == code
    assert "You are signed in, and your text is still here" in page.text and f'action="{path}"' in page.text
    sent = dict(re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n?([^<]*)</textarea>', page.text))
    assert sent["body"] == TEXT and sent["identity"] == "anonymous"
    answer = reader.post(path, data={**sent, "intent": "preview", "csrf_token": token_in(page.text)})
    assert answer.status_code == 200 and TEXT in answer.text and db.session.query(Comment).count() == 0


def test_kept_fields_cannot_send_a_text_elsewhere(guarded: Flask, browse: Any) -> None:
    member = make_member(password_hash=hash_password(PASSWORD))
    reader = browse()
    fields = {"csrf_token": token_in(reader.get("/sign-in").text), "email": member.email, "password": PASSWORD}
    answer = reader.post("/sign-in", data={**fields, "carried.body": TEXT, "action": "https://evil.example/"})
    assert "evil.example" not in answer.text


def test_passwords_are_never_carried_along(guarded: Flask, browse: Any) -> None:
    given = {"email": "a@partner.example", "password": "secret-1", "current_password": "secret-2", "password_confirmation": "secret-3"}
    for path in ("/settings/password", "/settings/email", "/join", "/sign-in"):
        for reader in (browse(), browse(make_member())):
            assert "secret-" not in reader.post(path, data=given).text


def test_joining_with_an_outdated_token_asks_nobody_to_sign_in_first(guarded: Flask, browse: Any) -> None:
    answer = browse().post("/join", data={"name": "Marta Aalto", "email": "marta@partner.example"})
    assert answer.status_code == 400 and 'action="/join"' in answer.text and "Marta Aalto" in answer.text


def test_each_page_carries_the_headers_that_keep_it_safe(app: Any, browse: Any) -> None:
    post = make_post()
    for path in ("/", path_to(post), "/feed.atom", "/static/app.css", "/nowhere", "/posts/new"):
        headers = browse().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin", "no-referrer would break the tokens' check on https"
        assert "Strict-Transport-Security" not in headers
        assert len(headers.getlist("Content-Security-Policy")) == 1


def test_no_page_holds_what_the_policy_forbids(app: Any, browse: Any) -> None:
    post = make_post()
    make_comment(post)
    member = make_member(role="admin")
    for reader in (browse(), browse(member)):
        for path in (
            "/",
            path_to(post),
            "/posts/new",
            "/vendors",
            "/tags/",
            "/about",
            "/rules",
            "/sign-in",
            "/settings",
        ):
            page = reader.get(path, follow_redirects=True).text
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path
            for address in re.findall(r'(?:src|href)="([^"]+)"', page):
                assert address.startswith(("/", "#", "http://localhost/", "mailto:")), address


def test_behind_https_the_browser_is_told_to_stay_there(elsewhere: Any) -> None:
    reader = elsewhere(SITE_URL="https://forum.example", SESSION_COOKIE_SECURE=True)
    answer = reader.get("/sign-in", base_url="https://forum.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    for flag in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert flag in cookie


def test_hosts_that_are_not_ours_are_refused(elsewhere: Any) -> None:
    reader = elsewhere(TRUSTED_HOSTS=["forum.example"])
    assert reader.get("/about", base_url="http://forum.example").status_code == 200
    for path in ("/about", "/static/app.css", "/nowhere"):
        answer = reader.get(path, base_url="http://evil.example")
        assert answer.status_code == 400 and "evil.example" not in answer.text
        assert "Content-Security-Policy" in answer.headers


def test_a_proxys_word_counts_only_when_a_proxy_is_set(elsewhere: Any) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "forum.example", "X-Forwarded-For": "203.0.113.9"}
    page = "/sitemap-of-nothing"
    for proxies, expected in ((0, "http://localhost"), (1, "https://forum.example")):
        reader = elsewhere(PROXIES=proxies)
        with reader:
            reader.get(page, headers=told)
            assert request.host_url.rstrip("/") == expected
            assert request.remote_addr == ("203.0.113.9" if proxies else "127.0.0.1")


def test_strangers_get_no_cookie_and_pages_that_can_be_kept(app: Any, browse: Any) -> None:
    post = make_post()
    make_comment(post)
    paths = ["/", "/?sort=new", path_to(post), "/vendors", "/tags/", f"/tags/{post.tags[0].slug}", "/about", "/rules"]
    paths += ["/feed.atom", path_to(post, "feed.atom"), "/sitemap.xml", "/robots.txt", "/nowhere", "/posts/new"]
    for path in [*paths, f"/members/{post.author.slug}"]:
        answer = browse().get(path)
        assert "Set-Cookie" not in answer.headers, path
        if answer.status_code == 200:
            assert answer.headers["Cache-Control"] == "public, no-cache" and "Cookie" in answer.headers["Vary"]
            again = browse().get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert again.status_code == 304 and again.data == b"", path
        else:
            assert answer.headers["Cache-Control"] == "no-store"


def test_a_changed_page_has_another_tag_and_members_pages_are_private(app: Any, browse: Any) -> None:
    post = make_post()
    path = path_to(post)
    tag = browse().get(path).headers["ETag"]
    make_comment(post)
    answer = browse().get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200 and answer.headers["ETag"] != tag
    answer = browse(make_member()).get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "private, no-cache" and "ETag" not in answer.headers
    assert "Content-Encoding" not in answer.headers, "a page with a token is not squeezed"


def test_pages_and_files_are_squeezed_for_those_who_ask(app: Any, browse: Any) -> None:
    make_post()
    for path in ("/", "/static/app.css?v=1", "/feed.atom"):
        plain = browse().get(path)
        answer = browse().get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
        assert gzip.decompress(answer.data) == plain.data and len(answer.data) < len(plain.data)
        assert "Accept-Encoding" in answer.headers["Vary"] and answer.headers["ETag"] != plain.headers["ETag"]
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        head = browse().head(path, headers={"Accept-Encoding": "gzip"})
        assert head.status_code == 200 and head.data == b"" and head.headers["ETag"] == answer.headers["ETag"]
    again = browse().get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": browse().get("/").headers["ETag"]})
    assert again.status_code in (200, 304)


def test_files_are_kept_for_long_and_missing_ones_are_not(app: Any, browse: Any) -> None:
    assert "immutable" in browse().get("/static/app.css?v=abc").headers["Cache-Control"]
    assert "immutable" not in browse().get("/static/app.css").headers["Cache-Control"]
    missing = browse().get("/static/missing.css?v=abc")
    assert missing.status_code == 404 and missing.headers["Cache-Control"] == "no-store"
    assert browse().get("/static/../setup.cfg").status_code == 404
    assert browse().get("/static/%2e%2e/setup.cfg").status_code == 404


def test_nul_in_an_address_is_nobodys_page(app: Any, browse: Any) -> None:
    for path in (
        "/%00",
        "/members/a%00b",
        "/tags/%00",
        "/vendors/%00",
        "/?tag=%00",
        "/?before=%00",
        "/sign-in?next=/%00",
    ):
        assert browse().get(path).status_code == 404, path
    assert browse().get("/members/%ff%fe").status_code == 404
    assert browse().get("/?vendor=%ff%fe%ed%a0%80").status_code == 200


def test_nul_in_a_form_harms_nothing(app: Any, browse: Any) -> None:
    for path in ("/sign-in", "/join", "/forgotten-password"):
        given = {"email": "a\x00b@partner.example", "password": "nul\x00 in a password", "name": "Mar\x00ta"}
        assert browse().post(path, data=given).status_code in (302, 422)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\x00",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "/a\\b",
        "",
        None,
    ],
)
def test_a_way_back_leads_nowhere_else(target: str | None) -> None:
    assert safe_path(target) is None


def test_a_way_back_keeps_a_path_with_its_query() -> None:
    for path in ("/", "/posts/new?vendor=a&x=%2F", "/posts/x/y#r-1", "/tags/é"):
        assert safe_path(path) == path


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_whatever_is_given_as_a_way_back_stays_here(target: str) -> None:
    found = safe_path(target)
    assert found is None or (found == target and found[0] == "/" and found[1:2] not in ("/", "\\"))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**50 - 1))
def test_a_number_in_an_address_reads_as_it_was_written(number: int) -> None:
    assert KeyConverter.number_in(key_text(number)) == number


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_number_of_ours_or_none(typed: str) -> None:
    number = KeyConverter.number_in(typed)
    assert number is None or key_text(number) == typed


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
    answer = browse(member).post(path_to(post, "reply"), data={"body": TEXT, "identity": "anonymous", "intent": "publish"})
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


def test_limits_know_nobody_by_name(app: Any, browse: Any) -> None:
    member = make_member()
    browse(member).post("/settings", data={})
    kept = " ".join(str(key) for key in limiter.storage.storage)  # type: ignore[attr-defined]
    assert kept and "127.0.0.1" not in kept and f"member {member.id}" not in kept


def test_days_are_the_readers_but_an_anonymous_day_is_the_same_for_all(app: Any, browse: Any) -> None:
    late = datetime(2024, 5, 31, 23, 30, tzinfo=UTC)
    named, anonymous = make_post(at=late), make_post(at=late, anonymous=True)
    tokyo, lima = (browse(make_member(time_zone=zone)) for zone in ("Asia/Tokyo", "America/Lima"))
    for reader, day in ((browse(), "31 May 2024"), (tokyo, "1 Jun 2024"), (lima, "31 May 2024")):
        assert f">{day}</time>" in reader.get(path_to(named)).text
        assert ">31 May 2024</time>" in reader.get(path_to(anonymous)).text
