"""Following a search: its query is sealed, and its matches are told of the day after."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications.news import news_of
from forum.notifications.search_follows import MAX_SEARCHES, _recent_matches, change_state, followed_searches
from forum.posts.visibility import hide
from forum.search.jobs import index_replies
from tests.factories import make_comment, make_member, make_post
from tests.following import sealed_states

QUERY = "zeppelin"
BODY = "The zeppelin came late, and nobody told us why. We asked twice."


@pytest.fixture(autouse=True)
def _forget_matches() -> Iterator[None]:
    _recent_matches.cache_clear()
    yield


def follow_since(browser: Any, member: Member, days: int) -> None:
    """Follow the search in the browser, as if some days ago."""
    assert (
        browser.post("/notifications/searches", data={"q": QUERY, "intent": "follow"}).location == "/search?q=zeppelin"
    )
    change_state(
        member.id,
        lambda state: state._replace(searches={query: mark - days for query, mark in state.searches.items()}),
    )
    db.session.commit()


def match_counts(member: Member) -> dict[str, int]:
    db.session.expire_all()
    return {group.title: group.unread for group in news_of(member) if group.kind == "search"}


def test_new_matches_are_told_of_the_day_after_and_once(app: Flask, browse: Any) -> None:
    reader = make_member()
    browser = browse(reader)
    follow_since(browser, reader, days=3)
    make_post(title="The zeppelin of last week", at=now() - timedelta(days=9))
    post = make_post(title="The zeppelin of yesterday", at=now() - timedelta(days=1))
    make_comment(make_post(at=now() - timedelta(days=2)), body=BODY, at=now() - timedelta(days=1), anonymous=True)
    make_post(title="The zeppelin of today", anonymous=True)
    index_replies()
    assert match_counts(reader) == {"Search: zeppelin": 2}
    page = browser.get("/notifications").text
    assert "2 new matches" in page and post.title in page and "of today" not in page
    opened = browser.post("/notifications/read", data={"target": f"search {QUERY}", "intent": "open"})
    assert opened.location == "/search?q=zeppelin" and match_counts(reader) == {}


def test_neither_ones_own_texts_nor_hidden_ones_are_matches(app: Flask, browse: Any) -> None:
    reader = make_member()
    follow_since(browse(reader), reader, days=3)
    yesterday = now() - timedelta(days=1)
    make_post(reader, title="My zeppelin", at=yesterday, anonymous=True)
    make_comment(make_post(at=yesterday), reader, body=BODY, at=yesterday)
    post = make_post(title="Their zeppelin", at=yesterday)
    assert match_counts(reader) == {"Search: zeppelin": 1}
    hide(post, "Under review.")
    db.session.commit()
    assert match_counts(reader) == {}


def test_a_search_is_followed_from_its_results_and_managed_with_the_rest(app: Flask, browse: Any) -> None:
    reader = make_member()
    make_post(title="The zeppelin of today")
    browser = browse(reader)
    assert "Follow this search" in browser.get(f"/search?q={QUERY}").text
    assert "this search</button>" not in browse().get(f"/search?q={QUERY}").text
    browser.post("/notifications/searches", data={"q": QUERY, "intent": "follow"})
    assert "Following this search" in browser.get(f"/search?q={QUERY}").text
    assert all(QUERY not in sealed for sealed in sealed_states().values())
    listed = browser.get("/following?show=all").text
    assert 'href="/search?q=zeppelin"' in listed and "Unfollow" in listed
    browser.post("/notifications/searches", data={"q": QUERY, "intent": "unfollow", "return_to": "/following"})
    assert followed_searches(reader) == []
    assert browser.post("/notifications/searches", data={"q": QUERY}).status_code == 400
    assert browse().post("/notifications/searches", data={"q": QUERY, "intent": "follow"}).status_code == 401


def test_a_member_follows_a_limited_number_of_searches(app: Flask, browse: Any) -> None:
    reader = make_member()
    browser = browse(reader)
    for n in range(MAX_SEARCHES + 1):
        browser.post("/notifications/searches", data={"q": f"word{n}", "intent": "follow"})
    assert len(followed_searches(reader)) == MAX_SEARCHES
    assert "You can follow up to 10 searches" in browser.get("/rules").text
    browser.post("/notifications/searches", data={"q": "", "intent": "follow"})
    assert "" not in followed_searches(reader)
