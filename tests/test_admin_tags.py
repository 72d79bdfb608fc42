"""Staff changes to tags: creating, describing, adding synonyms, retiring, merging, deleting."""

from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.moderation.models import Decision
from forum.notifications.actions import follow
from forum.posts.models import Post, Tag, TagSynonym
from forum.posts.tags.queries import tag_slugs_of
from forum.posts.visibility import hide
from forum.urls import key_text
from tests.factories import make_member, make_post, make_tag, run_concurrently
from tests.following import is_following
from tests.test_scheduled import composed, run_job, schedule

REASON = {"reason": "They mean the same."}


def facts() -> list[str]:
    """Return the facts of every staff change in the log."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def test_a_tag_is_created_described_and_given_synonyms(app: Flask, staff: Any, browse: Any) -> None:
    assert (
        staff.post("/admin/tags", data={"word": "Deal Registration", "description": "Who was first."}).status_code
        == 302
    )
    assert staff.post("/admin/tags/deal-registration/words", data={"word": "Dealreg"}).status_code == 302
    staff.post("/admin/tags/deal-registration", data={"description": "Who was first, and who got it."})
    page = browse().get("/tags/").text
    assert "deal-registration" in page and "dealreg" in page and "who got it" in page
    assert browse().get("/tags/dealreg").location == "/tags/deal-registration"
    synonym_id = db.session.query(TagSynonym).one().id
    staff.post("/admin/tags/deal-registration/remove", data={"kind": "synonym", "entry_id": synonym_id})
    assert browse().get("/tags/dealreg").status_code == 404
    assert len(facts()) == 4 and "Staff change: a tag" in browse().get("/log?action=staff").text


@pytest.mark.parametrize("word", ["deals", "Bargains", "x", "", "---"])
def test_a_word_in_use_or_without_letters_is_refused(app: Flask, staff: Any, word: str) -> None:
    make_tag("deals", ("bargains",))
    make_tag("other")
    answer = staff.post("/admin/tags", data={"word": word, "description": "Long enough."})
    assert answer.status_code == 422 and "Long enough." in answer.text
    assert staff.post("/admin/tags/other/words", data={"word": word}).status_code == 422
    assert not facts()


def test_the_same_tag_created_twice_at_once_is_one_tag(app: Flask, staff: Any, browse: Any) -> None:
    readers = [staff, browse(make_member(role="admin"))]
    fields = {"word": "deals", "description": "What was agreed."}
    answers = run_concurrently(*(lambda reader=reader: reader.post("/admin/tags", data=fields) for reader in readers))
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert db.session.query(Tag).count() == 1 == len(facts())


def test_a_retired_tag_is_not_offered_and_posts_that_have_it_keep_it(app: Flask, staff: Any, browse: Any) -> None:
    old, author = make_tag("fax-orders"), make_member()
    post = make_post(author, tags=[old])
    staff.post("/admin/tags/fax-orders/retire", data={"intent": "retire"})
    staff.post("/admin/tags/fax-orders/retire", data={"intent": "retire"})
    writer = browse(author)
    assert "fax-orders" not in writer.get("/posts/new").text and "fax-orders" not in browse().get("/tags/").text
    answer = writer.post("/posts/new", data=composed(tags="fax-orders", identity="name"))
    assert answer.status_code == 422 and "no longer offered" in answer.text
    near = writer.post("/posts/new", data=composed(tags="fax-order", identity="name")).text
    assert "Did you mean fax-orders" not in near
    assert (
        "be added to new posts any more" in browse().get("/tags/fax-orders").text
        and post.title in browse().get("/tags/fax-orders").text
    )
    edited = {"title": post.title, "body": post.body + " And more.", "leaning": "mixed", "vendor_naming": "none"}
    answer = writer.post(f"/posts/{key_text(post.id)}/edit", data=edited | {"tags": "fax-orders", "intent": "publish"})
    assert answer.status_code == 302 and tag_slugs_of([post.id]) == {post.id: ["fax-orders"]}
    staff.post("/admin/tags/fax-orders/retire", data={"intent": "offer"})
    assert "fax-orders" in writer.get("/posts/new").text
    assert facts() == ["fax-orders: active → retired", "fax-orders: retired → active"]


def test_a_merged_tag_takes_its_posts_synonyms_and_followers_along(app: Flask, staff: Any, browse: Any) -> None:
    old, into, fan = make_tag("dealreg", ("dr",)), make_tag("deal-registration"), make_member()
    first, both, second = (make_post(tags=tags) for tags in ([old], [old, into], [into]))
    hide(hidden := make_post(tags=[old]), "It waits.")
    follow(fan, "tag", old.id)
    into_id = into.id
    page = staff.post("/admin/tags/dealreg/merge", data={"into": "deal-registration", **REASON})
    assert page.status_code == 200 and "3 posts move" in page.text and db.session.query(Tag).count() == 2
    fields = {"into": "#deal-registration", "intent": f"merge into {into_id}", **REASON}
    assert staff.post("/admin/tags/dealreg/merge", data=fields).location == "/admin/tags/deal-registration"
    db.session.expire_all()
    assert set(map(tuple, tag_slugs_of([p.id for p in (first, both, second, hidden)]).values())) == {
        ("deal-registration",)
    }
    remaining = db.session.query(Tag).one()
    assert (remaining.post_count, {word.slug for word in remaining.synonyms}) == (3, {"dr", "dealreg"}), (
        "the hidden one is not counted"
    )
    assert is_following(fan, "tag", into_id)
    for path in ("/tags/dealreg", "/tags/dr", "/tags/dealreg/feed.atom"):
        assert browse().get(path).status_code == 301
    assert facts() == ["dealreg merged into deal-registration: 3 posts"]


@pytest.mark.parametrize("into", ["deals", "bargains", "nothing", ""])
def test_a_tag_is_not_merged_into_itself_or_into_a_missing_one(app: Flask, staff: Any, into: str) -> None:
    tag = make_tag("deals", ("bargains",))
    fields = {"into": into, "intent": f"merge into {tag.id}", **REASON}
    assert staff.post("/admin/tags/deals/merge", data=fields).status_code == 422
    assert db.session.query(Tag).count() == 1


def test_a_scheduled_post_gets_the_tag_that_its_own_was_merged_into(app: Flask, staff: Any, browse: Any) -> None:
    old, into = make_tag("dealreg"), make_tag("deal-registration")
    schedule(browse(make_member()), tags="dealreg", delay="30")
    staff.post("/admin/tags/dealreg/merge", data={"into": into.slug, "intent": f"merge into {into.id}", **REASON})
    run_job(30.2)
    assert tag_slugs_of([db.session.query(Post).one().id]).popitem()[1] == ["deal-registration"], old


def test_only_a_tag_without_posts_is_deleted(app: Flask, staff: Any, browse: Any) -> None:
    hide(make_post(tags=[make_tag("used")]), "Even a hidden one.")
    make_tag("free", ("gratis",))
    db.session.commit()
    assert staff.post("/admin/tags/used/delete", data=REASON).status_code == 422
    assert staff.post("/admin/tags/free/delete", data={"reason": ""}).status_code == 422
    assert staff.post("/admin/tags/free/delete", data=REASON).status_code == 302
    assert [tag.slug for tag in db.session.query(Tag)] == ["used"] and not db.session.query(TagSynonym).count()
    assert browse().get("/tags/gratis").status_code == 404 and facts() == ["free deleted"]
