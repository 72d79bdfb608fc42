"""Who sees what of a notice, and the author's answer."""

import json
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from forum.accounts.models import Member
from forum.dates import is_whole_day
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import claim
from forum.moderation.models import Case, Notice
from forum.moderation.notices.senders import confirmation_token
from forum.notifications.actions import follow
from forum.notifications.following import following_of
from forum.pages.leaving.own_data import own_data
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.rate_limits import limiter
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_vendor
from tests.following import planned_mails
from tests.notices import (
    ADDRESS,
    DISPUTED,
    SENDER,
    WHY,
    Browse,
    case_of,
    confirmed,
    decide,
    mails,
    path_to,
    reloaded,
    send,
)


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
    case_page = browse(judge).get(path).text
    assert SENDER in case_page and WHY in case_page and ADDRESS not in case_page and "due in 14 days" in case_page
    for reader in (browse(), browse(make_member()), browse(post.author)):
        assert reader.get(path).status_code in (302, 403)
    decide(browse, judge, case)
    case_page = browse(judge).get(path).text
    assert SENDER not in case_page and "stored encrypted" in case_page and WHY in case_page
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
    assert reloaded(notice).closed_at is None


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
    assert not reloaded(notice).answer


def digest_recipients() -> set[int]:
    """Return whom a digest would go to now."""
    return {member_id for member_id, mail in planned_mails(now()).items() if mail is not None}


def test_an_anonymous_author_gets_no_mail_and_all_who_follow_the_thread_find_something_new(
    browse: Browse, app: Flask
) -> None:
    author, follower, other = make_member(), make_member(), make_member()
    post = make_post(author, anonymous=True)
    for member in (follower, other):
        follow(member, "post", post.id)
    db.session.commit()
    send(browse, post)
    browse().post(f"/notices/confirm/{confirmation_token(db.session.query(Notice).one())}")
    assert {row.to_address for row in mails()} == {ADDRESS}
    assert is_whole_day(reloaded(post).disputed_at)
    assert digest_recipients() == {author.id, follower.id, other.id}
    for member in (author, follower, other):
        assert following_of(member).by_target()["post", post.id].unread == 1
    assert "<b>1 unread</b>" in browse(author).get("/following").text
    named = make_post(make_member())
    confirmed(browse, named)
    assert named.author_id not in digest_recipients() and not is_whole_day(reloaded(named).disputed_at)


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
    answer_text = "It stands in the terms of July, page four, and <b>nowhere</b> else."
    assert browse(author).post(path, data={"body": answer_text}).status_code == 302
    notice = reloaded(notice)
    assert notice.answer == answer_text and is_whole_day(notice.answered_at)
    for text in (
        browse().get(page).text,
        browse(judge).get(f"/moderation/cases/{key_text(case_of(notice).id)}").text,
        browse(author).get(f"/notices/about/post/{key_text(post.id)}").text,
    ):
        assert "page four, and &lt;b&gt;nowhere" in text and "<b>nowhere" not in text
    late = browse(author).post(path, data={"body": "Something else that I want to say."})
    assert (
        late.status_code == 409 and "Something else that I want" in late.text and reloaded(notice).answer == answer_text
    )
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
    assert reloaded(notice).answered_at is None


def test_an_answer_names_no_vendor_that_was_kept_undisclosed(browse: Browse, app: Flask) -> None:
    author, vendor = make_member(), make_vendor("Nordwall")
    post = make_post(
        author, subject=PostSubject(category=vendor.category, description="a large supplier"), anonymous=True
    )
    notice, _ = confirmed(browse, make_comment(post, author, anonymous=True))
    answer = browse(author).post(
        f"/notices/{key_text(notice.id)}/answer", data={"body": "Nordwall itself wrote so in July."}
    )
    assert answer.status_code == 422 and "names Nordwall to someone outside the forum" in answer.text


RANDOM_COLUMNS = {
    "id",
    "secret_hash",
    "sender_seal",
    "post_id",
    "notice_id",
    "claimed_by_id",
    "sealed",
    "chain_link",
} | {"thread_key", "thread_hmac", "secret_seal", "position_seal", "pseudonym_id", "name", "slug", "title", "submission"}


def test_an_anonymous_authors_answer_leaves_the_same_rows_whoever_it_was(browse: Browse, judge: Member) -> None:
    """Everything in the database but what is random, after the same story with one author and with the other."""
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
                (kind.__name__, {c.name: getattr(row, c.name) for c in kind.__table__.columns if c.name not in RANDOM_COLUMNS})
                for kind, known_ids in before.items() for row in db.session.query(kind) if row.id not in known_ids
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
    counts = []
    for path, data in (
        (f"{path_to(make_post()).rsplit('/', 1)[0]}/useful", {"intent": "mark"}),
        (f"/notices/{key_text(notice.id)}/answer", {"body": "It is right as it stands there."}),
    ):
        limiter.reset()
        assert browse(author).post(path, data=data).status_code == 302
        counts.append({key.split("/")[1] for key in limiter.storage.storage})  # type: ignore[attr-defined]
    assert counts[0] and not counts[1], "an answer is counted in memory alone"


def test_a_member_takes_along_what_was_said_of_their_texts_and_not_by_whom(browse: Browse, app: Flask) -> None:
    author = make_member()
    confirmed(browse, make_post(author, anonymous=True))
    (exported,) = json.loads("".join(own_data(author)))["notices"]
    assert exported["complaint"] == WHY and SENDER not in str(exported) and ADDRESS not in str(exported)
    assert json.loads("".join(own_data(make_member())))["notices"] == []
