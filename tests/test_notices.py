"""Notices from outside: the form, limits, and the confirmation by mail."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import time_machine
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.models import Case, Notice
from forum.moderation.notices.actions import confirm_notice
from forum.moderation.notices.forms import item_at_url
from forum.moderation.notices.senders import confirmation_token
from forum.posts.visibility import hide
from forum.rate_limits import limiter
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, run_concurrently
from tests.notices import (
    ADDRESS,
    DISPUTED,
    SENDER,
    WHY,
    Browse,
    case_of,
    confirmed,
    decide,
    form_data,
    link_in,
    mails,
    path_to,
    reloaded,
    send,
)


def test_the_form_says_in_words_what_is_missing_and_keeps_what_was_typed(browse: Browse, app: Flask) -> None:
    page = browse().post("/notices/new", data={"url": "http://elsewhere.example/<b>", "complaint": "Too <i>short"})
    assert page.status_code == 422
    for words in (
        "There is no post or reply that everyone can read",
        "Write what is wrong and how you know, in at least 40",
        "Choose whether it is inaccurate or illegal",
        "Enter your name",
        "Enter your e-mail address",
        "in good faith",
    ):
        assert words in page.text, words
    assert "Too &lt;i&gt;short" in page.text and "elsewhere.example/&lt;b&gt;" in page.text and "<i>" not in page.text
    for name in ("x", "Win at spam.example/now", "lena@vendor.example", "n" * 101):
        assert send(browse, make_post(), name=name).status_code == 422, name
    page = send(browse, make_post(), claim="unlawful", law=" ")
    assert page.status_code == 422 and "Name the law" in page.text and WHY in page.text
    assert send(browse, make_post(), claim="ugly").status_code == 422
    assert db.session.query(Notice).count() == db.session.query(Mail).count() == 0


def test_a_very_long_text_is_refused_in_words_and_not_lost(browse: Browse, app: Flask) -> None:
    page = send(browse, make_post(), complaint="x" * 900_000)
    assert page.status_code == 422 and "This is 900,000 characters long" in page.text and "x" * 900_000 in page.text
    page = send(browse, make_post(), complaint="x" * 1_100_000)
    assert page.status_code == 413 and "too much at once" in page.text
    assert db.session.query(Notice).count() == 0


def test_an_address_leads_to_an_experience_or_a_reply_that_everybody_can_read(browse: Browse, app: Flask) -> None:
    post = make_post()
    comment = make_comment(post)
    at = f"http://localhost/posts/{key_text(post.id)}/"
    for address in (at, f"{at}{post.slug}?from=x", path_to(post), f" {at}edit ", f"{at}#talk"):
        assert item_at_url(address) == post, address
    for address in (f"/replies/{key_text(comment.id)}", f"{at}{post.slug}#r-{key_text(comment.id)}"):
        assert item_at_url(address) == comment, address
    for address in (
        f"https://elsewhere.example{path_to(post)}",
        f"ftp://localhost{path_to(post)}",
        f"javascript:{path_to(post)}",
        "http://[", "", "/", "/posts/", "/posts/0000000000/", "/members/someone", f"{at}#r-0000000000", "\x00",
    ):  # fmt: skip
        assert item_at_url(address) is None, address
    hide(comment, "Held.")
    assert item_at_url(path_to(comment)) is None and item_at_url(path_to(post)) == post
    other = make_comment(post)
    hide(post, "Held.")
    assert item_at_url(path_to(post)) is None and item_at_url(path_to(other)) is None
    post.removed_at = now()
    assert item_at_url(path_to(post)) is None and item_at_url(path_to(other)) == other, (
        "replies under a tombstone are read"
    )


def test_strangers_find_the_form_at_each_experience_and_members_report_instead(browse: Browse, app: Flask) -> None:
    comment = make_comment(author := make_post(make_member()))
    at_post, at_reply = f"/notices/new?post={key_text(author.id)}", f"/notices/new?reply={key_text(comment.id)}"
    assert at_post in browse().get(path_to(author)).text
    assert at_post not in browse(make_member()).get(path_to(author)).text
    for place in (at_post, at_reply):
        prefilled = browse().get(place)
        assert (
            prefilled.status_code == 200
            and f'value="http://localhost/{"posts" if "post=" in place else "replies"}/' in prefilled.text
        )
    assert "/notices/new?post=" in browse(make_member()).get(f"/posts/{key_text(author.id)}/flag").text
    assert 'href="/notices/new"' in browse().get("/rules").text and "within 14 days" in browse().get("/rules").text
    assert browse().get("/notices/new?post=<b>&reply=x").status_code == 200


def test_machines_that_fill_the_trap_or_are_too_quick_leave_nothing(browse: Browse, app: Flask, clock: Any) -> None:
    post = make_post()
    trapped = send(browse, post, homepage="x")
    assert trapped.status_code == 422 and "perhaps by a password manager" in trapped.text and WHY in trapped.text
    opened = re.search(r'name="form_timestamp" value="([^"]+)"', browse().get("/notices/new").text)
    assert opened
    page = send(browse, post, form_timestamp=opened[1])
    assert page.status_code == 422 and "very fast" in page.text and WHY in page.text
    assert db.session.query(Notice).count() == db.session.query(Mail).count() == 0


def test_notices_are_limited_by_where_they_come_from_and_by_whom_they_write_to(browse: Browse, app: Flask) -> None:
    post = make_post()
    answers = [send(browse, post, submission=f"{n}", email=f"a{n}@vendor.example").status_code for n in range(8)]
    assert answers == [302] * 6 + [429] * 2
    limiter.reset()
    answers = [send(browse, post, submission=f"again {n}", email=ADDRESS).status_code for n in range(6)]
    assert answers == [302] * 5 + [422]
    assert len(mails(ADDRESS)) == 5


def test_the_same_form_sent_twice_is_one_notice(browse: Browse, app: Flask) -> None:
    data = form_data(make_post())
    answers = run_concurrently(*[lambda b=b: b.post("/notices/new", data=data) for b in (browse(), browse())])
    assert [answer.status_code for answer in answers] == [302, 302]
    for _ in range(4):  # six in all, of which one counts for the limit of five mails to an address
        assert browse().post("/notices/new", data=data).status_code == 302
    assert db.session.query(Notice).count() == len(mails()) == 1


def test_a_form_with_another_address_or_text_by_now_is_another_notice(browse: Browse, app: Flask) -> None:
    """Somebody goes back to the form, which the browser has kept, and corrects it."""
    post = make_post()
    for changes in ({"email": "lenna@vendor.example"}, {"email": ADDRESS}, {"complaint": f"{WHY} See page 2."}):
        assert send(browse, post, **changes).status_code == 302
    assert [mail.to_address for mail in mails()] == ["lenna@vendor.example", ADDRESS, ADDRESS]
    assert db.session.query(Notice).count() == 3


def test_nothing_happens_until_the_sender_presses_the_button_behind_the_mailed_link(
    browse: Browse, judge: Member
) -> None:
    author = make_member(email="author@partner.example")
    post = make_post(author)
    assert send(browse, post).status_code == 302
    (mail,) = mails()
    assert mail.to_address == ADDRESS and SENDER not in mail.text and WHY not in mail.text
    link = link_in(mail)
    for _ in range(2):
        page = browse().get(link)
        assert page.status_code == 200 and WHY in page.text and page.headers["Cache-Control"] == "no-store"
    assert db.session.query(Case).count() == 0 and len(mails()) == 1 and reloaded(post).disputed_at is None
    assert DISPUTED not in browse().get(path_to(post)).text
    answer = browse().post(link)
    assert answer.status_code == 302 and answer.location.startswith("/notices/of/")
    case = db.session.query(Case).one()
    reason = "Someone outside the forum says that it is inaccurate"
    assert (case.kind, case.post_id, case.reason, case.weight) == ("notice", post.id, reason, 0)
    assert reloaded(post).disputed_at and reloaded(post).hidden_at is None
    notice = db.session.query(Notice).one()
    assert notice.due_at == notice.confirmed_at + timedelta(days=14)
    for reader in (browse(), browse(make_member()), browse(judge), browse(author)):
        assert DISPUTED in reader.get(path_to(post)).text
    (receipt,) = [row for row in mails(ADDRESS) if row.id != mail.id]
    assert link_in(receipt) == answer.location
    (author_mail,) = mails("author@partner.example")
    assert link_in(author_mail) == f"/notices/about/post/{key_text(post.id)}"
    assert SENDER not in author_mail.text + author_mail.html and ADDRESS not in author_mail.text + author_mail.html


def test_a_link_confirms_once_and_for_a_week(browse: Browse, app: Flask) -> None:
    post = make_post()
    send(browse, post)
    notice = db.session.query(Notice).one()
    token = confirmation_token(notice)
    for forged in (
        token[:-2],
        "used-up",
        confirmation_token(SimpleNamespace(id=5)),
        confirmation_token(SimpleNamespace(id="x")),
    ):  # type: ignore[arg-type]
        assert browse().post(f"/notices/confirm/{forged}").status_code == 410
    with time_machine.travel(now() + timedelta(days=8)):
        assert browse().post(f"/notices/confirm/{token}").status_code == 410
    assert db.session.query(Case).count() == 0
    answers = run_concurrently(*[lambda b=b: b.post(f"/notices/confirm/{token}") for b in (browse(), browse())])
    assert sorted(answer.status_code for answer in answers) == [302, 410]
    used = browse().get(f"/notices/confirm/{token}")
    assert used.status_code == 410 and "already confirmed" in used.text
    assert db.session.query(Case).count() == 1 and len(mails(ADDRESS)) == 2
    secret_hash = reloaded(notice).secret_hash
    assert confirm_notice(notice) is None and reloaded(notice).secret_hash == secret_hash


def test_two_notices_about_one_text_are_two_cases_and_the_mark_goes_with_the_last(
    browse: Browse, judge: Member
) -> None:
    comment = make_comment()
    first, _ = confirmed(browse, comment)
    second, _ = confirmed(browse, comment, claim="unlawful", law="Art. 5")
    assert {case.reason for case in db.session.query(Case)} == {
        "Someone outside the forum says that it is inaccurate", "Someone outside the forum says that it is illegal: Art. 5",
    }  # fmt: skip
    assert decide(browse, judge, case_of(first)).status_code == 302
    assert reloaded(comment).disputed_at and reloaded(second).closed_at is None
    assert decide(browse, judge, case_of(second)).status_code == 302
    assert reloaded(comment).disputed_at is None
    assert DISPUTED not in browse().get(path_to(comment), follow_redirects=True).text


def test_a_text_that_went_away_before_the_notice_was_confirmed_leaves_nothing_to_decide(
    browse: Browse, app: Flask
) -> None:
    post = make_post()
    send(browse, post)
    hide(post, "Held.")
    notice = db.session.query(Notice).one()
    answer = browse().post(f"/notices/confirm/{confirmation_token(notice)}")
    assert "The content is no longer visible" in browse().get(answer.location).text
    assert (
        db.session.query(Case).count() == 0
        and reloaded(notice).outcome == "gone"
        and reloaded(post).disputed_at is None
    )
