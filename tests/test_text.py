"""Text: cleaned, rendered, and never dangerous."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum import text
from tests.growth import growth

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<a href='javascript:alert(1)'>x</a>",
    "![x](https://tracker.example/pixel.gif)",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "<style>body{display:none}</style>",
    "<math><mtext></mtext><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '<https://a.example/"onmouseover=alert(1)>',
    '[a](https://a.example "t" onclick=alert(1))',
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
]


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_text_becomes_harmless(source: str) -> None:
    html = text.to_html(source)
    for sign in ("<script", "<img", "<svg", "<iframe", "<style", "<math", "<noscript"):
        assert sign not in html.lower()
    assert not re.search(r"<[^>]*\son\w+\s*=", html)
    for scheme in ("javascript:", "data:", "vbscript:"):
        assert f'href="{scheme}' not in html.lower()


@given(st.text(max_size=400))
def test_any_text_renders_to_allowed_tags_only(source: str) -> None:
    for tag in re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)", text.to_html(source)):
        assert tag in text.ALLOWED_TAGS


def test_a_table_keeps_the_alignment_of_its_columns() -> None:
    html = text.to_html("| a | b | c | d |\n|---|:--|:-:|--:|\n| 1 | 2 | 3 | 4 |")
    assert '<th>a</th>\n<th align="left">b</th>\n<th align="center">c</th>\n<th align="right">d</th>' in html
    assert '<td>1</td>\n<td align="left">2</td>\n<td align="center">3</td>\n<td align="right">4</td>' in html
    assert "style" not in html


def test_markdown_works_as_the_hint_says() -> None:
    html = text.to_html(
        "# One\n\n**b** *i* ~~s~~ `c`\n\n> q\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nhttps://a.example/x"
    )
    for piece in (
        "<h2>One</h2>",
        "<strong>b</strong>",
        "<em>i</em>",
        "<s>s</s>",
        "<code>c</code>",
        "<blockquote>",
        "<li>a</li>",
        "<td>1</td>",
    ):
        assert piece in html
    assert '<a href="https://a.example/x" rel="nofollow ugc noopener">' in html


def test_text_is_kept_except_for_characters_that_databases_refuse() -> None:
    assert text.clean("a\x00b\r\nc\u202ed\ud800") == "ab\ncd"
    assert text.clean("e\u0301") == "é"
    assert text.single_line("  two \n words ") == "two words"


def test_an_excerpt_is_plain_text_cut_between_words() -> None:
    assert text.to_plain("**Bold** and [a link](https://x.example), then more.") == "Bold and a link, then more."
    excerpt = text.to_plain("word " * 100, 50)
    assert len(excerpt) <= 52 and excerpt.endswith("word …")


def test_imported_html_becomes_markdown() -> None:
    html = text.markdown_from_html("<p>Hello <b>there</b></p><script>x()</script><ul><li>one</li></ul>")
    assert html.startswith("Hello **there**") and "- one" in html and "x()" not in html


@pytest.mark.slow
def test_a_megabyte_takes_no_longer_than_the_longest_text_allowed() -> None:
    for nasty in ("[" * 1_000_000, "*a " * 300_000, "> " * 400_000, "|" * 900_000, "http://" * 140_000):
        longest = nasty[: text.MAX_SOURCE_LENGTH]
        assert text.to_html(nasty) == text.to_html(longest)
        assert growth(text.to_html, longest) < 40, nasty[:8]


def test_names_compare_without_case_and_accents() -> None:
    assert text.fold("Deal Registration") == text.fold("deal-registration") == "deal-registration"
    assert text.fold("Zieliński") == "zielinski"
