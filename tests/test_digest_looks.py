"""The daily run looks through what a member follows only if something can be new; it announces no less than before."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.notifications import actions, digest_actions, digest_looks
from forum.notifications.following import following_of
from forum.posts.comment_actions import delete_comment
from forum.posts.recounts import settle_recounts
from tests.factories import make_comment, make_member, make_post
from tests.following import TUESDAY, run_digest

DAY = timedelta(days=1)


def silent() -> Member:
    """Return a member who gets no mail."""
    return make_member(digest="never")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect the members whom the daily run looks at."""
    member_ids: list[int] = []
    look = digest_actions.following_by_state

    def note(member: Member, *arguments: Any) -> Any:
        member_ids.append(member.id)
        return look(member, *arguments)

    monkeypatch.setattr(digest_actions, "following_by_state", note)
    return member_ids


def test_only_members_with_something_new_get_a_look_and_all_states_are_sealed_again(
    app: Flask, looks: list[int]
) -> None:
    author, follower, *_ = [make_member() for _ in range(5)]
    post, other = make_post(author, anonymous=True), make_post(silent())
    db.session.commit()
    actions.follow(follower, "post", other.id)
    run_digest()
    looks.clear()
    make_comment(post, silent())
    assert {mail.to for mail in run_digest(TUESDAY + DAY)} == {author.email}
    assert looks == [author.id]
    looks.clear()
    run_digest(TUESDAY + 2 * DAY)
    assert looks == []


def test_news_that_is_not_announced_today_is_looked_for_when_mail_is_due(app: Flask, looks: list[int]) -> None:
    weekly, locked = make_member(digest="weekly"), make_member()
    posts = [make_post(member, anonymous=True) for member in (weekly, locked)]
    locked.anonymous_locked_until = TUESDAY + 10 * DAY
    run_digest()
    for post in posts:
        make_comment(post, silent(), anonymous=True)
    assert run_digest(TUESDAY + DAY) == [] and looks == []
    assert [mail.to for mail in run_digest(TUESDAY + 6 * DAY)] == [weekly.email]
    assert run_digest(TUESDAY + 7 * DAY) == []
    assert [mail.to for mail in run_digest(TUESDAY + 11 * DAY)] == [locked.email]
    assert run_digest(TUESDAY + 12 * DAY) == []


def test_links_after_the_first_are_found_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_looks, "FIRST_LINKS", 4)
    monkeypatch.setattr(digest_looks, "ROOM", 2)
    author = make_member()
    posts = [make_post(author, anonymous=True) for _ in range(3)]
    run_digest()
    make_comment(posts[0], silent())
    assert len(run_digest(TUESDAY + DAY)) == 1
    posts += [make_post(author, anonymous=True) for _ in range(4)]
    run_digest(TUESDAY + 2 * DAY)
    make_comment(posts[-1], silent())
    assert [mail.to for mail in run_digest(TUESDAY + 3 * DAY)] == [author.email]


def test_deleted_replies_do_not_count_as_read(app: Flask, looks: list[int]) -> None:
    follower, post = make_member(), make_post(silent())
    replies = [make_comment(post, silent()) for _ in range(2)]
    db.session.commit()
    actions.follow(follower, "post", post.id)
    run_digest()
    looks.clear()
    delete_comment(replies[0])
    db.session.commit()
    settle_recounts(db.session.commit)
    run_digest(TUESDAY + DAY)
    assert looks == [follower.id]
    make_comment(post, silent())
    db.session.commit()
    assert [item.unread for item in following_of(follower).posts] == [1]
