"""Notices from outside: sent without an account, confirmed by mail, answered by the author, decided, and forgotten."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import access
from forum.accounts.models import Member
from forum.dates import is_whole_day
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import claim, open_case
from forum.moderation.jobs import expire_notices
from forum.moderation.models import Case, Decision, Notice
from forum.moderation.notices.actions import confirm_notice
from forum.moderation.notices.forms import item_at_url
from forum.moderation.notices.senders import unseal_sender, confirmation_token
from forum.moderation.queue.queries import queue
from forum.notifications.actions import follow, follow_state
from forum.notifications.digest_actions import plan_digest
from forum.pages.leaving.own_data import own_data
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post
from forum.posts.visibility import hide
from forum.site import change_setting
from forum.urls import key_text
from forum.rate_limits import limiter
from tests.factories import make_comment, make_member, make_post, make_vendor, run_concurrently
from tests.query_counts import queries_for

Browse = Callable[..., Any]
SENDER, ADDRESS = "Lena Lawful", "lena@vendor.example"
WHY = "The third line says that we closed the programme in July. We did not: see the terms of that month."
REASON = "The terms of July say what the text says; the sender may answer in a reply."
DISPUTED = "Somebody outside says that this is wrong"


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


def path_to(item: Any) -> str:
    return f"/posts/{key_text(item.id)}/{item.slug}" if isinstance(item, Post) else f"/replies/{key_text(item.id)}"


def typed(item: Any, **given: Any) -> dict[str, Any]:
    said = {"url": f"http://localhost{path_to(item)}", "claim": "wrong", "complaint": WHY, "name": SENDER}
    return {**said, "email": ADDRESS, "good_faith": "y", "submission": "a" * 32, **given}


def send(browse: Browse, item: Any, **given: Any) -> Any:
    return browse().post("/notices/new", data=typed(item, **given))


def mails(to: str | None = None) -> list[Mail]:
    found = db.session.query(Mail).all()
    return [one for one in found if to in (None, one.to_address)]


def link_in(mail: Mail) -> str:
    found = re.search(r"http://localhost(/\S+)", mail.text)
    assert found
    return found[1]


def confirmed(browse: Browse, item: Any, **given: Any) -> tuple[Notice, str]:
    """A confirmed notice and the path of its sender's page; the outbox is empty after."""
    limiter.reset()
    assert (
        send(browse, item, submission=key_text(len(given) + db.session.query(Notice).count()), **given).status_code
        == 302
    )
    notice = db.session.query(Notice).filter(Notice.confirmed_at.is_(None)).one()
    answer = browse().post(f"/notices/confirm/{confirmation_token(notice)}")
    assert answer.status_code == 302
    db.session.query(Mail).delete()
    db.session.commit()
    return db.session.get_one(Notice, notice.id), answer.location


def case_of(notice: Notice) -> Case:
    return db.session.query(Case).filter_by(notice_id=notice.id, closed_at=None).one()


def decide(browse: Browse, moderator: Member, case: Case, **given: str) -> Any:
    said = {"intent": "decide", "action": "decline", "rule": "", "reason": REASON, "facts": "Checked with the archive."}
    return browse(moderator).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**said, **given})


def again(thing: Any) -> Any:
    db.session.expire_all()
    return db.session.get_one(type(thing), thing.id)


# The form


