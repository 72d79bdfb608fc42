"""Text that is made to cost much: marks without end, tables without cells, lists without bottom."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from forum import text, urls
from forum.accounts.models import Member
from forum.accounts.recovery_phrase import _normalized
from forum.db import db
from forum.markdown import MAX_EXTRA, MAX_GROWTH, MAX_LEVELS, TooComplex, to_unsafe_html
from forum.pages.feed_views import MAX_FEED_LENGTH
from forum.posts import thread_html
from forum.posts.models import Comment, Post
from forum.posts.screening.filters import addresses_in, fingerprint_of
from tests import style
from tests.factories import make_comment, make_member, make_post
from tests.growth import growth
from tests.post_forms import path_to, post_form, reply_form
from tests.wordpress import comment, export_with, import_file, item

MARKS = "\u0315\u0300"
FUNCTIONS = [
    text.clean,
    text.single_line,
    text.fold,
    text.fold_passage,
    text.slug_of,
    text.to_html,
    text.to_plain,
    text.markdown_from_html,
    lambda source: text.normalize("NFKC", source),
    addresses_in,
    fingerprint_of,
    _normalized,
]
BOMBS = {
    "two marks in turn": "a" + MARKS * 20_000,
    "with what is dropped between them": ("\u0315\u0300" * 4 + "\u200d") * 5_000,
    "with controls between them": ("\u0315\u0300" * 4 + "\u202e") * 5_000,
    "marks that are two": "a" + "\u0f71\u0f73" * 20_000,
    "marks that become such": "か" + "\uff9e\u0315" * 20_000,
    "marks as entities": "a" + "&#x315;&#x300;" * 3_000,
}
TABLE = "|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n" + "a\n" * 1310
TOO_COMPLEX = {
    "a table of 50 columns": TABLE,
    "a table of empty cells": "|" + "a|" * 20 + "\n|" + "-|" * 20 + "\n" + "a\n" * 5000,
    "many such tables": ("|" + "a|" * 20 + "\n|" + "-|" * 20 + "\n" + "a\n" * 700 + "\n") * 8,
    "quotes in quotes, again and again": (">" * 19 + "a\n\n") * 400,
    "lists too deep": "\n".join("  " * n + f"- level {n}" for n in range(MAX_LEVELS + 1)),
    "quotes too deep": ">" * 200 + "a",
    "emphasis too deep": " ".join(f"*a{n}" for n in range(300)) + " end" + " b*" * 300,
    "links without words": "[](b)" * 4_000,
}
# Anything, and what is made of the pieces that mean something to Markdown.
PIECES = st.sampled_from(
    "a|b|-|>|*|**|_|`|~~|#|[|](|)|<|&|&#8238;|&lt;|\n|\n\n|1.|字|\u0315|\u200d|\u202e|www.|//|https://|.| |    |\t".split(
        "|"
    )
)
MARKDOWN = st.one_of(
    st.text(max_size=300), st.lists(PIECES | st.sampled_from(["|", "|-|-|\n"]), max_size=120).map("".join)
)


@given(MARKDOWN)
@example("*One* **two** ~~three~~ `four` & <b>\n\n> - 1\n\n# Head\n\n---\n    code \"'")
def test_where_bleach_is_left_out_it_would_change_nothing(source: str) -> None:
    try:
        rendered = text.sieve(to_unsafe_html(text.clean(source)))
    except TooComplex:
        return
    if text._PLAIN_HTML.fullmatch(rendered):
        assert text._clean_again(text._clean_first(rendered)) == text._clean_again(rendered)
    for hostile in ("<p onclick=a>", "<script>", "<a>", "</p >", "<p/>", "<!-- -->", "<", "&#60;", "<P>", "<th>"):
        assert not text._PLAIN_HTML.fullmatch(rendered + hostile)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_no_run_of_marks_costs_more_than_its_length(bomb: str) -> None:
    for function in FUNCTIONS:
        assert growth(function, bomb) < 25, function


def test_text_alone_normalizes_and_cleans() -> None:
    """Normalizing a run of combining marks costs time that grows with its square: text.normalize cuts the run first."""
    rule = re.compile(r"unicodedata\.normalize|^(?:import|from) (?:nh3|bleach)", re.M)
    assert {
        str(path.relative_to(style.ROOT)) for path in style.files(["forum"], ".py") if rule.search(path.read_text())
    } == {"forum/text.py"}


def test_every_mark_is_known_and_no_letter_begins_with_one_when_it_is_decomposed() -> None:
    for number in range(0x110000):
        sign = chr(number)
        first = unicodedata.normalize("NFKD", sign)[0] if not 0xD800 <= number < 0xE000 else sign
        if unicodedata.combining(sign) or unicodedata.combining(first):
            assert len(text.sieve("a" + sign * 50)) <= text.MAX_MARKS + 1, hex(number)


def test_the_marks_of_real_languages_stay() -> None:
    for words in ("Việt", "שָׁלוֹם", "हिन्दी", "བསྒྲུབས", "e\u0301\u0302", "👩🏽‍💻", "प्रकाशितवाक्य"):
        assert text.clean(words) == unicodedata.normalize("NFC", words)


def test_hostile_marks_are_cut_in_every_form(app: Any, browse: Any) -> None:
    bomb = "a" + MARKS * 10_000
    assert browse().post("/sign-in", data={"email": bomb, "password": bomb}).status_code == 422
    assert browse().post("/join", data={"email": bomb, "name": bomb, "password": bomb}).status_code == 422
    answer = browse(make_member()).post("/posts/new", data=post_form(title=bomb, vendor=bomb, tags=bomb))
    assert answer.status_code == 422 and "Use at most 10,000 characters" in answer.text
    assert db.session.query(Post).count() == 0


def test_hostile_marks_are_cut_in_every_field_of_an_import(app: Flask, tmp_path: Path) -> None:
    bomb = "a" + MARKS * 5_000
    reply = comment(2, body=bomb, author=bomb, email=f"{bomb}@x.example")
    file = export_with(tmp_path, item(1, reply, body=bomb).replace("Number 1", bomb).replace(">ann<", f">{bomb}<"))
    file.write_text(file.read_text().replace("</item>", f'<category domain="category">{bomb}</category></item>'))
    report = import_file(file)
    assert (report.posts, report.comments, report.problem_count) == (1, 1, 0)
    for row in (*db.session.query(Post), *db.session.query(Comment), *db.session.query(Member)):
        for words in (value for value in vars(row).values() if isinstance(value, str)):
            assert len(words) < 1_000 and text.sieve(words) == words


def test_a_form_of_a_hundred_thousand_fields_becomes_no_page_of_as_many(app: Any, browse: Any) -> None:
    answer = browse().post("/posts/new", data="&".join(f"a{n}=" for n in range(100_000)))
    assert len(answer.data) < 100_000


def test_an_address_that_is_too_long_is_refused_in_words(app: Any, browse: Any) -> None:
    for path in ("/?vendor=" + MARKS * 8_000, "/tags/" + "a" * 9_000, "/?" + "&".join(f"a{n}=" for n in range(3_000))):
        answer = browse().get(path)
        assert answer.status_code == 414 and "too long" in answer.text


@pytest.mark.parametrize("source", TOO_COMPLEX.values(), ids=TOO_COMPLEX.keys())
def test_markdown_that_becomes_too_much_is_shown_as_it_was_typed(source: str) -> None:
    assert text.markdown_error(source)
    rendered = text.to_html(source)
    assert len(rendered) <= MAX_GROWTH * len(source) + MAX_EXTRA
    assert text.visible_words(rendered).split() == source.split()


@given(MARKDOWN)
def test_any_text_is_bounded_and_holds_nothing_that_was_sieved(source: str) -> None:
    rendered = text.to_html(source)
    assert len(rendered) <= MAX_GROWTH * len(source) + MAX_EXTRA
    assert text.sieve(rendered) == rendered
    assert not re.search(r'href="(?!https?://|mailto:|[#/?](?!/)|[^:/]*["/?#])', rendered), rendered


def test_lists_are_shown_to_the_deepest_level_that_is_allowed() -> None:
    source = "\n".join("  " * n + f"- level {n}" for n in range(MAX_LEVELS))
    assert text.markdown_error(source) is None
    assert f"level {MAX_LEVELS - 1}" in text.to_html(source)
    assert text.markdown_error(">" * MAX_LEVELS + " a") is None


def test_ordinary_tables_lists_and_links_are_bounded_by_nothing() -> None:
    table = "| a | b | c |\n|---|:-:|--:|\n" + "| 1 | 2 | 3 |\n" * 200
    links = "".join(f"- [{n}](https://a.example/{n})\n" for n in range(300))
    wide = "|".join("abcdefghijklmnopqrst") + "\n" + "|".join("-" * 20) + "\n" + "|".join("12345678901234567890")
    for source in (table, links, wide, f"{table}- a list\n" + "- follows\n" * 50):
        assert text.markdown_error(source) is None


@pytest.mark.parametrize("path", ["reply", "new"])
def test_what_is_refused_is_explained_and_kept(app: Any, browse: Any, path: str) -> None:
    post, browser = make_post(), browse(make_member())
    form, url = (
        (reply_form(body=TABLE), path_to(post, "reply")) if path == "reply" else (post_form(body=TABLE), "/posts/new")
    )
    answer = browser.post(url, data=form)
    assert answer.status_code == 422 and "A table can have 20 columns. This one has 50." in answer.text
    assert "|-|-|-|" in answer.text and db.session.query(Comment).count() == 0


def test_a_process_remembers_no_long_replies_and_addresses(app: Flask, browse: Any) -> None:
    post = make_post()
    make_comment(post, body="Short enough.")
    make_comment(post, body="- a\n" * 2_000)
    reader = browse()
    thread_html._render.cache_clear()
    urls._cached_url.cache_clear()
    for _ in range(2):
        assert reader.get(path_to(post)).status_code == 200
        assert reader.get("/", query_string={"vendor": "x" * 2_000}).status_code == 200
    assert thread_html._render.cache_info().currsize == 1
    with app.test_request_context():
        size = urls._cached_url.cache_info().currsize
        assert "x" * 2_000 in urls.path_of("pages.home", vendor="x" * 2_000)
        assert urls._cached_url.cache_info().currsize == size


@pytest.mark.slow
def test_a_feed_of_long_texts_has_a_greatest_length(app: Any, browse: Any) -> None:
    post = make_post()
    for _ in range(12):
        make_comment(post, body='"\n\n' * 3_000)
    answer = browse().get(path_to(post, "feed.atom"))
    assert answer.text.count("<entry>") == 12 and answer.text.count("<summary>") > 0
    assert answer.text.count("<content") > 0 and len(answer.text) < 8 * MAX_FEED_LENGTH
