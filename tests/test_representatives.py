"""Vendor representatives: requesting, deciding, ending, and who gets in."""

from datetime import timedelta

import pytest

from forum.accounts.models import Member
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.moderation.models import Case, Decision
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, UsefulVote
from forum.posts.recounts import settle_recounts
from forum.posts.writing import mark_useful
from forum.urls import key_text
from forum.vendors.models import Representative, Vendor, VendorDomain
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_vendor,
    run_concurrently,
)
from tests.representatives import (
    WHY,
    Browse,
    answer,
    ask,
    decide,
    mails,
    path_to,
    the_case,
)

# --- Requests ---


def test_who_has_an_address_there_asks_and_a_case_waits(browse: Browse, nordwall: Vendor, moderator: Member) -> None:
    member = make_member(email="ingrid@nordwall.example", name="Ingrid Solheim")
    assert "Do you work for Nordwall?" in browse(member).get("/vendors/nordwall").text
    assert "Do you work for Nordwall?" not in browse().get("/vendors/nordwall").text
    assert 'name="title"' in browse(member).get("/vendors/nordwall/representative").text
    assert ask(browse(member)).status_code == 302
    case = the_case()
    assert (case.member_id, case.reason) == (member.id, "Wants to represent Nordwall as Partner manager")
    page = browse(moderator).get(f"/moderation/cases/{key_text(case.id)}").text
    assert "at nordwall.example, a domain of the vendor" in page and "Partner manager" in page
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
    for values in ({"role": "moderator"}, {"role": "admin"}, {"suspended_until": now() + timedelta(days=2)}):
        member = make_member(email=f"a{len(mails())}{values.get('role', 's')}@nordwall.example", **values)
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
    responses = run_concurrently(*[lambda b=b: ask(b) for b in two])
    assert [response.status_code for response in responses] == [302, 302]
    ask(browse(member), "Another title")
    assert db.session.query(Representative).one().title == "Partner manager"
    assert db.session.query(Case).count() == 1
    other = make_vendor("Other")
    db.session.add(VendorDomain(vendor_id=other.id, domain="a.nordwall.example", relation="own"))
    assert "You can represent only one vendor" in browse(member).get("/vendors/other/representative").text


def test_a_request_is_taken_back_and_nothing_of_it_stays(browse: Browse, nordwall: Vendor, moderator: Member) -> None:
    member, other = make_member(email="a@nordwall.example"), make_member(email="b@nordwall.example")
    ask(browse(member))
    number = key_text(the_case().id)
    assert browse(other).post("/vendors/nordwall/representative/end").status_code == 404
    make_vendor("Other")
    assert browse(member).post("/vendors/other/representative/end").status_code == 404
    assert browse(member).post("/vendors/nordwall/representative/end").status_code == 302
    assert db.session.query(Case).count() == db.session.query(Representative).count() == 0
    assert browse(moderator).get(f"/moderation/cases/{number}").status_code == 404
    assert ask(browse(member)).status_code == 302 and the_case()


# --- Decisions ---


def test_a_moderator_confirms_and_it_is_logged_told_and_seen(
    browse: Browse, nordwall: Vendor, moderator: Member
) -> None:
    member = make_member(email="ingrid@nordwall.example", name="Ingrid Solheim", slug="ingrid-solheim")
    ask(browse(member))
    case = the_case()
    assert decide(browse(moderator), case, "hide").status_code == 422
    assert decide(browse(moderator), case, reason="Yes.").status_code == 422
    assert "no reason to doubt the" in decide(browse(moderator), case, intent="fill_reason").text
    assert decide(browse(moderator), case).status_code == 302
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.target_label) == ("approve", "a vendor representative")
    assert (decision.member_id, decision.reason, decision.source) == (member.id, WHY, "request")
    ((to, _, text),) = mails()
    assert to == "ingrid@nordwall.example" and "You now represent the vendor" in text and WHY in text
    assert "/vendors/nordwall/desk" in text
    assert "appeal" not in text
    for page in ("/log", f"/log/{decision.id}", "/log.atom"):
        log_page = browse().get(page).text
        assert "Confirmed: a vendor" in log_page and "Ingrid" not in log_page
    assert browse().get("/transparency").status_code == browse().get("/log.json").status_code == 200
    assert "You now represent the vendor" in browse(member).get("/decisions").text
    assert browse(member).get(f"/decisions/{decision.id}").status_code == 200
    assert "represents Nordwall" in browse().get("/members/ingrid-solheim").text
    page = browse(member).get("/vendors/nordwall/representative").text
    assert "You represent Nordwall as Partner manager" in page and "Ingrid Solheim" in page
    assert "End<span" not in page and "/vendors/nordwall/desk" in browse(member).get("/vendors/nordwall").text


def test_a_declined_request_is_told_with_its_reason_and_waits_a_month(
    browse: Browse, nordwall: Vendor, moderator: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    assert decide(browse(moderator), the_case(), "decline", reason="Nobody there knows of you.").status_code == 302
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
    browse: Browse, nordwall: Vendor, moderator: Member, change: str
) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    if change == "domain":
        db.session.query(VendorDomain).filter_by(domain="nordwall.example").delete()
    elif change == "role":
        db.session.get(Member, member.id).role = "moderator"
        moderator = make_member(role="admin")  # who alone decides about staff
    else:
        db.session.get(Member, member.id).suspended_until = now() + timedelta(days=1)
    refused = decide(browse(moderator), the_case())
    assert refused.status_code == 422 and "represent the vendor any more" in refused.text and WHY in refused.text
    assert db.session.get(Member, member.id).represents_id is None and db.session.query(Decision).count() == 0
    assert decide(browse(moderator), the_case(), "decline").status_code == 302


