"""Pseudonyms and chains: HMACs, aliases, rotated keys, and links that are never used twice."""

import hmac
import re
from hashlib import sha256
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text as sql

from forum import anonymity
from forum.access import is_author
from forum.accounts.bylines import byline
from forum.accounts.models import Member, Pseudonym
from forum.accounts.pseudonyms import alias_for, get_or_create_pseudonym
from forum.accounts.secret_actions import reseal_secrets
from forum.db import db
from forum.posts.chain_queries import TEXT_CHAIN, anonymous_texts_of
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post, ScheduledText, Tag
from forum.posts.scheduled_actions import schedule_post
from forum.ratings.models import Rating
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import make_comment, make_member, make_post, make_rating, make_tag, make_vendor


def keys(app: Flask, monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", list(values))


def test_a_mark_is_steady_in_its_thread_and_differs_by_thread_member_and_key(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = anonymity.new_thread_key(), anonymity.new_thread_key()
    assert anonymity.thread_hmac(first, "7") == anonymity.thread_hmac(first, "7")
    hmacs = {
        anonymity.thread_hmac(first, "7"),
        anonymity.thread_hmac(second, "7"),
        anonymity.thread_hmac(first, "8"),
        *TEXT_CHAIN.links("7", range(3)),
    }
    keys(app, monkeypatch, "another key, long enough for everybody")
    hmacs.add(anonymity.thread_hmac(first, "7"))
    assert len(hmacs) == 7 and all(re.fullmatch("[0-9a-f]{64}", value) for value in hmacs)


def test_a_mark_is_hmac_sha256_under_a_key_derived_for_this_purpose(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compute it independently of the code, by RFC 5869 and RFC 2104, so that a change of the formula is noticed."""
    keys(app, monkeypatch, "k" * 40)
    extracted = hmac.new(b"full-duplex", b"k" * 40, sha256).digest()
    derived = hmac.new(extracted, b"thread mark" + b"\x01", sha256).digest()
    expected = hmac.new(derived, b"ab" * 16 + b":7", sha256).hexdigest()
    assert anonymity.thread_hmac("ab" * 16, "7") == expected


def test_names_are_two_words_and_follow_from_the_mark_alone() -> None:
    assert list(islice(anonymity.alias_candidates("a"), 5)) == list(islice(anonymity.alias_candidates("a"), 5))
    for name in islice(anonymity.alias_candidates("b"), 200):
        adjective, noun = name.split()
        assert adjective in anonymity.ADJECTIVES and noun in anonymity.NOUNS and adjective != noun
    assert len(set(anonymity.ADJECTIVES)) == len(anonymity.ADJECTIVES) and len(anonymity.ADJECTIVES) > 100
    assert len(set(anonymity.NOUNS)) == len(anonymity.NOUNS) and len(anonymity.NOUNS) > 100


def test_no_two_in_a_thread_share_a_name(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymity, "ADJECTIVES", ["Quiet", "Calm"])
    monkeypatch.setattr(anonymity, "NOUNS", ["Heron", "Finch"])
    thread = anonymity.new_thread_key()
    names = [get_or_create_pseudonym(thread, make_member()).name for _ in range(4)]
    assert sorted(names) == ["Calm Finch", "Calm Heron", "Quiet Finch", "Quiet Heron"]


def test_a_member_has_one_name_in_a_thread_and_unlinkable_ones_in_others(app: Flask) -> None:
    author = make_member()
    posts = [make_post(author, anonymous=True) for _ in range(3)]
    for post in posts:
        expected = alias_for(post.thread_key, author)
        comment = make_comment(post, author, anonymous=True)
        assert comment.pseudonym_id == post.pseudonym_id and byline(comment).name == expected == byline(post).name
    assert len({post.pseudonym.thread_hmac for post in posts}) == 3


def test_looking_at_the_name_one_would_get_writes_nothing(app: Flask) -> None:
    post, member = make_post(), make_member()
    alias = alias_for(post.thread_key, member)
    assert db.session.query(Pseudonym).count() == 0
    assert make_comment(post, member, anonymous=True).pseudonym.name == alias


def test_the_one_behind_a_pseudonym_is_known_by_it_and_nobody_else(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=True)
    comment = make_comment(post, author, anonymous=True)
    for item in (post, comment):
        assert is_author(author, item) and not is_author(other, item)
    named = make_comment(post, author)
    assert is_author(author, named) and not is_author(other, named)


def test_after_a_rotation_old_writing_is_still_ones_own_under_the_same_name(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "the old key, long enough for anybody", "the new key, long enough for anybody"
    keys(app, monkeypatch, old)
    author = make_member()
    post = make_post(author, anonymous=True)
    keys(app, monkeypatch, new, old)
    comment = make_comment(post, author, anonymous=True)
    assert comment.pseudonym_id == post.pseudonym_id and is_author(author, post)
    later = make_post(author, anonymous=True)
    assert later.pseudonym.thread_hmac == anonymity.thread_hmac(later.thread_key, author.secret)
    assert {row.id for _, row in anonymous_texts_of(author).texts if row.id != comment.id} == {post.id, later.id}
    path = f"/posts/{key_text(post.id)}/edit"
    assert browse(author).get(path).status_code == 200
    assert reseal_secrets() == db.session.query(Member).count()
    db.session.commit()
    keys(app, monkeypatch, new)
    db.session.expire_all()
    assert not is_author(author, post) and is_author(author, later), "without the old key nobody can tell"
    assert browse(author).get(path).status_code == 403


def test_each_item_takes_the_next_link_of_its_authors_chain_that_was_never_used(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=True)
    comment = make_comment(post, author, anonymous=True)
    make_comment(post, other, anonymous=True)
    assert [post.chain_link, comment.chain_link] == TEXT_CHAIN.links(author.secret, range(2))
    delete_comment(comment)
    db.session.commit()
    again = make_comment(post, author, anonymous=True)
    assert again.chain_link == TEXT_CHAIN.links(author.secret, [2])[0]
    assert make_comment(post, author).chain_link is None


def test_the_chain_is_followed_past_its_first_stretch_and_past_gaps(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TEXT_CHAIN, "batch_size", 3)
    monkeypatch.setattr(TEXT_CHAIN, "max_gap", 8)
    author, post = make_member(), make_post()
    comments = [make_comment(post, author, anonymous=True) for _ in range(11)]
    assert [c.chain_link for c in comments] == TEXT_CHAIN.links(author.secret, range(11))
    for comment in comments[:7]:
        delete_comment(comment)
    db.session.commit()
    assert {row.id for _, row in anonymous_texts_of(author).texts} == {comment.id for comment in comments[7:]}


def make_items(kind: str, author: Member, vendor: Vendor, tag: Tag) -> list[Any]:
    """Make an item of a kind whose row carries a link of the author's chain, and what it needs."""
    if kind == "a rating":
        return [make_rating(author, vendor=vendor, anonymous=True)]
    if kind == "a delayed text":
        assert schedule_post(author, hours=30, form_data={}, tags=[tag], title="Later on", body="x" * 50)
        return list(db.session.query(ScheduledText))
    post = make_post(None if kind == "a reply" else author, tags=[tag], anonymous=kind != "a reply")
    return [post, make_comment(post, author, anonymous=True)]


@pytest.mark.parametrize("kind", ["a post with its replies", "a reply", "a rating", "a delayed text"])
def test_two_copies_of_the_database_show_no_code_on_two_rows(app: Flask, kind: str) -> None:
    """Copies from before and after each deletion: the link of a deleted row never comes back."""
    author, all_links = make_member(), set()
    vendor, tag = make_vendor(), make_tag()
    for _ in range(12):
        items = make_items(kind, author, vendor, tag)
        for table in ("posts", "comments", "ratings", "scheduled_texts"):
            links = {row[0] for row in db.session.execute(sql(f"SELECT chain_link FROM {table}")) if row[0]}
            assert not links & all_links
            all_links |= links
        db.session.delete(items[0] if kind != "a reply" else items[1])
        db.session.commit()
        for model in (Post, Comment, ScheduledText, Rating):
            db.session.query(model).delete()
        db.session.commit()
    assert len(all_links) >= 12


def test_a_walk_along_a_chain_goes_past_everything_that_is_gone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("batch_size", "max_gap"):
        monkeypatch.setattr(TEXT_CHAIN, name, 4)
    author, post = make_member(), make_post()
    comments = [make_comment(post, author, anonymous=True) for _ in range(13)]
    for comment in comments[:12]:
        delete_comment(comment)
    db.session.commit()
    assert [row.id for _, row in anonymous_texts_of(author).texts] == [comments[12].id]


def test_the_number_of_a_member_who_left_is_never_given_again(app: Any) -> None:
    leaver = make_member()
    number = leaver.id
    db.session.delete(leaver)
    db.session.commit()
    assert make_member().id > number, "marks are made of it: the newcomer would own what the other wrote"
