"""Importing WordPress exports of every version, once and again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.bylines import byline
from forum.accounts.models import Member
from forum.db import db
from forum.imports.people import display_name
from forum.mail import Mail
from forum.notifications.models import UnmailedText
from forum.posts.actions import delete_post
from forum.posts.models import Comment, Post, Tag
from forum.urls import key_text
from tests.factories import make_member, make_tag
from tests.wordpress import comment, count_rows, export_with, import_file, imported_post, item, numbers, thread_of

# --- Versions of the format ---


def test_a_version_1_0_export_is_imported(app: Flask) -> None:
    report = import_file("wxr-1.0.xml")
    post = imported_post("notebook.example post 12")
    assert (report.posts, report.comments, report.failed, report.problems) == (1, 2, False, [])
    assert post.title == "Gold & what it buys"
    assert [tag.slug for tag in post.tags] == ["gold", "partner-status"]
    assert post.leaning == "mixed"
    assert post.created_at.isoformat() == "2009-03-03T08:15:00+00:00"
    assert post.last_activity_at.isoformat() == "2009-03-03T12:00:00+00:00"
    assert "- Four people, two weeks each\n- One **annual** fee" in post.body
    # The section was not escaped and ended early; all of the text is there, and of the script nothing.
    assert "[what Silver was like](http://notebook.example/2008/12/silver/)" in post.body
    assert "counter" not in post.body
    assert numbers(post) == [(0, "5"), (1, "6")]
    assert thread_of(post)[0].body == "Same here. Two years & no lead."


def test_an_author_without_an_address_is_not_the_commenter_of_the_same_name(app: Flask) -> None:
    import_file("wxr-1.0.xml")
    post = imported_post("notebook.example post 12")
    answer = thread_of(post)[1]
    assert byline(post).name == byline(answer).name == "hanna"
    assert post.author_id != answer.author_id


def test_a_version_1_1_export_is_imported_without_what_is_not_public(app: Flask) -> None:
    report = import_file("wxr-1.1.xml")
    assert (report.posts, report.comments) == (2, 7)
    assert report.posts_skipped == {
        "draft|drafts": 1,
        "private": 1,
        "behind a password": 1,
        "trash": 1,
        "page|pages": 1,
        "attachment|attachments": 1,
    }
    assert report.comments_skipped == {"spam": 1, "not approved": 1, "pingback|pingbacks": 1}
    assert "6 skipped (1 draft, " in report.text()
    untitled = imported_post("talk.example post 2")
    assert untitled.title.startswith("A post whose title was never written")
    assert [tag.slug for tag in untitled.tags] == ["imported"]
    assert untitled.created_at.isoformat() == "2011-06-01T10:00:00+00:00"  # post_date, the other being zeros


def test_a_version_1_2_export_is_imported(app: Flask) -> None:
    import_file("wxr-1.2.xml")
    post = imported_post("diary.example/blog post 101")
    assert post.title == "R&D days, seminars – and the bill"
    assert byline(post).name == "Mina O'Hara"
    assert "[The bill](https://diary.example/bill.png)" in post.body
    assert "wp:paragraph" not in post.body
    assert 'href="https://diary.example/my_slides_2024.pdf"' in post.body_html
    assert thread_of(post)[0].body == "We stopped going.\n\nIt's the same deck every year <3"


# --- Threads, members, tags ---


def test_replies_find_their_parents_in_any_order(app: Flask) -> None:
    import_file("wxr-1.1.xml")
    post = imported_post("talk.example post 1")
    # 26 answered spam: it goes up to what that answered. 23 answered what is gone: it answers the post.
    assert numbers(post) == [(0, "21"), (1, "22"), (2, "24"), (1, "26"), (0, "23"), (0, "29"), (0, "30")]
    assert [comment.answer_count for comment in thread_of(post)] == [2, 1, 0, 0, 0, 0, 0]
    assert post.comment_count == 7
    assert post.last_activity_at.isoformat() == "2011-05-06T10:00:00+00:00"


def test_several_authors_with_one_address_are_one_member(app: Flask) -> None:
    import_file("wxr-1.1.xml")
    first, second = imported_post("talk.example post 1"), imported_post("talk.example post 2")
    answer = next(comment for comment in thread_of(first) if comment.imported_from.endswith(" 22"))  # type: ignore[union-attr]
    assert first.author_id == second.author_id == answer.author_id
    member = db.session.get_one(Member, first.author_id)
    assert (member.email, member.name, member.password_hash) == ("jo@talk.example", "Jo Brandt", None)


def test_a_comment_of_a_deleted_user_keeps_its_name_or_is_by_a_former_member(app: Flask) -> None:
    import_file("wxr-1.1.xml")
    comments = {
        comment.imported_from.split()[-1]: comment for comment in thread_of(imported_post("talk.example post 1"))
    }  # type: ignore[union-attr]
    assert byline(comments["29"]).name == "Early Eli"
    assert comments["29"].author_id != comments["21"].author_id
    assert byline(comments["30"]).name == "a former member"


def test_an_unconfirmed_account_does_not_get_the_posts_of_its_address(app: Flask) -> None:
    squatter = make_member(email="jo@talk.example", confirmed_at=None, password_hash="theirs")
    import_file("wxr-1.1.xml")
    assert imported_post("talk.example post 1").author_id == squatter.id
    assert db.session.get_one(Member, squatter.id).password_hash is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eve@secret.example", "eve"),
        ("O&#039;Brien", "O'Brien"),
        ("<b>Bob</b>\n Smith", "Bob Smith"),
        ("x" * 90, "x" * 60),
        ("", ""),
    ],
)
def test_a_name_has_no_tags_entities_or_address(name: str, expected: str) -> None:
    assert display_name(name) == expected


def test_existing_tags_and_synonyms_are_matched(app: Flask) -> None:
    make_tag("training", synonyms=("education",))
    make_tag("webinars")
    report = import_file("wxr-1.2.xml")
    assert [tag.slug for tag in imported_post("diary.example/blog post 101").tags] == ["training", "webinars"]
    assert report.tags == 0
    assert db.session.scalars(select(Tag.post_count)).all() == [1, 1]


def test_a_post_gets_five_tags_and_the_rest_is_counted(app: Flask) -> None:
    report = import_file("hostile.xml")
    assert [tag.slug for tag in imported_post("rough.example post 1").tags] == ["a", "b", "c", "d", "e"]
    assert "1 tag beyond a post's 5" in report.text()
    assert db.session.scalar(select(Tag).where(Tag.slug == "f")) is None


# --- A second run ---


def database_contents() -> list[Any]:
    return [count_rows(kind) for kind in (Post, Comment, Member, Tag)] + [
        db.session.execute(select(Post.imported_from, Post.comment_count).order_by(Post.imported_from)).all(),
        db.session.execute(select(Tag.slug, Tag.post_count).order_by(Tag.slug)).all(),
    ]


def test_a_second_run_creates_no_duplicates(app: Flask) -> None:
    files = ["wxr-1.0.xml", "wxr-1.1.xml", "wxr-1.2.xml", "hostile.xml"]
    for file in files:
        import_file(file)
    first = database_contents()
    again = [import_file(file) for file in files]
    assert database_contents() == first
    assert [(report.posts, report.comments, report.members, report.tags) for report in again] == [(0, 0, 0, 0)] * 4


def test_a_later_export_brings_only_what_is_new(app: Flask, tmp_path: Path) -> None:
    import_file(export_with(tmp_path, item(1, comment(1))))
    report = import_file(
        export_with(
            tmp_path,
            item(1, comment(1), comment(2, parent=1, day=5)),
            item(2),
            blog="http://www.made.example/",  # the same blog, before it moved to https
        )
    )
    assert (report.posts, report.posts_existing, report.comments, report.comments_existing) == (1, 1, 1, 1)
    post = imported_post("made.example post 1")
    assert numbers(post) == [(0, "1"), (1, "2")]
    assert (post.comment_count, post.last_activity_at.day) == (2, 5)


def test_a_name_without_an_address_is_the_same_member_on_the_next_run_and_another_on_another_blog(
    app: Flask, tmp_path: Path
) -> None:
    bare = comment(1).replace("reader@x.example", "")
    import_file(export_with(tmp_path, item(1, bare)))
    report = import_file(export_with(tmp_path, item(1, bare, bare.replace("<wp:comment_id>1<", "<wp:comment_id>2<"))))
    assert report.members == 0
    assert len({comment.author_id for comment in thread_of(imported_post("made.example post 1"))}) == 1
    assert import_file(export_with(tmp_path, item(1, bare), blog="https://else.example")).members == 1


def test_nothing_is_added_under_a_post_deleted_here(app: Flask, tmp_path: Path) -> None:
    import_file(export_with(tmp_path, item(1, comment(1))))
    delete_post(imported_post("made.example post 1"))
    db.session.commit()
    report = import_file(export_with(tmp_path, item(1, comment(1), comment(2))))
    assert report.comments == 0
    assert report.comments_skipped.total() == 1


def test_a_dry_run_saves_nothing_and_says_so(app: Flask) -> None:
    report = import_file("wxr-1.1.xml", dry_run=True, invite=True)
    assert (report.posts, report.comments, report.members) == (2, 7, 5)
    assert "This was a dry run: nothing was saved." in report.text()
    assert [count_rows(kind) for kind in (Post, Comment, Member, Tag, Mail)] == [0] * 5


def test_drafts_are_imported_hidden_and_only_on_request(app: Flask, browse: Callable[..., Any]) -> None:
    report = import_file("wxr-1.1.xml", drafts=True)
    assert report.posts == 4
    draft = imported_post("talk.example post 3")
    assert draft.hidden_reason == "Was not published in the blog (draft)."
    address = f"/posts/{key_text(draft.id)}/{draft.slug}"
    assert browse().get(address).status_code == 404
    assert browse(make_member(role="moderator")).get(address).status_code == 200
    assert "Half a thought" not in browse().get("/").text


def test_nothing_that_is_imported_waits_to_be_announced(app: Flask) -> None:
    assert import_file("wxr-1.1.xml").comments == 7
    assert count_rows(UnmailedText) == 0


def test_no_one_gets_mail_unless_requested(app: Flask) -> None:
    import_file("wxr-1.1.xml")
    assert count_rows(Mail) == 0
    make_member(email="ravi@integrator.example")
    import_file("wxr-1.2.xml")
    report = import_file("wxr-1.2.xml", invite=True)  # later, when the operator has looked at it
    assert report.invited == 2
    mails = {mail.to_address: mail for mail in db.session.scalars(select(Mail))}
    assert set(mails) == {"mina@diary.example", "ravi@integrator.example"}
