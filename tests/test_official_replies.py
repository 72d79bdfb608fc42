"""A vendor's official reply."""

import json
from io import StringIO

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.imports.archive import export_to
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post, Revision, ScheduledText
from forum.posts.official_actions import write_official_reply
from forum.posts.recounts import settle_recounts
from forum.posts.scheduled_actions import publish_scheduled_text, schedule_comment, schedule_post
from forum.posts.visibility import hide
from forum.ratings.models import Rating
from forum.urls import key_text
from forum.vendors.models import Representative, Vendor
from tests.factories import (
    make_category,
    make_comment,
    make_long_thread,
    make_member,
    make_post,
    make_representative,
    make_tag,
    make_vendor,
    run_concurrently,
)
from tests.html import compact
from tests.query_counts import queries_for
from tests.representatives import (
    THANKS,
    Browse,
    answer,
    answer_path,
    ask,
    decide,
    path_to,
    the_case,
)


def test_the_official_reply_stands_first_labelled_and_by_name(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    before = make_comment(post)
    page = browse(representative).get(path_to(post)).text
    assert "Official reply from Nordwall" in page and 'name="identity"' not in page and "Anonymous, as" not in page
    assert f"/posts/{key_text(post.id)}/reply?to=" not in page, "no other way to reply is offered"
    assert answer(browse(representative), post).status_code == 302
    reply = db.session.query(Comment).filter_by(author_id=representative.id).one()
    assert (reply.official_vendor_id, reply.official_title) == (representative.represents_id, "Programme manager")
    page = browse().get(path_to(post)).text
    assert page.index(f"r-{key_text(reply.id)}") < page.index(f"r-{key_text(before.id)}"), "later, and above"
    box = page.split(f'id="r-{key_text(reply.id)}"')[1].split("</li>")[0]
    assert "Official reply</span><span>from<b>Nordwall</b>" in compact(box)
    assert "Ingrid Solheim" in box and "Programme manager" in box and "anonymous" not in box
    assert page.count("Official reply") == 1 and page.count('class="comment comment--official"') == 1
    below = make_comment(post, parent=reply)
    page = browse(representative).get(path_to(post)).text
    assert page.index(f"r-{key_text(below.id)}") < page.index(f"r-{key_text(before.id)}")
    assert (
        "There is one official reply to each post" in page
        and 'action="/posts/' + key_text(post.id) + "/official-reply" not in page
    )
    archive = StringIO()
    export_to(archive)
    rows = [row for line in archive.getvalue().splitlines() if (row := json.loads(line))["kind"] == "comment"]
    assert [(row["official_reply_of"], row["official_title"]) for row in rows if row["by"] == "Ingrid Solheim"] == [
        ("nordwall", "Programme manager")
    ]
    assert "Official reply from Nordwall by Ingrid" in browse().get(f"/posts/{key_text(post.id)}/feed.atom").text


def test_it_stands_first_on_the_first_page_of_a_thread_of_many(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    many = make_long_thread(post, 60, make_member())
    answer(browse(representative), post)
    reply = db.session.query(Comment).filter_by(author_id=representative.id).one()
    first, last = browse().get(path_to(post)).text, browse().get(f"{path_to(post)}?page=3").text
    assert f'id="r-{key_text(reply.id)}"' in first and f'id="r-{key_text(reply.id)}"' not in last
    assert first.index(key_text(reply.id)) < first.index(f'id="r-{key_text(many[0])}"')
    assert browse().get(f"/replies/{key_text(reply.id)}").location.endswith(f"{path_to(post)}#r-{key_text(reply.id)}")


@pytest.mark.parametrize("author", ["same", "colleague"])
def test_a_second_one_is_refused_in_words_and_the_text_kept(
    browse: Browse, representative: Member, author: str
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    post = make_post(subject=PostSubject(vendor))
    answer(browse(representative), post)
    second = representative if author == "same" else make_representative(vendor)
    refused = answer(browse(second), post, "And one thing more, which we forgot.")
    assert refused.status_code == 422
    assert "Nordwall has already replied here" in refused.text and "one thing more" in refused.text
    assert db.session.query(Comment).count() == 1


def test_two_at_once_leave_one(browse: Browse, representative: Member) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    post, colleague = make_post(subject=PostSubject(vendor)), make_representative(vendor)
    visits = [(browse(representative), "What the one says."), (browse(colleague), "What the other says.")]
    path = answer_path(post)
    responses = run_concurrently(*[lambda b=b, body=body: answer(b, path, body) for b, body in visits])
    assert sorted(response.status_code for response in responses) == [302, 422]
    assert db.session.query(Comment).count() == 1
    assert db.session.get(Post, post.id).comment_count == 1


def test_the_same_form_sent_twice_leads_to_the_one_reply(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    responses = [answer(browse(representative), post, submission="the same form") for _ in range(2)]
    assert [response.status_code for response in responses] == [302, 302]
    assert responses[0].location == responses[1].location
    other = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    two = [browse(representative), browse(representative)]
    path = answer_path(other)
    responses = run_concurrently(
        *[lambda b=b: answer(b, path, "Another text.", submission="another form") for b in two]
    )
    assert [response.status_code for response in responses] == [302, 302]
    assert db.session.query(Comment).count() == 2


def test_another_vendors_post_an_undisclosed_one_and_other_people_get_none(
    browse: Browse, representative: Member, moderator: Member
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    named, other = make_post(subject=PostSubject(vendor)), make_post(subject=PostSubject(make_vendor()))
    undisclosed = make_post(subject=PostSubject(category=make_category(), description="A hardware supplier"))
    for post in (other, undisclosed, make_post()):
        assert answer(browse(representative), post).status_code == 403
        assert "Official reply" not in browse(representative).get(path_to(post)).text
    for member in (make_member(email="b@nordwall.example"), moderator):
        assert answer(browse(member), named).status_code == 403
    assert answer(browse(), named).status_code == 401
    hidden = make_post(subject=PostSubject(vendor))
    hide(hidden, "Somebody looks.")
    assert answer(browse(representative), hidden).status_code == 404
    named.locked_at, named.locked_reason = now(), "Enough is said."
    closed = answer(browse(representative), named)
    assert closed.status_code == 403 and "Thank you for the numbers." in closed.text
    assert db.session.query(Comment).count() == 0


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_no_other_reply_under_a_post_about_ones_vendor_under_any_name(
    browse: Browse, representative: Member, identity: str
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    reply = make_comment(post)
    for to in ("", key_text(reply.id)):
        fields = {"body": "All of this is untrue.", "identity": identity, "intent": "publish", "to": to}
        refused = browse(representative).post(f"/posts/{key_text(post.id)}/reply", data=fields)
        assert refused.status_code == 422
        assert "You represent Nordwall" in refused.text and "All of this is untrue." in refused.text
    assert browse(representative).get(f"/posts/{key_text(post.id)}/reply").status_code == 200
    assert db.session.query(Comment).count() == 1
    elsewhere = make_post()
    fields = {"body": "We saw the same with them.", "identity": identity, "intent": "publish"}
    assert browse(representative).post(f"/posts/{key_text(elsewhere.id)}/reply", data=fields).status_code == 302


def test_what_waited_to_appear_does_not_once_its_author_speaks_for_the_vendor(
    app: Flask, nordwall: Vendor, browse: Browse, moderator: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    post = make_post(subject=PostSubject(nordwall))
    schedule_comment(member, post, hours=30, form_data={}, parent=None, body="Praise.", badged=False)
    fields = {"title": "How good they are", "body": "Very good indeed. " * 5, "leaning": "good", "tags": [make_tag()]}
    values = {"worth": 5, "again": True, "interest": "none"}
    schedule_post(
        member, hours=30, form_data={}, subject=PostSubject(nordwall), rating_answers=values, badged=False, **fields
    )
    schedule_post(
        member,
        hours=30,
        form_data={},
        subject=PostSubject(make_vendor()),
        rating_answers=values,
        badged=False,
        **fields,
    )
    ask(browse(member))
    decide(browse(moderator), the_case())
    for row in db.session.query(ScheduledText).all():
        publish_scheduled_text(row.id)
    db.session.commit()
    assert db.session.query(Comment).count() == 0 and db.session.query(Post).count() == 2
    assert db.session.query(Rating).count() == 0, "the one about another vendor appears without its rating"


def test_its_edits_are_seen_and_it_is_taken_down_like_any_reply(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    answer(browse(representative), post, "We never refuse a deal.")
    reply = db.session.query(Comment).one()
    path = f"/replies/{key_text(reply.id)}"
    fields = {"body": f"We seldom refuse a deal. {THANKS}", "intent": "publish"}
    assert browse(representative).post(f"{path}/edit", data=fields).status_code == 302
    page = browse().get(path_to(post)).text
    assert f"{path}/revisions" in page and "We seldom refuse" in page and "Official reply" in page
    assert "We never refuse a deal." in browse().get(f"{path}/revisions").text
    assert db.session.query(Revision).count() == 1
    for other in (make_member(), make_representative(make_vendor())):
        assert browse(other).post(f"{path}/edit", data=fields).status_code == 403
        assert browse(other).post(f"{path}/delete").status_code == 403
    below = make_comment(post, parent=reply)
    assert browse(representative).post(f"{path}/delete").status_code == 302
    page = browse().get(path_to(post)).text
    assert "Removed by its author" in page and "Official reply" not in page
    assert answer(browse(representative), post, "Another try.").status_code == 422, (
        "with answers below, its place stays"
    )
    delete_comment(db.session.get(Comment, below.id))
    settle_recounts(db.session.commit)
    assert answer(browse(representative), post, "Another try.").status_code == 302, "without, nothing of it is left"


def test_one_that_says_too_little_is_refused_new_and_edited(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    short = {"body": "Thank you for your feedback.", "intent": "publish"}
    refused = browse(representative).post(answer_path(post), data=short)
    assert refused.status_code == 422 and "This is 28 characters long. Use at least 80." in refused.text
    assert short["body"] in refused.text and db.session.query(Comment).count() == 0
    answer(browse(representative), post)
    reply = db.session.query(Comment).one()
    refused = browse(representative).post(f"/replies/{key_text(reply.id)}/edit", data=short)
    assert refused.status_code == 422 and "Use at least 80." in refused.text


def test_preview_and_empty_text_publish_nothing(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    preview = answer(browse(representative), post, "**Thank** you.", intent="preview")
    assert preview.status_code == 200 and "<strong>Thank</strong>" in preview.text
    assert answer(browse(representative), post, "").status_code == 422
    assert db.session.query(Comment).count() == 0
    assert browse(representative).get(f"/posts/{key_text(post.id)}/official-reply").status_code == 200


def test_when_the_author_leaves_the_reply_stays_the_vendors(browse: Browse, representative: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    answer(browse(representative), post)
    db.session.query(Comment).update({"author_id": None})
    db.session.delete(db.session.get(Member, representative.id))
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "a former member" in page and "Ingrid" not in page
    assert db.session.query(Representative).count() == 0


# --- Queries ---


def test_an_official_reply_costs_no_query(browse: Browse, representative: Member) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    plain, answered = make_post(subject=PostSubject(vendor)), make_post(subject=PostSubject(vendor))
    for post in (plain, answered):
        make_long_thread(post, 20, make_member())
    write_official_reply(answered, representative, title="Programme manager", body="Thank you.")
    for reader in (browse(), browse(make_member()), browse(make_member(role="moderator"))):
        assert queries_for(reader, path_to(plain)) == queries_for(reader, path_to(answered)) <= 8
    assert queries_for(browse(representative), path_to(plain)) <= 8
