"""Drafts that the browser keeps: whose they are, and when the browser may forget one."""

import re
from typing import Any

from flask import Flask

from tests.factories import make_member, make_post, make_tag
from tests.post_forms import path_to, post_form, reply_form
from tests.test_routes import all_rows

NUMBER = "0123456789abcdef"


def code_on(page: str) -> str:
    match = re.search(r'data-draft-owner="([^"]*)"', page)
    assert match
    return match[1]


def test_each_member_has_a_code_that_is_on_no_row_and_the_same_everywhere(app: Flask, browse: Any) -> None:
    post = make_post()
    members = [make_member(), make_member()]
    codes = [{code_on(browse(member).get(path).text) for path in ("/posts/new", path_to(post))} for member in members]
    assert all(len(pages) == 1 for pages in codes) and codes[0] != codes[1]
    code = codes[0].pop()
    assert re.fullmatch("[0-9a-f]{32}", code)
    assert code not in str(all_rows())


def test_a_stranger_has_no_code(app: Flask, browse: Any) -> None:
    assert code_on(browse().get("/notices/new").text) == ""


def test_the_browser_is_told_only_of_a_form_that_was_accepted(app: Flask, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    refused = reader.post("/posts/new", data=post_form(title="", device_draft=NUMBER))
    assert refused.status_code == 422 and "saved_draft" not in str(refused.headers)
    assert "data-draft-sent" in refused.text and "data-draft-sent" not in reader.get("/posts/new").text
    accepted = reader.post("/posts/new", data=post_form(device_draft=NUMBER))
    assert accepted.status_code == 302
    cookie = next(line for line in accepted.headers.getlist("Set-Cookie") if line.startswith("saved_draft"))
    assert f"saved_draft={NUMBER};" in cookie and "SameSite=Lax" in cookie and "Max-Age=86400" in cookie


def test_only_a_number_is_given_back(app: Flask, browse: Any) -> None:
    form = reply_form(device_draft="x; Path=/; session=forged")
    answer = browse(make_member()).post(path_to(make_post(), "reply"), data=form)
    assert answer.status_code == 302 and "saved_draft" not in str(answer.headers)


def test_back_finds_a_preview_in_the_browsers_cache(app: Flask, browse: Any) -> None:
    """With no-store, Back after Preview and Publish gave ERR_CACHE_MISS."""
    post, reader = make_post(), browse(make_member())
    preview = reader.post(path_to(post, "reply"), data=reply_form(intent="preview"))
    wrong = reader.post(path_to(post, "reply"), data=reply_form(body=""))
    assert preview.headers["Cache-Control"] == wrong.headers["Cache-Control"] == "private, no-cache, no-transform"
    assert browse(make_member()).post("/settings", data={"name": ""}).headers["Cache-Control"] == "no-store"
