"""What vendor representatives can't do: vote, rate, post about their own vendor."""

import pytest

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Flag
from forum.posts.actions import PostSubject
from forum.posts.models import Post, UsefulVote
from forum.ratings.models import Rating
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_comment,
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
