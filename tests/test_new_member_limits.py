"""Limits for new members, and what of theirs is held for a moderator: through the browser, by name and anonymously."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from forum.accounts.models import Member
from forum.db import db, now
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.screening.new_member_limits import WritingRecord, is_new, rate_limit_message
from forum.posts.signals import item_held
from forum.posts.visibility import approve_held
from forum.site import change_setting
from tests.factories import make_comment, make_member, make_post, make_tag
from tests.new_members import LIMITS, LONG, key_of, latest, make_new_member, only_post, post, reply

BOTH = pytest.mark.parametrize("identity", ["name", "anonymous"])


@pytest.fixture
def held(app: Any) -> Iterator[list[tuple[Any, str]]]:
    """The (id, reason) of each held item, as the signal announced it."""
    items: list[tuple[Any, str]] = []

    def listen(item: Any, reason: str) -> None:
        items.append((item.id, reason))

    item_held.connect(listen)
    yield items
    item_held.disconnect(listen)


@BOTH
def test_the_first_post_waits_and_its_author_reads_why(app: Any, browse: Any, held: list[Any], identity: str) -> None:
    browser = browse(make_new_member())
    answer = post(browser, identity=identity)
    written = only_post()
    assert written.hidden_at and [item for item, _ in held] == [written.id]
    page = browser.get(answer.location)
    assert "a moderator reviews" in page.text.lower() and written.hidden_reason in page.text
    assert browse().get(answer.location).status_code == 404
    assert "What they promise" not in browse().get("/").text


def test_the_words_of_an_anonymous_one_do_not_say_that_its_author_is_new(app: Any, browse: Any) -> None:
    post(
        browse(make_new_member()), f"{LONG} https://a.example https://b.example https://c.example", identity="anonymous"
    )
    assert only_post().hidden_reason == "A moderator will review this before it appears."


def test_a_post_that_was_let_through_ends_the_limits(app: Any, browse: Any, clock: Any) -> None:
    member = make_new_member()
    browser = browse(member)
    post(browser)
    approve_held(only_post())
    db.session.commit()
    for n in range(4):
        assert (
            post(
                browser, f"{LONG} And then, part {n}. https://a.example https://b.example https://c.example"
            ).status_code
            == 302
        )
    assert db.session.query(Post).filter(Post.hidden_at.is_(None)).count() == 5


def test_while_the_first_waits_the_second_waits_too(app: Any, browse: Any, clock: Any) -> None:
    browser = browse(make_new_member())
    for n in range(2):
        post(browser, f"{LONG} Part {n}.")
        clock.shift(timedelta(minutes=1))
    assert [row.hidden_at is not None for row in db.session.query(Post)] == [True, True]


@BOTH
def test_an_anonymous_first_post_let_through_counts_for_anonymous_ones_alone(
    app: Any, browse: Any, clock: Any, identity: str
) -> None:
    browser = browse(make_new_member())
    post(browser, identity="anonymous")
    approve_held(only_post())
    db.session.commit()
    clock.shift(timedelta(minutes=1))
    post(browser, f"{LONG} The second one.", identity=identity, title="The second one")
    second = db.session.query(Post).filter(Post.title == "The second one").one()
    # What is signed is treated as if the anonymous one did not exist: else it would show whose it is.
    assert (second.hidden_at is not None) == (identity == "name")


def test_a_reply_with_many_links_waits_and_one_with_few_does_not(app: Any, browse: Any, clock: Any) -> None:
    under, browser = make_post(), browse(make_new_member())
    reply(browser, under, "See https://a.example and https://b.example.")
    assert latest(Comment).hidden_at is None
    clock.shift(timedelta(minutes=1))
    reply(browser, under, "See https://a.example, https://b.example and www.c.example.")
    assert "more than 2 links" in latest(Comment).hidden_reason
    under = db.session.get(Post, under.id)  # type: ignore[assignment]
    assert under.comment_count == 1, "what waits is not counted"


def test_links_put_in_by_an_edit_are_seen_too(app: Any, browse: Any, clock: Any) -> None:
    browser = browse(make_new_member())
    reply(browser, make_post())
    written = latest(Comment)
    links = " ".join(f"https://{letter}.example" for letter in "abc")
    browser.post(f"/replies/{key_of(written)}/edit", data={"body": f"Same picture. {links}", "intent": "publish"})
    assert latest(Comment).hidden_at


def test_editing_the_post_that_was_let_through_does_not_hold_it_again(app: Any, browse: Any, clock: Any) -> None:
    browser = browse(make_new_member())
    post(browser)
    approve_held(only_post())
    db.session.commit()
    fields = {
        "title": "What they promise",
        "tags": make_tag().slug,
        "leaning": "bad",
        "vendor_naming": "none",
        "intent": "publish",
    }
    browser.post(f"/posts/{key_of(only_post())}/edit", data={**fields, "body": f"{LONG} Later."})
    assert only_post().edited_at and only_post().hidden_at is None


def test_admins_set_the_limits(app: Any, browse: Any, clock: Any) -> None:
    change_setting("first_posts_held", 0)
    change_setting("links_of_new_members", 0)
    db.session.commit()
    browser = browse(make_new_member())
    post(browser, title="Without links")
    clock.shift(timedelta(minutes=1))
    post(browser, f"{LONG} https://a.example", title="With a link in it")
    assert {row.title: row.hidden_at is not None for row in db.session.query(Post)} == {
        "Without links": False,
        "With a link in it": True,
    }


def test_what_is_moved_in_is_not_held(app: Any) -> None:
    member = make_new_member()
    links = "https://a.example https://b.example https://c.example"
    imported = make_post(member, body=f"{LONG} {links}", at=now() - timedelta(days=90))
    assert imported.hidden_at is None
    assert write_comment(imported, member, body=links, at=now()).hidden_at is None


@BOTH
def test_a_new_member_waits_between_two_texts_and_loses_nothing(
    app: Any, browse: Any, clock: Any, identity: str
) -> None:
    under, browser = make_post(), browse(make_new_member())
    assert reply(browser, under, "The first.", identity=identity).status_code == 302
    clock.shift(timedelta(seconds=10))
    answer = reply(browser, under, "The second of them.", identity=identity)
    assert answer.status_code == 422 and "wait" in answer.text and "The second of them." in answer.text
    clock.shift(timedelta(seconds=31))
    assert reply(browser, under, "The second of them.", identity=identity).status_code == 302


def test_an_anonymous_text_makes_nobody_wait_with_a_named_one(app: Any, browse: Any, clock: Any) -> None:
    under, browser = make_post(), browse(make_new_member())
    assert reply(browser, under, identity="anonymous").status_code == 302
    assert reply(browser, under, "By name.").status_code == 302


@BOTH
@pytest.mark.parametrize(("kind", "most"), [("post", 3), ("reply", 10)])
def test_on_the_first_day_there_is_a_most(
    app: Any, browse: Any, clock: Any, identity: str, kind: str, most: int
) -> None:
    under, browser = make_post(), browse(make_new_member())
    for n in range(most):
        body = f"{LONG} Number {n}."
        answer = (
            post(browser, body, identity=identity) if kind == "post" else reply(browser, under, body, identity=identity)
        )
        assert answer.status_code == 302, n
        clock.shift(timedelta(minutes=5))
    body = f"{LONG} One more."
    late = post(browser, body, identity=identity) if kind == "post" else reply(browser, under, body, identity=identity)
    assert late.status_code == 422 and "first day" in late.text and "One more." in late.text
    clock.shift(timedelta(days=1))
    again = post(browser, body, identity=identity) if kind == "post" else reply(browser, under, body, identity=identity)
    assert again.status_code == 302


def test_what_waits_to_appear_counts_on_the_first_day(app: Any, browse: Any, clock: Any) -> None:
    browser = browse(make_new_member())
    for n in range(4):
        answer = post(browser, f"{LONG} Part {n}.", identity="anonymous", delay="30")
        assert answer.status_code == (302 if n < 3 else 422), n
        clock.shift(timedelta(minutes=1))


def test_staff_and_those_vouched_for_are_not_slowed(app: Any, browse: Any, clock: Any) -> None:
    under = make_post()
    for member in (make_new_member(role="moderator"), make_member()):
        browser = browse(member)
        for n in range(3):
            assert reply(browser, under, f"Number {n}.").status_code == 302
        post(browser, f"{LONG} By {member.id}.", title=f"By number {member.id}")
        assert db.session.query(Post).filter(Post.title == f"By number {member.id}").one().hidden_at is None


def test_a_form_sent_quicker_than_anybody_types_comes_back_with_words(app: Any, browse: Any, clock: Any) -> None:
    under, browser = make_post(), browse(make_new_member())
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        page = browser.get(f"/posts/{key_of(under)}/reply").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        fields = {"body": "Same picture.", "identity": "name", "intent": "publish", "csrf_token": token}
        quick = browser.post(f"/posts/{key_of(under)}/reply", data=fields)
        assert quick.status_code == 422 and "That was very fast" in quick.text and "Same picture." in quick.text
        clock.shift(timedelta(seconds=4))
        assert browser.post(f"/posts/{key_of(under)}/reply", data=fields).status_code == 302
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_suspended_member_is_told_until_when_and_where_it_says_why(app: Any, browse: Any) -> None:
    until = now() + timedelta(days=7)
    under, browser = make_post(), browse(make_member(suspended_until=until))
    for answer in (browser.get(f"/posts/{key_of(under)}/", follow_redirects=True), browser.get("/posts/new")):
        assert f"can't write until {until.day} " in answer.text and "/decisions" in answer.text
    assert reply(browser, under).status_code == 403 and db.session.query(Comment).count() == 0
    calm = browse(make_member(suspended_until=now() - timedelta(minutes=1)))
    assert reply(calm, under).status_code == 302


@pytest.mark.parametrize(
    ("days", "record", "new"),
    [
        (0, WritingRecord(), True),
        (400, WritingRecord(), True),
        (6, WritingRecord(visible_replies=50), True),
        (7, WritingRecord(visible_replies=4), True),
        (7, WritingRecord(visible_replies=5), False),
        (0, WritingRecord(visible_posts=1), False),
    ],
)
def test_limits_lift_with_record(days: int, record: WritingRecord, new: bool) -> None:
    moment = now()
    member = Member(role="member", confirmed_at=moment - timedelta(days=days))
    assert is_new(member, record, LIMITS, moment) == new


def test_where_no_first_post_is_held_one_that_stands_says_nothing() -> None:
    member = Member(role="member", confirmed_at=now())
    assert is_new(member, WritingRecord(visible_posts=3), LIMITS._replace(first_posts_held=0), now())


def test_the_wait_is_told_in_whole_seconds() -> None:
    member, moment = Member(role="member", confirmed_at=now()), now()
    record = WritingRecord(posts=1, last_at=moment - timedelta(seconds=29))
    assert "wait 1 second " in (rate_limit_message(member, record, LIMITS, moment, is_post=True) or "")
    record = record._replace(last_at=moment - timedelta(seconds=30))
    assert rate_limit_message(member, record, LIMITS, moment, is_post=True) is None


def test_a_held_anonymous_post_moves_nothing_that_others_see_of_its_author(app: Any, browse: Any) -> None:
    member = make_new_member()
    make_comment(author=member, at=now() - timedelta(days=2))
    before = {column.name: getattr(member, column.name) for column in Member.__table__.columns}
    pages = [browse().get(path).text for path in (f"/members/{member.slug}", "/")]
    post(browse(member), identity="anonymous")
    db.session.expire_all()
    assert before == {column.name: getattr(member, column.name) for column in Member.__table__.columns}
    assert [browse().get(path).text for path in (f"/members/{member.slug}", "/")] == pages
    written = db.session.query(Post).filter(Post.author_id.is_(None)).one()
    assert written.hidden_at == written.created_at, "hidden on that day, at no hour"
