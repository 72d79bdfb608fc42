"""Vendors' representatives through the browser: asking, deciding, ending, the official reply, and what they are told."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.imports.archive import export_to
from forum.moderation.models import Case, Decision, Flag
from forum.notifications.jobs import send_representative_mails
from forum.notifications.models import UnmailedPost
from forum.posts.actions import PostSubject, delete_post, edit_post
from forum.posts.writing import mark_useful
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post, Revision, ScheduledText, UsefulVote
from forum.posts.official_actions import write_official_reply
from forum.posts.scheduled_actions import schedule_comment, schedule_post, publish_scheduled_text
from forum.posts.visibility import hide, hold, approve_held, unhide
from forum.ratings.models import Rating
from forum.vendors.models import Representative, Vendor, VendorDomain
from forum.urls import key_text
from tests.factories import (
    make_tag,
    make_category,
    make_comment,
    make_long_thread,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_vendor,
    run_concurrently,
)
from tests.query_counts import queries_for

Browse = Callable[..., Any]
WHY = "The address is at a domain of the vendor."
MONDAY = datetime(2027, 3, 1, 5, 30, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


@pytest.fixture
def nordwall(app: Flask) -> Vendor:
    vendor = make_vendor("Nordwall")
    for domain, relation in (("nordwall.example", "own"), ("resells.example", "distributor")):
        db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain, relation=relation))
    db.session.commit()
    return vendor


@pytest.fixture
def voice(nordwall: Vendor) -> Member:
    return make_representative(nordwall, name="Ingrid Solheim", title="Programme manager")


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def ask(browser: Any, title: str = "Partner manager", slug: str = "nordwall") -> Any:
    return browser.post(f"/vendors/{slug}/representative", data={"title": title})


def answer(browser: Any, post: Post | str, body: str = "Thank you for the numbers.", **given: str) -> Any:
    path = post if isinstance(post, str) else answer_path(post)
    return browser.post(path, data={"body": body, "intent": "publish", **given})


def answer_path(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/official-reply"


def decide(browser: Any, case: Case | str, action: str = "approve", **given: str) -> Any:
    sent = {"intent": "decide", "action": action, "reason": WHY, "facts": "Looked at.", **given}
    number = case if isinstance(case, str) else key_text(case.id)
    return browser.post(f"/moderation/cases/{number}/decide", data=sent)


def the_case() -> Case:
    return db.session.query(Case).filter_by(kind="representative", closed_at=None).one()


def mails() -> list[tuple[str, str, str]]:
    """Address, subject and text of what waits, taken out of the outbox."""
    db.session.commit()
    found = db.session.query(outbox.Mail).all()
    told = [(one.to_address, one.subject, one.text) for one in found]
    for one in found:
        db.session.delete(one)
    db.session.commit()
    return told


# Asking


def test_who_has_an_address_there_asks_and_a_case_waits(browse: Browse, nordwall: Vendor, judge: Member) -> None:
    member = make_member(email="ingrid@nordwall.example", name="Ingrid Solheim")
    assert "Speak for Nordwall?" in browse(member).get("/vendors/nordwall").text
    assert "Speak for Nordwall?" not in browse().get("/vendors/nordwall").text
    assert 'name="title"' in browse(member).get("/vendors/nordwall/representative").text
    assert ask(browse(member)).status_code == 302
    case = the_case()
    assert (case.member_id, case.reason) == (member.id, "Asks to speak for Nordwall as Partner manager")
    page = browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    assert "at nordwall.example, one of the vendor" in page and "Partner manager" in page
    assert "ingrid@" not in page, "the domain is enough"
    assert "is waiting for a moderator" in browse(member).get("/vendors/nordwall/representative").text
    assert db.session.get(Member, member.id).represents_id is None, "asking is not being"


@pytest.mark.parametrize("email", ["a@elsewhere.example", "a@resells.example", "a@notnordwall.example"])
def test_others_are_told_which_domains_count_and_how_to_change_theirs(
    browse: Browse, nordwall: Vendor, email: str
) -> None:
    reader = browse(make_member(email=email))
    page = reader.get("/vendors/nordwall/representative").text
    assert "nordwall.example" in page and "resells.example" not in page and "/settings/email" in page
    assert 'name="title"' not in page
    assert ask(reader).status_code == 403
    assert db.session.query(Representative).count() == db.session.query(Case).count() == 0


def test_staff_strangers_and_the_suspended_do_not_ask(browse: Browse, nordwall: Vendor) -> None:
    assert browse().get("/vendors/nordwall/representative").status_code == 302
    assert ask(browse()).status_code == 401
    for given in ({"role": "moderator"}, {"role": "admin"}, {"suspended_until": now() + timedelta(days=2)}):
        member = make_member(email=f"a{len(mails())}{given.get('role', 's')}@nordwall.example", **given)
        assert ask(browse(member)).status_code == 403
    assert db.session.query(Representative).count() == 0
    assert browse(make_member()).get("/vendors/nobody/representative").status_code == 404


@pytest.mark.parametrize("title", ["", "x", "  y ", "z" * 81])
def test_a_title_is_needed_and_short(browse: Browse, nordwall: Vendor, title: str) -> None:
    reply = ask(browse(make_member(email="a@nordwall.example")), title)
    assert reply.status_code == 422 and "2 to 80 characters" in reply.text
    assert not title.strip() or title.strip()[:5] in reply.text
    assert db.session.query(Representative).count() == 0


def test_asking_twice_or_twice_at_once_is_asking_once(browse: Browse, nordwall: Vendor) -> None:
    member = make_member(email="a@nordwall.example")
    two = [browse(member), browse(member)]
    done = run_concurrently(*[lambda b=b: ask(b) for b in two])
    assert [one.status_code for one in done] == [302, 302]
    ask(browse(member), "Another title")
    assert db.session.query(Representative).one().title == "Partner manager"
    assert db.session.query(Case).count() == 1
    other = make_vendor("Other")
    db.session.add(VendorDomain(vendor_id=other.id, domain="a.nordwall.example", relation="own"))
    assert "You can represent only one vendor" in browse(member).get("/vendors/other/representative").text


def test_a_request_is_taken_back_and_nothing_of_it_stays(browse: Browse, nordwall: Vendor, judge: Member) -> None:
    member, other = make_member(email="a@nordwall.example"), make_member(email="b@nordwall.example")
    ask(browse(member))
    number = key_text(the_case().id)
    assert browse(other).post("/vendors/nordwall/representative/end").status_code == 404
    make_vendor("Other")
    assert browse(member).post("/vendors/other/representative/end").status_code == 404
    assert browse(member).post("/vendors/nordwall/representative/end").status_code == 302
    assert db.session.query(Case).count() == db.session.query(Representative).count() == 0
    assert browse(judge).get(f"/moderation/cases/{number}").status_code == 404
    assert ask(browse(member)).status_code == 302 and the_case()


# Deciding


def test_a_moderator_confirms_and_it_is_logged_told_and_seen(browse: Browse, nordwall: Vendor, judge: Member) -> None:
    member = make_member(email="ingrid@nordwall.example", name="Ingrid Solheim", slug="ingrid-solheim")
    ask(browse(member))
    case = the_case()
    assert decide(browse(judge), case, "hide").status_code == 422
    assert decide(browse(judge), case, reason="Yes.").status_code == 422
    assert "nothing speaks against it" in decide(browse(judge), case, intent="fill_reason").text
    assert decide(browse(judge), case).status_code == 302
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.target_label) == ("approve", "a vendor representative")
    assert (decision.member_id, decision.reason, decision.source) == (member.id, WHY, "request")
    ((to, _, text),) = mails()
    assert to == "ingrid@nordwall.example" and "You speak for the vendor" in text and WHY in text
    assert "appeal" not in text
    for page in ("/log", f"/log/{decision.id}", "/log.atom"):
        shown = browse().get(page).text
        assert "Confirmed: a vendor" in shown and "Ingrid" not in shown
    assert browse().get("/transparency").status_code == browse().get("/log.json").status_code == 200
    assert "You speak for the vendor from now on" in browse(member).get("/decisions").text
    assert browse(member).get(f"/decisions/{decision.id}").status_code == 200
    assert "speaks for Nordwall" in browse().get("/members/ingrid-solheim").text
    page = browse(member).get("/vendors/nordwall/representative").text
    assert "You represent Nordwall as Partner manager" in page and "Ingrid Solheim" in page
    assert "End this" not in page and "/vendors/nordwall/desk" in browse(member).get("/vendors/nordwall").text


def test_a_declined_request_is_told_with_its_reason_and_waits_a_month(
    browse: Browse, nordwall: Vendor, judge: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    assert decide(browse(judge), the_case(), "decline", reason="Nobody there knows of you.").status_code == 302
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.target_label) == ("decline", "a vendor representative")
    ((to, _, text),) = mails()
    assert to == member.email and "Nobody there knows of you." in text
    assert "Declined: a vendor" in browse().get("/log").text
    page = browse(member).get("/vendors/nordwall/representative").text
    assert "You can send a new request from" in page and 'name="title"' not in page
    assert ask(browse(member)).status_code == 403
    db.session.query(Representative).update({"ended_at": now() - timedelta(days=31)})
    assert ask(browse(member)).status_code == 302
    assert the_case().member_id == member.id and db.session.query(Representative).one().ended_at is None
    assert db.session.get(Member, member.id).represents_id is None


@pytest.mark.parametrize("change", ["domain", "role", "suspended"])
def test_nobody_is_confirmed_who_could_not_ask_any_more(
    browse: Browse, nordwall: Vendor, judge: Member, change: str
) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    if change == "domain":
        db.session.query(VendorDomain).filter_by(domain="nordwall.example").delete()
    elif change == "role":
        db.session.get(Member, member.id).role = "moderator"
    else:
        db.session.get(Member, member.id).suspended_until = now() + timedelta(days=1)
    refused = decide(browse(judge), the_case())
    assert refused.status_code == 422 and "they cannot speak for the vendor" in refused.text and WHY in refused.text
    assert db.session.get(Member, member.id).represents_id is None and db.session.query(Decision).count() == 0
    assert decide(browse(judge), the_case(), "decline").status_code == 302


def test_two_moderators_at_once_decide_once(browse: Browse, nordwall: Vendor, judge: Member) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    case, second = key_text(the_case().id), make_member(role="moderator")
    visits = [(browse(judge), "approve"), (browse(second), "decline")]
    done = run_concurrently(*[lambda b=b, action=action: decide(b, case, action) for b, action in visits])
    assert sorted(one.status_code for one in done) == [302, 409]
    decision = db.session.query(Decision).one()
    assert (db.session.get(Member, member.id).represents_id is not None) is (decision.action == "approve")


def test_confirming_and_taking_back_at_once_leave_no_half(browse: Browse, nordwall: Vendor, judge: Member) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    case, taking, deciding = key_text(the_case().id), browse(member), browse(judge)
    run_concurrently(
        lambda: taking.post("/vendors/nordwall/representative/end"),
        lambda: decide(deciding, case),
    )
    db.session.expire_all()
    known = db.session.query(Representative).one_or_none()
    assert (db.session.get(Member, member.id).represents_id is not None) is (known is not None)


def test_marks_about_the_vendor_go_when_somebody_begins_to_speak_for_it(
    browse: Browse, nordwall: Vendor, judge: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    post, elsewhere = make_post(subject=PostSubject(nordwall)), make_post()
    reply = make_comment(post)
    for item in (post, reply, elsewhere):
        mark_useful(member, item)
    ask(browse(member))
    decide(browse(judge), the_case())
    db.session.expire_all()
    assert [post.useful_count, reply.useful_count, elsewhere.useful_count] == [0, 0, 1]
    assert db.session.query(UsefulVote).one().post_id == elsewhere.id


# Ending


def test_a_moderator_ends_it_with_a_reason_and_replies_stay(browse: Browse, voice: Member, judge: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    answer(browse(voice), post)
    mails()
    path = f"/moderation/representatives/{voice.slug}"
    assert path in browse(judge).get("/vendors/nordwall/representative").text
    assert browse(voice).get(path).status_code == browse(make_member()).post(path).status_code == 403
    assert browse(judge).get(f"/moderation/representatives/{judge.slug}").status_code == 404
    assert browse(judge).post(path, data={"reason": "No."}).status_code == 422
    assert browse(judge).post(path, data={"reason": "They left Nordwall in March."}).status_code == 302
    assert browse(judge).post(path, data={"reason": "They left Nordwall in March."}).status_code == 200
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.target_label) == ("end", "a vendor representative")
    assert decision.member_id == voice.id
    assert "Ended: a vendor" in browse().get(f"/log/{decision.id}").text
    ((to, _, text),) = mails()
    assert to == voice.email and "They left Nordwall in March." in text
    assert "speaks for" not in browse().get(f"/members/{voice.slug}").text
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "Programme manager" in page, "what was published stays as it was"
    assert "You can send a new request from" in browse(voice).get("/vendors/nordwall/representative").text
    assert browse(voice).get("/vendors/nordwall/desk").status_code == 403


def test_who_stepped_down_may_ask_again_and_edits_official_replies_no_more(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    answer(browse(voice), post)
    reply = key_text(db.session.query(Comment).one().id)
    assert f"/replies/{reply}/edit" in browse(voice).get(path_to(post)).text
    assert browse(voice).post("/vendors/nordwall/representative/end").status_code == 302
    assert browse(voice).post("/vendors/nordwall/representative/end").status_code == 404
    page = browse(voice).get(path_to(post)).text
    assert f"/replies/{reply}/edit" not in page and f"/replies/{reply}/delete" in page
    assert browse(voice).get(f"/replies/{reply}/edit").status_code == 403
    assert answer(browse(voice), post).status_code == 403
    assert 'name="title"' in browse(voice).get("/vendors/nordwall/representative").text
    assert db.session.query(Decision).count() == 0


@pytest.mark.parametrize(
    "email, stays", [("new@nordwall.example", True), ("new@elsewhere.example", False), ("n@resells.example", False)]
)
def test_with_another_address_the_status_ends_by_itself(browse: Browse, voice: Member, email: str, stays: bool) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    answer(browse(voice), post)
    token = token_for(voice, "email", email)
    browse().get(f"/new-email/{token}")
    assert db.session.get(Member, voice.id).represents_id is not None, "looking at the link changes nothing"
    mails()
    assert browse().post(f"/new-email/{token}").status_code == 302
    db.session.expire_all()
    assert (voice.represents_id is not None) is stays
    assert db.session.query(Representative).count() == stays
    told = [text for to, _, text in mails() if to == email]
    assert ["no longer represent Nordwall" in text for text in told] == ([] if stays else [True])
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "Programme manager" in page


def test_with_another_address_a_request_is_taken_back(browse: Browse, nordwall: Vendor) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    browse().post(f"/new-email/{token_for(member, 'email', 'a@elsewhere.example')}")
    assert db.session.query(Case).count() == db.session.query(Representative).count() == 0


# The official reply


def test_the_official_reply_stands_first_labelled_and_by_name(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    before = make_comment(post)
    page = browse(voice).get(path_to(post)).text
    assert "Official reply of Nordwall" in page and 'name="identity"' not in page and "Anonymous, as" not in page
    assert f"/posts/{key_text(post.id)}/reply?to=" not in page, "no other way to reply is offered"
    done = answer(browse(voice), post)
    assert done.status_code == 302
    reply = db.session.query(Comment).filter_by(author_id=voice.id).one()
    assert (reply.official_vendor_id, reply.official_title) == (voice.represents_id, "Programme manager")
    page = browse().get(path_to(post)).text
    assert page.index(f"r-{key_text(reply.id)}") < page.index(f"r-{key_text(before.id)}"), "later, and above"
    box = page.split(f'id="r-{key_text(reply.id)}"')[1].split("</li>")[0]
    assert re.search(r"Official reply</span><span>of <b>Nordwall</b>", box)
    assert "Ingrid Solheim" in box and "Programme manager" in box and "anonymous" not in box
    assert page.count("Official reply") == 1 and page.count('class="comment comment--official"') == 1
    below = make_comment(post, parent=reply)
    page = browse(voice).get(path_to(post)).text
    assert page.index(f"r-{key_text(below.id)}") < page.index(f"r-{key_text(before.id)}")
    assert "It answers once" in page and 'action="/posts/' + key_text(post.id) + "/official-reply" not in page
    archive = StringIO()
    export_to(archive)
    told = [row for line in archive.getvalue().splitlines() if (row := json.loads(line))["kind"] == "comment"]
    assert [(row["official_reply_of"], row["official_title"]) for row in told if row["by"] == "Ingrid Solheim"] == [
        ("nordwall", "Programme manager")
    ]
    assert "Official reply of Nordwall by Ingrid" in browse().get(f"/posts/{key_text(post.id)}/feed.atom").text


def test_it_stands_first_on_the_first_page_of_a_thread_of_many(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    many = make_long_thread(post, 60, make_member())
    answer(browse(voice), post)
    reply = db.session.query(Comment).filter_by(author_id=voice.id).one()
    first, last = browse().get(path_to(post)).text, browse().get(f"{path_to(post)}?from={key_text(many[250])}").text
    assert f'id="r-{key_text(reply.id)}"' in first and f'id="r-{key_text(reply.id)}"' not in last
    assert first.index(key_text(reply.id)) < first.index(f'id="r-{key_text(many[0])}"')
    assert browse().get(f"/replies/{key_text(reply.id)}").location.endswith(f"{path_to(post)}#r-{key_text(reply.id)}")


@pytest.mark.parametrize("who", ["same", "colleague"])
def test_a_second_one_is_refused_in_words_and_the_text_kept(browse: Browse, voice: Member, who: str) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    post = make_post(subject=PostSubject(vendor))
    answer(browse(voice), post)
    second = voice if who == "same" else make_representative(vendor)
    refused = answer(browse(second), post, "And one thing more, which we forgot.")
    assert refused.status_code == 422
    assert "Nordwall has answered here already" in refused.text and "one thing more" in refused.text
    assert db.session.query(Comment).count() == 1


def test_two_at_once_leave_one(browse: Browse, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    post, colleague = make_post(subject=PostSubject(vendor)), make_representative(vendor)
    visits = [(browse(voice), "What the one says."), (browse(colleague), "What the other says.")]
    path = answer_path(post)
    done = run_concurrently(*[lambda b=b, body=body: answer(b, path, body) for b, body in visits])
    assert sorted(one.status_code for one in done) == [302, 422]
    assert db.session.query(Comment).count() == 1
    assert db.session.get(Post, post.id).comment_count == 1


def test_the_same_form_sent_twice_leads_to_the_one_reply(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    sent = [answer(browse(voice), post, submission="the same form") for _ in range(2)]
    assert [one.status_code for one in sent] == [302, 302] and sent[0].location == sent[1].location
    other = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    two = [browse(voice), browse(voice)]
    path = answer_path(other)
    done = run_concurrently(*[lambda b=b: answer(b, path, "Another text.", submission="another form") for b in two])
    assert [one.status_code for one in done] == [302, 302]
    assert db.session.query(Comment).count() == 2


def test_another_vendors_post_an_undisclosed_one_and_other_people_get_none(
    browse: Browse, voice: Member, judge: Member
) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    own, other = make_post(subject=PostSubject(vendor)), make_post(subject=PostSubject(make_vendor()))
    undisclosed = make_post(subject=PostSubject(category=make_category(), description="A hardware supplier"))
    for post in (other, undisclosed, make_post()):
        assert answer(browse(voice), post).status_code == 403
        assert "Official reply" not in browse(voice).get(path_to(post)).text
    for who in (make_member(email="b@nordwall.example"), judge):
        assert answer(browse(who), own).status_code == 403
    assert answer(browse(), own).status_code == 401
    hidden = make_post(subject=PostSubject(vendor))
    hide(hidden, "Somebody looks.")
    assert answer(browse(voice), hidden).status_code == 404
    own.locked_at, own.locked_reason = now(), "Enough is said."
    closed = answer(browse(voice), own)
    assert closed.status_code == 403 and "Thank you for the numbers." in closed.text
    assert db.session.query(Comment).count() == 0


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_no_other_reply_under_a_post_about_ones_vendor_under_any_name(
    browse: Browse, voice: Member, signed: str
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    reply = make_comment(post)
    for to in ("", key_text(reply.id)):
        sent = {"body": "All of this is untrue.", "identity": signed, "intent": "publish", "to": to}
        refused = browse(voice).post(f"/posts/{key_text(post.id)}/reply", data=sent)
        assert refused.status_code == 422
        assert "You speak for Nordwall" in refused.text and "All of this is untrue." in refused.text
    assert browse(voice).get(f"/posts/{key_text(post.id)}/reply").status_code == 200
    assert db.session.query(Comment).count() == 1
    elsewhere = make_post()
    sent = {"body": "We saw the same with them.", "identity": signed, "intent": "publish"}
    assert browse(voice).post(f"/posts/{key_text(elsewhere.id)}/reply", data=sent).status_code == 302


def test_what_waited_to_appear_does_not_once_its_author_speaks_for_the_vendor(
    app: Flask, nordwall: Vendor, browse: Browse, judge: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    post = make_post(subject=PostSubject(nordwall))
    schedule_comment(member, post, hours=6, form_data={}, parent=None, body="Praise.", badged=False)
    told = {"title": "How good they are", "body": "Very good indeed. " * 5, "leaning": "good", "tags": [make_tag()]}
    said = {"worth": 5, "again": True, "interest": "none"}
    schedule_post(member, hours=6, form_data={}, subject=PostSubject(nordwall), rating_values=said, badged=False, **told)
    schedule_post(member, hours=6, form_data={}, subject=PostSubject(make_vendor()), rating_values=said, badged=False, **told)
    ask(browse(member))
    decide(browse(judge), the_case())
    for row in db.session.query(ScheduledText).all():
        publish_scheduled_text(row.id)
    db.session.commit()
    assert db.session.query(Comment).count() == 0 and db.session.query(Post).count() == 2
    assert db.session.query(Rating).count() == 0, "the one about another vendor appears without its rating"


def test_its_edits_are_seen_and_it_is_taken_down_like_any_reply(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    answer(browse(voice), post, "We never refuse a deal.")
    reply = db.session.query(Comment).one()
    path = f"/replies/{key_text(reply.id)}"
    sent = {"body": "We seldom refuse a deal.", "intent": "publish"}
    assert browse(voice).post(f"{path}/edit", data=sent).status_code == 302
    page = browse().get(path_to(post)).text
    assert f"{path}/revisions" in page and "We seldom refuse" in page and "Official reply" in page
    assert "We never refuse a deal." in browse().get(f"{path}/revisions").text
    assert db.session.query(Revision).count() == 1
    for other in (make_member(), make_representative(make_vendor())):
        assert browse(other).post(f"{path}/edit", data=sent).status_code == 403
        assert browse(other).post(f"{path}/delete").status_code == 403
    below = make_comment(post, parent=reply)
    assert browse(voice).post(f"{path}/delete").status_code == 302
    page = browse().get(path_to(post)).text
    assert "Removed by its author" in page and "Official reply" not in page
    assert answer(browse(voice), post, "Another try.").status_code == 422, "with answers below, its place stays"
    delete_comment(db.session.get(Comment, below.id))
    assert answer(browse(voice), post, "Another try.").status_code == 302, "without, nothing of it is left"


def test_preview_empty_text_and_a_trap_publish_nothing(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    shown = answer(browse(voice), post, "**Thank** you.", intent="preview")
    assert shown.status_code == 200 and "<strong>Thank</strong>" in shown.text
    assert answer(browse(voice), post, "").status_code == 422
    assert answer(browse(voice), post, homepage="http://x.example").status_code == 302
    assert db.session.query(Comment).count() == 0
    assert browse(voice).get(f"/posts/{key_text(post.id)}/official-reply").status_code == 200


def test_when_the_author_leaves_the_reply_stays_the_vendors(browse: Browse, voice: Member) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    answer(browse(voice), post)
    db.session.query(Comment).update({"author_id": None})
    db.session.delete(db.session.get(Member, voice.id))
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "a former member" in page and "Ingrid" not in page
    assert db.session.query(Representative).count() == 0


# What they have no part in


def test_a_representative_marks_nothing_about_the_vendor_and_reports_weigh_nothing(
    browse: Browse, voice: Member
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, voice.represents_id)))
    reply, elsewhere = make_comment(post), make_post()
    page = browse(voice).get(path_to(post)).text
    assert "/useful" not in page.replace('id="marks" method="post" action="', "").replace(
        f"/posts/{key_text(post.id)}/useful", ""
    )
    assert f"/replies/{key_text(reply.id)}/flag" in page
    for path in (f"/posts/{key_text(post.id)}", f"/replies/{key_text(reply.id)}"):
        assert browse(voice).post(f"{path}/useful", data={"intent": "mark"}).status_code == 403
        assert browse(voice).post(f"{path}/flag", data={"rule": "3"}).status_code == 302
    assert browse(voice).post(f"/posts/{key_text(elsewhere.id)}/useful", data={"intent": "mark"}).status_code == 302
    assert browse(voice).post(f"/posts/{key_text(elsewhere.id)}/flag", data={"rule": "3"}).status_code == 302
    assert db.session.query(UsefulVote).one().post_id == elsewhere.id
    assert [flag.weight for flag in db.session.query(Flag)] == [0.0, 0.0, 0.0]


def test_a_representative_rates_no_vendor_and_is_told_why(browse: Browse, voice: Member) -> None:
    other = make_vendor("Other")
    for slug in ("nordwall", "other"):
        refused = browse(voice).get(f"/vendors/{slug}/rate")
        assert refused.status_code == 403 and "You speak for a vendor here, so you rate none" in refused.text
        assert browse(voice).post(f"/vendors/{slug}/rate", data={"worth": "5"}).status_code == 403
    tag = make_tag("deals")
    story = {"title": "How it went with them", "body": "It went as it always does. " * 3, "tags": "deals"}
    sent = {**story, "leaning": "good", "worth": "5", "again": "yes", "interest": "none", "identity": "name"}
    for about in ({"vendor_naming": "named", "vendor": "Other"}, _undisclosed()):
        refused = browse(voice).post("/posts/new", data={**sent, **about, "intent": "publish"})
        assert refused.status_code == 422 and "so you rate none" in refused.text
    earlier = make_rating(voice, vendor=other)
    path = f"/ratings/{key_text(earlier.id)}"
    assert browse(voice).get(f"{path}/edit").status_code == 403
    assert browse(voice).post(f"{path}/withdraw").status_code == 302
    assert db.session.query(Rating).filter_by(author_id=voice.id).count() == 0 and tag.post_count == 0


def _undisclosed() -> dict[str, str]:
    category = make_category()
    return {"vendor_naming": "undisclosed", "category": category.slug, "description": "A large supplier"}


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_a_representative_tells_no_experience_with_the_own_vendor(browse: Browse, voice: Member, signed: str) -> None:
    make_tag("deals")
    make_vendor("Other")
    story = {"title": "How it went with them", "body": "It went as it always does. " * 3, "tags": "deals"}
    sent = {**story, "leaning": "good", "vendor_naming": "named", "identity": signed, "intent": "publish"}
    refused = browse(voice).post("/posts/new", data={**sent, "vendor": "Nordwall"})
    assert refused.status_code == 422 and "its partners tell of it here" in refused.text
    assert browse(voice).post("/posts/new", data={**sent, "vendor": "Other"}).status_code == 302
    post = db.session.query(Post).one()
    edited = browse(voice).post(f"/posts/{key_text(post.id)}/edit", data={**sent, "vendor": "Nordwall"})
    assert edited.status_code == 422
    old = make_post(voice, subject=PostSubject(db.session.get(Vendor, voice.represents_id)), tags=post.tags)
    kept = browse(voice).post(f"/posts/{key_text(old.id)}/edit", data={**sent, "vendor": "Nordwall"})
    assert kept.status_code == 302, "what was written before stays about the vendor"


# What they are told


def told_at(moment: datetime = TUESDAY) -> list[tuple[str, str, str]]:
    mails()
    with time_machine.travel(moment, tick=False):
        send_representative_mails()
    return mails()


def test_once_a_day_they_are_told_of_posts_that_name_the_vendor(browse: Browse, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    author = make_member(name="Astrid Author")
    named = make_post(author, subject=PostSubject(vendor), title="What the first one says")
    anonymous = make_post(author, subject=PostSubject(vendor), title="What the second one says", anonymous=True)
    make_post(subject=PostSubject(make_vendor()), title="About somebody else")
    assert db.session.query(outbox.Mail).count() == 0, "no mail tells the minute"
    ((to, subject, text),) = told_at()
    assert to == voice.email and "Nordwall" in subject
    for post in (named, anonymous):
        assert post.title in text and f"http://localhost{path_to(post)}" in text
    assert "Astrid" not in text and anonymous.pseudonym.name not in text and "somebody else" not in text
    assert told_at() == [], "once"
    unsubscribe = re.search(r"http://localhost(/unsubscribe/\S+)", text)
    with time_machine.travel(TUESDAY, tick=False):
        assert unsubscribe and browse().post(unsubscribe[1]).status_code == 200
    assert db.session.get(Member, voice.id).digest == "never"


def test_what_is_held_hidden_or_gone_is_not_told_of(app: Flask, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    held, seen, gone = (make_post(subject=PostSubject(vendor), title=f"What number {n} says") for n in range(3))
    db.session.query(UnmailedPost).filter_by(post_id=held.id).delete()
    hold(held, "First text.")
    hide(seen, "Reported.")
    make_comment(gone)
    delete_post(gone)
    assert told_at() == []
    approve_held(held)
    unhide(seen)
    ((_, _, text),) = told_at()
    assert "number 0" in text and "number 1" in text and "number 2" not in text


def test_a_new_members_first_post_is_told_of_when_it_is_let_through(
    app: Flask, voice: Member, judge: Member, browse: Browse
) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    post = make_post(make_member(vouched_at=None), subject=PostSubject(vendor), title="The first of a newcomer")
    assert post.hidden_at is not None and told_at() == []
    case = db.session.query(Case).filter_by(kind="held").one()
    assert decide(browse(judge), case).status_code == 302
    ((_, _, text),) = told_at()
    assert "The first of a newcomer" in text


def test_a_vendor_named_later_is_told_of_then(app: Flask, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    author = make_member()
    post = make_post(author, subject=PostSubject(category=make_category(), description="A large supplier"))
    same = {"title": post.title, "body": post.body, "leaning": post.leaning, "tags": post.tags}
    edit_post(post, author=author, subject=PostSubject(post.vendor, category=post.category, description="A supplier"), **same)
    assert told_at() == []
    edit_post(post, author=author, subject=PostSubject(vendor), **same)
    edit_post(post, author=author, subject=PostSubject(vendor), **same)
    assert len(told_at()) == 1
    edit_post(post, author=author, subject=PostSubject(make_vendor()), **same)
    assert told_at() == []


@pytest.mark.parametrize(
    "given, days",
    [
        ({"digest": "daily"}, "MT"),
        ({"digest": "weekly"}, "M"),
        ({"digest": "never"}, ""),
        ({"banned_at": now()}, ""),
        ({"bounced_at": now()}, ""),
        ({"represents_id": None}, ""),
    ],
)
def test_mail_goes_as_often_as_they_want_and_to_nobody_who_has_gone(
    app: Flask, voice: Member, given: dict[str, Any], days: str
) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    for name, value in given.items():
        setattr(voice, name, value)
    make_post(subject=PostSubject(vendor))
    db.session.commit()
    told = "".join(name for name, day in (("T", TUESDAY), ("M", MONDAY)) if told_at(day))
    assert told == ("T" if days == "MT" else days)


# The desk


def test_the_desk_shows_what_waits_and_what_was_answered(browse: Browse, voice: Member, judge: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    _, answered, locked, hidden = (
        make_post(subject=PostSubject(vendor), title=f"Experience called {word}") for word in ("Open", "Done", "Shut", "Away")
    )
    make_post(subject=PostSubject(make_vendor()), title="Experience called Other")
    answer(browse(voice), answered, "Here is our answer.")
    locked.locked_at = now()
    hide(hidden, "Reported.")
    page = browse(voice).get("/vendors/nordwall/desk")
    assert page.status_code == 200 and "noindex" in page.text
    waiting, done = page.text.split('id="answered"')
    assert "called Open" in waiting and "called Done" in done and "Here is our answer." in done
    assert all(f"called {word}" not in page.text for word in ("Shut", "Away", "Other"))
    assert "called Done" not in waiting and "/data" in page.text
    assert browse(judge).get("/vendors/nordwall/desk").status_code == 200


DOORS = [
    ("GET", "/vendors/nordwall/representative", {"stranger": 302, "member": 200, "voice": 200, "other": 200}),
    ("POST", "/vendors/nordwall/representative", {"stranger": 401, "member": 403, "voice": 302, "other": 403}),
    ("POST", "/vendors/nordwall/representative/end", {"stranger": 401, "member": 404, "voice": 302, "other": 404}),
    ("GET", "/vendors/nordwall/desk", {"stranger": 302, "member": 403, "voice": 200, "other": 403}),
    ("GET", "/moderation/representatives/{slug}", {"stranger": 302, "member": 403, "voice": 403, "other": 403}),
    ("POST", "/moderation/representatives/{slug}", {"stranger": 401, "member": 403, "voice": 403, "other": 403}),
    ("GET", "/posts/{post}/official-reply", {"stranger": 302, "member": 403, "voice": 200, "other": 403}),
    ("POST", "/posts/{post}/official-reply", {"stranger": 401, "member": 403, "voice": 422, "other": 403}),
]


@pytest.mark.parametrize("method, path, doors", DOORS)
def test_each_door_opens_for_these_and_nobody_else(
    browse: Browse, voice: Member, method: str, path: str, doors: dict[str, int]
) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    path = path.format(slug=voice.slug, post=key_text(make_post(subject=PostSubject(vendor)).id))
    others = {"member": make_member(), "other": make_representative(make_vendor()), "voice": voice}
    for who, status in doors.items():
        reader = browse(others[who]) if who in others else browse()
        assert reader.open(path, method=method).status_code == status, who


# What it costs


def test_an_official_reply_costs_no_query(browse: Browse, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)
    plain, answered = make_post(subject=PostSubject(vendor)), make_post(subject=PostSubject(vendor))
    for post in (plain, answered):
        make_long_thread(post, 20, make_member())
    write_official_reply(answered, voice, title="Programme manager", body="Thank you.")
    for reader in (browse(), browse(make_member()), browse(make_member(role="moderator"))):
        assert queries_for(reader, path_to(plain)) == queries_for(reader, path_to(answered)) <= 8
    assert queries_for(browse(voice), path_to(plain)) <= 8


def test_the_desk_and_the_page_of_speakers_cost_the_same_however_much_they_show(browse: Browse, voice: Member) -> None:
    vendor = db.session.get(Vendor, voice.represents_id)

    def grow(count: int) -> None:
        for _ in range(count):
            make_post(subject=PostSubject(vendor))
            write_official_reply(make_post(subject=PostSubject(vendor)), voice, title="Manager", body="Thank you.")
            make_representative(vendor)

    reader, paths = browse(voice), ("/vendors/nordwall/desk", "/vendors/nordwall/representative")
    grow(1)
    before = [queries_for(reader, path) for path in paths]
    grow(6)
    assert [queries_for(reader, path) for path in paths] == before and max(before) <= 12