def test_two_moderators_at_once_decide_once(browse: Browse, nordwall: Vendor, moderator: Member) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    case, second = key_text(the_case().id), make_member(role="moderator")
    visits = [(browse(moderator), "approve"), (browse(second), "decline")]
    responses = run_concurrently(*[lambda b=b, action=action: decide(b, case, action) for b, action in visits])
    assert sorted(response.status_code for response in responses) == [302, 409]
    decision = db.session.query(Decision).one()
    assert (db.session.get(Member, member.id).represents_id is not None) is (decision.action == "approve")


def test_confirming_and_taking_back_at_once_leave_no_half(browse: Browse, nordwall: Vendor, moderator: Member) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    case, taking, deciding = key_text(the_case().id), browse(member), browse(moderator)
    run_concurrently(
        lambda: taking.post("/vendors/nordwall/representative/end"),
        lambda: decide(deciding, case),
    )
    db.session.expire_all()
    representative = db.session.query(Representative).one_or_none()
    assert (db.session.get(Member, member.id).represents_id is not None) is (representative is not None)


def test_marks_about_the_vendor_go_when_somebody_begins_to_speak_for_it(
    browse: Browse, nordwall: Vendor, moderator: Member
) -> None:
    member = make_member(email="a@nordwall.example")
    post, elsewhere = make_post(subject=PostSubject(nordwall)), make_post()
    reply = make_comment(post)
    for item in (post, reply, elsewhere):
        mark_useful(member, item)
    db.session.commit()
    settle_recounts(db.session.commit)
    ask(browse(member))
    decide(browse(moderator), the_case())
    db.session.expire_all()
    assert [post.useful_count, reply.useful_count, elsewhere.useful_count] == [0, 0, 1]
    assert db.session.query(UsefulVote).one().post_id == elsewhere.id


# --- Ends ---


def test_a_moderator_ends_it_with_a_reason_and_replies_stay(
    browse: Browse, representative: Member, moderator: Member
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    answer(browse(representative), post)
    mails()
    path = f"/moderation/representatives/{representative.slug}"
    assert path in browse(moderator).get("/vendors/nordwall/representative").text
    assert browse(representative).get(path).status_code == browse(make_member()).post(path).status_code == 403
    assert browse(moderator).get(f"/moderation/representatives/{moderator.slug}").status_code == 404
    assert browse(moderator).post(path, data={"reason": "No."}).status_code == 422
    assert browse(moderator).post(path, data={"reason": "They left Nordwall in March."}).status_code == 302
    assert browse(moderator).post(path, data={"reason": "They left Nordwall in March."}).status_code == 200
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.target_label) == ("end", "a vendor representative")
    assert decision.member_id == representative.id
    assert "Ended: a vendor" in browse().get(f"/log/{decision.id}").text
    ((to, _, text),) = mails()
    assert to == representative.email and "They left Nordwall in March." in text
    assert "represents" not in browse().get(f"/members/{representative.slug}").text
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "Programme manager" in page, "what was published stays as it was"
    assert "You can send a new request from" in browse(representative).get("/vendors/nordwall/representative").text
    assert browse(representative).get("/vendors/nordwall/desk").status_code == 403


def test_who_stepped_down_may_ask_again_and_edits_official_replies_no_more(
    browse: Browse, representative: Member
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    answer(browse(representative), post)
    reply = key_text(db.session.query(Comment).one().id)
    assert f"/replies/{reply}/edit" in browse(representative).get(path_to(post)).text
    assert browse(representative).post("/vendors/nordwall/representative/end").status_code == 302
    assert browse(representative).post("/vendors/nordwall/representative/end").status_code == 404
    page = browse(representative).get(path_to(post)).text
    assert f"/replies/{reply}/edit" not in page and f"/replies/{reply}/delete" in page
    assert browse(representative).get(f"/replies/{reply}/edit").status_code == 403
    assert answer(browse(representative), post).status_code == 403
    assert 'name="title"' in browse(representative).get("/vendors/nordwall/representative").text
    assert db.session.query(Decision).count() == 0


@pytest.mark.parametrize(
    "email, stays", [("new@nordwall.example", True), ("new@elsewhere.example", False), ("n@resells.example", False)]
)
def test_with_another_address_the_status_ends_by_itself(
    browse: Browse, representative: Member, email: str, stays: bool
) -> None:
    post = make_post(subject=PostSubject(db.session.get(Vendor, representative.represents_id)))
    answer(browse(representative), post)
    token = token_for(representative, "email", email)
    reader = browse(representative)
    reader.get(f"/new-email/{token}")
    assert db.session.get(Member, representative.id).represents_id is not None, "looking at the link changes nothing"
    mails()
    assert reader.post(f"/new-email/{token}").status_code == 302
    db.session.expire_all()
    assert (representative.represents_id is not None) is stays
    assert db.session.query(Representative).count() == stays
    texts = [text for to, _, text in mails() if to == email]
    assert ["no longer represent Nordwall" in text for text in texts] == ([] if stays else [True])
    page = browse().get(path_to(post)).text
    assert "Official reply" in page and "Programme manager" in page


def test_with_another_address_a_request_is_taken_back(browse: Browse, nordwall: Vendor) -> None:
    member = make_member(email="a@nordwall.example")
    ask(browse(member))
    browse(member).post(f"/new-email/{token_for(member, 'email', 'a@elsewhere.example')}")
    assert db.session.query(Case).count() == db.session.query(Representative).count() == 0
