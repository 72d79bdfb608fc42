"""Threads through the browser: how replies are nested, and the pages of a long thread."""

import random
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from forum.posts.comment_queries import THREAD_PAGE_SIZE
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_thread
from tests.post_forms import (
    keys_in,
    path_to,
    reply_path,
)


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


def test_any_shape_of_thread_is_nested_as_it_was_answered(app: Any, browse: Any) -> None:
    chance = random.Random(4)
    post = make_post()
    depths = [0]
    for _ in range(60):
        depths.append(chance.randint(0, min(depths[-1] + 1, 4)))
    comments = make_thread(post, depths)
    for start in (None, *chance.sample(comments, 8)):
        page = browse().get(path_to(post) + (f"?from={key_text(start.id)}" if start else "")).text
        nesting = Nesting()
        nesting.feed(page.split('<section class="post-talk"')[1].split("</section>")[0])
        assert nesting.open == [], "all that was opened is closed"
        if start is None:
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
        match = re.search(r'<a href="([^"#]+)#talk" rel="next">More replies', page)
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
    assert f"from={key_text(last.id)}" in location
    assert keys_in(browse().get(location.split("#")[0]).text) == [key_text(last.id)]


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
    assert answer.location == path_to(post)
