"""What readers get of a text: its links, its excerpt, and the direction of its script."""

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from forum import text
from forum.db import db
from forum.markdown import complete_link
from forum.posts.models import Comment
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.new_members import reply
from tests.post_forms import path_to

SPELLINGS = [
    "[a](//evil.example/x)",
    "[a](&#47;&#47;evil.example/x)",
    "[a](&#9;//evil.example/x)",
    "[a](/\\evil.example/x)",
    "[a](https:evil.example/x)",
    "[a](https:/evil.example/x)",
    "[a](https:\\\\evil.example/x)",
    "[a](h&#116;tps://evil.example/x)",
    "[a](https&#58;//evil.example/x)",
    "[a](https&colon;//evil.example/x)",
    "[a](hTTps://evil.example/x)",
    "[a][1]\n\n[1]: https://evil.example/x",
    "[a](evil.example/x)",
    "<https://evil.example/x>",
    "https://evil.example/x",
    "**https://evil.example/x**",
    "“https://evil.example/x”",
    "«https://evil.example/x»",
    "「https://evil.example/x」です",
    "见https://evil.example/x。谢谢",
    "（https://evil.example/x）",
]


@pytest.mark.parametrize("source", SPELLINGS)
def test_every_spelling_of_a_link_is_the_same_link(source: str) -> None:
    assert text.links_in(text.to_html(source)) == ["https://evil.example/x"]


@pytest.mark.parametrize("source", ["www.evil.example/x", "[a](www.evil.example/x)", "[a](//www.evil.example/x)"])
def test_an_address_without_a_scheme_gets_one(source: str) -> None:
    assert text.links_in(text.to_html(source)) == ["https://www.evil.example/x"]


@pytest.mark.parametrize(
    "source", ["http&#58;//evil.example", "//evil.example", "`https://evil.example`", "deal.reg", "www.x"]
)
def test_what_is_not_rendered_as_a_link_is_none(source: str) -> None:
    assert "href" not in text.to_html(source)


def test_links_within_the_site_and_to_mailboxes_stay() -> None:
    for link in ("/posts/new", "#note", "?sort=new", "mailto:a@b.example", "https://ja.wikipedia.org/wiki/%E6%97%A5"):
        assert complete_link(link) == link
    assert complete_link("jo@firm.example") == "mailto:jo@firm.example"
    assert 'href="https://a.example/x_(b)"' in text.to_html("(https://a.example/x_(b))")
    assert "%E6%97%A5" in text.to_html("https://ja.wikipedia.org/wiki/日")


@given(st.text(st.sampled_from("/\\:h tp\t\nw.@a#?&;"), max_size=20))
def test_no_link_leaves_the_site_without_a_scheme(url: str) -> None:
    for href in re.findall(r'href="([^"]*)"', text.to_html(f"[a](<{url}>) [a]({url})")):
        assert not re.match(r"[/\\]{2}|https?:(?!//)|[\x00-\x20]", href), href


@pytest.mark.parametrize("source", SPELLINGS)
def test_a_new_member_hides_no_link_by_its_spelling(app: Flask, browse: Any, source: str) -> None:
    change_setting("links_of_new_members", 0)
    change_setting("held_domains", "evil.example")
    reply(browse(make_member(vouched_at=None)), make_post(), f"Look at this: {source}")
    reason = db.session.query(Comment).one().hidden_reason or ""
    assert "0 links" in reason and "evil.example" in reason


def test_a_percent_sign_hides_no_domain(app: Flask) -> None:
    change_setting("held_domains", "evil.example")
    assert make_comment(body="[a](https://ev%69l.example/)", author=make_member(vouched_at=None)).hidden_at


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x07", "\ufeff", "\x85"])
def test_what_an_entity_stands_for_is_sieved_too(sign: str) -> None:
    for entity in (f"&#{ord(sign)};", f"&#x{ord(sign):x};"):
        assert sign not in text.to_html(f"a{entity}b [c{entity}](https://a.example/{entity} '{entity}')")


@pytest.mark.parametrize(
    ("source", "excerpt"),
    [
        ("你好 " + "字" * 300, "你好 " + "字" * 197 + "…"),
        ("Start https://a.example/" + "x" * 300, ("Start https://a.example/" + "x" * 300)[:200] + "…"),
        ("**Fett**druck und [Ver](https://a.example)weis", "Fettdruck und Verweis"),
        ("a line  \nand another\n\n- item\n- item", "a line and another item item"),
        ("word " * 60, ("word " * 40).strip() + " …"),
        ("e\u0301x" + "z" * 197 + "a\u0323\u0301" * 9, "éx" + "z" * 197 + "…"),
    ],
)
def test_an_excerpt_shows_as_much_as_there_is_room_for(source: str, excerpt: str) -> None:
    assert text.to_plain(source) == text.excerpt_of(text.to_html(source)) == text.clean(excerpt)


def test_moderators_and_imports_shorten_in_the_same_way(app: Any, browse: Any) -> None:
    words = "你好 " + "字" * 500
    assert text.shorten(words, 100) == words[:100] + "…" and text.shorten("a  b\nc", 5) == "a b c"
    comment = make_comment(body=words)
    page = browse(make_member()).get(f"/replies/{key_text(comment.id)}/flag").text
    assert words[:300] + "…" in page


@given(st.text(max_size=600))
def test_an_excerpt_is_the_beginning_of_what_is_read(source: str) -> None:
    rendered = text.to_html(source)
    words, excerpt = " ".join(text.visible_words(rendered).split()), text.excerpt_of(rendered, 40)
    if len(words) <= 40:
        assert excerpt == words
    else:
        assert words.startswith(excerpt.removesuffix("…").rstrip()) and len(excerpt) <= 42


def test_titles_texts_excerpts_and_names_go_in_the_direction_of_their_script(app: Any, browse: Any) -> None:
    author = make_member(name="دانا")
    post = make_post(author, title="تجربتي مع الشريك الذهبي", body="لم يتصل بنا أحد منهم خلال عام كامل " * 3)
    make_comment(post, author, body="وكذلك نحن")
    page, home = browse().get(path_to(post)).text, browse().get("/").text
    for tag, words in (("h1", post.title), ("a", author.name)):
        assert re.search(rf'<{tag}[^>]* dir="auto">{words}</{tag}>', page), tag
    assert page.count('itemprop="text" dir="auto">') == 2
    assert re.search(rf'<a [^>]*dir="auto">{post.title}</a>', home)
    assert re.search(r'<p class="post-row__excerpt" dir="auto">', home)
    form = browse(author).get(path_to(post, "edit")).text
    assert re.search(r'<input id="title"[^>]*dir="auto"', form) and re.search(
        r'<textarea id="body"[^>]*dir="auto"', form
    )
