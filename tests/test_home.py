"""Rows of the home page: latest activity, the tag that is filtered by, and what the reader has not read."""

import re
from datetime import timedelta
from typing import Any

import pytest

from forum.db import db, now
from forum.notifications import actions
from forum.posts.row_html import _render
from tests.factories import make_comment, make_member, make_post, make_tag
from tests.query_counts import queries_for
from tests.rating_forms import page_text


def unread(reader: Any, path: str = "/") -> list[str]:
    """Return the unread counts on a page, in the order of its rows."""
    return re.findall(r'<p class="post-row__unread"><b>([^<]+)</b></p>', reader.get(path).text)


def test_a_row_says_when_the_thread_was_last_active_if_that_was_another_day(app: Any, browse: Any) -> None:
    post = make_post(at=now() - timedelta(days=9))
    assert "active" not in page_text(browse().get("/?sort=new")).partition("useful")[2].partition("Pages")[0]
    make_comment(post)
    today = now().strftime("%-d %b")
    assert f"active {today}" in page_text(browse().get("/?sort=new"))


def test_the_tag_that_is_filtered_by_is_on_each_row_whichever_synonym_was_typed(app: Any, browse: Any) -> None:
    tags = [make_tag("aaa"), make_tag("bbb"), make_tag("zzz", ("last-one",))]
    make_post(tags=tags)
    assert re.findall(r'class="tag[^"]*" href="/tags/(\w+)">\w+</a>', browse().get("/").text) == ["aaa", "bbb"]
    for word in ("zzz", "last-one"):
        page = browse().get(f"/?tag={word}").text
        assert re.findall(r'class="(tag[^"]*)" href="/tags/(\w+)">\w+</a>', page) == [
            ("tag tag--list", "zzz"),
            ("tag", "aaa"),
        ]
        assert "Filter: <b>#zzz</b>" in page


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_member_sees_how_much_is_unread_in_what_they_wrote_or_follow(app: Any, browse: Any, anonymous: bool) -> None:
    author, follower = make_member(), make_member()
    post, other = make_post(author, anonymous=anonymous), make_post()
    actions.follow(follower, "post", other.id)
    db.session.commit()
    for thread in (post, other):
        make_comment(thread)
        make_comment(thread, author, anonymous=anonymous)
    assert unread(browse()) == []
    assert unread(browse(author), "/?sort=unanswered") == []
    assert sorted(unread(browse(author))) == ["1 unread"], "one's own replies are no news, nor what came before them"
    make_comment(other)
    assert sorted(unread(browse(author))) == ["1 unread", "1 unread"]
    assert unread(browse(follower)) == ["3 unread"]


def test_nothing_is_unread_while_anonymous_writing_is_locked(app: Any, browse: Any) -> None:
    author = make_member()
    make_comment(make_post(author, anonymous=True))
    assert unread(browse(author)) == ["1 unread"]
    author.anonymous_locked_until = now() + timedelta(days=3)
    db.session.commit()
    assert unread(browse(author)) == []


def test_unread_counts_are_in_no_cache_and_cost_a_member_one_query(app: Any, browse: Any) -> None:
    author = make_member()
    make_comment(make_post(author))
    _render.cache_clear()
    assert unread(browse(author)) == ["1 unread"]
    rows = _render.cache_info().currsize
    assert unread(browse(make_member())) == [] and _render.cache_info().currsize == rows
    strangers, members = queries_for(browse(), "/"), queries_for(browse(author), "/")
    for _ in range(5):
        make_comment(make_post(author, anonymous=True))
    assert (queries_for(browse(), "/"), queries_for(browse(author), "/")) == (strangers, members)
    # The session and its member are the other two.
    assert members - strangers <= 3


def test_filters_of_the_list_fold_away_and_say_what_they_are(app: Any, browse: Any) -> None:
    make_post(leaning="bad")
    page = browse().get("/?leaning=bad&rated=y").text
    assert "Filter: <b>bad, with a rating</b>" in page
    assert '<details class="fold">' in page and "<details open" not in page
