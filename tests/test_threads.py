"""Threads through the browser: how replies are nested, and the pages of a long thread."""

import random
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from sqlalchemy import text as sql

from forum.db import db, now
from forum.posts import thread_pages
from forum.posts.comment_queries import THREAD_PAGE_SIZE, sorted_page, thread_page
from forum.posts.recounts import settle_recounts
from forum.posts.writing import mark_useful
from forum.urls import key_text
from tests.factories import make_comment, make_long_thread, make_member, make_post, make_thread
from tests.post_forms import (
    keys_in,
    path_to,
    reply_path,
)
from tests.query_counts import recorded_work


def test_below_the_fourth_level_replies_stand_side_by_side_and_say_to_whom(app: Any, browse: Any) -> None:
    post = make_post()
    comments = [make_comment(post, make_member(name="Top"))]
    for n in range(1, 8):
        comments.append(make_comment(post, make_member(name=f"Person {n}"), parent=comments[-1]))
    assert [c.depth for c in comments] == [0, 1, 2, 3, 4, 4, 4, 4]
    page = browse().get(path_to(post)).text
    assert keys_in(page) == [key_text(c.id) for c in sorted(comments, key=lambda c: c.path)]
    assert f'to <a href="#r-{key_text(comments[4].id)}">Person 4</a>' in page
    assert f'to <a href="#r-{key_text(comments[3].id)}">' not in page


