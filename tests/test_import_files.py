"""Importing hostile, broken and truncated files."""

import os
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.bylines import byline
from forum.accounts.models import Member
from forum.db import db, now
from forum.imports.content import convert_body
from forum.imports.threads import parents_first
from forum.imports.xml_repair import repair
from forum.posts.actions import delete_post
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post, PostTag, Tag
from tests.wordpress import DATA, count_rows, export_with, import_file, imported_post, item, numbers, thread_of


def test_what_was_deleted_here_is_not_imported_again(app: Flask) -> None:
    import_file("wxr-1.1.xml")
    post, other = imported_post("talk.example post 1"), imported_post("talk.example post 2")
    comments = {comment.imported_from.split()[-1]: comment for comment in thread_of(post)}  # type: ignore[union-attr]
    for number in ("26", "24", "22"):  # an answer before what it answers: nothing is under any of them then
        delete_comment(comments[number])
    delete_post(other)
    db.session.commit()
    comment_count = db.session.query(Comment).count()
    again = import_file("wxr-1.1.xml")
    assert (again.posts, again.comments, db.session.query(Comment).count()) == (0, 0, comment_count)
    assert imported_post("talk.example post 2").deleted_at is not None
    assert all(comments[number].deleted_at and comments[number].body == "" for number in ("22", "24", "26"))


def test_hidden_drafts_are_not_counted(app: Flask) -> None:
    import_file("wxr-1.1.xml", drafts=True)
    visible: Counter[int] = Counter()
    for link in db.session.query(PostTag):
        visible[link.tag_id] += db.session.get_one(Post, link.post_id).hidden_at is None
    assert dict(visible) == {tag.id: tag.post_count for tag in db.session.query(Tag)}
    assert sum(visible.values()) < db.session.query(PostTag).count(), "the hidden one has a tag"


def test_a_hostile_export_is_imported_clean(app: Flask) -> None:
    import_file("hostile.xml")
    post = imported_post("rough.example post 1")
    assert post.title == "A bell rang in the title"
    assert "A form feed, an escape[31m, a verticaltab, and café from Windows." in post.body_html
    assert "How to close it: `]]>` is what closes one." in post.body
    for danger in ("<script", "<img", "<iframe", "<svg", "onclick", 'href="javascript', 'href="data', "style="):
        assert danger not in post.body_html
    assert byline(post).name == "a former member"
    assert numbers(post) == [(0, "1"), (0, "3"), (1, "2")]  # answers itself; answer each other
    assert [comment.body for comment in thread_of(post)][1] == "(There was no text.)"
    assert {member.name for member in db.session.scalars(select(Member))} == {"Bob", "Eve", "Twice"}


def test_a_bad_comment_is_reported_and_skipped_and_the_next_is_imported(app: Flask) -> None:
    report = import_file("hostile.xml")
    post = imported_post("rough.example post 2")
    assert numbers(post) == [(0, "9")]
    assert post.comment_count == 1
    assert (report.posts, report.comments, report.failed) == (2, 4, False)
    assert any(problem.startswith("comment 1 under post 2 “Very long title") for problem in report.problems)
    assert "number is already here" in report.text()


def test_cut_texts_are_reported(app: Flask, tmp_path: Path) -> None:
    report = import_file(export_with(tmp_path, item(1, body="word " * 20_000), item(2, body="word " * 6_000)))
    assert len(imported_post("made.example post 1").body) == 40_000
    assert len(imported_post("made.example post 2").body) == 29_999
    assert report.problems == ["post 1 “Number 1”: its text was longer than 40,000 characters and was cut."]
    assert "2 texts longer than the form takes" in report.text()
    long_title = hostile_title()
    assert long_title.endswith("long …")
    assert len(long_title) <= 140


def hostile_title() -> str:
    report = import_file("hostile.xml")
    assert any("its title was longer than 140 characters" in problem for problem in report.problems)
    return imported_post("rough.example post 2").title


def test_a_date_in_the_future_becomes_now(app: Flask) -> None:
    import_file("hostile.xml")
    assert imported_post("rough.example post 2").created_at <= now()


