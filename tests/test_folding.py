"""Names are compared as readers see them: what nobody sees hides no name."""

import pytest
from flask import Flask

from forum import text
from forum.posts.actions import PostSubject
from forum.posts.anonymous.identifying_details import AuthorDetails, find_identifying_details
from forum.posts.screening.filters import addresses_in, fingerprint_of
from forum.posts.tags.queries import match_tags
from forum.site import change_setting
from forum.vendors.queries import find_vendor_mention, vendor_by_name
from forum.word_lists import held_domain_in, held_word_in
from tests.factories import make_category, make_comment, make_member, make_post, make_vendor

DISGUISES = [
    "Northwind’s",
    "Northwindʼs",
    "Northwind`s",
    "North\u00adwind",
    "Northwind™",
    "Northwind®",
    "Northwind©",
    "Northwind (TM)",
    "N\u200borthwind",
    "N\u200corth\u2060wind",
    "North\ufe0fwind",
    "North\u034fwind",
    "No\u3164rthwind",
    "about\u2800Northwind\u3164today",
    "about\u200bNorthwind\u200btoday",
    "North\U000e0061wind",
    "North\u2011wind",
    "North wind",
    "N o r t h w i n d",
    "Ｎorthwind",
    "Nоrthwind",  # a Cyrillic o
    "NORTHWIND",
    "Nörthwind",
]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_an_undisclosed_vendor_is_guessed_in_no_disguise(app: Flask, disguise: str) -> None:
    make_vendor("Northwind")
    post = make_post(subject=PostSubject(category=make_category(), description="a large hardware supplier"))
    assert find_vendor_mention(f"I bet this is {disguise} again.") == "Northwind"
    comment = make_comment(post, body=f"I bet this is {disguise} again.")
    assert comment.hidden_at is not None and "names Northwind" in (comment.hidden_reason or "")


@pytest.mark.parametrize(
    "source", ["North**wind**", "N&#111;rthwind", "[North](https://a.example)wind", "Nor~~th~~wind"]
)
def test_markdown_hides_no_name(app: Flask, source: str) -> None:
    make_vendor("Northwind")
    post = make_post(subject=PostSubject(category=make_category(), description="a large hardware supplier"))
    assert make_comment(post, body=f"I bet this is {source} again.").hidden_at is not None


def test_other_words_are_no_guess(app: Flask) -> None:
    for name in ("Northwind", "SAS", "Asis"):
        make_vendor(name)
    for passage in ("The north wall, a wind.", "It's as good as is.", "northwinds", "Winds from the north", ""):
        assert find_vendor_mention(passage) is None, passage


def test_nothing_is_decoded_twice() -> None:
    assert text.fold("&#78;orthwind") == "78-orthwind"
    assert "&#78;" in text.visible_text(text.to_html("&amp;#78;orthwind"))


def test_vendors_and_tags_are_found_whatever_is_unseen(app: Flask) -> None:
    vendor = make_vendor("O’Reilly & Sons™")
    for name in ("O'Reilly & Sons", "o‘reilly & sons®", "O\u00ad'Reilly & Sons"):
        assert vendor_by_name(name) is vendor
    assert match_tags("#sec\u00adurity, hard\u200bware").unknown == ["security", "hardware"]


@pytest.mark.parametrize(
    "link",
    [
        "https://sp\u00adam.example/x",
        "https://spam\u200b.example/x",
        "https://ｓｐａｍ.example/x",
        "https://spam\u3002example/x",
        "https://SPAM.example./x",
        "https://a.spam.example",
    ],
)
def test_a_held_domain_is_read_as_browsers_read_it(link: str) -> None:
    assert held_domain_in(addresses_in(f"See {link} for more"), "spam.example") == "spam.example"


def test_held_words_and_domains_are_found_in_what_is_read(app: Flask) -> None:
    change_setting("held_words", "casino")
    change_setting("held_domains", "spam.example")
    member = make_member(vouched_at=None)
    for body in ("A cas**ino** for you", "A cas\u00adino for you", "[here](https://sp&#97;m.example/)"):
        assert make_comment(author=member, body=body).hidden_at is not None, body
    assert held_word_in("a\u2800casino\u2800b", "casino") == "casino"
    words = "We registered eleven deals, nine were approved, two came back to us in the end."
    assert fingerprint_of(words) == fingerprint_of(words.replace("deals", "de\u3164als"))


@pytest.mark.parametrize("name", ["Maeve O’Brien", "Maeve O'Brien"])
def test_an_author_s_own_name_is_found_in_any_spelling(name: str) -> None:
    for spelling in ("Maeve O’Brien", "Maeve O'Brien", "Ma\u00adeve O\u200b'Brien", "MAEVE\u2800O'BRIEN"):
        kinds = {finding.kind for finding in find_identifying_details(f"I, {spelling}, say", AuthorDetails(name=name))}
        assert "Your name" in kinds, spelling
