"""Members on the admin pages: search, staff actions, roles."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.staff_actions import LastAdmin, set_role
from forum.admin import member_actions
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.decisions.actions import apply_action
from forum.moderation.models import Decision
from tests.factories import (
    PASSWORD,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_vendor,
    run_concurrently,
)
from tests.html import compact

REASON = {"reason": "It was agreed by all."}


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin", password_hash=hash_password(PASSWORD), name="Ada Chief")


JOINED = datetime(2026, 1, 5, tzinfo=UTC)


def log() -> list[tuple[str, str, str]]:
    """Return target, facts and reason of every staff change in the log."""
    rows = db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)
    return [(row.target_label, row.facts, row.reason) for row in rows]


def test_members_are_found_by_any_part_of_their_name_and_by_domain(app: Flask, browse: Any, admin: Member) -> None:
    make_member(name="Márta van Aalto", slug="marta-van-aalto", email="m@mail.north.example")
    make_member(name="Fiona Reed", slug="fiona-reed", email="f@gmail.com", work_domain="north.example")
    make_member(name="Nils North", slug="nils-north", email="nils@northern.example", banned_at=now())
    people = {
        "aalto": "Aalto",
        "van márta": "Aalto",
        "marta": "Aalto",
        "ree": "Reed",
        "@north.example": "Aalto Reed",
        "@mail.north.example": "Aalto",
        "nils@": "Nils",
    }
    for words, names in people.items():
        page = browse(admin).get("/admin/members", query_string={"q": words}).text
        assert {name for name in ("Aalto", "Reed", "Nils") if f"{name}</a>" in page or f"{name} North" in page} == set(
            names.split()
        ), words
    assert "No members found" in browse(make_member(role="moderator")).get("/admin/members?q=@north.example").text
    page = browse(admin).get("/admin/members?group=banned").text
    assert "Nils North" in page and "Fiona Reed" not in page


def test_members_are_found_by_the_beginning_of_their_name(app: Flask, browse: Any, admin: Member) -> None:
    make_member(name="Marta Aalto", slug="marta-aalto", email="m@north.example")
    make_member(name="Fiona Reed", slug="fiona-reed", email="fiona@south.example", bounced_at=now())
    for words, name in {"mart": "Marta", "FIONA": "Fiona", "fiona-r": "Fiona", "m@north": "Marta"}.items():
        page = browse(admin).get(f"/admin/members?q={words}").text
        assert (name == "Marta") == ("Marta Aalto" in page) and (name == "Fiona") == ("Fiona Reed" in page), words
    page = browse(admin).get("/admin/members?group=bounced").text
    assert "Fiona Reed" in page and "Marta Aalto" not in page
    for sign in ("%25", "m_rta", "m%25t"):
        assert "No members found" in browse(admin).get(f"/admin/members?q={sign}").text, (
            "a sign of the database is a sign"
        )
    assert browse(admin).get("/admin/members?group=odd").status_code == 302


def test_a_moderator_neither_finds_nor_sees_an_e_mail_address(app: Flask, browse: Any) -> None:
    make_member(name="Marta Aalto", slug="marta", email="hidden@north.example")
    moderator = browse(make_member(role="moderator"))
    assert "Marta Aalto" not in moderator.get("/admin/members?q=hidden").text
    assert "north.example" not in moderator.get("/admin/members/marta").text


def test_members_are_shown_page_by_page(app: Flask, browse: Any, admin: Member) -> None:
    for n in range(60):
        make_member(name=f"Nils {n:02}")
    reader, names, path = browse(admin), [], "/admin/members?q=nils"
    while path:
        page = reader.get(path).text
        names += re.findall(r"Nils \d\d", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert sorted(names) == [f"Nils {n:02}" for n in range(60)]


def test_anonymous_posts_show_nowhere_on_the_admin_pages(app: Flask, browse: Any, admin: Member) -> None:
    """The pages of two members are the same, though one has posted, rated and been sanctioned anonymously."""
    quiet, busy = (
        make_member(name="Kim Same", slug=slug, email=f"{slug}@same.example", joined_at=JOINED)
        for slug in ("kim-a", "kim-b")
    )
    for member in (quiet, busy):
        make_comment(make_post(member), member)
    post = make_post(busy, anonymous=True)
    make_comment(post, busy, anonymous=True)
    make_rating(busy, anonymous=True)
    apply_action(post, make_member(role="moderator"), action="warn", rule=1, facts="x", reason="Wordy.", source="own")
    db.session.commit()
    for viewer in (admin, make_member(role="moderator")):
        pages = [browse(viewer).get(f"/admin/members/{slug}").text for slug in ("kim-a", "kim-b")]
        assert re.search(r"Signed posts</dt><dd>1<.*replies</dt><dd>1<.*ratings</dt><dd>0<", compact(pages[1]))
        pages = [re.sub(r'(csrf_token" value=")[^"]+', r"\1", page) for page in pages]
        assert pages[0].replace("kim-a", "kim-?") == pages[1].replace("kim-b", "kim-?")
        lists = [browse(viewer).get(f"/admin/members?q={slug}").text for slug in ("kim-a", "kim-b")]
        assert lists[0].replace("kim-a", "kim-?") == lists[1].replace("kim-b", "kim-?")


def test_a_members_page_shows_what_they_signed_and_what_was_decided(app: Flask, browse: Any, admin: Member) -> None:
    member = make_member(slug="marta")
    post = make_post(member)
    apply_action(post, admin, action="hide", rule=3, facts="", reason="It names a person.", source="own")
    apply_action(
        member,
        admin,
        action="suspend",
        rule=1,
        facts="",
        reason="Again.",
        source="own",
        ends_at=now() + timedelta(days=3),
    )
    db.session.commit()
    page = browse(admin).get("/admin/members/marta").text
    assert "It names a person." in page and "Again." in page
    assert re.search(r"Signed posts</dt><dd>1<", compact(page)) and "until" in page


def test_staff_actions_on_a_member_are_logged(app: Flask, browse: Any, admin: Member) -> None:
    member = make_member(slug="marta", vouched_at=None, bounced_at=now())
    reader = browse(member)
    assert reader.get("/settings").status_code == 200
    assert (
        browse(make_member(role="moderator")).post("/admin/members/marta", data={"intent": "vouch"}).status_code == 302
    )
    for intent in ("clear_bounce", "end_sessions", "nonsense"):
        browse(admin).post("/admin/members/marta", data={"intent": intent})
    db.session.refresh(member)
    assert member.vouched_at and not member.bounced_at and member.session_epoch == 1
    assert reader.get("/settings").status_code == 302, "signed out"
    assert [facts for _, facts, _ in log()] == [
        "limits for new members → none",
        "mail bounced → mail is sent",
        "all sessions ended",
    ]
    page = browse().get("/log").text
    assert "Staff change: a member" in page and "mail bounced" not in page and member.name not in page


def test_a_case_about_a_member_is_opened_from_their_page(app: Flask, browse: Any) -> None:
    make_member(slug="marta")
    moderator = browse(make_member(role="moderator"))
    assert "/moderation/open" in moderator.get("/admin/members/marta").text
    answer = moderator.post("/moderation/open", data={"slug": "marta"})
    assert answer.status_code == 302 and "/moderation/cases/" in answer.location


def test_a_moderator_can_only_vouch(app: Flask, browse: Any) -> None:
    member = make_member(slug="marta", bounced_at=now())
    for intent in ("clear_bounce", "end_sessions", "confirm", "vouch"):
        answer = browse(make_member(role="moderator")).post("/admin/members/marta", data={"intent": intent})
        assert answer.status_code == 403, intent
    db.session.refresh(member)
    assert member.bounced_at and not member.session_epoch and not log()


def test_the_confirmation_link_is_resent_only_to_unconfirmed_members(app: Flask, browse: Any, admin: Member) -> None:
    make_member(slug="marta", email="marta@slow.example", confirmed_at=None)
    browse(admin).post("/admin/members/marta", data={"intent": "confirm"})
    assert [mail.to_address for mail in db.session.query(Mail)] == ["marta@slow.example"]
    make_member(slug="confirmed")
    browse(admin).post("/admin/members/confirmed", data={"intent": "confirm"})
    assert db.session.query(Mail).count() == 1 and len(log()) == 1, "nothing to do, nothing logged"


def test_a_role_changes_with_a_fresh_password_and_a_reason(app: Flask, browse: Any, admin: Member) -> None:
    member = make_member(slug="marta")
    reader, path = browse(admin), "/admin/members/marta/role"
    right = {"role": "moderator", "proof": PASSWORD, **REASON}
    for wrong in ({"proof": "guess"}, {"proof": ""}, {"reason": ""}, {"role": "king"}, {"role": "member"}):
        answer = reader.post(path, data=right | wrong)
        assert answer.status_code == 422, wrong
        assert wrong.get("reason") == "" or "It was agreed by all." in answer.text, "nothing typed is lost"
    assert member.role == "member" and not log()
    assert reader.post(path, data=right).status_code == 302
    db.session.refresh(member)
    assert member.role == "moderator"
    assert log() == [("a member", "role: member → moderator", "It was agreed by all.")]
    reader, number = browse(member), db.session.query(Decision).one().id
    assert "Staff changed something about your account" in reader.get("/decisions").text
    statement = reader.get(f"/decisions/{number}").text
    assert "role: member → moderator" in statement and 'id="appeal"' not in statement


def test_no_one_changes_their_own_role_and_the_last_admin_stays(app: Flask, browse: Any, admin: Member) -> None:
    fields = {"role": "member", "proof": PASSWORD, **REASON}
    assert browse(admin).post(f"/admin/members/{admin.slug}/role", data=fields).status_code == 403
    with pytest.raises(LastAdmin):
        set_role(admin, "member")
    db.session.rollback()
    other = make_member(role="admin", banned_at=now())
    with pytest.raises(LastAdmin):
        set_role(db.session.get_one(Member, admin.id), "member")
    db.session.rollback()
    assert browse(admin).post(f"/admin/members/{other.slug}/role", data=fields).status_code == 302, "a banned one goes"


def test_two_admins_who_demote_each_other_at_once_leave_one(app: Flask, browse: Any) -> None:
    pair = [make_member(role="admin", slug=slug, password_hash=hash_password(PASSWORD)) for slug in ("one", "two")]
    fields = {"role": "member", "proof": PASSWORD, **REASON}
    readers = [browse(member) for member in pair]
    run_concurrently(
        *(
            lambda r=r, s=s: r.post(f"/admin/members/{s}/role", data=fields)
            for r, s in zip(readers, ("two", "one"), strict=True)
        )
    )
    assert db.session.query(Member).filter_by(role="admin").count() == 1


def test_a_representative_cannot_become_a_moderator(app: Flask, browse: Any, admin: Member) -> None:
    make_representative(make_vendor("Nordwall"), slug="marta")
    answer = browse(admin).post("/admin/members/marta/role", data={"role": "moderator", "proof": PASSWORD, **REASON})
    assert answer.status_code == 422 and "represent Nordwall" in answer.text


def test_the_operator_turns_off_a_second_factor_that_was_lost(app: Flask) -> None:
    member = make_member()
    assert not member_actions.reset_two_factor(member) and not log()
    member.totp_seal = "sealed"
    assert member_actions.reset_two_factor(member)
    db.session.commit()
    assert not two_factor.is_enabled(member) and member.session_epoch == 1
    assert db.session.query(Decision).one().moderator_name == "the operator"
