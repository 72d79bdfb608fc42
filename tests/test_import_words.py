"""An import shows the words that the blog showed: all of them, and no others."""

import html
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum import text
from forum.db import db
from forum.imports.content import convert_body
from forum.posts.models import Comment, Post
from tests.wordpress import comment, export_with, import_file, item

# Characters that mean something to Markdown or HTML, and pieces that do at the beginning of a line.
WORDS = st.text(st.sampled_from("ab1|#-+*_`~=<>&;:.)(!\\[]äß字. \n"), max_size=8) | st.sampled_from(
    ["---", "# a", "1. b", "> c", "&lt;", "&amp;copy;", "~~~", "```", "**a**", "[a](b)", "a | b\n--|--", "===", "    c"]
)
INLINE = (
    "b",
    "strong",
    "i",
    "em",
    "del",
    "code",
    "a href='https://a.example/?a=1&copy;=(2)'",
    "a href='/x'",
    "span",
    "u",
)
BLOCKS = ("p", "div", "blockquote", "h1", "h3", "h6", "pre", "ul", "ol", "table")
INNER = {"ul": "<li>{}</li>", "ol": "<li>{}</li>", "table": "<tr><td>{}</td><th>x</th></tr>"}


def element(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag.split()[0]}>"


def block(tag: str, contents: list[str]) -> str:
    return element(tag, "".join(INNER.get(tag, "{}").replace("{}", content) for content in contents))


INLINES = st.recursive(
    WORDS.map(html.escape),
    lambda inner: st.builds(element, st.sampled_from(INLINE), inner) | st.lists(inner, max_size=3).map("".join),
    max_leaves=5,
)
PAGES = st.lists(st.builds(block, st.sampled_from(BLOCKS), st.lists(INLINES, max_size=3)) | INLINES, max_size=4).map(
    "".join
)


def letters(words: str) -> str:
    return "".join(text.clean(words).split())


def read(markdown: str) -> str:
    return letters(text.visible_words(text.to_html(markdown)))


@pytest.mark.slow
@settings(max_examples=200)
@given(PAGES)
def test_visible_words_in_are_visible_words_out(source: str) -> None:
    expected = letters(html.unescape(text._TAGS.sub("", source)))
    assert read(text.markdown_from_html(source)) == expected
    assert read(convert_body(f"<!-- wp:x -->{source}").markdown) == expected


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("<table><tr><td>a|b</td><td>c</td></tr></table>", "<td>a|b</td>"),
        ("<table><tr><td><code>a|b</code></td></tr></table>", "<td><code>a|b</code></td>"),
        ("One\n\n---\n\nTwo", "<p>---</p>"),
        ("One\n---", "---</p>"),
        ("# not a heading", "<p># not a heading</p>"),
        ("1. not a list", "<p>1. not a list</p>"),
        ("<strong>x:</strong>y", "<strong>x</strong>:y"),
        ("<b>„x“</b>y", "<p>„x“y</p>"),
        ("&amp;lt;b&amp;gt; &amp;copy;", "<p>&amp;lt;b&amp;gt; &amp;copy;</p>"),
        ("[a]: https://a.example", "[a]: <a"),
        ("<pre>```\nx</pre>", "<pre><code>```\nx\n</code></pre>"),
        ("<h2>a #</h2>", "<h2>a #</h2>"),
        ("<a href='https://a.example/(a)b c'>z</a>", 'href="https://a.example/%28a%29b%20c"'),
        ("<ol start='3'><li>c</li></ol>", '<ol start="3">'),
        ("<b>bold</b>, <i>it</i> and <del>gone</del>", "<strong>bold</strong>, <em>it</em> and <s>gone</s>"),
    ],
)
def test_what_looks_like_markdown_is_no_formatting(source: str, rendered: str) -> None:
    assert rendered in text.to_html(convert_body(source).markdown)


def test_words_of_a_table_that_is_too_wide_stay() -> None:
    cells = "".join(f"<td>c{n}</td>" for n in range(60))
    markdown = convert_body(f"<p>Before *it*</p><table><tr>{cells}</tr></table>").markdown
    assert read(markdown) == letters("Before *it* " + " ".join(f"c{n}" for n in range(60)))


def test_another_post_with_the_same_number_is_imported_and_the_same_one_is_not(app: Flask, tmp_path: Path) -> None:
    first, second = item(1, comment(5)), item(1, comment(6), body="Another story.").replace("Number 1", "Number one")
    file = export_with(tmp_path, first, second, first)
    report = import_file(file)
    assert (report.posts, report.posts_existing, report.comments) == (2, 1, 2)
    assert set(db.session.scalars(select(Post.title))) == {"Number 1", "Number one"}
    again = import_file(file)
    assert (again.posts, again.posts_existing, again.comments) == (0, 3, 0)


def test_comments_with_one_number_are_kept_apart_and_counted(app: Flask, tmp_path: Path) -> None:
    file = export_with(tmp_path, item(1, comment(5, body="One."), comment(5, body="Two."), comment(5, body="One.")))
    report = import_file(file)
    assert report.comments == 2 and report.comments_skipped["twice in the file"] == 1
    assert set(db.session.scalars(select(Comment.body))) == {"One.", "Two."}
    assert import_file(file).comments == 0


def test_replies_of_skipped_items_are_accounted_for(app: Flask, tmp_path: Path) -> None:
    page, draft = item(1, comment(5), comment(6), kind="page"), item(2, comment(7), status="draft")
    report = import_file(export_with(tmp_path, page, draft, item(3, comment(8))))
    assert report.comments == 1 and report.comments_skipped == {"under a skipped item": 3}
    assert "3 skipped (3 under a skipped item)" in report.text()


def test_every_comment_of_a_file_is_in_the_report(app: Flask, tmp_path: Path) -> None:
    def total(report: Any) -> int:
        return int(report.comments + report.comments_existing + report.comments_skipped.total())

    items = [
        item(n, comment(2 * n), comment(2 * n + 1, approved="0"), kind=["post", "page"][n % 2]) for n in range(1, 7)
    ]
    file = export_with(tmp_path, *items)
    assert total(import_file(file, dry_run=True)) == total(import_file(file)) == total(import_file(file)) == 12
