"""Who can join: open, by approval, by invitation, closed; and no text that was written signed out is lost on the way."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.actions import delete_unconfirmed, send_password_reset
from forum.accounts.models import InviteLink, Member
from forum.accounts.registration_actions import create_invite_link, invite_token
from forum.accounts.tokens import token_for
from forum.db import clock_at, db, now
from forum.forms import UnsentForm, unsent_form_in
from forum.mail import Mail
from forum.moderation.models import Decision
from forum.site import change_setting
from tests.factories import PASSWORD, make_member
from tests.post_forms import carried_token

JOINING = {"name": "Marta Aalto", "email": "marta@partner.example", "password": PASSWORD}
TEXT = UnsentForm("/posts/new", {"title": "They never call back", "body": "x" * 80})


def limit(mode: str, message: str = "") -> None:
    change_setting("registration", mode)
    change_setting("registration_message", message)
    db.session.commit()


def make_link(uses: int = 1, days: int = 14) -> str:
    link = create_invite_link(uses=uses, days=days, note="Friends")
    db.session.commit()
    return invite_token(link)


def joined(browse: Any, token: str = "", **fields: str) -> Member:
    """Join and return the account, not confirmed yet."""
    assert browse().post("/join", data=JOINING | fields | {"invite": token}).status_code == 302
    email = fields.get("email", JOINING["email"])
    return db.session.query(Member).filter_by(email=email).one()


def confirm(browse: Any, member: Member, reader: Any = None) -> Any:
    link = f"/confirm/{token_for(member, 'confirm')}"
    return (reader or browse()).post(link, data={"password": PASSWORD})


def mails() -> str:
    return " ".join(mail.text for mail in db.session.query(Mail))


def test_by_approval_an_account_waits_for_a_moderator_and_hears_by_mail(app: Flask, browse: Any, staff: Any) -> None:
    limit("approval", "We look at where you work.")
    assert "We look at where you work." in browse().get("/join").text
    member = joined(browse)
    assert "A moderator then reviews your account" in browse().get("/sent/join").text
    waiting = confirm(browse, member)
    assert waiting.status_code == 200 and "looking at your account" in waiting.text
    db.session.refresh(member)
    assert member.confirmed_at is None and member.applied_at is not None
    page = staff.get("/admin/joining").text
    assert "Marta Aalto" in page and "partner.example" in page and "marta@" not in page
    assert "waiting for approval" in staff.get("/admin/").text
    staff.post(f"/admin/joining/{member.slug}", data={"intent": "approve"})
    db.session.refresh(member)
    assert member.confirmed_at and "has approved your account" in mails()
    signed_in = browse().post("/sign-in", data={"email": JOINING["email"], "password": PASSWORD})
    assert signed_in.status_code == 302
    again = staff.post(f"/admin/joining/{member.slug}", data={"intent": "decline"}, follow_redirects=True)
    assert "already decided about this account" in again.text and db.session.get(Member, member.id)


def test_who_is_declined_hears_why_and_their_account_is_deleted(app: Flask, browse: Any, staff: Any) -> None:
    limit("approval")
    member = joined(browse)
    confirm(browse, member)
    staff.post(f"/admin/joining/{member.slug}", data={"intent": "decline", "reason": "For partners only."})
    assert not db.session.query(Member).filter_by(email=JOINING["email"]).count()
    assert "Reason: For partners only." in mails() and db.session.query(Decision).count() == 1


def test_no_way_leads_around_the_approval(app: Flask, browse: Any) -> None:
    limit("approval")
    member = joined(browse)
    send_password_reset(JOINING["email"])
    db.session.commit()
    reader = browse()
    answer = reader.post(f"/new-password/{token_for(member, 'password')}", data={"password": "wet stone quiet harbour"})
    assert "looking at your account" in answer.text and reader.get("/settings").status_code == 302
    sign_in = reader.post("/sign-in", data={"email": JOINING["email"], "password": "wet stone quiet harbour"})
    assert "looking at your account" in sign_in.text and reader.get("/settings").status_code == 302
    db.session.refresh(member)
    password_hash = member.password_hash
    assert browse().post("/join", data=JOINING | {"name": "Mallory"}).status_code == 302
    db.session.refresh(member)
    assert (member.name, member.password_hash) == ("Marta Aalto", password_hash), "nobody takes over who waits"
    with clock_at(now() + timedelta(days=30)):
        delete_unconfirmed(db.session.commit)
    db.session.commit()
    assert db.session.get(Member, member.id), "who waits for moderators is not deleted as unconfirmed"


@pytest.mark.parametrize("mode", ["closed", "invite"])
def test_nobody_joins_without_being_let_and_a_text_is_kept(app: Flask, browse: Any, mode: str) -> None:
    limit(mode, "Come back in spring.")
    assert "Come back in spring." in browse().get("/join").text
    token = TEXT.token()
    for fields in (JOINING, {"intent": "begin"}):
        headers = {"Origin": "http://localhost"}
        refused = browse().post("/join", data=fields | {"unsent": token}, headers=headers)
        assert refused.status_code == 403 and "They never call back" in refused.text
        assert unsent_form_in(carried_token(refused.text)) == TEXT, "it comes along to sign-in"
    assert not db.session.query(Member).count()


def test_who_waits_and_signs_in_with_a_text_sees_it_to_copy(app: Flask, browse: Any) -> None:
    limit("approval")
    confirm(browse, joined(browse))
    fields = {"email": JOINING["email"], "password": PASSWORD, "unsent": TEXT.token()}
    page = browse().post("/sign-in", data=fields, headers={"Origin": "http://localhost"}).text
    assert "looking at your account" in page and "They never call back" in page


@pytest.mark.parametrize("mode", ["approval", "invite"])
def test_an_invitation_lets_as_many_in_as_it_says(app: Flask, browse: Any, mode: str) -> None:
    limit(mode)
    token = make_link(uses=1)
    assert f'name="invite" value="{token}"' in browse().get(f"/join?invite={token}").text
    first = joined(browse, token)
    second = joined(browse, token, email="lena@partner.example", name="Lena Ito")
    assert confirm(browse, first).status_code == 302
    assert "looking at your account" in confirm(browse, second).text, "used up meanwhile: a moderator decides"
    db.session.expire_all()
    assert first.confirmed_at and not second.confirmed_at and second.applied_at
    assert db.session.query(InviteLink).one().uses_left == 0
    expected = "no longer works" if mode == "invite" else "Create account"
    assert expected in browse().get(f"/join?invite={token}").text


def test_an_invitation_ends_by_date_and_by_being_revoked(app: Flask, browse: Any) -> None:
    limit("invite")
    admin = browse(make_member(role="admin"))
    with clock_at(now() - timedelta(days=15)):
        expired = make_link()
    assert "no longer works" in browse().get(f"/join?invite={expired}").text
    answer = admin.post("/admin/invitations", data={"note": "Friends", "uses": "2", "days": "7"}, follow_redirects=True)
    url = re.search(r"/join\?invite=([\w.-]+)", answer.text)[0]  # type: ignore[index]
    assert 'name="password"' in browse().get(url).text
    link = db.session.query(InviteLink).order_by(InviteLink.id.desc()).first()
    member = joined(browse, url.partition("=")[2])
    admin.post("/admin/invitations/revoke", data={"link_id": link.id})
    assert "no longer works" in browse().get(url).text
    assert "looking at your account" in confirm(browse, member).text
    for bad in ({"uses": "0", "days": "7"}, {"uses": "x", "days": "7"}, {"uses": "1", "days": "999"}):
        assert admin.post("/admin/invitations", data=bad | {"note": "Kept note"}).status_code == 422
    assert "no longer works" in browse().get("/join?invite=forged").text


def test_who_joined_before_joining_was_closed_is_not_turned_away(app: Flask, browse: Any) -> None:
    member = joined(browse)
    limit("closed")
    assert "looking at your account" in confirm(browse, member).text
    limit("open")
    assert confirm(browse, member).status_code == 302, "open again: the same link lets them in"


def test_an_admin_chooses_who_can_join(app: Flask, browse: Any) -> None:
    admin = browse(make_member(role="admin"))
    page = admin.get("/admin/settings").text
    fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))
    fields |= {"registration": "closed", "registration_message": "Not now."}
    assert admin.post("/admin/settings", data=fields).status_code == 302
    assert "Not now." in browse().get("/join").text
    assert admin.post("/admin/settings", data=fields | {"registration": "maybe", "version": ""}).status_code == 422
