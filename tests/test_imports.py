"""Moving in and out: WordPress exports of every version and condition, the public archive, backups."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from forum import create_app
from forum.accounts.bylines import byline
from forum.accounts.models import Member
from forum.backup import back_up
from forum.db import db, now
from forum.imports.actions import import_wordpress
from forum.imports.archive import export_to
from forum.imports.content import body_of
from forum.imports.people import shown_name
from forum.imports.report import Report
from forum.imports.threads import parents_first
from forum.imports.xml_repair import mended
from forum.mail import Mail
from forum.posts.actions import PostSubject, delete_post
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.urls import key_text
from tests import cluster
from tests.conftest import settings_for
from tests.factories import make_tag, make_category, make_comment, make_member, make_post, make_vendor

DATA = Path(__file__).parent / "data" / "wordpress"


def move_in(file: str | Path, **given: Any) -> Report:
    """Import a file the way the command does."""
    options = {"drafts": False, "dry_run": False, "progress": lambda done, total: None, "commit": db.session.commit}
    return import_wordpress(DATA / file, **{**options, **given})


def post_from(where: str) -> Post:
    return db.session.scalars(select(Post).where(Post.imported_from == f"wordpress {where}")).one()


def thread_of(post: Post) -> list[Comment]:
    return list(db.session.scalars(select(Comment).where(Comment.post_id == post.id).order_by(Comment.path)))


def numbers(post: Post) -> list[tuple[int, str]]:
    """(depth, the number it had there) in reading order."""
    return [(comment.depth, (comment.imported_from or "").split()[-1]) for comment in thread_of(post)]


def how_many(kind: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def export_with(tmp_path: Path, *items: str, blog: str = "https://made.example", name: str = "made.xml") -> Path:
    """An export around these items."""
    file = tmp_path / name
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Made</title><link>{blog}</link><wp:base_blog_url>{blog}</wp:base_blog_url>"
        "<wp:author><wp:author_login>ann</wp:author_login><wp:author_email>ann@made.example</wp:author_email>"
        f"<wp:author_display_name>Ann</wp:author_display_name></wp:author>{''.join(items)}</channel></rss>"
    )
    return file


def item(number: int, *comments: str, body: str = "What happened.", status: str = "publish", kind: str = "post") -> str:
    return (
        f"<item><title>Number {number}</title><dc:creator>ann</dc:creator>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_date_gmt>2015-01-01 10:00:00</wp:post_date_gmt><wp:status>{status}</wp:status>"
        f"<wp:post_type>{kind}</wp:post_type>{''.join(comments)}</item>"
    )


def comment(number: int, parent: int = 0, body: str = "A reply.", day: int = 2, approved: str = "1") -> str:
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>Reader</wp:comment_author>"
        f"<wp:comment_author_email>reader@x.example</wp:comment_author_email>"
        f"<wp:comment_date_gmt>2015-01-{day:02} 10:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content><![CDATA[{body}]]></wp:comment_content>"
        f"<wp:comment_approved>{approved}</wp:comment_approved><wp:comment_parent>{parent}</wp:comment_parent>"
        "</wp:comment>"
    )


# Each version's own ways.


def test_an_export_of_version_1_0_moves_in(app: Flask) -> None:
    report = move_in("wxr-1.0.xml")
    post = post_from("notebook.example post 12")
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
    move_in("wxr-1.0.xml")
    post = post_from("notebook.example post 12")
    answer = thread_of(post)[1]
    assert byline(post).name == byline(answer).name == "hanna"
    assert post.author_id != answer.author_id


def test_an_export_of_version_1_1_moves_in_and_what_is_not_public_stays_out(app: Flask) -> None:
    report = move_in("wxr-1.1.xml")
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
    assert "6 left out (1 draft, " in report.text()
    untitled = post_from("talk.example post 2")
    assert untitled.title.startswith("A post whose title was never written")
    assert [tag.slug for tag in untitled.tags] == ["imported"]
    assert untitled.created_at.isoformat() == "2011-06-01T10:00:00+00:00"  # post_date, the other being zeros


def test_an_export_of_version_1_2_moves_in(app: Flask) -> None:
    move_in("wxr-1.2.xml")
    post = post_from("diary.example/blog post 101")
    assert post.title == "R&D days, seminars – and the bill"
    assert byline(post).name == "Mina O'Hara"
    assert "[The bill](https://diary.example/bill.png)" in post.body
    assert "wp:paragraph" not in post.body
    assert 'href="https://diary.example/my_slides_2024.pdf"' in post.body_html
    assert thread_of(post)[0].body == "We stopped going.\n\nIt's the same deck every year <3"


# Threads, people, tags.


def test_answers_find_their_place_in_whatever_order_they_come(app: Flask) -> None:
    move_in("wxr-1.1.xml")
    post = post_from("talk.example post 1")
    # 26 answered spam: it goes up to what that answered. 23 answered what is gone: it answers the post.
    assert numbers(post) == [(0, "21"), (1, "22"), (2, "24"), (1, "26"), (0, "23"), (0, "29"), (0, "30")]
    assert [comment.answer_count for comment in thread_of(post)] == [2, 1, 0, 0, 0, 0, 0]
    assert post.comment_count == 7
    assert post.last_activity_at.isoformat() == "2011-05-06T10:00:00+00:00"


def test_several_authors_with_one_address_are_one_member(app: Flask) -> None:
    move_in("wxr-1.1.xml")
    first, second = post_from("talk.example post 1"), post_from("talk.example post 2")
    answer = next(comment for comment in thread_of(first) if comment.imported_from.endswith(" 22"))  # type: ignore[union-attr]
    assert first.author_id == second.author_id == answer.author_id
    member = db.session.get_one(Member, first.author_id)
    assert (member.email, member.name, member.password_hash) == ("jo@talk.example", "Jo Brandt", None)


def test_a_known_address_is_that_member_and_a_known_name_is_nobody(app: Flask) -> None:
    known = make_member(name="Somebody Else", email="jo@talk.example")
    namesake = make_member(name="Sam Field", email="other@x.example")
    report = move_in("wxr-1.1.xml", drafts=True)
    assert post_from("talk.example post 1").author_id == known.id
    assert post_from("talk.example post 3").author_id != namesake.id
    assert db.session.get_one(Member, known.id).name == "Somebody Else"
    assert report.members_known == 1


def test_a_comment_of_a_deleted_user_keeps_its_name_or_is_a_former_members(app: Flask) -> None:
    move_in("wxr-1.1.xml")
    told = {comment.imported_from.split()[-1]: comment for comment in thread_of(post_from("talk.example post 1"))}  # type: ignore[union-attr]
    assert byline(told["29"]).name == "Early Eli"
    assert told["29"].author_id != told["21"].author_id
    assert byline(told["30"]).name == "a former member"


def test_whoever_began_to_join_with_an_address_does_not_get_its_writing(app: Flask) -> None:
    squatter = make_member(email="jo@talk.example", confirmed_at=None, password_hash="theirs")
    move_in("wxr-1.1.xml")
    assert post_from("talk.example post 1").author_id == squatter.id
    assert db.session.get_one(Member, squatter.id).password_hash is None


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("eve@secret.example", "eve"),
        ("O&#039;Brien", "O'Brien"),
        ("<b>Bob</b>\n Smith", "Bob Smith"),
        ("x" * 90, "x" * 60),
        ("", ""),
    ],
)
def test_a_name_is_shown_without_tags_entities_or_address(typed: str, shown: str) -> None:
    assert shown_name(typed) == shown


def test_words_and_synonyms_that_the_forum_has_are_matched(app: Flask) -> None:
    make_tag("training", synonyms=("education",))
    make_tag("webinars")
    report = move_in("wxr-1.2.xml")
    assert [tag.slug for tag in post_from("diary.example/blog post 101").tags] == ["training", "webinars"]
    assert report.tags == 0
    assert db.session.scalars(select(Tag.post_count)).all() == [1, 1]


def test_a_post_takes_five_tags_and_the_rest_is_counted(app: Flask) -> None:
    report = move_in("hostile.xml")
    assert [tag.slug for tag in post_from("rough.example post 1").tags] == ["a", "b", "c", "d", "e"]
    assert "1 tag beyond a post's 5" in report.text()
    assert db.session.scalar(select(Tag).where(Tag.slug == "f")) is None


# Running it again.


def everything() -> list[Any]:
    return [how_many(kind) for kind in (Post, Comment, Member, Tag)] + [
        db.session.execute(select(Post.imported_from, Post.comment_count).order_by(Post.imported_from)).all(),
        db.session.execute(select(Tag.slug, Tag.post_count).order_by(Tag.slug)).all(),
    ]


def test_running_it_again_doubles_nothing(app: Flask) -> None:
    files = ["wxr-1.0.xml", "wxr-1.1.xml", "wxr-1.2.xml", "hostile.xml"]
    for file in files:
        move_in(file)
    first = everything()
    again = [move_in(file) for file in files]
    assert everything() == first
    assert [(report.posts, report.comments, report.members, report.tags) for report in again] == [(0, 0, 0, 0)] * 4


def test_a_later_export_brings_only_what_is_new(app: Flask, tmp_path: Path) -> None:
    move_in(export_with(tmp_path, item(1, comment(1))))
    report = move_in(
        export_with(
            tmp_path,
            item(1, comment(1), comment(2, parent=1, day=5)),
            item(2),
            blog="http://www.made.example/",  # the same blog, before it moved to https
        )
    )
    assert (report.posts, report.posts_known, report.comments, report.comments_known) == (1, 1, 1, 1)
    post = post_from("made.example post 1")
    assert numbers(post) == [(0, "1"), (1, "2")]
    assert (post.comment_count, post.last_activity_at.day) == (2, 5)


def test_a_name_without_an_address_is_the_same_member_on_the_next_run_and_another_on_another_blog(
    app: Flask, tmp_path: Path
) -> None:
    bare = comment(1).replace("reader@x.example", "")
    move_in(export_with(tmp_path, item(1, bare)))
    report = move_in(export_with(tmp_path, item(1, bare, bare.replace("<wp:comment_id>1<", "<wp:comment_id>2<"))))
    assert report.members == 0
    assert len({comment.author_id for comment in thread_of(post_from("made.example post 1"))}) == 1
    assert move_in(export_with(tmp_path, item(1, bare), blog="https://else.example")).members == 1


def test_nothing_is_added_under_a_post_that_was_taken_down_here(app: Flask, tmp_path: Path) -> None:
    move_in(export_with(tmp_path, item(1, comment(1))))
    delete_post(post_from("made.example post 1"))
    db.session.commit()
    report = move_in(export_with(tmp_path, item(1, comment(1), comment(2))))
    assert report.comments == 0
    assert report.comments_skipped.total() == 1


def test_a_dry_run_keeps_nothing_and_says_so(app: Flask) -> None:
    report = move_in("wxr-1.1.xml", dry_run=True, invite=True)
    assert (report.posts, report.comments, report.members) == (2, 7, 5)
    assert "This was a dry run: nothing was kept." in report.text()
    assert [how_many(kind) for kind in (Post, Comment, Member, Tag, Mail)] == [0] * 5


def test_drafts_come_hidden_and_only_when_asked_for(app: Flask, browse: Callable[..., Any]) -> None:
    report = move_in("wxr-1.1.xml", drafts=True)
    assert report.posts == 4
    draft = post_from("talk.example post 3")
    assert draft.hidden_reason == "Was not published where it came from (draft)."
    address = f"/posts/{key_text(draft.id)}/{draft.slug}"
    assert browse().get(address).status_code == 404
    assert browse(make_member(role="moderator")).get(address).status_code == 200
    assert "Half a thought" not in browse().get("/").text


def test_nobody_is_written_to_unless_asked_for(app: Flask) -> None:
    move_in("wxr-1.1.xml")
    assert how_many(Mail) == 0
    make_member(email="ravi@integrator.example")
    move_in("wxr-1.2.xml")
    report = move_in("wxr-1.2.xml", invite=True)  # later, when the operator has looked at it
    assert report.invited == 1  # the other one had an account
    assert [mail.to_address for mail in db.session.scalars(select(Mail))] == ["mina@diary.example"]


# What is wrong with real files.


def test_what_was_deleted_here_does_not_come_back(app: Flask) -> None:
    move_in("wxr-1.1.xml")
    post, other = post_from("talk.example post 1"), post_from("talk.example post 2")
    told = {comment.imported_from.split()[-1]: comment for comment in thread_of(post)}  # type: ignore[union-attr]
    for number in ("26", "24", "22"):  # an answer before what it answers: nothing is under any of them then
        delete_comment(told[number])
    delete_post(other)
    db.session.commit()
    left = db.session.query(Comment).count()
    again = move_in("wxr-1.1.xml")
    assert (again.posts, again.comments, db.session.query(Comment).count()) == (0, 0, left)
    assert post_from("talk.example post 2").deleted_at is not None
    assert all(told[number].deleted_at and told[number].body == "" for number in ("22", "24", "26"))


def test_drafts_that_come_hidden_are_counted_nowhere(app: Flask) -> None:
    move_in("wxr-1.1.xml", drafts=True)
    shown: Counter[int] = Counter()
    for link in db.session.query(PostTag):
        shown[link.tag_id] += db.session.get_one(Post, link.post_id).hidden_at is None
    assert dict(shown) == {tag.id: tag.post_count for tag in db.session.query(Tag)}
    assert sum(shown.values()) < db.session.query(PostTag).count(), "the hidden one has a tag"


def test_a_rough_export_comes_in_clean(app: Flask) -> None:
    move_in("hostile.xml")
    post = post_from("rough.example post 1")
    assert post.title == "A bell rang in the title"
    assert "A form feed, an escape[31m, a verticaltab, and café from Windows." in post.body
    assert "How to close it: `]]>` is what closes one." in post.body
    for danger in ("<script", "<img", "<iframe", "<svg", "onclick", 'href="javascript', 'href="data', "style="):
        assert danger not in post.body_html
    assert byline(post).name == "a former member"
    assert numbers(post) == [(0, "1"), (0, "3"), (1, "2")]  # answers itself; answer each other
    assert [comment.body for comment in thread_of(post)][1] == "(There was no text.)"
    assert {member.name for member in db.session.scalars(select(Member))} == {"Bob", "Eve", "Twice"}


def test_one_bad_comment_is_told_and_left_out_and_its_neighbour_comes(app: Flask) -> None:
    report = move_in("hostile.xml")
    post = post_from("rough.example post 2")
    assert numbers(post) == [(0, "9")]
    assert post.comment_count == 1
    assert (report.posts, report.comments, report.failed) == (2, 4, False)
    assert any(problem.startswith("comment 1 under post 2 “Very long title") for problem in report.problems)
    assert "number is here already" in report.text()


def test_what_is_cut_is_told(app: Flask, tmp_path: Path) -> None:
    report = move_in(export_with(tmp_path, item(1, body="word " * 20_000), item(2, body="word " * 6_000)))
    assert len(post_from("made.example post 1").body) == 40_000
    assert len(post_from("made.example post 2").body) == 29_999
    assert report.problems == ["post 1 “Number 1”: its text was longer than 40,000 characters and was cut."]
    assert "2 texts longer than the form takes" in report.text()
    long_title = post_from_hostile_title()
    assert long_title.endswith("long …")
    assert len(long_title) <= 140


def post_from_hostile_title() -> str:
    report = move_in("hostile.xml")
    assert any("its title was longer than 140 characters" in problem for problem in report.problems)
    return post_from("rough.example post 2").title


def test_a_date_ahead_of_now_is_not_believed(app: Flask) -> None:
    move_in("hostile.xml")
    assert post_from("rough.example post 2").created_at <= now()


@pytest.mark.parametrize("file", ["entity-bomb.xml", "outside-file.xml"])
def test_a_file_that_reaches_out_or_blows_up_is_refused_in_words(app: Flask, file: str) -> None:
    report = move_in(file)
    assert report.failed
    assert "has a DOCTYPE" in report.text()
    assert how_many(Post) == 0


def test_a_truncated_file_gives_what_it_has(app: Flask, tmp_path: Path) -> None:
    whole = (DATA / "wxr-1.1.xml").read_bytes()
    file = tmp_path / "cut.xml"
    file.write_bytes(whole[: whole.index(b"Half a thought")])
    report = move_in(file)
    assert report.failed
    assert report.posts == 2
    assert "The file ends in the middle" in report.text()
    assert "Export it again." in report.text()
    file.write_bytes(whole)
    assert move_in(file).posts == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ((DATA / "plain-feed.xml").read_bytes(), "no WordPress export"),
        (b"<html><body>404</body></html>", "no WordPress export"),
        (b"Not XML at all", "no WordPress export"),
        (b"", "no WordPress export"),
        (b"PK\x03\x04 and so on", "Unpack it first"),
    ],
)
def test_what_is_no_export_is_said_to_be_none(app: Flask, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "file.xml"
    file.write_bytes(content)
    report = move_in(file)
    assert report.failed
    assert words in report.text()
    assert how_many(Post) == 0


# The parts.


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("file", ["wxr-1.0.xml", "hostile.xml"])
def test_a_chunk_may_end_anywhere(file: str, size: int) -> None:
    source = (DATA / file).read_bytes()
    pieces = (source[at : at + size] for at in range(0, len(source), size))
    assert "".join(mended(pieces)) == "".join(mended([source]))


@pytest.mark.parametrize(
    ("given", "mended_to"),
    [
        (b"<a>R & D &nbsp;&copy; &lol; &amp; &#7;&#x41;</a>", "<a>R &amp; D &#160;&#169; &amp;lol; &amp; &#65;</a>"),
        (b"<a>\x00x\x1f\xef\xbf\xbf\xed\xa0\x80</a>", None),
        (b"<a><![CDATA[x]]]]><![CDATA[>y & z]]></a>", "<a><![CDATA[x]]]]><![CDATA[>y & z]]></a>"),
        (b"<a><![CDATA[x]]> tail</a><b><![CDATA[y]]></b>", "<a><![CDATA[x]]> tail</a><b><![CDATA[y]]></b>"),
        (b"<a><![CDATA[x //]]> y ]]></a>", "<a><![CDATA[x //]]]]><![CDATA[> y ]]></a>"),
        ("<a>caf\xe9 \x80</a>".encode("latin-1"), "<a>café €</a>"),
        (
            b'<?xml version="1.0" encoding="ISO-8859-1"?><a>caf\xe9</a>',
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>café</a>',
        ),
        ("\ufeff<a>ü</a>".encode(), "<a>ü</a>"),
        ("<a>ü</a>".encode("utf-16"), "<a>ü</a>"),
    ],
)
def test_what_xml_forbids_is_put_right(given: bytes, mended_to: str | None) -> None:
    made = "".join(mended([given]))
    assert "\x00" not in made
    assert "\uffff" not in made
    if mended_to is not None:
        assert made == mended_to


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_give_the_same_text_however_they_are_cut(source: bytes, size: int) -> None:
    pieces = [source[at : at + size] for at in range(0, len(source), size)]
    if len(pieces) < 2 or source[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xff", b"\xfe", b"\xef", b"\xef\xbb"):
        return
    assert "".join(mended(pieces)) == "".join(mended([source]))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 14)), max_size=20))
def test_every_comment_comes_once_and_after_its_parent_unless_they_go_in_circles(given_: list[tuple[int, int]]) -> None:
    index = [(str(number), str(parent), place) for place, (number, parent) in enumerate(dict(given_).items())]
    told = [number for number, _ in parents_first(index)]
    assert sorted(told) == sorted(number for number, _, _ in index)
    parents = {number: parent for number, parent, _ in index}
    for at, number in enumerate(told):
        above, seen = parents[number], set()
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above]
        in_circle = above in parents
        assert in_circle or parents[number] not in parents or parents[number] in told[:at]


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("One\ntwo\n\nThree", "One  \ntwo\n\nThree"),
        ("2 * 3 * 4 and a_b_c", r"2 \* 3 \* 4 and a\_b\_c"),
        (r"\\server\share", r"\\\server\share"),
        ("Before\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\nAfter", "Before\n\n- a\n- b\n\nAfter"),
        (
            '[caption width="9"]<img src="https://x.example/a.png" alt="A" /> Ours[/caption]',
            "[A](https://x.example/a.png) Ours",
        ),
        ('<a href="https://x.example/b"><img src="https://x.example/a.png"></a>', "[a.png](https://x.example/b)"),
        ('[gallery ids="1,2"] They said [sic] so [1].', "They said [sic] so [1]."),
        ("[embed]https://video.example/1[/embed]", "<https://video.example/1>"),
        ("<p>At https://x.example/a_b?c=1&amp;d=2.</p>", "At <https://x.example/a_b?c=1&d=2>."),
        ('<pre>if [a b="c"]\n\n  then</pre>', '```\nif [a b="c"]\n\n  then\n```'),
        ("Use <code>a\n\nb</code>", None),
        ("5 < 6 &amp;&amp; 7 > 3", "5 < 6 && 7 > 3"),
        ("<!-- never closed", None),
        ("<!--more-->Text<!-- wp:x --><p>More</p>", "Text\n\nMore"),
    ],
)
def test_a_body_becomes_markdown(source: str, markdown: str | None) -> None:
    body = body_of(source)
    assert not body.cut
    if markdown is not None:
        assert body.markdown == markdown


@pytest.mark.parametrize(
    "piece", ["<blockquote>", "<a ", "[a ", "<!--", "<pre", "<img src=", "http://", "a \n", "<ul><li>"]
)
def test_hostile_html_takes_no_more_than_moments(piece: str) -> None:
    started = os.times().user
    body_of(piece * (40_000 // len(piece)))
    assert os.times().user - started < 10


# Moving out.


def rows_of(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_archive_holds_what_everybody_can_read_and_nothing_else(app: Flask) -> None:
    vendor = make_vendor("Northgate", tiers=("Silver",))
    author = make_member(name="Marta", email="marta@secret-mail.example", company="Secret Company")
    programme = vendor.programmes[0]
    named = make_post(author, title="By name, about Northgate", subject=PostSubject(vendor, programme, programme.tiers[0]))
    category = make_category(slug="storage")
    hushed = make_post(author, anonymous=True, subject=PostSubject(category=category, description="a large supplier"))
    answer = make_comment(named, author, anonymous=True, body="From the same hand")
    gone = make_comment(named, body="Gone since", parent=None)
    kept = make_comment(named, body="Answers what is gone", parent=gone)
    delete_comment(gone)
    hidden = make_post(title="Hidden from everybody")
    under_hidden = make_comment(hidden, body="Under the hidden one")
    hidden.hidden_at = now()
    hushed.edited_at = now().replace(hour=13, minute=7)  # as no anonymous row should have it
    db.session.commit()
    stream = StringIO()
    assert export_to(stream) == len(rows_of(stream))
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(stream):
        by_kind.setdefault(row["kind"], []).append(row)
    assert list(by_kind) == ["site", "vendor", "tag", "post", "comment"]
    posts = {row["post"]: row for row in by_kind["post"]}
    assert set(posts) == {key_text(named.id), key_text(hushed.id)}
    one, other = posts[key_text(named.id)], posts[key_text(hushed.id)]
    assert (one["by"], one["anonymous"], one["vendor"], one["tier"]) == ("Marta", False, "northgate", "Silver")
    assert other["anonymous"] is True
    assert (other["undisclosed_vendor"], other["vendor"]) == ("a large supplier", None)
    comments = {row["comment"]: row for row in by_kind["comment"]}
    assert set(comments) == {key_text(answer.id), key_text(kept.id)}
    assert under_hidden.body not in stream.getvalue()
    assert "Gone since" not in stream.getvalue()
    for row in (other, comments[key_text(answer.id)]):
        assert all(len(row[moment] or "2026-11-12") == len("2026-11-12") for moment in ("written", "edited"))
        assert not any("author" in name or "member" in name for name in row)
        assert "Marta" not in json.dumps(row)
    assert "@" not in stream.getvalue()
    assert "Secret Company" not in stream.getvalue()


def test_a_proposed_vendor_is_not_in_the_archive(app: Flask) -> None:
    make_vendor("Unaccepted").accepted_at = None
    db.session.commit()
    stream = StringIO()
    export_to(stream)
    assert "Unaccepted" not in stream.getvalue()


# Backups.


def test_a_backup_is_whole_although_the_site_writes_meanwhile(app: Flask, tmp_path: Path) -> None:
    post = make_post()
    post_id, author_id = post.id, post.author_id
    db.session.commit()
    stop, wrote = threading.Event(), threading.Event()

    def keep_writing() -> None:
        with app.app_context(), app.test_request_context(method="POST"):
            while not stop.is_set():
                make_comment(db.session.get(Post, post_id), db.session.get(Member, author_id))
                wrote.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert wrote.wait(10)
        back_up(tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]
    comments, counted = restored(app, tmp_path / "copy")
    assert comments == counted > 0  # one moment of it: no comment without its count


def restored(app: Flask, copy: Path) -> tuple[int, int]:
    """How many comments the copy holds, and how many its post says it has."""
    question = "SELECT (SELECT count(*) FROM comments), (SELECT comment_count FROM posts)"
    if db.engine.dialect.name == "sqlite":
        with sqlite3.connect(copy) as connection:
            found = connection.execute(question).fetchone()
        connection.close()
        return found
    url = make_url(cluster.database_url("restored") or "").set(drivername="postgresql")
    given = url.render_as_string(hide_password=False)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={given}", str(copy)], check=True, capture_output=True)
    again = create_app(settings_for(given.replace("postgresql://", "postgresql+psycopg://"), copy.parent))
    with again.app_context():
        found = db.session.execute(sql(question)).one()
        db.session.remove()
        db.engine.dispose()
        return found


def test_a_backup_overwrites_nothing(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("the only one")
    with pytest.raises(FileExistsError, match="already exists"):
        back_up(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "the only one"
    with pytest.raises(FileNotFoundError, match="no folder"):
        back_up(tmp_path / "missing" / "copy")


def test_the_password_of_postgresql_stands_in_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/said\nenv > {tmp_path}/told\necho "no such server" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("FORUM_SECRET_KEY", "a key of ours that is none of its business")
    app = create_app(settings_for("postgresql+psycopg://forum:s3cret@db.example:5433/talk?sslmode=require", tmp_path))
    with app.app_context(), pytest.raises(RuntimeError, match="pg_dump failed: no such server"):
        back_up(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    said, told = (tmp_path / "said").read_text(), (tmp_path / "told").read_text().splitlines()
    assert "s3cret" not in said
    for line in ("PGPASSWORD=s3cret", "PGHOST=db.example", "PGPORT=5433", "PGDATABASE=talk", "PGSSLMODE=require"):
        assert line in told
    assert "none of its business" not in "\n".join(told)


# The commands.


def forum(instance: Path, database: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The `forum` command in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    environment |= {"FORUM_DATABASE_URL": database, "FORUM_INSTANCE": str(instance)}
    command = [sys.executable, "-m", "forum.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_blog_moves_in_by_one_command_and_its_discussion_can_be_read(
    app: Flask, browse: Callable[..., Any], tmp_path: Path
) -> None:
    here = (app.config["INSTANCE"], app.config["SQLALCHEMY_DATABASE_URI"])
    done = forum(*here, "import", "wordpress", DATA / "wxr-1.1.xml")
    assert done.returncode == 0, done.stderr
    assert "Experiences: 2 moved in, 0 here already, 6 left out" in done.stdout
    page = browse().get("/").text
    assert "Deal registration: who was first?" in page
    post = post_from("talk.example post 1")
    page = browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text
    for words in ("They had registered on Friday.", "Jo Brandt", "What I answer is gone.", "a former member", "2011"):
        assert words in page
    assert page.index("The first.") < page.index("An answer to the answer.") < page.index("What I answer is gone.")
    assert "jo@talk.example" not in page
    done = forum(*here, "export", tmp_path / "archive.jsonl")
    assert done.returncode == 0, done.stderr
    assert sum('"kind":"comment"' in line for line in (tmp_path / "archive.jsonl").read_text().splitlines()) == 7


def test_a_file_that_is_refused_ends_the_command_in_words(tmp_path: Path) -> None:
    done = forum(tmp_path, "", "import", "wordpress", DATA / "entity-bomb.xml")
    assert done.returncode == 1
    assert "has a DOCTYPE" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_backup_that_cannot_be_made_ends_the_command_in_words(tmp_path: Path) -> None:
    (tmp_path / "copy").touch()
    done = forum(tmp_path, "", "backup", tmp_path / "copy")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "already exists" in done.stderr


# Runs a command and prints what it took: a process made by pytest itself would be measured with pytest's own memory.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_maxrss // 1024, round(used.ru_utime))
"""


