"""Response headers: content security, caching, compression, and what a proxy may say."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from forum import create_app
from forum.accounts.tokens import token_for
from forum.assets import asset
from forum.config import HSTS
from forum.headers import PADDED_TO_BYTES
from forum.urls import key_text
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post, make_vendor
from tests.test_web import path_to


@pytest.fixture
def elsewhere(tmp_path: Path) -> Any:
    """elsewhere(SETTING=...) is a browser at a site set up otherwise, without a table in its database."""

    def make(**config: Any) -> Any:
        return create_app(settings_for(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path, **config)).test_client()

    return make


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
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    cookie = answer.headers["Set-Cookie"]
    for flag in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert flag in cookie


@pytest.mark.parametrize(
    ("hsts", "ending"),
    [("host", "63072000"), ("subdomains", "; includeSubDomains"), ("preload", "; includeSubDomains; preload")],
)
def test_names_below_the_host_are_bound_to_https_where_the_setting_says_so(
    elsewhere: Any, hsts: str, ending: str
) -> None:
    reader = elsewhere(SITE_URL="https://forum.example", HSTS=HSTS[hsts])
    answer = reader.get("/sign-in", base_url="https://forum.example")
    assert answer.headers["Strict-Transport-Security"].endswith(ending)


def test_hosts_that_are_not_ours_are_refused(elsewhere: Any) -> None:
    reader = elsewhere(TRUSTED_HOSTS=["forum.example"])
    assert reader.get("/about", base_url="http://forum.example").status_code == 200
    for path in ("/about", "/static/app.css", "/nowhere"):
        answer = reader.get(path, base_url="http://evil.example")
        assert answer.status_code == 400 and "evil.example" not in answer.text
        assert "Content-Security-Policy" in answer.headers


def test_a_proxys_word_counts_only_when_a_proxy_is_set(elsewhere: Any) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "forum.example", "X-Forwarded-For": "203.0.113.9"}
    page = "/sitemap-of-nothing"
    for proxies, expected in ((0, "http://localhost"), (1, "https://forum.example")):
        reader = elsewhere(PROXIES=proxies)
        with reader:
            reader.get(page, headers=forwarded)
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
    assert answer.headers["Cache-Control"].startswith("private, no-cache") and "ETag" not in answer.headers
    assert "Content-Encoding" not in answer.headers, "a page with a token is not compressed"


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
    with app.test_request_context():
        address = asset("app.css")
    assert "immutable" in browse().get(address).headers["Cache-Control"]
    assert "immutable" not in browse().get("/static/app.css").headers["Cache-Control"]
    missing = browse().get("/static/missing.css?v=abc")
    assert missing.status_code == 404 and missing.headers["Cache-Control"] == "no-store"
    assert browse().get("/static/../setup.cfg").status_code == 404
    assert browse().get("/static/%2e%2e/setup.cfg").status_code == 404


def test_a_thread_is_as_long_for_its_anonymous_author_as_for_others(app: Any, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member(name="Petra Aalto")
    post = make_post(make_member())
    for n in range(3):
        make_comment(post, author, anonymous=True, body=f"Reply number {n}.")
    path = f"/posts/{key_text(post.id)}/{post.slug}"
    pages = [browse(reader).get(path) for reader in (author, other)]
    assert "/edit" in pages[0].text and "/edit" not in pages[1].text
    assert pages[0].content_length == pages[1].content_length and pages[0].content_length % PADDED_TO_BYTES == 0
    assert "no-transform" in pages[0].headers["Cache-Control"]
    lengths = {len(browse(author).get(path).headers["X-Padding"]) for _ in range(8)}
    assert len(lengths) > 1, "each time another length"
    assert "X-Padding" not in browse().get(path).headers, "a stranger's page is the same for all strangers"


def test_gzip_that_is_refused_is_not_sent(app: Any, browse: Any) -> None:
    make_post()
    for accepted in ("gzip;q=0", "gzip;q=0, *", "*;q=0", "br", "identity, gzip; q=0.0"):
        for path in ("/", "/static/app.css"):
            answer = browse().get(path, headers={"Accept-Encoding": accepted})
            assert "Content-Encoding" not in answer.headers and answer.status_code == 200, accepted


def test_a_compressed_file_that_a_browser_has_is_not_sent_again(app: Any, browse: Any) -> None:
    for path in ("/", "/static/app.css", "/static/js/character_counter.js"):
        for accepted in ("gzip", "identity"):
            headers = {"Accept-Encoding": accepted}
            first = browse().get(path, headers=headers)
            tag = first.headers["ETag"]
            again = browse().get(path, headers=headers | {"If-None-Match": tag})
            assert (again.status_code, again.headers["ETag"], again.data) == (304, tag, b""), path
            assert browse().get(path, headers=headers | {"If-None-Match": '"another"'}).data == first.data


def test_a_slash_too_many_leads_to_the_page(app: Any, browse: Any) -> None:
    make_vendor("Nordwall")
    for path, target in (
        ("/vendors/", "/vendors"),
        ("/vendors/nordwall/?tab=x&y=%C3%A4", "/vendors/nordwall?tab=x&y=%C3%A4"),
    ):
        answer = browse().get(path)
        assert (answer.status_code, answer.headers["Location"]) == (301, target)
    assert browse().head("/about//").headers["Location"] == "/about"
    for path in ("/nowhere/", "//evil.example/", "/\\evil.example/", "/vendors/nobody/", "/"):
        assert not browse().get(path, follow_redirects=False).headers.get("Location", "/").startswith("//"), path
    assert browse().get("/nowhere/").status_code == 404 and browse().post("/vendors/").status_code == 404


PERSONAL = """/settings /settings/password /settings/data /settings/two-factor /ratings /following /notifications /decisions
/anonymous-writing /notices/about/post/{post}""".split()
STAFF = "/moderation/ /moderation/members/{member} /admin/ /admin/members /admin/settings /admin/health".split()


def test_back_shows_no_page_of_a_member_or_of_staff_after_signing_out(app: Flask, browse: Any) -> None:
    admin = make_member(role="admin")
    places = {"post": key_text(make_post(admin).id), "member": admin.slug}
    reader = browse(admin)
    for path in [place.format(**places) for place in PERSONAL + STAFF]:
        answer = reader.get(path)
        assert answer.status_code == 200 and answer.headers["Cache-Control"].startswith("no-store"), path
    answer = reader.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_a_page_behind_a_mailed_link_is_not_stored(app: Flask, browse: Any) -> None:
    member = make_member(confirmed_at=None)
    answer = browse().get(f"/confirm/{token_for(member, 'confirm')}")
    assert answer.status_code == 200 and answer.headers["Cache-Control"].startswith("no-store")


def test_back_keeps_what_was_typed_on_a_page_for_composing(app: Flask, browse: Any) -> None:
    """A browser restores no field of a page that is not stored."""
    author = make_member()
    post = make_post(author)
    for path in ("/posts/new", f"/posts/{key_text(post.id)}/edit", f"/posts/{key_text(post.id)}/reply", "/vendors/new"):
        assert browse(author).get(path).headers["Cache-Control"].startswith("private, no-cache"), path


def test_a_file_of_another_version_of_the_site_is_not_kept_under_this_ones_address(browse: Any) -> None:
    page = browse().get("/about").text
    address = re.search(r'href="(/static/app\.css\?v=\w+)"', page)
    assert address
    assert "immutable" in browse().get(address[1]).headers["Cache-Control"]
    assert browse().get("/static/app.css?v=0123456789").headers["Cache-Control"] == "no-store"
    assert browse().get("/static/app.css").headers["Cache-Control"] == "public, max-age=604800"
