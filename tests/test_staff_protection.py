"""Nobody takes the site over from below: only admins act on staff, with a fresh proof, and all admins read of it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import open_case
from forum.moderation.models import Decision
from forum.urls import key_text
from tests.factories import PASSWORD, make_comment, make_member, make_post

GROUNDS = {"rule": "5", "facts": "What they did.", "reason": "They must not run this site any longer."}


def staff(role: str, **fields: Any) -> Member:
    return make_member(role=role, password_hash=hash_password(PASSWORD), **fields)


def case_about(item: Any) -> str:
    case = open_case("flag", item, "Opened by a moderator")
    db.session.commit()
    return f"/moderation/cases/{key_text(case.id)}/decide"


def staff_mails() -> list[str]:
    db.session.expire_all()
    return sorted(mail.to_address for mail in db.session.query(Mail) if mail.subject.startswith("Staff change"))


@pytest.mark.parametrize("action", ["ban", "suspend_30", "warn", "decline"])
def test_a_moderator_decides_nothing_about_staff(app: Any, browse: Any, action: str) -> None:
    moderator, admin, colleague = staff("moderator"), staff("admin"), staff("moderator")
    for member in (admin, colleague):
        assert browse(moderator).post(case_about(member), data={"action": action, **GROUNDS}).status_code == 403
    db.session.expire_all()
    assert not any(member.banned_at or member.suspended_until for member in (admin, colleague))
    assert db.session.query(Decision).count() == 0


def test_a_moderator_may_hide_what_staff_wrote_and_not_sanction_its_author(app: Any, browse: Any) -> None:
    moderator, admin = staff("moderator"), staff("admin")
    path = case_about(make_comment(author=admin))
    answer = browse(moderator).post(path, data={"action": "hide", "sanction": "suspend_30", **GROUNDS})
    assert answer.status_code == 422
    assert browse(moderator).post(path, data={"action": "hide", **GROUNDS}).status_code == 302
    db.session.expire_all()
    assert admin.suspended_until is None and staff_mails() == []


def test_the_form_offers_the_same_sanctions_whoever_is_behind_an_alias(app: Any, browse: Any) -> None:
    moderator, post = staff("moderator"), make_post()
    pages = []
    for author in (staff("admin"), make_member()):
        path = case_about(make_comment(post, author, anonymous=True)).removesuffix("/decide")
        pages.append(browse(moderator).get(path).text.count("bar_30"))
    assert pages[0] == pages[1] > 0


def test_an_admin_bans_a_colleague_with_a_fresh_password_and_all_admins_get_mail(app: Any, browse: Any) -> None:
    ada, ben = staff("admin"), staff("admin")
    addresses = sorted(map(str, (ada.email, ben.email)))
    path, browser = case_about(ben), browse(ada)
    with time_machine.travel(now() + timedelta(minutes=20)):
        answer = browser.post(path, data={"action": "ban", **GROUNDS})
        assert "Confirm it" in answer.text and GROUNDS["reason"] in answer.text
        db.session.expire_all()
        assert ben.banned_at is None
        again = browser.post("/sign-in/again", data={"proof": PASSWORD})
        assert again.status_code == 302
        assert browser.post(path, data={"action": "ban", **GROUNDS}).status_code == 302
    db.session.expire_all()
    # Who is banned reads of it in the mail about the decision.
    assert ben.banned_at and staff_mails() == [address for address in addresses if address != ben.email]


def test_the_last_admin_is_never_banned_suspended_or_demoted(app: Any, browse: Any) -> None:
    ada, ben = staff("admin"), staff("admin", name="Ben Second")
    path, browser = case_about(ben), browse(ada)
    # Two admins act on each other at once: what the first has changed is not on the second one's page.
    member = db.session.get_one(Member, ada.id)
    member.password_hash = None
    db.session.commit()
    for action in ("ban", "suspend_30"):
        answer = browser.post(path, data={"action": action, **GROUNDS})
        assert answer.status_code == 422 and "last admin" in answer.text
    db.session.expire_all()
    assert not ben.banned_at and not ben.suspended_until


def test_a_moderator_undoes_no_decision_about_staff(app: Any, browse: Any) -> None:
    ada, ben, moderator = staff("admin"), staff("admin"), staff("moderator")
    browse(ada).post(case_about(ben), data={"action": "suspend_30", **GROUNDS})
    number = db.session.query(Decision).one().id
    form = {"reason": "It was all a misunderstanding."}
    assert browse(moderator).post(f"/moderation/log/{number}/undo", data=form).status_code == 403
    assert "Why it is undone" not in browse(moderator).get(f"/log/{number}").text
    before = len(staff_mails())
    assert browse(ada).post(f"/moderation/log/{number}/undo", data=form).status_code == 302
    assert len(staff_mails()) == before + 2


def test_changes_on_the_admin_pages_are_mailed_and_need_a_fresh_proof(app: Any, browse: Any) -> None:
    ada, ben, moderator = staff("admin"), staff("admin"), staff("moderator", slug="mo", vouched_at=None)
    browser = browse(ada)
    with time_machine.travel(now() + timedelta(minutes=20)):
        assert "Confirm it" in browser.post("/admin/members/mo", data={"intent": "end_sessions"}).text
        assert moderator.session_epoch == 0
    assert browse(ben).post("/admin/members/mo", data={"intent": "end_sessions"}).status_code == 302
    assert len(staff_mails()) == 2
    form = {"role": "member", "reason": "They asked for it.", "proof": PASSWORD}
    assert browse(ada).post("/admin/members/mo/role", data=form).status_code == 302
    assert len(staff_mails()) == 4
    other = staff("moderator", slug="other", vouched_at=None)
    vouch = {"intent": "vouch"}
    assert (
        browse(staff("moderator")).post("/admin/members/other", data=vouch).status_code == 403 and not other.vouched_at
    )