@pytest.mark.slow
def test_two_hundred_megabytes_move_in_with_less_than_three_hundred_of_memory(tmp_path: Path) -> None:
    big, words = tmp_path / "big.xml", "Nobody called back, and the lead went elsewhere. " * 20
    with big.open("w") as file:
        head, tail = export_with(tmp_path).read_text().split("</channel>")
        file.write(head)
        file.writelines(item(number, body=words * 1000, kind="page") for number in range(150))
        for number in range(1000, 1200):
            file.write(item(number, *(comment(number * 10 + n) for n in range(5)), body=f"<p>{words}</p>" * 10))
        before, after = item(5000, comment(1)).split("<wp:comment>", 1)
        file.write(before)
        file.writelines(comment(20_000 + n, body=words * 3, approved="spam") for n in range(15_000))
        file.write(f"<wp:comment>{after}</channel>{tail}")
    assert big.stat().st_size > 190_000_000
    environment = os.environ | {"FORUM_INSTANCE": str(tmp_path / "instance")}
    command = [sys.executable, "-m", "forum.cli"]
    subprocess.run([*command, "db", "upgrade"], env=environment, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command, "import", "wordpress", str(big)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Experiences: 201 moved in, 0 here already, 150 left out (150 pages)." in done.stdout
    assert "Replies: 1,001 moved in, 0 here already, 15,000 left out (15,000 spam)." in done.stdout
    status, megabytes, seconds = map(int, done.stdout.split()[-3:])
    print(f"{big.stat().st_size / 1e6:.0f} MB: {megabytes} MB of memory, {seconds} s of processor time")
    assert status == 0
    assert megabytes < 300
    assert seconds < 60
