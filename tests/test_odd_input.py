"""Input that made pages fail: numbers of any length, names of arguments, repeated and missing fields, files, JSON, NUL."""

import io
from typing import Any

import pytest
from flask import Flask

from forum.admin.merge_actions import merge_vendors
from forum.db import db
from forum.posts.models import Post
from forum.urls import whole_number
from tests.factories import make_category, make_member, make_tag, make_vendor
from tests.post_forms import post_form

DIGITS = "0001" + "9" * 4996


def test_a_weight_of_5000_digits_weighs_nothing(app: Flask, browse: Any) -> None:
    assert browse().get(f"/vendors?w_presales={DIGITS}").status_code == 200
    for name, status in (("before", 200), ("rule", 302)):
        assert browse().get(f"/log?{name}={DIGITS}").status_code == status


def test_a_merged_vendor_leads_on_with_any_query_string(app: Flask, browse: Any) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    merge_vendors(make_member(role="admin"), old, into, reason="One and the same.", summary="all")
    answer = browse().get("/vendors/nordwall?endpoint=x&_method=POST&slug=y&v=1&v=2&_external=1")
    assert answer.status_code == 301
    assert answer.location == "/vendors/northwall?endpoint=x&_method=POST&slug=y&v=1&v=2&_external=1"


@pytest.mark.parametrize("number", ["9" * 20, "2147483648", "٣" * 12, "0" * 400])
def test_a_number_that_no_row_has_leads_nowhere(app: Flask, browse: Any, number: str) -> None:
    reader = browse(make_member(role="admin"))
    assert reader.post(f"/moderation/log/{number}/undo", data={"reason": "Not right."}).status_code == 404
    for path in ("/log/{}", "/log/-{}", "/decisions/{}", "/admin/tiers/{}"):
        assert reader.get(path.format(number)).status_code == 404, path


def test_a_long_submission_is_stored_each_time_and_a_number_of_our_own_once(app: Flask, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    for submission, weeks, count in (("x" * 65, (0, 1), 2), ("y" * 64, (2, 2), 3)):
        for week in weeks:
            form = post_form(submission=submission, body=f"What happened here in week {week} of the year, and why.")
            assert reader.post("/posts/new", data=form).status_code == 302
        assert db.session.query(Post).count() == count


def test_a_field_that_is_missing_is_empty(app: Flask, browse: Any) -> None:
    vendor, reader = make_vendor("Nordwall"), browse(make_member(role="admin"))
    answer = reader.post("/admin/vendors/nordwall/details", data={"name": "Nordwall", "category": vendor.category.slug})
    assert answer.status_code == 302


def test_an_unknown_category_is_an_error_in_the_form_of_a_post_with_a_rating(app: Flask, browse: Any) -> None:
    make_tag("deals"), make_category()
    form = post_form(vendor_naming="undisclosed", category="nowhere", description="a large supplier")
    answer = browse(make_member()).post("/posts/new", data=form | {"worth": "2", "again": "no", "interest": "none"})
    assert answer.status_code == 422 and "Choose the category" in answer.text


def test_files_and_json_are_no_fields(app: Flask, browse: Any) -> None:
    reader = browse(make_member())
    for content in ({"json": {"title": {"a": [1]}, "body": 5}}, {"data": {"title": (io.BytesIO(b"x"), "a.txt")}}):
        assert reader.post("/posts/new", **content).status_code == 422


def test_nul_is_dropped_wherever_a_field_is_looked_up(app: Flask, browse: Any) -> None:
    reader = browse(make_member(role="moderator"))
    assert reader.post("/moderation/open", data={"slug": "no\0body"}).status_code == 404


def test_whole_numbers_are_ascii_and_bounded() -> None:
    typed = ["7", "007", "", None, "-1", "1.0", "²", "٣", "2147483647", "2147483648", DIGITS]
    assert [whole_number(text) for text in typed] == [7, 7, None, None, None, None, None, None, 2**31 - 1, None, None]
