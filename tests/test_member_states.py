"""What is stored of following: one sealed state for each member; what one wrote in is found along the chain."""

import json
from typing import Any

from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.notifications import actions
from forum.notifications.member_state import MIN_LENGTH
from forum.notifications.models import MemberState
from forum.posts.chain_queries import TEXT_CHAIN
from tests.factories import make_comment, make_member, make_post
from tests.following import path_to, sealed_states, unread_by_name


def test_every_member_has_one_state_from_the_start_and_all_look_alike(app: Flask) -> None:
    idle, busy, writer = make_member(), make_member(), make_member()
    posts = [make_post(writer, anonymous=True) for _ in range(5)]
    for post in posts:
        actions.follow(busy, "post", post.id)
        actions.follow(busy, "tag", post.tags[0].id)
        actions.unfollow(busy, "post", post.id)
        make_comment(post, writer)
    states = sealed_states()
    assert states.keys() == {member.id for member in db.session.query(Member)}
    assert len({len(states[member.id]) for member in (idle, busy, writer)}) == 1
    assert len(set(states.values())) == len(states)
    assert set(MemberState.__table__.columns.keys()) == {"member_id", "sealed"}


def test_how_much_somebody_follows_shows_in_large_steps_only() -> None:
    lengths = {n: len(json.dumps({f"post {2**50 + i}": [True, i, i] for i in range(n)})) for n in (0, 50, 500)}
    assert lengths[50] < MIN_LENGTH < lengths[500]


def test_neither_reading_nor_writing_touches_anybodys_state(app: Flask, browse: Any) -> None:
    author, replier = make_member(), make_member()
    before = sealed_states()
    post = make_post(author, anonymous=True)
    make_comment(post, author)
    make_comment(post, replier, anonymous=True)
    browse(author).get("/following")
    browse(author).get(path_to(post))
    after = sealed_states()
    assert {number: after[number] for number in before} == before


def test_what_one_follows_by_writing_in_it_is_found_along_the_chain(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(TEXT_CHAIN, "max_gap", 8)
    member = make_member()
    posts = [make_post(member, anonymous=n % 2 > 0) for n in range(10)]
    threads = [make_comment(make_post(), member, anonymous=n % 2 > 0).post for n in range(20)]
    assert unread_by_name(member).keys() == {post.title for post in [*posts, *threads]}


def test_in_a_thread_only_what_came_after_ones_first_text_is_unread(app: Flask) -> None:
    post, replier = make_post(), make_member()
    for _ in range(3):
        make_comment(post)
    make_comment(post, replier, anonymous=True)
    assert unread_by_name(replier) == {post.title: 0}
    make_comment(post)
    make_comment(post, replier)
    assert unread_by_name(replier) == {post.title: 1}