class Nesting(HTMLParser):
    """Checks that lists open and close in order, and records how deep each reply is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.depth: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        if attributes.get("id", "").startswith("r-"):
            self.depth[attributes["id"][2:]] = self.open.count("ol") - 1
        if tag in ("ol", "ul", "li", "section"):
            assert tag != "li" or self.open[-1] in ("ol", "ul")
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "ul", "li", "section"):
            assert self.open.pop() == tag


def test_any_shape_of_thread_is_nested_as_it_was_answered(app: Any, browse: Any, monkeypatch: Any) -> None:
    chance = random.Random(4)
    post = make_post()
    depths = [0]
    for _ in range(60):
        depths.append(chance.randint(0, min(depths[-1] + 1, 4)))
    comments = make_thread(post, depths)
    for number in (1, 2, 3, 4, 5, 6, 7):
        monkeypatch.setattr(thread_page, "__defaults__", (1, 100 if number == 1 else 9))
        page = browse().get(f"{path_to(post)}?page={number}").text
        nesting = Nesting()
        nesting.feed(page.split('<section class="post-talk"')[1].split("</section>")[0])
        assert nesting.open == [], "all that was opened is closed"
        if number == 1:
            assert [nesting.depth[key_text(c.id)] for c in comments] == depths


@pytest.mark.slow
def test_a_long_thread_shows_every_reply_once_and_permalinks_find_the_page(app: Any, browse: Any) -> None:
    post = make_post()
    chance = random.Random(7)
    depths = [0]
    for _ in range(249):
        depths.append(chance.randint(0, min(depths[-1] + 1, 4)))
    comments = make_thread(post, depths)
    reader, path, keys = browse(), path_to(post), []
    while path:
        page = reader.get(path).text
        keys += keys_in(page)
        match = re.search(r'<a href="([^"#]+)#talk" rel="next">Next', page)
        path = match[1] if match else ""
    assert keys == [key_text(c.id) for c in comments]
    for comment in (comments[n] for n in (0, 99, 100, 101, 180, 249)):
        answer = reader.get(reply_path(comment))
        assert answer.status_code == 302
        assert key_text(comment.id) in keys_in(reader.get(answer.location.split("#")[0]).text)


def test_a_branch_longer_than_a_page_is_entered_in_the_middle(app: Any, browse: Any) -> None:
    post = make_post()
    comments = make_thread(post, [0] + [1] * (THREAD_PAGE_SIZE * 2 + 5))
    last = comments[-1]
    location = browse().get(reply_path(last)).location
    assert location == f"{path_to(post)}?page=3#r-{key_text(last.id)}"
    assert keys_in(browse().get(location.split("#")[0]).text) == [key_text(comment.id) for comment in comments[200:]]


@pytest.mark.parametrize("start", ["0000000000", "nonsense", "-1", "%00", "<script>", "'"])
def test_a_page_of_a_thread_that_is_not_there_leads_to_the_first(app: Any, browse: Any, start: str) -> None:
    post = make_post()
    make_comment(post)
    make_comment()
    answer = browse().get(f"{path_to(post)}?from={start}", follow_redirects=True)
    assert answer.status_code == (404 if start == "%00" else 200)
    assert "<script>" not in answer.text
    foreign = make_comment()
    answer = browse().get(f"{path_to(post)}?from={key_text(foreign.id)}")
    assert answer.location == f"/replies/{key_text(foreign.id)}", "it may have been moved there"
    assert browse().get(f"{path_to(post)}?page=2").location == path_to(post)
    for number in ("0", "-1", "x", "99999999999999999999", "²"):
        assert browse().get(f"{path_to(post)}?page={number}", follow_redirects=True).status_code == 200


def test_an_older_link_to_a_page_leads_to_the_reply_it_began_with(app: Any, browse: Any) -> None:
    comments = make_thread(post := make_post(), [0] * (THREAD_PAGE_SIZE + 3))
    answer = browse().get(f"{path_to(post)}?from={key_text(comments[-1].id)}")
    assert browse().get(answer.location).location == f"{path_to(post)}?page=2#r-{key_text(comments[-1].id)}"


def test_a_long_thread_says_how_many_pages_it_has_and_links_to_them(app: Any, browse: Any) -> None:
    post = make_post()
    make_thread(post, [0] * 9 * 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thread_page, "__defaults__", (1, 4))
        patch.setattr(thread_pages, "THREAD_PAGE_SIZE", 4)
        first, middle, last = (browse().get(f"{path_to(post)}?page={number}").text for number in (1, 5, 9))
    assert "Page 1 of 9" in first and "Page 5 of 9" in middle and "Page 9 of 9" in last
    assert set(re.findall(r"\?page=(\d+)#talk", middle)) == {"4", "6", "9"}
    assert f'href="{path_to(post)}#talk" rel="prev"' in browse().get(path_to(post)).text or 'rel="prev"' not in first
    assert 'rel="next"' not in last and 'aria-current="page">9<' in last


def test_a_thread_can_be_read_newest_first_and_most_useful_first(app: Any, browse: Any) -> None:
    post, day = make_post(), now() - timedelta(days=9)
    comments = [make_comment(post, at=day + timedelta(hours=n), body=f"Reply {n}") for n in range(6)]
    answer = make_comment(post, parent=comments[0], at=day + timedelta(hours=7))
    for n, count in ((1, 1), (4, 3)):
        for _ in range(count):
            mark_useful(make_member(), comments[n])
    settle_recounts(db.session.commit)
    newest = browse().get(f"{path_to(post)}?sort=newest").text
    assert keys_in(newest) == [key_text(c.id) for c in (answer, *reversed(comments))]
    assert f'to <a href="#r-{key_text(comments[0].id)}">' in newest, "an answer says to whom, since it stands alone"
    assert keys_in(browse().get(f"{path_to(post)}?sort=useful").text)[:2] == [key_text(comments[n].id) for n in (4, 1)]
    assert f'rel="canonical" href="http://localhost{path_to(post)}"' in newest


@pytest.mark.parametrize("sort", ["newest", "useful"])
def test_every_order_shows_each_reply_once_page_by_page(app: Any, browse: Any, monkeypatch: Any, sort: str) -> None:
    monkeypatch.setattr(sorted_page, "__defaults__", (3,))
    post = make_post()
    comments = make_thread(post, [0, 1, 2, 0, 0, 1, 0])
    path, keys = f"{path_to(post)}?sort={sort}", []
    while path:
        page = browse().get(path).text
        keys += keys_in(page)
        match = re.search(r'<a href="([^"#]+)#talk" rel="next">More replies', page)
        path = unescape(match[1]) if match else ""
    assert sorted(keys) == sorted(key_text(c.id) for c in comments)
    assert browse().get(f"{path_to(post)}?sort={sort}&after=nonsense").status_code == 200


def test_a_signed_reply_shows_its_time_and_an_anonymous_one_its_day(app: Any, browse: Any) -> None:
    post, moment = make_post(), datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC)
    make_comment(post, make_member(name="Ines Field"), at=moment)
    make_comment(post, make_member(), anonymous=True, at=moment)
    page = browse().get(path_to(post)).text
    assert re.findall(
        r'<time datetime="([^"]+)" itemprop="datePublished">([^<]+)</time><span class="vh">, link', page
    ) == [
        ("2026-03-04", "4 Mar"),
        ("2026-03-04T14:03:20Z", "4 Mar, 14:03 UTC"),
    ]
    page = browse(make_member(time_zone="Europe/Helsinki")).get(path_to(post)).text
    assert "4 Mar, 16:03</time>" in page and "UTC</time>" not in page


def test_a_name_has_one_mark_in_a_thread_made_of_what_everyone_sees(app: Any, browse: Any) -> None:
    author = make_member()
    posts = [make_post() for _ in range(12)]
    for post in posts:
        for parent in (None, None):
            make_comment(post, author, parent=parent)
    marks = [re.findall(r'class="author (mark-\d+)"', browse().get(path_to(post)).text) for post in posts]
    assert all(len(names) == 2 and len(set(names)) == 1 for names in marks)
    assert len({names[0] for names in marks}) > 1, "another thread, another mark"


def test_strangers_get_to_useful_and_follow_by_signing_in(app: Any, browse: Any) -> None:
    comment = make_comment(post := make_post())
    page = browse().get(path_to(post)).text
    assert f'href="/sign-in?next=/replies/{key_text(comment.id)}" rel="nofollow"' in page
    assert f'href="/sign-in?next={quote(path_to(post))}%23post-actions"' in page and "Follow<" in page
    assert "/sign-in?next" not in browse(make_member()).get(path_to(post)).text


def test_nobody_is_offered_to_report_what_they_answered_by_name_a_moment_ago(app: Any, browse: Any) -> None:
    comment = make_comment(post := make_post())
    reader = make_member()
    report = f"/replies/{key_text(comment.id)}/flag"
    make_comment(post, reader, parent=comment, anonymous=True)
    assert report in browse(reader).get(path_to(post)).text, "what they wrote anonymously changes nothing"
    make_comment(post, reader, parent=comment)
    make_comment(post, reader)
    page = browse(reader).get(path_to(post)).text
    assert report not in page and path_to(post, "flag") not in page
    with time_machine.travel(now() + timedelta(hours=2)):
        page = browse(reader).get(path_to(post)).text
    assert report in page and path_to(post, "flag") in page


def test_open_pages_ask_how_many_replies_there_are_and_learn_nothing_else(app: Any, browse: Any) -> None:
    make_comment(post := make_post())
    reader = browse()
    answer = reader.get(path_to(post, "reply-count"))
    assert (answer.text, answer.mimetype) == ("1", "text/plain")
    again = reader.get(path_to(post, "reply-count"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    post.hidden_at = now()
    db.session.commit()
    assert reader.get(path_to(post, "reply-count")).status_code == 404


def test_the_first_unread_reply_is_a_link_away_and_stays_unread(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    first = make_comment(post, at=now() - timedelta(hours=3))
    make_comment(post)
    reader = browse(author)
    assert "2 unread" in reader.get(path_to(post)).text
    assert reader.get(path_to(post, "first-unread")).location == reply_path(first)
    assert "2 unread" in reader.get(path_to(post)).text
    assert browse(make_member()).get(path_to(post, "first-unread")).location == path_to(post)


@pytest.mark.slow
def test_a_page_of_twenty_times_as_many_replies_reads_no_more(app: Any, browse: Any) -> None:
    author = make_member()
    small, large = make_post(author), make_post(author)
    make_long_thread(small, 40, author)
    replies = make_long_thread(large, 800, author)
    db.session.execute(sql("ANALYZE"))
    db.session.commit()
    reader = browse()
    for place in ("", "?sort=newest", "?sort=useful"):
        reads = []
        for post in (small, large):
            with recorded_work() as work:
                assert reader.get(path_to(post) + place).status_code == 200
            reads.append(sum(work))
        assert reads[1] < reads[0] * 1.5 + 500, place
    # A page far behind is found in one index: an entry for each reply before it, and no row.
    with recorded_work() as work:
        assert key_text(replies[-1]) in reader.get(f"{path_to(large)}?page=40").text
    assert max(work) < 20 * len(replies)