def test_the_form_says_in_words_what_is_missing_and_keeps_what_was_typed(browse: Browse, app: Flask) -> None:
    page = browse().post("/notices/new", data={"url": "http://elsewhere.example/<b>", "complaint": "Too <i>short"})
    assert page.status_code == 422
    for words in (
        "No experience or reply that everybody can read",
        "Write what is wrong and how you know, in at least 40",
        "Choose whether it is wrong or unlawful",
        "Write your name",
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
    assert item_at_url(path_to(post)) is None and item_at_url(path_to(other)) == other, "replies under a tombstone are read"


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


def test_machines_that_fill_the_trap_or_are_too_quick_leave_nothing(browse: Browse, app: Flask) -> None:
    post = make_post()
    assert send(browse, post, homepage="x").location == "/notices/sent"
    opened = re.search(r'name="form_timestamp" value="([^"]+)"', browse().get("/notices/new").text)
    assert opened
    page = send(browse, post, form_timestamp=opened[1])
    assert page.status_code == 422 and "quicker than anybody types" in page.text and WHY in page.text
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
    data = typed(make_post())
    answers = run_concurrently(*[lambda b=b: b.post("/notices/new", data=data) for b in (browse(), browse())])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert browse().post("/notices/new", data=data).status_code == 302
    assert db.session.query(Notice).count() == len(mails()) == 1


# Confirming


def test_nothing_happens_until_the_sender_presses_the_button_behind_the_mailed_link(
    browse: Browse, judge: Member
) -> None:
    author = make_member(email="author@partner.example")
    post = make_post(author)
    assert send(browse, post).status_code == 302
    (mail,) = mails()
    assert mail.to_address == ADDRESS and SENDER in mail.text and WHY not in mail.text
    link = link_in(mail)
    for _ in range(2):
        page = browse().get(link)
        assert page.status_code == 200 and WHY in page.text and page.headers["Cache-Control"] == "no-store"
    assert db.session.query(Case).count() == 0 and len(mails()) == 1 and again(post).disputed_at is None
    assert DISPUTED not in browse().get(path_to(post)).text
    answer = browse().post(link)
    assert answer.status_code == 302 and answer.location.startswith("/notices/of/")
    case = db.session.query(Case).one()
    assert (case.kind, case.post_id, case.reason, case.weight) == (
        "notice",
        post.id,
        "Somebody outside says that it is wrong",
        0,
    )
    assert again(post).disputed_at and again(post).hidden_at is None
    notice = db.session.query(Notice).one()
    assert notice.due_at == notice.confirmed_at + timedelta(days=14)
    for reader in (browse(), browse(make_member()), browse(judge), browse(author)):
        assert DISPUTED in reader.get(path_to(post)).text
    (receipt,) = [one for one in mails(ADDRESS) if one.id != mail.id]
    assert link_in(receipt) == answer.location
    (told,) = mails("author@partner.example")
    assert link_in(told) == f"/notices/about/post/{key_text(post.id)}"
    assert SENDER not in told.text + told.html and ADDRESS not in told.text + told.html


def test_a_link_confirms_once_and_for_a_week(browse: Browse, app: Flask) -> None:
    post = make_post()
    send(browse, post)
    notice = db.session.query(Notice).one()
    token = confirmation_token(notice)
    for forged in (token[:-2], "used-up", confirmation_token(SimpleNamespace(id=5)), confirmation_token(SimpleNamespace(id="x"))):  # type: ignore[arg-type]
        assert browse().post(f"/notices/confirm/{forged}").status_code == 410
    with time_machine.travel(now() + timedelta(days=8)):
        assert browse().post(f"/notices/confirm/{token}").status_code == 410
    assert db.session.query(Case).count() == 0
    answers = run_concurrently(*[lambda b=b: b.post(f"/notices/confirm/{token}") for b in (browse(), browse())])
    assert sorted(answer.status_code for answer in answers) == [302, 410]
    used = browse().get(f"/notices/confirm/{token}")
    assert used.status_code == 410 and "confirmed already" in used.text
    assert db.session.query(Case).count() == 1 and len(mails(ADDRESS)) == 2
    secret_hash = again(notice).secret_hash
    assert confirm_notice(notice) is None and again(notice).secret_hash == secret_hash


def test_two_notices_about_one_text_are_two_cases_and_the_mark_goes_with_the_last(
    browse: Browse, judge: Member
) -> None:
    comment = make_comment()
    first, _ = confirmed(browse, comment)
    second, _ = confirmed(browse, comment, claim="unlawful", law="Art. 5")
    assert {case.reason for case in db.session.query(Case)} == {
        "Somebody outside says that it is wrong", "Somebody outside says that it is unlawful: Art. 5",
    }  # fmt: skip
    assert decide(browse, judge, case_of(first)).status_code == 302
    assert again(comment).disputed_at and again(second).closed_at is None
    assert decide(browse, judge, case_of(second)).status_code == 302
    assert again(comment).disputed_at is None
    assert DISPUTED not in browse().get(path_to(comment), follow_redirects=True).text


def test_a_text_that_went_away_before_the_notice_was_confirmed_leaves_nothing_to_decide(
    browse: Browse, app: Flask
) -> None:
    post = make_post()
    send(browse, post)
    hide(post, "Held.")
    notice = db.session.query(Notice).one()
    answer = browse().post(f"/notices/confirm/{confirmation_token(notice)}")
    assert "Nobody can read the text any more" in browse().get(answer.location).text
    assert db.session.query(Case).count() == 0 and again(notice).outcome == "gone" and again(post).disputed_at is None


# Who sees what


def test_the_page_of_the_sender_is_behind_a_secret_that_no_row_tells(browse: Browse, judge: Member) -> None:
    post = make_post(make_member(name="Greta Signed"), anonymous=True)
    notice, page = confirmed(browse, post, claim="unlawful", law="Trade Secrets Act <b>")
    secret = page.rsplit("/", 1)[1]
    row = str({column.name: getattr(notice, column.name) for column in Notice.__table__.columns})
    assert secret not in row and SENDER not in row and ADDRESS not in row
    answer = browse().get(page)
    assert answer.headers["Cache-Control"] == "no-store" and "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers.getlist("Referrer-Policy") == ["same-origin"] and "ETag" not in answer.headers
    assert (
        'content="noindex"' in answer.text
        and "Received." in answer.text
        and "Trade Secrets Act &lt;b&gt;" in answer.text
    )
    assert browse(judge).get(page).headers["Cache-Control"] == "no-store"
    claim(case_of(notice), judge)
    assert "Being checked." in browse().get(page).text
    assert "Greta Signed" not in answer.text and post.pseudonym.name not in answer.text
    assert browse().get("/notices/of/nothing").status_code == browse().get(f"{page}x").status_code == 404
    assert browse().post("/notices/of/nothing/objection", data={"body": "x" * 40}).status_code == 404


def test_moderators_see_the_name_while_they_decide_and_nobody_ever_the_address(browse: Browse, judge: Member) -> None:
    post = make_post(make_member())
    notice, _ = confirmed(browse, post)
    case = case_of(notice)
    path = f"/moderation/cases/{key_text(case.id)}"
    shown = browse(judge).get(path).text
    assert SENDER in shown and WHY in shown and ADDRESS not in shown and "due in 14 days" in shown
    for who in (browse(), browse(make_member()), browse(post.author)):
        assert who.get(path).status_code in (302, 403)
    decide(browse, judge, case)
    shown = browse(judge).get(path).text
    assert SENDER not in shown and "under seal" in shown and WHY in shown
    pages = ["/log", "/log/1", "/log.json", "/log.atom", "/transparency", path_to(post), "/"]
    for reader in (browse(), browse(post.author), browse(judge)):
        for place in pages:
            text = reader.get(place, follow_redirects=True).text
            assert SENDER not in text and ADDRESS not in text and WHY not in text, place


def test_a_moderator_does_not_decide_on_what_is_said_of_their_own_text(browse: Browse, judge: Member) -> None:
    notice, _ = confirmed(browse, make_post(judge, anonymous=True))
    case = case_of(notice)
    assert browse(judge).get(f"/moderation/cases/{key_text(case.id)}").status_code == 403
    assert decide(browse, judge, case).status_code == 403
    assert again(notice).closed_at is None


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("kind", ["post", "reply"])
def test_the_author_alone_reads_what_is_said_and_not_who_says_it(
    browse: Browse, judge: Member, anonymous: bool, kind: str
) -> None:
    author = make_member()
    post = make_post(author, anonymous=anonymous)
    item = post if kind == "post" else make_comment(post, author, anonymous=anonymous)
    notice, _ = confirmed(browse, item, complaint=f"{WHY} <script>x</script>")
    about = f"/notices/about/{kind}/{key_text(item.id)}"
    assert about in browse(author).get(path_to(item), follow_redirects=True).text
    assert about in browse(author).get("/decisions").text
    text = browse(author).get(about).text
    assert WHY in text and "&lt;script&gt;" in text and "<script>x" not in text
    assert SENDER not in text and ADDRESS not in text
    for other in (judge, make_member(), make_member(role="admin")):
        assert about not in browse(other).get(path_to(item), follow_redirects=True).text
        assert browse(other).get(about).status_code == 404
        assert "Notices from outside" not in browse(other).get("/decisions").text
        assert browse(other).post(f"/notices/{key_text(notice.id)}/answer", data={"body": "y" * 40}).status_code == 404
    assert browse().get(about).status_code == 302
    assert browse().post(f"/notices/{key_text(notice.id)}/answer", data={"body": "y" * 40}).status_code == 401
    assert not again(notice).answer


def test_an_anonymous_author_gets_no_mail_and_all_who_follow_the_thread_find_something_new(
    browse: Browse, app: Flask
) -> None:
    author, follower, gone = make_member(), make_member(), make_member()
    post = make_post(author, anonymous=True)
    for member in (follower, gone):
        follow(member, "post", post.id)
    db.session.commit()
    send(browse, post)
    browse().post(f"/notices/confirm/{confirmation_token(db.session.query(Notice).one())}")
    assert {one.to_address for one in mails()} == {ADDRESS}
    assert is_whole_day(again(post).disputed_at)
    assert sorted(plan_digest(now()).told) == sorted([author.id, follower.id, gone.id])
    for member in (author, follower, gone):
        state = follow_state(member, "post", post.id)
        assert state and state.seen_count == -1
    assert "<b>1 new</b>" in browse(author).get("/following").text
    named = make_post(make_member())
    confirmed(browse, named)
    assert named.author_id not in plan_digest(now()).told and not is_whole_day(again(named).disputed_at)


# The answer


@pytest.mark.parametrize("anonymous", [False, True])
def test_the_author_answers_once_and_the_sender_and_the_moderators_read_it(
    browse: Browse, judge: Member, anonymous: bool
) -> None:
    author = make_member(suspended_until=None)
    post = make_post(author, anonymous=anonymous)
    notice, page = confirmed(browse, post)
    author.suspended_until = now() + timedelta(days=3)
    path = f"/notices/{key_text(notice.id)}/answer"
    short = browse(author).post(path, data={"body": "<b>No."})
    assert short.status_code == 422 and "at least 20" in short.text and "&lt;b&gt;No." in short.text
    said = "It stands in the terms of July, page four, and <b>nowhere</b> else."
    assert browse(author).post(path, data={"body": said}).status_code == 302
    notice = again(notice)
    assert notice.answer == said and is_whole_day(notice.answered_at)
    for text in (
        browse().get(page).text,
        browse(judge).get(f"/moderation/cases/{key_text(case_of(notice).id)}").text,
        browse(author).get(f"/notices/about/post/{key_text(post.id)}").text,
    ):
        assert "page four, and &lt;b&gt;nowhere" in text and "<b>nowhere" not in text
    late = browse(author).post(path, data={"body": "Something else that I want to say."})
    assert late.status_code == 409 and "Something else that I want" in late.text and again(notice).answer == said
    assert DISPUTED in browse().get(path_to(post)).text


def test_an_answer_comes_in_time_and_before_the_decision(browse: Browse, judge: Member) -> None:
    author = make_member()
    notice, _ = confirmed(browse, make_comment(author=author))
    path, body = f"/notices/{key_text(notice.id)}/answer", {"body": "It is right as it stands there."}
    with time_machine.travel(notice.due_at + timedelta(hours=1)):
        assert browse(author).post(path, data=body).status_code == 409
    author.banned_at = now()
    assert browse(author).post(path, data=body).status_code == 409
    author.banned_at = None
    decide(browse, judge, case_of(notice))
    assert browse(author).post(path, data=body).status_code == 409
    assert again(notice).answered_at is None


def test_an_answer_names_no_vendor_that_was_kept_undisclosed(browse: Browse, app: Flask) -> None:
    author, vendor = make_member(), make_vendor("Nordwall")
    post = make_post(author, subject=PostSubject(category=vendor.category, description="a large supplier"), anonymous=True)
    notice, _ = confirmed(browse, make_comment(post, author, anonymous=True))
    answer = browse(author).post(
        f"/notices/{key_text(notice.id)}/answer", data={"body": "Nordwall itself wrote so in July."}
    )
    assert answer.status_code == 422 and "names Nordwall to somebody outside" in answer.text


def test_an_anonymous_authors_answer_leaves_the_same_rows_whoever_it_was(browse: Browse, judge: Member) -> None:
    """Everything in the database but what is random, after the same story with one author and with the other."""
    random = {
        "id",
        "secret_hash",
        "sender_seal",
        "post_id",
        "notice_id",
        "claimed_by_id",
        "sealed",
        "mark",
        "chain_link",
    }
    random |= {"thread_key", "follower_seal", "member_seal", "pseudonym_id", "name", "slug", "title", "submission"}
    worlds = []
    people = [make_member(), make_member()]
    with time_machine.travel(now(), tick=False):
        for author in people:
            before = {kind: {row.id for row in db.session.query(kind)} for kind in (Notice, Case, Post, Mail)}
            post = make_post(author, anonymous=True, title="What happened in July")
            notice, _ = confirmed(browse, post)
            browse(author).post(
                f"/notices/{key_text(notice.id)}/answer", data={"body": "It is right as it stands there."}
            )
            db.session.expire_all()
            worlds.append([
                (kind.__name__, {c.name: getattr(row, c.name) for c in kind.__table__.columns if c.name not in random})
                for kind, known in before.items() for row in db.session.query(kind) if row.id not in known
            ])  # fmt: skip
    assert worlds[0] == worlds[1] and len(worlds[0]) == 3
    for member in people:
        assert not [row for row in worlds[0] + worlds[1] if f"{member.name}" in str(row) or member.email in str(row)]


def test_a_suspended_author_finds_the_way_to_answer_at_the_reply(browse: Browse, app: Flask) -> None:
    author = make_member()
    comment = make_comment(author=author, anonymous=True)
    confirmed(browse, comment)
    author.suspended_until = now() + timedelta(days=3)
    place = f"/notices/about/reply/{key_text(comment.id)}"
    assert place in browse(author).get(path_to(comment), follow_redirects=True).text
    assert place not in browse(make_member()).get(path_to(comment), follow_redirects=True).text


def test_no_counter_moves_both_when_a_member_signs_something_and_when_a_notice_is_answered(
    browse: Browse, app: Flask
) -> None:
    author = make_member()
    notice, _ = confirmed(browse, make_post(author, anonymous=True))
    counted = []
    for path, data in (
        (f"{path_to(make_post()).rsplit('/', 1)[0]}/useful", {"intent": "mark"}),
        (f"/notices/{key_text(notice.id)}/answer", {"body": "It is right as it stands there."}),
    ):
        limiter.reset()
        assert browse(author).post(path, data=data).status_code == 302
        counted.append({key.split("/")[1] for key in limiter.storage.storage})  # type: ignore[attr-defined]
    assert counted[0] and counted[1] and not counted[0] & counted[1]


def test_a_member_takes_along_what_was_said_of_their_texts_and_not_by_whom(browse: Browse, app: Flask) -> None:
    author = make_member()
    confirmed(browse, make_post(author, anonymous=True))
    (told,) = json.loads("".join(own_data(author)))["notices"]
    assert told["why"] == WHY and SENDER not in str(told) and ADDRESS not in str(told)
    assert json.loads("".join(own_data(make_member())))["notices"] == []


# Deciding


@pytest.mark.parametrize(
    "action, outcome, words",
    [
        ("decline", "kept", "The text stays."),
        ("hide", "hidden", "The text is hidden."),
        ("ask_to_edit", "edit_asked", "hidden until its author changes it."),
        ("remove", "removed", "The text was removed."),
        ("lock", "changed", "something about its thread was changed."),
    ],
)
def test_a_decision_closes_the_notice_and_tells_its_sender_why(
    browse: Browse, judge: Member, action: str, outcome: str, words: str
) -> None:
    post = make_post(make_member(name="Greta Signed"), anonymous=True)
    notice, page = confirmed(browse, post)
    rule = "" if action == "decline" else "3"
    assert decide(browse, judge, case_of(notice), action=action, rule=rule).status_code == 302
    notice, post = again(notice), again(post)
    decision = db.session.query(Decision).one()
    assert (decision.source, decision.action, notice.outcome, notice.decision_id) == (
        "notice",
        action,
        outcome,
        decision.id,
    )
    assert notice.closed_at == decision.decided_at and post.disputed_at is None
    assert (post.hidden_at is None) == (action in ("decline", "lock"))
    (mail,) = mails()
    assert mail.to_address == ADDRESS and link_in(mail) == page
    text = browse().get(page).text
    for said in (mail.text, text):
        assert words in said and REASON in said and "moderator 1" in said
        assert "out-of-court" in said and ("No private individuals" in said) == bool(rule)
        assert "Greta Signed" not in said and post.pseudonym.name not in said
        assert "Checked with the archive" not in said, "the facts are for the author alone"
    assert "after a notice from outside" in browse().get("/log").text


def test_a_public_reason_names_no_vendor_that_was_kept_undisclosed(browse: Browse, judge: Member) -> None:
    vendor = make_vendor("Nordwall")
    post = make_post(subject=PostSubject(category=vendor.category, description="a large supplier"), anonymous=True)
    notice, _ = confirmed(browse, post, complaint=f"{WHY} This is about Nordwall.", name="Counsel of Nordwall")
    answer = decide(browse, judge, case_of(notice), reason="Nordwall did not show the terms of July.")
    assert answer.status_code == 422 and again(notice).closed_at is None
    decide(browse, judge, case_of(notice))
    for place in ("/log", "/log/1", path_to(post), "/transparency"):
        assert "Nordwall" not in browse().get(place).text


def test_of_two_moderators_at_once_one_decides_and_the_sender_is_told_once(browse: Browse, judge: Member) -> None:
    notice, _ = confirmed(browse, make_post())
    path = f"/moderation/cases/{key_text(case_of(notice).id)}/decide"
    said = {"intent": "decide", "action": "decline", "reason": REASON}
    readers = [browse(judge), browse(make_member(role="moderator"))]
    answers = run_concurrently(*[lambda reader=reader: reader.post(path, data=said) for reader in readers])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert db.session.query(Decision).count() == len(mails(ADDRESS)) == 1


def test_taking_the_text_down_for_another_reason_answers_the_notice_unless_a_colleague_has_it(
    browse: Browse, judge: Member
) -> None:
    post, other = make_post(), make_post()
    notice, _ = confirmed(browse, post)
    claimed, _ = confirmed(browse, other)
    colleague = make_member(role="moderator")
    claim(case_of(claimed), colleague)
    for item in (post, other):
        flagged = open_case("flag", item, "Opened by a moderator")
        assert decide(browse, judge, flagged, action="remove", rule="3").status_code == 302
    assert again(notice).outcome == "removed" and len(mails(ADDRESS)) == 1
    assert again(claimed).closed_at is None
    decide(browse, colleague, case_of(claimed))
    assert again(claimed).outcome == "kept" and again(other).removed_at, "declining a notice shows nothing"


def test_declining_a_notice_shows_nothing_that_reports_of_members_hid(browse: Browse, judge: Member) -> None:
    comment = make_comment()
    notice, _ = confirmed(browse, comment)
    change_setting("flag_threshold", 1.0)
    browse(make_member()).post(f"{path_to(comment)}/flag", data={"rule": "3"})
    assert again(comment).hidden_at
    decide(browse, judge, case_of(notice))
    assert again(comment).hidden_at and again(notice).outcome == "kept"
    assert db.session.query(Case).filter_by(kind="flag", closed_at=None).count() == 1


def test_many_are_decided_at_once(browse: Browse, judge: Member) -> None:
    cases = [case_of(confirmed(browse, make_comment())[0]) for _ in range(3)]
    data = {"intent": "decide", "action": "decline", "reason": REASON, "case": [key_text(case.id) for case in cases]}
    assert browse(judge).post("/moderation/bulk", data=data).status_code == 302
    assert {one.outcome for one in db.session.query(Notice)} == {"kept"} and len(mails(ADDRESS)) == 3


# Afterwards


def test_the_sender_objects_once_and_somebody_else_answers(browse: Browse, judge: Member) -> None:
    post = make_post()
    notice, page = confirmed(browse, post)
    early = browse().post(f"{page}/objection", data={"body": "You have not read the terms of July at all."})
    assert early.status_code == 409 and "at all" in early.text
    decide(browse, judge, case_of(notice))
    assert "Object to the decision" in browse().get(page).text
    short = browse().post(f"{page}/objection", data={"body": "<b>No"})
    assert short.status_code == 422 and "&lt;b&gt;No" in short.text
    said = "You have not read the terms <i>of July</i> at all."
    assert browse().post(f"{page}/objection", data={"body": said}).status_code == 302
    assert browse().post(f"{page}/objection", data={"body": said}).status_code == 409
    assert "objection has been received" in browse().get(page).text
    assert again(post).disputed_at is None, "a decision stands until another one is made"
    case = case_of(notice)
    assert case.reason == "The sender of a notice objects to entry 1 of the log"
    path = f"/moderation/cases/{key_text(case.id)}"
    shown = browse(judge).get(path).text
    assert "so a colleague answers it" in shown and SENDER not in shown
    assert decide(browse, judge, case).status_code == 403
    other = make_member(role="moderator")
    shown = browse(other).get(path).text
    assert "terms &lt;i&gt;of July" in shown and SENDER in shown and REASON in shown
    assert decide(browse, other, case, action="hide", rule="4").status_code == 302
    assert again(notice).outcome == "hidden" and again(post).hidden_at
    assert "Object to the decision" not in browse().get(page).text
    assert browse().post(f"{page}/objection", data={"body": said}).status_code == 409


def test_with_nobody_else_an_admin_answers_the_objection_alone(browse: Browse, app: Flask) -> None:
    admin = make_member(role="admin")
    notice, page = confirmed(browse, make_post())
    decide(browse, admin, case_of(notice))
    browse().post(f"{page}/objection", data={"body": "You have not read the terms of July at all."})
    assert decide(browse, admin, case_of(notice), action="remove", rule="3").status_code == 302
    assert again(notice).outcome == "removed"


def test_an_objection_is_open_for_six_months_and_while_the_text_stands(browse: Browse, judge: Member) -> None:
    post = make_post()
    notice, page = confirmed(browse, post)
    decide(browse, judge, case_of(notice))
    notice = again(notice)
    nobody = browse()
    assert access.can_object_to_decision(nobody, notice)
    with time_machine.travel(now() + timedelta(days=183)):
        assert not access.can_object_to_decision(nobody, notice)
    hide(post, "Held.")
    assert not access.can_object_to_decision(nobody, notice)
    assert browse().post(f"{page}/objection", data={"body": "x" * 40}).status_code == 409


def test_the_sender_learns_that_a_decision_was_undone(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    notice, page = confirmed(browse, post)
    decide(browse, judge, case_of(notice), action="remove", rule="3")
    db.session.query(Mail).delete()
    decision = db.session.query(Decision).one()
    browse(author).post(f"/decisions/{decision.id}/appeal", data={"body": "It names nobody who has no public role."})
    other = make_member(role="moderator")
    appeal = db.session.query(Case).filter_by(kind="appeal").one()
    undone = "The person has a public role; the text stands."
    assert decide(browse, other, appeal, action="reversed", reason=undone).status_code == 302
    text = browse().get(page).text
    assert "The decision was undone" in text and undone in text and again(post).hidden_at is None
    (mail,) = mails(ADDRESS)
    assert "was undone" in mail.text and undone in mail.text and link_in(mail) == page
    assert access.can_object_to_decision(None, again(notice)), "the text stands again"


@pytest.mark.parametrize("replied", [False, True])
def test_a_text_that_its_author_takes_down_closes_the_notice_by_the_next_morning(
    browse: Browse, judge: Member, replied: bool
) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    if replied:
        make_comment(post)
    notice, page = confirmed(browse, post)
    case = case_of(notice)
    claim(case, judge)
    browse(author).post(f"/posts/{key_text(post.id)}/delete")
    assert again(notice).closed_at is None and len(mails()) == 0, "the moment of it is in no row"
    expire_notices()
    assert again(notice).outcome == "gone" and again(case).closed_at
    (mail,) = mails()
    assert mail.to_address == ADDRESS and "its author took it down" in mail.text and link_in(mail) == page
    assert "Nobody can read the text any more" in browse().get(page).text
    late = browse(author).post(f"/notices/{key_text(notice.id)}/answer", data={"body": "It was right as it stood."})
    assert late.status_code == (409 if replied else 404)
    expire_notices()
    assert len(mails()) == 1
    assert browse().get("/transparency.json").json["hours_to_decide"] is None


def test_what_nobody_confirmed_is_deleted_and_old_senders_are_forgotten(browse: Browse, judge: Member) -> None:
    author = make_member()
    old, page = confirmed(browse, make_post(author))
    browse(author).post(f"/notices/{key_text(old.id)}/answer", data={"body": "It is right as it stands there."})
    decide(browse, judge, case_of(old))
    waiting, _ = confirmed(browse, make_post())
    send(browse, make_post(), submission="never confirmed")
    expire_notices()
    assert db.session.query(Notice).count() == 3
    with time_machine.travel(now() + timedelta(days=8)):
        expire_notices()
    assert db.session.query(Notice).count() == 2
    with time_machine.travel(now() + timedelta(days=189)):
        expire_notices()
        assert browse().get(page).status_code == 200
    with time_machine.travel(now() + timedelta(days=191)):
        expire_notices()
        old = again(old)
        assert unseal_sender(old) is None and (old.complaint, old.law, old.answer, old.objection) == ("", "", "", "")
        assert browse().get(page).status_code == 404
        assert "Notices from outside" not in browse(author).get("/decisions").text
        assert unseal_sender(again(waiting)), "an open one is kept"
        assert browse().get("/transparency.json").json["notices"] == {"kept": "1–4", "open": "1–4"}


# Deadlines and figures


def test_the_queue_says_when_a_notice_is_due_and_how_many_are_overdue(browse: Browse, judge: Member) -> None:
    notice, page = confirmed(browse, make_post())
    confirmed(browse, make_comment())
    text = browse(judge).get("/moderation/").text
    assert text.count("due in 14 days") == 2 and "overdue" not in text
    notice = again(notice)
    notice.due_at = now() - timedelta(days=2, hours=1)
    text = browse(judge).get("/moderation/?kind=notice").text
    assert "1 notice is overdue" in text and re.search(r"<strong>Notices, overdue by [23] days</strong>", text)
    assert "was to decide by" in browse().get(page).text and "it is overdue" in browse().get(page).text
    assert "overdue by" in browse(judge).get(f"/moderation/cases/{key_text(case_of(notice).id)}").text


def test_pages_cost_the_same_for_one_notice_and_for_many(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author)
    confirmed(browse, post)
    decide(browse, judge, case_of(confirmed(browse, post)[0]))
    readers = {
        "/moderation/": judge,
        "/decisions": author,
        f"/notices/about/post/{key_text(post.id)}": author,
        path_to(post): None,
        "/transparency": None,
    }
    before = [queries_for(browse(who), path) for path, who in readers.items()]
    for n in range(6):
        notice, _ = confirmed(browse, post)
        if n % 2:
            decide(browse, judge, case_of(notice))
        confirmed(browse, make_post(author), name=f"Sender {n}")
    assert [queries_for(browse(who), path) for path, who in readers.items()] == before
    assert len(queue("notice").rows) == 10


def test_notices_are_counted_by_what_became_of_them(browse: Browse, judge: Member) -> None:
    send(browse, make_post())
    found = browse().get("/transparency.json").json
    assert found["notices"] == {} and found["notices_received"] == "0" and found["hours_to_decide_notices"] is None
    db.session.query(Notice).delete()
    for n in range(6):
        notice, _ = confirmed(browse, make_post())
        again(notice).confirmed_at = now() - timedelta(hours=48)
        if n < 5:
            decide(browse, judge, case_of(notice))
    found = browse().get("/transparency.json").json
    assert found["notices"] == {"kept": "5", "open": "1–4"} and found["notices_received"] == "6"
    assert found["hours_to_decide_notices"] == pytest.approx(48, abs=0.1) and found["by_source"] == {"notice": "5"}
    text = browse().get("/transparency").text
    assert "2.0 days" in text and "Notice: the text stays" in text and "Notice: not decided yet" in text


def test_who_may_read_answer_and_dispute(app: Flask) -> None:
    author, other = make_member(), make_member(role="admin")
    post = make_post(author, anonymous=True)
    comment = make_comment(post)
    notice: Any = SimpleNamespace(
        comment=None, post=post, confirmed_at=now(), closed_at=None, answered_at=None, due_at=now() + timedelta(days=1)
    )
    for rule in (access.can_read_notice, access.can_answer_notice):
        assert rule(author, notice) and not rule(other, notice)
    for change in (
        {"confirmed_at": None},
        {"closed_at": now()},
        {"answered_at": now()},
        {"due_at": now()},
        {"post": None},
    ):
        assert not access.can_answer_notice(author, SimpleNamespace(**{**vars(notice), **change})), change
    assert access.can_send_notice(None, post) and access.can_send_notice(None, comment)
    comment.deleted_at = now()
    assert not access.can_send_notice(None, comment)


def test_pages_about_a_comment_lead_to_the_comment(browse: Browse, app: Flask) -> None:
    comment = make_comment()
    _, page = confirmed(browse, comment)
    assert db.session.query(Comment).one().disputed_at and again(comment.post).disputed_at is None
    assert f"http://localhost/replies/{key_text(comment.id)}" in browse().get(page).text
