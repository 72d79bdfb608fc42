"""The home page made of a shared part and the member's own values is, byte for byte, the page rendered as a whole."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum import fragments, site
from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications.actions import follow
from forum.pages import views
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.posts.visibility import hide
from forum.posts.writing import mark_useful
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.query_counts import queries_for
from tests.shared_pages import commit, without_tokens

PATHS = ("/", "/?sort=new", "/?tag=deals", "/?vendor=nobody", "/?sort=top&before=nonsense")


class Home:
    """Posts, and the readers of the lists of them by what they are."""

    def __init__(self, browse: Callable[..., Any]) -> None:
        self.vendor, tag = make_vendor("Nordwall"), make_tag("deals")
        self.posts = [make_post(make_member(), subject=PostSubject(self.vendor), tags=[tag]) for _ in range(3)]
        anonymous, follower = make_member(), make_member()
        self.anonymous_post = make_post(anonymous, anonymous=True)
        make_comment(self.posts[1], anonymous, anonymous=True)
        follow(follower, "post", self.posts[0].id)
        site.pin_post(self.posts[2].id)
        members = {
            "plain": make_member(name="Zoë & <Co>"),
            "elsewhere": make_member(time_zone="Asia/Tokyo"),
            "follower": follower,
            "anonymous author": anonymous,
            "moderator": make_member(role="moderator"),
            "suspended": make_member(suspended_until=now() + timedelta(days=2)),
            "locked": make_member(anonymous_locked_until=now() + timedelta(days=2)),
            "banned": make_member(),
        }
        db.session.commit()
        self.readers = {name: browse(member) for name, member in members.items()}
        members["banned"].banned_at = now()
        commit()

    def pages(self) -> dict[tuple[str, str], str]:
        return {
            (name, path): without_tokens(reader.get(path).text)
            for name, reader in self.readers.items()
            for path in PATHS
        }


@pytest.fixture
def home(app: Flask, browse: Callable[..., Any]) -> Home:
    return Home(browse)


def changes(home: Home) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each kind of change by name."""
    post, other = home.posts[0], home.posts[1]
    writer = make_member()
    yield "reply", lambda: make_comment(post, writer)
    yield "anonymous reply", lambda: make_comment(other, writer, anonymous=True)
    yield "reply to an anonymous post", lambda: make_comment(home.anonymous_post, writer)
    yield "vote", lambda: mark_useful(writer, post)
    yield "title", lambda: setattr(post, "title", "Another title")
    yield "vendor", lambda: setattr(home.vendor, "name", "Southwall")
    yield "announcement", lambda: site.change_setting("announcement", "We move on Sunday.")
    yield "pin", lambda: site.pin_post(other.id)
    yield "role", lambda: setattr(db.session.get_one(Member, post.author_id), "role", "moderator")
    yield "hide", lambda: hide(db.session.get_one(Post, other.id), "Rude.")
    yield "post", lambda: make_post(subject=PostSubject(home.vendor))


def test_every_reader_sees_the_same_home_page_after_each_kind_of_change(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = home.pages()
    for name, change in changes(home):
        before = pages
        change()
        commit()
        fragment_pages, again = home.pages(), home.pages()
        with monkeypatch.context() as patch:
            patch.setattr(views, "lists_version", lambda: None)
            pages = home.pages()
        assert fragment_pages == again == pages, name
        assert pages != before, f"{name} shows"
    assert "2 unread" in pages["follower", "/"] or "1 unread" in pages["follower", "/"]
    assert "1 unread" in pages["anonymous author", "/"], "a reply to what they wrote anonymously"


def test_the_home_page_costs_a_member_two_queries(home: Home) -> None:
    readers = [name for name in home.readers if name not in ("banned", "locked")]
    counts = {(name, path): queries_for(home.readers[name], path) for name in readers for path in PATHS}
    assert counts == dict.fromkeys(counts, 2)


def test_a_page_with_a_very_long_query_string_is_not_cached(home: Home) -> None:
    home.readers["plain"].get("/")
    size = fragments._memory._size
    assert size
    assert home.readers["plain"].get("/?tag=" + "x" * 300).status_code == 200
    assert fragments._memory._size == size
