"""Merging tags and vendors while others write about them: nobody fails, and nothing stays where it was."""

from threading import Event
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.posts.models import Post, PostTag, Tag
from forum.ratings import actions as ratings_actions
from forum.ratings.models import Rating
from forum.vendors.models import Vendor
from tests.factories import make_member, make_post, make_tag, make_vendor, run_concurrently
from tests.post_forms import path_to, post_form
from tests.rating_forms import rating_form, the_rating

ROUNDS, WRITERS = 4, 6
REASON = {"reason": "They are one and the same."}


def merging(browse: Any, kind: str, old: Any, into: Any) -> Any:
    """Return a visit of an admin who merges one into the other."""
    data = {"into": into.slug if kind == "tags" else into.name, "intent": f"merge into {into.id}", **REASON}
    browser, path = browse(make_member(role="admin")), f"/admin/{kind}/{old.slug}/merge"
    return lambda: browser.post(path, data=data)


def posting(browse: Any, author: Member, path: str, data: dict[str, Any]) -> Any:
    browser = browse(author)
    return lambda: browser.post(path, data=data)


@pytest.mark.slow
def test_tags_are_merged_while_posts_with_them_are_written_and_edited(app: Flask, browse: Any) -> None:
    for n in range(ROUNDS):
        old, into, other = make_tag(f"old-{n}"), make_tag(f"into-{n}"), make_tag(f"other-{n}")
        author = make_member()
        posts = [make_post(author, tags=[old, other]) for _ in range(2)]
        tags = [f"{old.slug}, {other.slug}", f"{other.slug}, {old.slug}, {into.slug}"]
        writes = [
            posting(browse, make_member(), "/posts/new", post_form(tags=tags[k % 2], title=f"Round {n}, post {k}"))
            for k in range(WRITERS)
        ]
        edits = [
            posting(browse, author, path_to(post, "edit"), post_form(tags=other.slug, title="Changed since then"))
            for post in posts
        ]
        old_id, into_id, other_id = old.id, into.id, other.id
        merges = [merging(browse, "tags", old, into), merging(browse, "tags", into, old)]
        answers = run_concurrently(*writes, *edits, *merges)
        codes = [answer.status_code for answer in answers]
        # The second merge may find the first one done.
        assert codes[:-2] == [302] * len(codes[:-2]) and set(codes[-2:]) <= {302, 404, 422}, codes
        db.session.expire_all()
        assert db.session.query(Tag).filter(Tag.id.in_([old_id, into_id])).count() == 1
        for tag in db.session.query(Tag).filter(Tag.id.in_([old_id, into_id, other_id])):
            listed = db.session.query(PostTag).join(Post).filter(PostTag.tag_id == tag.id, Post.hidden_at.is_(None))
            assert tag.post_count == listed.count(), tag.slug


def test_a_rating_given_while_its_vendor_is_merged_moves_with_it(app: Flask, browse: Any) -> None:
    for n in range(ROUNDS):
        old, into = make_vendor(f"Nordwall {n}"), make_vendor(f"Northwall {n}")
        writes = [
            posting(browse, make_member(), f"/vendors/{old.slug}/rate", rating_form()) for _ in range(WRITERS // 2)
        ] + [
            posting(browse, make_member(), "/posts/new", post_form(tags=make_tag().slug, **about(old)))
            for _ in range(WRITERS // 2)
        ]
        answers = run_concurrently(merging(browse, "vendors", old, into), *writes)
        assert {answer.status_code for answer in answers} <= {302, 308}
        db.session.expire_all()
        assert db.session.query(Rating).filter_by(vendor_id=old.id).count() == 0
        assert db.session.query(Post).filter_by(vendor_id=old.id).count() == 0
        count = db.session.query(Post).filter(Post.vendor_id == into.id, Post.hidden_at.is_(None)).count()
        assert db.session.get_one(Vendor, into.id).post_count == count == WRITERS // 2


def test_a_merge_waits_for_a_rating_that_is_being_given(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rating's vendor is looked up before the merge, and its row is written after the merge could have moved it."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    is_rating, is_merged, rate = Event(), Event(), ratings_actions.rate

    def slow_rate(*args: Any, **kwargs: Any) -> Rating:
        is_rating.set()
        is_merged.wait(1)
        return rate(*args, **kwargs)

    def merge_meanwhile() -> Any:
        is_rating.wait(5)
        answer = merge()
        is_merged.set()
        return answer

    merge = merging(browse, "vendors", old, into)
    monkeypatch.setattr(ratings_actions, "rate", slow_rate)
    write = posting(browse, make_member(), f"/vendors/{old.slug}/rate", rating_form())
    answers = run_concurrently(write, merge_meanwhile)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert the_rating().vendor_id == into.id


def about(vendor: Vendor) -> dict[str, str]:
    return {"vendor_naming": "named", "vendor": vendor.name, "title": f"About {vendor.name}, and what came back"}
