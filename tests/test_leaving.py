"""Deleting an account: no row of the member is left and what stays leads nowhere; and the download of one's data."""

import json
from random import SystemRandom
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy import text as sql

from forum.access import is_author
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.pseudonyms import member_behind
from forum.accounts.sanctions import sanction_pseudonym
from forum.db import db
from forum.moderation.models import Decision
from forum.notifications.actions import follow
from forum.pages.leaving.actions import delete_account
from forum.posts.actions import PostSubject
from forum.posts.chain_queries import TEXT_CHAIN
from forum.posts.comment_actions import edit_comment
from forum.posts.models import Comment, Post, ScheduledText, UsefulVote
from forum.posts.writing import mark_useful
from forum.ratings.models import Rating
from forum.ratings.queries import RATING_CHAIN
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_rating, make_tag, make_vendor
from tests.query_counts import recorded_modes, recorded_queries


def make_leaver(browse: Any) -> Member:
    """Return a member who did one of everything, both by name and anonymously."""
    member = make_member(name="Marta Aalto", email="marta@gmail.com", password_hash=hash_password(PASSWORD))
    other = make_post()
    for anonymous in (False, True):
        post = make_post(member, anonymous=anonymous, title=f"Written {'without a' if anonymous else 'with my'} name")
        make_comment(post, make_member())
        make_comment(other, member, anonymous=anonymous)
        make_rating(member, anonymous=anonymous, vendor=make_vendor())
    name = db.session.query(Post).filter(Post.pseudonym_id.is_not(None)).one().pseudonym
    assert name is not None and sanction_pseudonym(name, "warn", "Rule 2")
    mark_useful(member, other)
    follow(member, "post", other.id)
    db.session.commit()
    typed = {"title": "What waits to appear", "body": "We registered eleven deals, most were approved."}
    form = {**typed, "tags": make_tag().slug, "leaning": "bad", "vendor_naming": "none", "delay": "72"}
    answer = browse(member).post("/posts/new", data={**form, "identity": "anonymous", "intent": "publish"})
    assert answer.status_code == 302 and db.session.query(ScheduledText).count() == 1
    return member


def leave(browser: Any, *, named: str, anonymous: str) -> None:
    """Delete the account by the form."""
    form = {"named": named, "anonymous": anonymous, "current_password": PASSWORD}
    assert browser.post("/settings/leave", data=form).status_code == 302
    db.session.expire_all()


@pytest.mark.parametrize("named", ["keep", "delete"])
@pytest.mark.parametrize("turns", [1, 2, 4])
def test_the_form_sent_twice_deletes_the_account_once_and_nobody_sees_an_error(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch, named: str, turns: int
) -> None:
    member = make_leaver(browse)
    member_id, ended = member.id, []

    def end_turn(commit: Any) -> None:
        commit()
        ended.append(1)
        if len(ended) == turns:  # here the other request is faster
            delete_account(db.session.get_one(Member, member_id), keep_signed=named == "keep")
            commit()

    monkeypatch.setattr("forum.pages.leaving.views.end_turn", end_turn)
    leave(browse(member), named=named, anonymous="keep")
    assert len(ended) >= turns and db.session.get(Member, member_id) is None


def test_a_decision_about_a_member_who_left_stays_and_names_nobody(app: Flask) -> None:
    member = make_member()
    fields = {"action": "warn", "target_label": "a member", "facts": "", "reason": "Because.", "source": "flag"}
    decision = Decision(**fields, automated=False, moderator_name="moderator 1", member_id=member.id)
    db.session.add(decision)
    db.session.commit()
    delete_account(member, keep_signed=True)
    db.session.commit()
    db.session.refresh(decision)
    assert decision.member_id is None and decision.reason == "Because."


def rows_with(number: int) -> list[str]:
    """Return the columns ("table.column") that refer to this member."""
    columns = []
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "members":
                name = f"{table.name}.{key.parent.name}"
                count = sql(f"SELECT count(*) FROM {table.name} WHERE {key.parent.name} = :number")
                if db.session.execute(count, {"number": number}).scalar():
                    columns.append(name)
    return columns


