"""Following: one sealed state for each member, the buttons, and the page of followed items."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications import actions
from forum.pages.leaving.own_data import own_data
from forum.posts.actions import PostSubject, delete_post
from forum.posts.comment_actions import delete_comment
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import approve_held, hide
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.following import path_to, press, recipients, run_digest, sealed_states, unread_by_name


@pytest.mark.parametrize("anonymous", [False, True])
def test_author_and_repliers_follow_the_thread_by_name_or_not(app: Flask, browse: Any, anonymous: bool) -> None:
    author, first, second = make_member(), make_member(), make_member()
    post = make_post(author, anonymous=anonymous)
    assert unread_by_name(author) == {post.title: 0}
    make_comment(post, first, anonymous=anonymous)
    assert (unread_by_name(author), unread_by_name(first)) == ({post.title: 1}, {post.title: 0})
    make_comment(post, second, anonymous=anonymous)
    assert (unread_by_name(author), unread_by_name(first), unread_by_name(second)) == (
        {post.title: 2},
        {post.title: 1},
        {post.title: 0},
    )
    page = browse(author).get("/following").text
    assert post.title in page and "2 unread" in page
    assert "2 unread" in browse(author).get(path_to(post)).text


def test_nobody_is_told_of_their_own(app: Flask) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    other = make_comment(post, make_member())
    assert unread_by_name(author) == {post.title: 1}
    make_comment(post, author, parent=other, anonymous=True)
    assert unread_by_name(author) == {post.title: 1}, "what was new before stays so"
    make_comment(post, author)
    assert unread_by_name(author) == {post.title: 1}, "under their name neither"
    assert recipients(run_digest()) == {db.session.get(Member, other.author_id).email}, "they signed after it"


def test_ones_own_post_is_no_news_in_its_vendor_and_tags(app: Flask) -> None:
    author, reader = make_member(), make_member()
    tag, vendor = make_tag("deals"), make_vendor("Nordwall")
    for member in (author, reader):
        actions.follow(member, "tag", tag.id)
        actions.follow(member, "vendor", vendor.id)
    post = make_post(author, anonymous=True, tags=[tag], subject=PostSubject(vendor))
    assert unread_by_name(author) == {post.title: 0, "deals": 0, "Nordwall": 0}
    assert unread_by_name(reader) == {"deals": 1, "Nordwall": 1}


def test_buttons_follow_and_stop_without_a_script(app: Flask, browse: Any) -> None:
    reader, tag, vendor = make_member(), make_tag("deals"), make_vendor("Nordwall")
    post = make_post(tags=[tag], subject=PostSubject(vendor))
    browser = browse(reader)
    for page, item_path in [
        (path_to(post), f"/posts/{key_text(post.id)}"),
        ("/tags/deals", "/tags/deals"),
        ("/vendors/nordwall", "/vendors/nordwall"),
    ]:
        assert f'action="{item_path}/follow"' in browser.get(page).text
        assert f'action="{item_path}/follow"' not in browse().get(page).text
        press(browser, item_path, "follow")
        assert 'value="unfollow" aria-pressed="true"' in browser.get(page).text
    assert unread_by_name(reader) == {post.title: 0, "deals": 0, "Nordwall": 0}
    make_comment(post)
    make_post(tags=[tag], subject=PostSubject(vendor))
    assert unread_by_name(reader) == {post.title: 1, "deals": 1, "Nordwall": 1}
    page = browser.get("/following").text
    assert page.count("<b>1 unread</b>") == 3
    for item_path in (f"/posts/{key_text(post.id)}", "/tags/deals", "/vendors/nordwall"):
        press(browser, item_path, "unfollow")
    assert unread_by_name(reader) == {}
    assert "follow anything yet" in browser.get("/following").text


def test_reading_changes_nothing_and_buttons_mark_it_read(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    first, second = make_comment(post), make_comment(post, anonymous=True)
    browser = browse(author)
    before = sealed_states()
    for page in (path_to(post), "/following", "/following?show=all", f"/replies/{key_text(first.id)}"):
        browser.get(page)
    assert sealed_states() == before
    opened_at = press(browser, f"/posts/{key_text(post.id)}", "open").location
    assert opened_at in {f"/replies/{key_text(reply.id)}" for reply in (first, second)}
    assert unread_by_name(author) == {post.title: 0}
    make_comment(post)
    back = press(browser, f"/posts/{key_text(post.id)}", "mark_read", return_to="/following").location
    assert (back, unread_by_name(author)) == ("/following", {post.title: 0})
    assert "Nothing new" in browser.get("/following").text
    make_comment(post)
    assert browser.post("/following/seen").location == "/following"
    assert unread_by_name(author) == {post.title: 0}


def test_the_first_new_reply_is_none_of_ones_own(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    make_comment(post, at=now() - timedelta(hours=3))
    actions.mark_read(author, "post", post.id)
    new = make_comment(post, at=now() - timedelta(hours=2))
    make_comment(post, author, at=now() - timedelta(hours=1))
    make_comment(post, author, anonymous=True)
    assert press(browse(author), f"/posts/{key_text(post.id)}", "open").location == f"/replies/{key_text(new.id)}"


def test_only_members_follow_and_only_what_they_may_see(app: Flask, browse: Any) -> None:
    post = make_post()
    address = f"/posts/{key_text(post.id)}"
    assert browse().post(f"{address}/follow", data={"intent": "follow"}).status_code == 401
    assert browse().get("/following").status_code == 302
    reader = browse(make_member())
    assert reader.post(f"{address}/follow", data={"intent": "nonsense"}).status_code == 400
    assert reader.get(f"{address}/follow").status_code in (301, 302, 404, 405)
    assert (
        press(reader, address, "follow", return_to="https://elsewhere.example/").location
        == f"{path_to(post)}#post-actions"
    )
    hide(post, "Under review.")
    assert reader.post(f"{address}/follow", data={"intent": "follow"}).status_code == 404
    assert reader.post("/tags/nothing/follow", data={"intent": "follow"}).status_code == 404
    proposed = make_vendor("Nordwall")
    proposed.accepted_at = None
    assert reader.post("/vendors/nordwall/follow", data={"intent": "follow"}).status_code == 404


def test_held_and_hidden_texts_are_never_told_of(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    reply = make_comment(post)
    hide(reply, "Under review.")
    settle_recounts(db.session.commit)
    assert unread_by_name(author) == {post.title: 0} and run_digest() == []
    approve_held(reply)
    settle_recounts(db.session.commit)
    assert unread_by_name(author) == {post.title: 1}
    hide(post, "Under review.")
    assert unread_by_name(author) == {} and run_digest() == []


def test_a_held_text_is_followed_by_its_author_once_it_is_let_through(app: Flask) -> None:
    author = make_member()
    post = make_post()
    reply = make_comment(post, author, anonymous=True)
    hide(reply, "Under review.")
    settle_recounts(db.session.commit)
    approve_held(reply)
    settle_recounts(db.session.commit)
    assert unread_by_name(author) == {post.title: 0}


def test_who_has_stopped_following_stays_so_when_they_write_again(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    actions.unfollow(author, "post", post.id)
    make_comment(post, author, anonymous=True)
    make_comment(post)
    assert unread_by_name(author) == {}
    actions.follow(author, "post", post.id)
    assert unread_by_name(author) == {post.title: 0}
    make_comment(post)
    assert unread_by_name(author) == {post.title: 1}


def test_with_the_key_lost_nobody_follows_anything_by_choice_and_nothing_breaks(app: Flask, browse: Any) -> None:
    reader, post = make_member(), make_post()
    actions.follow(reader, "post", post.id)
    make_comment(post, make_member(digest="never"))
    db.session.commit()
    keys = app.config["ANONYMITY_KEYS"]
    app.config["ANONYMITY_KEYS"] = ["another key, made after the first was lost"]
    try:
        assert unread_by_name(reader) == {}
        press(browse(reader), f"/posts/{key_text(post.id)}", "follow")
        assert unread_by_name(reader) == {post.title: 0}
        app.config["ANONYMITY_KEYS"] = [*app.config["ANONYMITY_KEYS"], *keys]
        assert unread_by_name(reader) == {post.title: 0}
    finally:
        app.config["ANONYMITY_KEYS"] = keys


def test_what_one_follows_is_in_ones_own_export(app: Flask) -> None:
    author = make_member()
    post, tag = make_post(author, anonymous=True), make_tag("deals")
    actions.follow(author, "tag", tag.id)
    rows = json.loads("".join(own_data(author)))["following"]
    assert rows == [{"post": key_text(post.id), "title": post.title, "unread": 0}, {"tag": "deals", "unread": 0}]


def test_a_deleted_thread_and_a_deleted_reply_are_no_news(app: Flask, browse: Any) -> None:
    author, replier = make_member(), make_member()
    post, other = make_post(author), make_post(author)
    reply = make_comment(post, replier)
    delete_post(other)
    assert unread_by_name(author) == {post.title: 1}
    delete_comment(reply)
    settle_recounts(db.session.commit)
    assert unread_by_name(author) == {post.title: 0}
    make_comment(post)
    delete_post(post)
    assert unread_by_name(author) == {} and run_digest() == []
    assert browse(author).get("/following?show=all").status_code == 200


def test_of_somebody_who_left_nothing_stays(app: Flask) -> None:
    leaver, stays = make_member(), make_member()
    post = make_post(stays)
    make_comment(post, leaver, anonymous=True)
    number = leaver.id
    db.session.delete(leaver)
    assert recipients(run_digest()) == {stays.email}
    assert number not in sealed_states() and stays.id in sealed_states()


def test_imported_threads_are_not_followed_even_once_they_are_claimed(app: Flask) -> None:
    author, replier = make_member(), make_member()
    comment = make_comment(make_post(author), replier)
    comment.post.imported_from, comment.imported_from = "blog 1", "blog 2"
    db.session.commit()
    assert unread_by_name(author) == unread_by_name(replier) == {}


@pytest.mark.slow
def test_the_page_shows_new_ones_first_and_further_ones_on_further_pages(app: Flask, browse: Any) -> None:
    reader = make_member()
    posts = [make_post(at=now() - timedelta(hours=n)) for n in range(35)]
    for post in posts:
        actions.follow(reader, "post", post.id)
    first = browse(reader).get("/following?show=all").text
    titles = [post.title for post in posts if f">{post.title}<" in first]
    assert titles == [post.title for post in posts[:30]]
    next_link = re.search(r'href="(/following\?show=all[^"]+after=[^"]+)"', first)
    assert next_link is not None
    second = browse(reader).get(next_link[1].replace("&amp;", "&")).text
    assert [post.title for post in posts if f">{post.title}<" in second] == [post.title for post in posts[30:]]
