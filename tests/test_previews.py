"""Previews while a text is typed: rendered as it would appear, and nothing is written or stored."""

from typing import Any

import pytest
from flask import Flask

from forum.db import db
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.post_forms import path_to, post_form, reply_path
from tests.test_routes import all_rows


def test_a_new_post_is_shown_with_vendor_tags_alias_and_what_may_identify(app: Flask, browse: Any) -> None:
    make_tag("deal-registration", ("dealreg",))
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    author = make_member(name="Jussi Korhonen")
    reader, before = browse(author), all_rows()
    form = post_form(
        tags="dealreg, nonsense",
        vendor_naming="named",
        vendor=vendor.name,
        tier=f"t{vendor.programmes[0].tiers[0].id}",
        identity="anonymous",
        body="**Call me**: Jussi Korhonen. " * 3,
    )
    page = reader.post("/posts/new/preview", data=form)
    assert page.status_code == 200 and "<html" not in page.text
    for words in ("<strong>Call me</strong>", "Nordwall", "deal-registration", "a new alias", "may identify you"):
        assert words in page.text, words
    assert "nonsense" not in page.text and page.headers["Cache-Control"] == "no-store"
    assert all_rows() == before


def test_replies_and_changes_are_shown_under_the_name_that_they_have(app: Flask, browse: Any) -> None:
    author = make_member(name="Jussi Korhonen")
    post, reader = make_post(author), browse(author)
    comment = make_comment(post, author, anonymous=True)
    alias = comment.pseudonym.name
    names = {
        path_to(post, "edit/preview"): "Jussi Korhonen",
        path_to(post, "reply/preview"): alias,
        reply_path(comment, "edit/preview"): alias,
    }
    for path, name in names.items():
        page = reader.post(path, data={"body": "Is *that* so?", "identity": "anonymous"})
        assert page.status_code == 200 and "<em>that</em>" in page.text and name in page.text, path


@pytest.mark.parametrize("path", ["edit/preview", "reply/preview", "official-reply/preview"])
def test_who_may_not_write_there_gets_no_preview(app: Flask, browse: Any, path: str) -> None:
    post = make_post()
    assert browse().post(path_to(post, path), data={"body": "x"}).status_code == 401
    if not path.startswith("reply"):
        assert browse(make_member()).post(path_to(post, path), data={"body": "x"}).status_code == 403


def test_a_preview_needs_the_form_token(app: Flask, browse: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert browse(make_member()).post("/posts/new/preview", data={"body": "x"}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_previews_have_a_limit_of_their_own(app: Flask, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    codes = [reader.post("/posts/new/preview", data={"body": "x"}).status_code for _ in range(61)]
    assert codes.count(200) == 60 and codes[-1] == 429
    assert reader.post("/posts/new", data=post_form()).status_code == 302


def test_a_million_characters_cost_a_refusal_or_a_short_page(app: Flask, browse: Any) -> None:
    db.session.commit()
    page = browse(make_member()).post("/posts/new/preview", data={"body": "e" + "\u0301" * 400_000})
    assert page.status_code in (200, 413) and len(page.text) < 100_000


def test_a_mention_is_a_link_in_the_preview_as_it_will_be(app: Flask, browse: Any) -> None:
    mentioned, reader = make_member(name="Jana Novak", slug="jana-novak"), browse(make_member())
    form = post_form(body=f"@{mentioned.slug} told us that nobody calls back, whatever the tier is.")
    page = reader.post("/posts/new/preview", data=form).text
    assert '<a href="/members/jana-novak">@jana-novak</a>' in page