ANONYMOUS_ROWS = {
    "posts": "chain_link IS NOT NULL",
    "comments": "chain_link IS NOT NULL",
    "ratings": "chain_link IS NOT NULL",
    "pseudonyms": "1 = 1",
    "sanctions": "1 = 1",
    "spent_links": "1 = 1",
}


def anonymous_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return all anonymous rows; on PostgreSQL with xmin, which changes when a row is written with the same values."""
    version = "xmin, ctid, " if db.engine.dialect.name == "postgresql" else ""
    selects = {name: f"SELECT {version}{name}.* FROM {name} WHERE {where}" for name, where in ANONYMOUS_ROWS.items()}
    return {name: sorted(map(tuple, db.session.execute(sql(select))), key=str) for name, select in selects.items()}


def test_leaving_touches_no_anonymous_row_and_nobody_can_tell_any_more_whose_they_are(app: Flask, browse: Any) -> None:
    member = make_leaver(browse)
    number, slug = member.id, member.slug
    text = db.session.query(Post).filter(Post.pseudonym_id.is_not(None)).one()
    assert is_author(member, text) and member_behind(text.pseudonym) == member
    (scheduled_link,) = db.session.scalars(sql("SELECT chain_link FROM scheduled_texts"))
    before = anonymous_rows()
    leave(browse(member), named="keep", anonymous="keep")
    after = anonymous_rows()
    after["spent_links"] = [row for row in after["spent_links"] if scheduled_link not in row]
    assert after == before
    assert db.session.get(Member, number) is None and rows_with(number) == []
    assert db.session.query(ScheduledText).count() == db.session.query(UsefulVote).count() == 0
    # A later member with the same number, and someone with the key who tries every secret there is.
    db.session.add(Member(id=number, name="Another", slug=slug))
    db.session.flush()
    ghost = db.session.get_one(Member, number)
    for item in [*db.session.query(Post), *db.session.query(Comment)]:
        assert not (item.pseudonym_id and is_author(ghost, item))
        assert item.pseudonym is None or member_behind(item.pseudonym) is None
    assert TEXT_CHAIN.rows(ghost.secret) == RATING_CHAIN.rows(ghost.secret) == []


@pytest.mark.parametrize("keep_anonymous", [True, False])
@pytest.mark.parametrize("keep_signed", [True, False])
def test_what_is_to_go_goes_and_what_is_to_stay_stays(
    app: Flask, browse: Any, keep_signed: bool, keep_anonymous: bool
) -> None:
    member = make_leaver(browse)
    choices = {True: "keep", False: "delete"}
    leave(browse(member), named=choices[keep_signed], anonymous=choices[keep_anonymous])
    titles = {post.title for post in db.session.query(Post)}
    assert ("Written with my name" in titles) == keep_signed
    assert ("Written without a name" in titles) == keep_anonymous
    assert db.session.query(Rating).count() == keep_signed + keep_anonymous
    assert db.session.query(Comment).filter(Comment.author_id.is_(None), Comment.deleted_at.is_(None)).count() == (
        keep_signed + keep_anonymous
    )


def test_anonymous_texts_are_deleted_one_transaction_each_and_in_random_order(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_leaver(browse)
    commits: list[set[str]] = [set()]

    def note(session: Any, *flush: Any) -> None:
        commits[-1] |= {f"{type(row).__name__} {row.id}" for row in session.deleted}
        commits[-1] |= {f"{type(row).__name__} {row.id}" for row in session.dirty if getattr(row, "chain_link", None)}

    event.listen(db.session, "before_flush", note)
    event.listen(db.session, "after_commit", lambda session: commits.append(set()))
    shuffled = []
    shuffle = SystemRandom.sample
    monkeypatch.setattr(
        SystemRandom, "sample", lambda chance, rows, most: shuffled.append(1) or shuffle(chance, rows, most)
    )
    leave(browse(member), named="keep", anonymous="delete")
    event.remove(db.session, "before_flush", note)
    anonymous = [{row for row in rows if not row.startswith(("Member", "UsefulVote"))} for rows in commits]
    assert [len(rows) for rows in anonymous if rows] == [1] * 4, "a scheduled text, a reply, a post, a rating"
    assert all(not rows for rows, everything in zip(anonymous, commits, strict=True) if "Member" in str(everything))
    assert len(shuffled) == 5, "and what is signed loses the name in an order of its own"


def test_leaving_asks_for_the_password_and_both_choices_and_ends_every_session(app: Flask, browse: Any) -> None:
    member = make_leaver(browse)
    number, slug = member.id, member.slug
    first_browser, second_browser = browse(member), browse(member)
    choices = {"named": "keep", "anonymous": "keep"}
    for form in (
        {**choices, "current_password": "wrong"},
        {"current_password": PASSWORD},
        {"named": "delete", "current_password": PASSWORD},
    ):
        assert first_browser.post("/settings/leave", data=form).status_code == 422
    assert db.session.get(Member, number) is not None
    assert first_browser.post("/settings/leave", data={**choices, "current_password": PASSWORD}).status_code == 302
    assert first_browser.get("/settings").status_code == second_browser.get("/settings").status_code == 302
    assert browse().get(f"/members/{slug}").status_code == 404
    post = db.session.query(Post).filter_by(title="Written with my name").one()
    db.session.expire_all()
    page = browse().get("/").text
    assert "a former member" in page and "Marta" not in page and post.author_id is None


def test_staff_is_sent_to_an_admin_first(app: Flask, browse: Any) -> None:
    admin = make_member(role="moderator", password_hash=hash_password(PASSWORD))
    form = {"named": "keep", "anonymous": "keep", "current_password": PASSWORD}
    browse(admin).post("/settings/leave", data=form)
    assert db.session.get(Member, admin.id) is not None


def test_the_file_has_everything_of_ones_own_and_nothing_of_others(app: Flask, browse: Any) -> None:
    member = make_leaver(browse)
    make_post(make_member(), anonymous=True, title="Somebody else's secret")
    reader = browse(member)
    assert reader.post("/settings/data", data={"current_password": "wrong"}).status_code == 422
    answer = reader.post("/settings/data", data={"current_password": PASSWORD})
    assert answer.headers["Cache-Control"] == "no-store" and "attachment" in answer.headers["Content-Disposition"]
    export = json.loads(answer.text)
    assert export["profile"]["email"] == "marta@gmail.com"
    assert {(post["title"], post["anonymous"]) for post in export["posts"]} == {
        ("Written with my name", False),
        ("Written without a name", True),
    }
    assert sorted(row["anonymous"] for row in export["replies"]) == [False, True]
    assert sorted(row["anonymous"] for row in export["ratings"]) == [False, True]
    assert export["scheduled"][0]["title"] == "What waits to appear" and len(export["useful_votes"]) == 1
    assert export["sanctions"][0]["message"] == "Rule 2"
    assert "secret" not in answer.text and "password" not in answer.text
    assert browse().post("/settings/data").status_code in (302, 401)


def test_the_download_waits_for_no_writer_and_takes_as_many_queries_for_many_texts_as_for_few(
    app: Flask, browse: Any
) -> None:
    def download(text_count: int) -> tuple[int, int]:
        member = make_member(password_hash=hash_password(PASSWORD))
        for n in range(text_count):
            subject = PostSubject(make_vendor(f"Vendor {text_count}-{n}"))
            post = make_post(member, anonymous=n % 2 == 0, subject=subject, tags=[tag])
            edit_comment(make_comment(post, member), body=f"Another text, number {n} of {text_count}.")
        reader = browse(member)
        with recorded_modes() as modes, recorded_queries() as statements:
            answer = reader.post("/settings/data", data={"current_password": PASSWORD})
        assert set(modes) == {"deferred"}
        replies = json.loads(answer.text)["replies"]
        assert [len(reply["revisions"]) for reply in replies] == [1] * text_count
        return len(statements), len(json.loads(answer.text)["posts"])

    tag = make_tag("VDI")
    download(1)
    (few, two), (many, six) = download(2), download(6)
    assert (two, six) == (2, 6) and few == many
