"""What vendor representatives can't do: vote, rate, post about their own vendor, hide their name from competitors.

The rule of the last is can_write_anonymously_about.
"""

from datetime import timedelta

import pytest
import time_machine

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.models import Flag
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post, UsefulVote
from forum.posts.scheduled_actions import due_ids, publish_scheduled_text, schedule_comment
from forum.ratings.models import Rating
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_tag,
    make_vendor,
)
from tests.representatives import (
    Browse,
    path_to,
)


def test_a_representative_marks_nothing_about_the_vendor_and_reports_weigh_nothing(
    browse: Browse, representative: Member
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    reply, elsewhere = make_comment(post), make_post()
    page = browse(representative).get(path_to(post)).text
    assert "/useful" not in page.replace('id="comment-actions" method="post" action="', "").replace(
        f"/posts/{key_text(post.id)}/useful", ""
    )
    assert f"/replies/{key_text(reply.id)}/flag" in page
    for path in (f"/posts/{key_text(post.id)}", f"/replies/{key_text(reply.id)}"):
        assert browse(representative).post(f"{path}/useful", data={"intent": "mark"}).status_code == 403
        assert browse(representative).post(f"{path}/flag", data={"rule": "3"}).status_code == 302
    assert (
        browse(representative).post(f"/posts/{key_text(elsewhere.id)}/useful", data={"intent": "mark"}).status_code
        == 302
    )
    assert browse(representative).post(f"/posts/{key_text(elsewhere.id)}/flag", data={"rule": "3"}).status_code == 302
    assert db.session.query(UsefulVote).one().post_id == elsewhere.id
    assert [flag.weight for flag in db.session.query(Flag)] == [0.0, 0.0, 0.0]


def test_a_representative_rates_no_vendor_and_is_told_why(browse: Browse, representative: Member) -> None:
    other = make_vendor("Other")
    for slug in ("nordwall", "other"):
        refused = browse(representative).get(f"/vendors/{slug}/rate")
        assert (
            refused.status_code == 403
            and "You represent a vendor here" in refused.text
            and "rate vendors" in refused.text
        )
        assert browse(representative).post(f"/vendors/{slug}/rate", data={"worth": "5"}).status_code == 403
    tag = make_tag("deals")
    story = {"title": "How it went with them", "body": "It went as it always does. " * 3, "tags": "deals"}
    fields = {**story, "leaning": "good", "worth": "5", "again": "yes", "interest": "none", "identity": "name"}
    for about in ({"vendor_naming": "named", "vendor": "Other"}, _undisclosed()):
        refused = browse(representative).post("/posts/new", data={**fields, **about, "intent": "publish"})
        assert refused.status_code == 422 and "rate vendors" in refused.text
    earlier = make_rating(representative, vendor=other)
    path = f"/ratings/{key_text(earlier.id)}"
    assert browse(representative).get(f"{path}/edit").status_code == 403
    assert browse(representative).post(f"{path}/withdraw").status_code == 302
    assert db.session.query(Rating).filter_by(author_id=representative.id).count() == 0 and tag.post_count == 0


def _undisclosed() -> dict[str, str]:
    category = make_category()
    return {"vendor_naming": "undisclosed", "category": category.slug, "description": "A large supplier"}


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_a_representative_tells_no_experience_with_the_own_vendor(
    browse: Browse, representative: Member, identity: str
) -> None:
    make_tag("deals")
    make_vendor("Other")
    story = {"title": "How it went with them", "body": "It went as it always does. " * 3, "tags": "deals"}
    fields = {**story, "leaning": "good", "vendor_naming": "named", "identity": identity, "intent": "publish"}
    refused = browse(representative).post("/posts/new", data={**fields, "vendor": "Nordwall"})
    assert refused.status_code == 422 and "t post about it" in refused.text
    assert browse(representative).post("/posts/new", data={**fields, "vendor": "Other"}).status_code == 302
    post = db.session.query(Post).one()
    edited = browse(representative).post(f"/posts/{key_text(post.id)}/edit", data={**fields, "vendor": "Nordwall"})
    assert edited.status_code == 422
    old = make_post(
        representative, subject=PostSubject(db.session.get(Vendor, representative.represents_id)), tags=post.tags
    )
    response = browse(representative).post(f"/posts/{key_text(old.id)}/edit", data={**fields, "vendor": "Nordwall"})
    assert response.status_code == 302, "what was written before stays about the vendor"


def reply_path(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/reply"


@pytest.fixture
def competitor(nordwall: Vendor) -> Vendor:
    return make_vendor("Westwall", category=nordwall.category)


def test_a_representative_writes_about_competitors_by_name_only(
    browse: Browse, representative: Member, competitor: Vendor
) -> None:
    under, other = make_post(subject=PostSubject(competitor)), make_post(subject=PostSubject(make_vendor("Far Away")))
    make_tag("deals")
    story = {"title": "How it went with them", "body": "It went as it always does. " * 3, "tags": "deals"}
    fields = {**story, "leaning": "bad", "vendor_naming": "named", "intent": "publish", "kind": "text"}
    refusal = "You represent a vendor that competes with Westwall, so you can write about it by name only."
    reader = browse(representative)
    for path, form in ((reply_path(under), {}), ("/posts/new", {**fields, "vendor": "Westwall"})):
        form = {"body": "It is the same in our region, as everyone knows.", "intent": "publish", **form}
        refused = reader.post(path, data={**form, "identity": "anonymous"})
        assert refused.status_code == 422 and refusal in refused.text and form["body"][:20] in refused.text
        assert reader.post(path, data={**form, "identity": "name"}).status_code == 302
    assert reader.post("/posts/new", data={**fields, "vendor": "Far Away", "identity": "anonymous"}).status_code == 302
    data = {"body": "Here it is quite different.", "intent": "publish", "identity": "anonymous"}
    assert reader.post(reply_path(other), data=data).status_code == 302
    assert browse(make_member()).post(reply_path(under), data=data).status_code == 302


def test_an_anonymous_post_of_a_representative_names_no_competitor_later(
    browse: Browse, representative: Member, competitor: Vendor
) -> None:
    post = make_post(representative, anonymous=True, tags=[make_tag("deals")])
    form = {"title": post.title, "body": post.body, "tags": "deals", "leaning": "bad", "intent": "publish"}
    path = f"/posts/{key_text(post.id)}/edit"
    refused = browse(representative).post(path, data={**form, "vendor_naming": "named", "vendor": "Westwall"})
    assert refused.status_code == 422 and "competes with Westwall" in refused.text
    assert browse(representative).post(path, data={**form, "vendor_naming": "none"}).status_code == 302


def test_what_a_representative_had_scheduled_about_a_competitor_does_not_appear(
    nordwall: Vendor, competitor: Vendor
) -> None:
    author, thread = make_member(), make_post(subject=PostSubject(competitor))
    content = {"body": "It is the same here.", "badged": False, "submission": None}
    with time_machine.travel(now() - timedelta(days=5)):
        assert schedule_comment(author, thread, hours=72, parent=None, form_data={}, **content)
        db.session.commit()
    author.represents_id = nordwall.id
    db.session.commit()
    (text_id,) = due_ids()
    publish_scheduled_text(text_id)
    assert db.session.query(Comment).count() == 0
    author.represents_id = None
    publish_scheduled_text(text_id)
    assert db.session.query(Comment).count() == 1
