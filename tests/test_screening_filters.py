"""Filters: what holds a text for a moderator whoever wrote it, by name and anonymously."""

from datetime import timedelta
from typing import Any

import pytest

from forum.db import db
from forum.posts.models import Comment, Post
from forum.posts.screening.filters import addresses_in, fingerprint_of
from forum.site import change_setting
from forum.word_lists import held_domain_in, held_word_in
from tests.factories import make_member, make_post
from tests.new_members import LONG, key_of, latest, only_post, post, reply

BOTH = pytest.mark.parametrize("identity", ["name", "anonymous"])


def test_ones_own_text_is_not_published_twice(app: Any, browse: Any) -> None:
    browser = browse(make_member())
    post(browser)
    answer = post(browser, LONG.upper().replace(" ", "  "))
    assert answer.status_code == 422 and "already published this text" in answer.text
    assert db.session.query(Post).count() == 1


@BOTH
def test_the_same_text_by_somebody_else_within_a_day_waits(app: Any, browse: Any, clock: Any, identity: str) -> None:
    make_post(body=LONG)
    clock.shift(timedelta(hours=3))
    under = make_post(body="Something else altogether, told at the same length as others.")
    reply(browse(make_member()), under, LONG, identity=identity)
    assert "the same text" in latest(Comment).hidden_reason
    reply(browse(make_member()), under, "Thank you, that helps.", identity=identity)
    reply(browse(make_member()), under, "Thank you, that helps.", identity=identity)
    assert db.session.query(Comment).filter(Comment.hidden_at.is_(None)).count() == 2, "short ones are chance"


def test_what_one_signed_long_ago_holds_no_anonymous_text(app: Any, browse: Any, clock: Any) -> None:
    member = make_member()
    make_post(member, body=LONG)
    clock.shift(timedelta(days=3))
    assert post(browse(member), identity="anonymous", title="Once again").status_code == 302
    assert db.session.query(Post).filter(Post.title == "Once again").one().hidden_at is None, (
        "else it would tell whose it is"
    )


@BOTH
def test_words_and_domains_of_the_lists_hold_a_text_of_anybody(app: Any, browse: Any, identity: str) -> None:
    change_setting("held_words", "casino\nfree money")
    change_setting("held_domains", "spam.example")
    db.session.commit()
    under, browser = make_post(), browse(make_member())
    for body, reason in (
        ("Win at the Casino!", "“casino”"),
        ("Frée  money for all.", "“free money”"),
        ("See https://www.spam.example/now.", "spam.example"),
        ("See http://deep.SPAM.example", "spam.example"),
    ):
        reply(browser, under, body, identity=identity)
        comment = db.session.query(Comment).filter(Comment.body == body).one()
        assert reason in comment.hidden_reason, body
    reply(browser, under, "Casinos of https://notspam.example", identity=identity)
    assert db.session.query(Comment).filter(Comment.body.startswith("Casinos")).one().hidden_at is None


def test_a_removed_text_may_be_written_again(app: Any, browse: Any) -> None:
    browser = browse(make_member())
    post(browser)
    browser.post(f"/posts/{key_of(only_post())}/delete")
    assert post(browser).status_code == 302


def test_links_words_and_fingerprints() -> None:
    assert addresses_in("https://a.example/x, https://a.example/x. www.b.example [c](http://c.example)") == [
        "https://a.example/x",
        "www.b.example",
        "http://c.example",
    ]
    assert held_word_in("anything", "\n \n!!\n") is None and held_domain_in(["http://[bad"], "bad") is None
    assert fingerprint_of(LONG) == fingerprint_of(LONG.upper() + "!!") != fingerprint_of(LONG + "Not so.")
    assert fingerprint_of("Thank you.") is None
