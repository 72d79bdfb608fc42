"""URLs: random keys, cursors, redirects that stay on the site, and NUL bytes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum import cursors
from forum.urls import KeyConverter, key_text, safe_path


def test_nul_in_a_url_is_not_found(app: Any, browse: Any) -> None:
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
        form_data = {"email": "a\x00b@partner.example", "password": "nul\x00 in a password", "name": "Mar\x00ta"}
        assert browse().post(path, data=form_data).status_code in (302, 422)


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
def test_no_redirect_leads_to_another_site(target: str | None) -> None:
    assert safe_path(target) is None


def test_a_redirect_keeps_a_path_with_its_query() -> None:
    for path in ("/", "/posts/new?vendor=a&x=%2F", "/posts/x/y#r-1", "/tags/é"):
        assert safe_path(path) == path


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_any_target_of_a_redirect_stays_on_this_site(target: str) -> None:
    path = safe_path(target)
    assert path is None or (path == target and path[0] == "/" and path[1:2] not in ("/", "\\"))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**50 - 1))
def test_a_key_in_a_url_is_read_as_it_was_written(number: int) -> None:
    assert KeyConverter.number_in(key_text(number)) == number


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_key_or_none(typed: str) -> None:
    number = KeyConverter.number_in(typed)
    assert number is None or key_text(number) == typed


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 999_999_999) | st.floats(0, 1000) | st.datetimes().filter(lambda t: t.year > 1000),
    st.integers(0, 2**50 - 1),
)
def test_a_cursor_is_read_as_it_was_written(value: Any, row_id: int) -> None:
    if isinstance(value, datetime):
        value = value.replace(microsecond=0, tzinfo=UTC)
    assert cursors.decode(cursors.encode(value, row_id), type(value)) == (value, row_id)


@pytest.mark.parametrize("cursor", ["", None, "x", ".5", "5.", "5.x", "1" * 10 + ".1", "1.--2", "20261340T000000.1"])
def test_anything_else_is_no_cursor(cursor: str | None) -> None:
    for value_type in (int, datetime):
        assert cursors.decode(cursor, value_type) is None


def test_the_moderation_queues_older_links_are_read() -> None:
    assert cursors.decode("3.5_77", float) == (3.5, 77)
