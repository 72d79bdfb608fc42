"""A page costs the same number of queries for few rows and for many, for strangers and for members."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.posts import thread_html
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.writing import mark_useful
from forum.urls import key_text
from forum.vendors.actions import add_programme
from tests.factories import (
    make_category,
    make_comment,
    make_long_thread,
    make_member,
    make_post,
    make_tag,
    make_vendor,
)
from tests.query_counts import calls_for, queries_for, recorded_queries

MAX_QUERIES = 8


@pytest.fixture
def cost(app: Flask, browse: Any) -> Callable[[str], list[int]]:
    """cost(path) returns the queries of a visit by a stranger, a member and a moderator."""
    readers = [browse(), browse(make_member()), browse(make_member(role="moderator"))]
    return lambda path: [queries_for(reader, path) for reader in readers]


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def some_posts(count: int, **fields: Any) -> list[Post]:
    tags = [make_tag() for _ in range(3)]
    return [make_post(make_member(), tags=tags, anonymous=n % 3 == 0, **fields) for n in range(count)]


def test_home_costs_the_same_for_two_posts_and_for_a_full_page(cost: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    few = some_posts(2, subject=PostSubject(vendor))
    tag = few[0].tags[0].slug
    addresses = ["/", "/?sort=new", "/?sort=top", "/?sort=unanswered", f"/?vendor=nordwall&tag={tag}&leaning=mixed"]
    before = [cost(address) for address in addresses]
    some_posts(25, subject=PostSubject(vendor))
    for _ in range(5):
        make_vendor()
    after = [cost(address) for address in addresses]
    assert after == before
    assert max(after[0]) <= MAX_QUERIES and max(map(max, after)) <= MAX_QUERIES + 3, (
        "filters look up their vendor, tag and synonym"
    )


def test_a_post_costs_the_same_for_fifty_replies_and_for_five_hundred(app: Flask, cost: Any, browse: Any) -> None:
    author = make_member()
    small, large = make_post(author), make_post(author)
    make_long_thread(small, 10, author)
    many = make_long_thread(large, 100, author)
    reader = make_member()
    for number in many[:10]:
        mark_useful(reader, db.session.get(Comment, number))
        make_comment(large, reader, anonymous=True)
    assert cost(path_to(small)) == cost(path_to(large))
    assert max(cost(path_to(large))) <= MAX_QUERIES
    for member in (author, reader):
        assert queries_for(browse(member), path_to(large)) <= MAX_QUERIES
    for place in ("page=3", "sort=newest", "sort=useful"):
        assert max(cost(f"{path_to(large)}?{place}")) <= MAX_QUERIES


@pytest.mark.parametrize("rows", ["posts", "tiers", "tags"])
def test_a_vendors_page_costs_the_same_however_much_it_has(cost: Any, rows: str) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    some_posts(2, subject=PostSubject(vendor))
    before = cost("/vendors/nordwall")
    if rows == "posts":
        some_posts(22, subject=PostSubject(vendor))
    elif rows == "tiers":
        for n in range(4):
            add_programme(vendor, f"Programme {n}", [(f"Tier {t}", 1, 2, 3, 4) for t in range(5)])
    else:
        make_post(subject=PostSubject(vendor), tags=[make_tag() for _ in range(5)])
    assert cost("/vendors/nordwall") == before


def test_a_tags_page_costs_the_same_however_much_carries_it(cost: Any) -> None:
    tag = make_tag("deals", ("bargains",))
    make_post(tags=[tag])
    before = cost("/tags/deals")
    for _ in range(22):
        make_post(tags=[tag, make_tag()])
    assert cost("/tags/deals") == before and max(before) <= MAX_QUERIES


def test_a_members_page_costs_the_same_however_much_they_wrote(cost: Any) -> None:
    member = make_member(slug="marta")
    make_comment(make_post(member), member)
    before = cost("/members/marta")
    for _ in range(22):
        make_comment(make_post(member), member)
    assert cost("/members/marta") == before and max(before) <= MAX_QUERIES


@pytest.mark.parametrize("path", ["/vendors", "/tags/", "/feed.atom", "/sitemap.xml", "/sitemaps/pages.xml"])
def test_a_directory_costs_the_same_however_long_it_is(cost: Any, path: str) -> None:
    def grow(count: int) -> None:
        for n in range(count):
            make_tag(synonyms=(f"word-{count}-{n}",))
            make_post(subject=PostSubject(make_vendor(tiers=("Gold",))))

    grow(2)
    before = cost(path)
    grow(12)
    assert cost(path) == before and max(before) <= MAX_QUERIES


def test_pages_of_one_reader_cost_the_same_however_much_they_show(app: Flask, browse: Any) -> None:
    author = make_member(role="moderator")
    reader = browse(author)

    def grow(count: int) -> None:
        for _ in range(count):
            post = make_post(author, anonymous=True)
            make_comment(post, author, anonymous=True)
            make_vendor().accepted_at = None
            make_category()
        db.session.commit()

    paths = ["/anonymous-writing", "/admin/", "/posts/new", "/following?show=all"]
    grow(2)
    before = [queries_for(reader, path) for path in paths]
    grow(12)
    # A member's anonymous writing is found along five chains, each followed to its end. One query is for the bell.
    assert [queries_for(reader, path) for path in paths] == before and max(before) <= MAX_QUERIES + 5


def test_writing_a_reply_costs_the_same_in_a_long_thread(app: Flask, browse: Any) -> None:
    post, member = make_post(), make_member()
    make_long_thread(post, 25, member)
    reader = browse(member)
    make_comment(post, member)  # the first reply also follows the thread, which costs two queries more
    costs = []
    for _ in range(2):
        with recorded_queries() as statements:
            answer = reader.post(
                f"/posts/{key_text(post.id)}/reply", data={"body": "Mine.", "identity": "name", "intent": "publish"}
            )
        assert answer.status_code == 302
        costs.append(len(statements))
        make_long_thread(post, 50, member)
    assert costs[0] == costs[1] <= 19  # one of them writes its row of the search index


@pytest.mark.slow
@pytest.mark.parametrize("cached", [True, False], ids=["printed before", "printed anew"])
@pytest.mark.parametrize("signed_in", [True, False], ids=["member", "stranger"])
def test_fifty_anonymous_replies_cost_what_fifty_signed_ones_cost(
    app: Flask, browse: Any, signed_in: bool, cached: bool
) -> None:
    authors, posts = [make_member() for _ in range(50)], [make_post() for _ in range(2)]
    for post, anonymous in zip(posts, (False, True), strict=True):
        for author in authors:
            write_comment(post, author, body="Same picture at Silver. " * 5, anonymous=anonymous)
    db.session.commit()
    reader, paths = browse(make_member()) if signed_in else browse(), [path_to(post) for post in posts]
    for path in [*paths, *paths]:  # fills the caches
        assert reader.get(path).status_code == 200
    costs = []
    for path in paths:
        if not cached:
            thread_html._render.cache_clear()
        costs.append(calls_for(reader, path))
    named, anonymous = costs
    assert named > 1000
    assert 0.9 < anonymous / named < 1.1, f"{anonymous} calls against {named}"