@pytest.mark.parametrize("file", ["entity-bomb.xml", "outside-file.xml"])
def test_a_file_with_a_doctype_is_refused(app: Flask, file: str) -> None:
    report = import_file(file)
    assert report.failed
    assert "has a DOCTYPE" in report.text()
    assert count_rows(Post) == 0


def test_a_truncated_file_is_imported_up_to_its_end(app: Flask, tmp_path: Path) -> None:
    whole = (DATA / "wxr-1.1.xml").read_bytes()
    file = tmp_path / "cut.xml"
    file.write_bytes(whole[: whole.index(b"Half a thought")])
    report = import_file(file)
    assert report.failed
    assert report.posts == 2
    assert "The file is incomplete" in report.text()
    assert "Export and download it again." in report.text()
    file.write_bytes(whole)
    assert import_file(file).posts == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ((DATA / "plain-feed.xml").read_bytes(), "not a WordPress export"),
        (b"<html><body>404</body></html>", "not a WordPress export"),
        (b"Not XML at all", "not a WordPress export"),
        (b"", "not a WordPress export"),
        (b"PK\x03\x04 and so on", "Unpack it"),
    ],
)
def test_other_files_are_refused(app: Flask, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "file.xml"
    file.write_bytes(content)
    report = import_file(file)
    assert report.failed
    assert words in report.text()
    assert count_rows(Post) == 0


# --- Repair, order and conversion ---


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("file", ["wxr-1.0.xml", "hostile.xml"])
def test_a_chunk_can_end_anywhere(file: str, size: int) -> None:
    source = (DATA / file).read_bytes()
    pieces = (source[at : at + size] for at in range(0, len(source), size))
    assert "".join(repair(pieces)) == "".join(repair([source]))


@pytest.mark.parametrize(
    ("source", "repaired"),
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
def test_invalid_xml_is_repaired(source: bytes, repaired: str | None) -> None:
    result = "".join(repair([source]))
    assert "\x00" not in result
    assert "\uffff" not in result
    if repaired is not None:
        assert result == repaired


@given(st.binary(max_size=300), st.integers(1, 40))
def test_chunks_make_no_difference_for_any_bytes(source: bytes, size: int) -> None:
    pieces = [source[at : at + size] for at in range(0, len(source), size)]
    if len(pieces) < 2 or source[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xff", b"\xfe", b"\xef", b"\xef\xbb"):
        return
    assert "".join(repair(pieces)) == "".join(repair([source]))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 14)), max_size=20))
def test_every_comment_comes_once_and_after_its_parent_unless_in_a_cycle(pairs: list[tuple[int, int]]) -> None:
    index = [(str(number), str(parent), offset) for offset, (number, parent) in enumerate(dict(pairs).items())]
    ordered = [number for number, _ in parents_first(index)]
    assert sorted(ordered) == sorted(number for number, _, _ in index)
    parents = {number: parent for number, parent, _ in index}
    for at, number in enumerate(ordered):
        above, visited = parents[number], set()
        while above in parents and above not in visited:
            visited.add(above)
            above = parents[above]
        in_circle = above in parents
        assert in_circle or parents[number] not in parents or parents[number] in ordered[:at]


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("One\ntwo\n\nThree", "One  \ntwo\n\nThree"),
        ("2 * 3 * 4 and a_b_c", r"2 \* 3 \* 4 and a\_b\_c"),
        (r"\\server\share", r"\\\\server\\share"),
        ("Before\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\nAfter", "Before\n\n- a\n- b\n\nAfter"),
        (
            '[caption width="9"]<img src="https://x.example/a.png" alt="A" /> Ours[/caption]',
            "[A](https://x.example/a.png)\n\nOurs",
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
    body = convert_body(source)
    assert not body.was_cut
    if markdown is not None:
        assert body.markdown == markdown


@pytest.mark.parametrize(
    "piece", ["<blockquote>", "<a ", "[a ", "<!--", "<pre", "<img src=", "http://", "a \n", "<ul><li>"]
)
def test_hostile_html_takes_linear_time(piece: str) -> None:
    started = os.times().user
    convert_body(piece * (40_000 // len(piece)))
    assert os.times().user - started < 10
