"""Identifying details in an anonymous text are found before it is published, marked, and not stored."""

import re
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.posts.actions import PostSubject
from forum.posts.anonymous.identifying_details import AuthorDetails, country_findings, find_identifying_details
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.factories import make_member, make_post, make_tag, make_vendor
from tests.growth import growth

MARTA = AuthorDetails("Marta Aalto", "marta-aalto", "Nordhaus Systems Oy", "mail.nordhaus.example", "Finland")


def passages(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, finding.passage) for finding in find_identifying_details(text, MARTA, ["Northwind Storage"])]


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        ("As MARTA AALTO I say", "Your name", "MARTA AALTO"),
        ("They told Marta to wait", "Your name", "Marta"),
        ("see my page marta-aalto here", "Your user name", "marta-aalto"),
        ("write to m.a+x@nordhaus.example please", "An e-mail address", "m.a+x@nordhaus.example"),
        ("call +358 40 123 4567 today", "A phone number", "+358 40 123 4567"),
        ("call 0041 44 668 18 00 today", "A phone number", "0041 44 668 18 00"),
        ("call (089) 123 456 78 today", "A phone number", "(089) 123 456 78"),
        ("call 555-123-4567 today", "A phone number", "555-123-4567"),
        ("We at Nordhaus Systems lost", "Your employer", "Nordhaus Systems"),
        ("We at nordhaus lost", "Your employer", "nordhaus"),
        ("it cost €14,350 in all", "An exact sum", "€14,350"),
        ("it cost 14.350 EUR in all", "An exact sum", "14.350 EUR"),
        ("it cost $1,200.45 in all", "An exact sum", "$1,200.45"),
        ("it cost 14 355 euros in all", "An exact sum", "14 355 euros"),
        ("on 12 November 2026 they", "An exact date", "12 November 2026"),
        ("on November 12th they", "An exact date", "November 12th"),
        ("on the 3rd of March they", "An exact date", "3rd of March"),
        ("on 2026-11-12 they", "An exact date", "2026-11-12"),
        ("on 12.11.2026 they", "An exact date", "12.11.2026"),
        ("on 11/12/26 they", "An exact date", "11/12/26"),
        ("said Mr. Tanaka then", "Someone's name", "Mr. Tanaka"),
        ("said Ms Inga Löfgren then", "Someone's name", "Ms Inga Löfgren"),
        ("my colleague Pekka Virtanen asked", "Someone's name", "Pekka Virtanen"),
        ("our channel manager, Inga, asked", "Someone's name", "Inga"),
        ("a man called Jürgen Groß asked", "Someone's name", "Jürgen Groß"),
    ],
)
def test_what_gives_an_author_away_is_found(text: str, kind: str, passage: str) -> None:
    assert passages(text) == [(kind, passage)]


@pytest.mark.parametrize(
    "text",
    [
        "It cost about €14,000, or 3.5k a head, 120 euros each.",
        "We registered 11 deals, 9 of 11 were approved, 80 % of 1,234 seats.",
        "In November 2026, in Q3 2025, since 2019, from 2019-2021, version 12.4.1 and 7.0.3.",
        "Part number 100-200-30 and 192.168.10.254 port 8443.",
        "Our account manager at Northwind Storage, and one from Northwind Storage, never called.",
        "My colleague asked. Our partner manager did not. They may call in May.",
        "The martagon and Aaltonen are other words; nordhausen too.",
        "",
    ],
)
def test_what_gives_nobody_away_is_left_alone(text: str) -> None:
    assert passages(text) == []


def test_each_find_stands_once_with_the_words_around_it_and_what_to_do() -> None:
    text = f"{'Before that ' * 9}Marta Aalto wrote on 12 November 2026 from marta.aalto@nordhaus.example {'and so on ' * 9}"
    findings = find_identifying_details(text, MARTA)
    assert [finding.passage for finding in findings] == [
        "Marta Aalto",
        "12 November 2026",
        "marta.aalto@nordhaus.example",
    ]
    assert findings[0].before.startswith("…") and findings[-1].after.endswith("…")
    for finding in findings:
        assert f"{finding.before.lstrip('…')}{finding.passage}{finding.after.rstrip('…')}" in text and finding.advice


def test_countries_are_found_whole_and_the_authors_own_in_their_own_words() -> None:
    assert [name for name, _ in country_findings("In Finland, not the Finlandia hall, and in south africa", MARTA)] == [
        "Finland",
        "south africa",
    ]
    author = AuthorDetails(country="Suomi")
    assert [name for name, _ in country_findings("Here in Suomi", author)] == ["Suomi"]


def test_a_long_hostile_text_is_read_quickly() -> None:
    for piece in ("1 ", "1.", "Aa ", "a@", "0 0-", "my a ", "€1,111", "Mr A ", "((((0"):
        hostile = piece * (20_000 // len(piece))
        assert growth(lambda text: find_identifying_details(text, MARTA), hostile) < 40, piece


def composed(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends to publish a post anonymously."""
    body = "Our bid of €14,350 was refused on 12 November 2026, said Mr. Tanaka."
    fields = {"title": "What happened with the bid", "body": body, "leaning": "bad", "tags": make_tag().slug}
    return {**fields, "vendor_naming": "none", "identity": "anonymous", "intent": "publish", **changes}


def test_an_anonymous_post_comes_back_with_each_passage_marked_and_a_button_for_this_very_text(
    app: Flask, browse: Any
) -> None:
    browser, data = browse(make_member()), composed()
    page = browser.post("/posts/new", data=data)
    assert page.status_code == 200 and db.session.query(Post).count() == 0
    for passage in ("€14,350", "12 November 2026", "Mr. Tanaka"):
        assert f"<mark>{passage}</mark>" in page.text
    button = re.search(r'value="(publish anyway \w+)"', page.text)
    assert button
    changed = browser.post(
        "/posts/new", data={**data, "intent": button[1], "body": data["body"] + " Call +358 40 1234567."}
    )
    assert changed.status_code == 200 and "<mark>+358 40 1234567</mark>" in changed.text
    assert db.session.query(Post).count() == 0, "another text than the one that was checked"
    assert browser.post("/posts/new", data={**data, "intent": button[1]}).status_code == 302
    assert db.session.query(Post).count() == 1


def test_a_named_text_and_a_harmless_anonymous_one_are_published_at_once(app: Flask, browse: Any) -> None:
    browser = browse(make_member())
    assert browser.post("/posts/new", data=composed(identity="name")).status_code == 302
    harmless = composed(body="Our bid was refused late, though we hold the highest tier.")
    assert browser.post("/posts/new", data=harmless).status_code == 302


def test_an_anonymous_reply_is_checked_the_same_way(app: Flask, browse: Any) -> None:
    author = make_member(name="Marta Aalto", company="Nordhaus Oy")
    browser, path = browse(author), f"/posts/{key_text(make_post().id)}/reply"
    data = {"body": "We at Nordhaus saw this too.", "identity": "anonymous", "intent": "publish"}
    page = browser.post(path, data=data)
    assert "<mark>Nordhaus</mark>" in page.text and db.session.query(Comment).count() == 0
    button = re.search(r'value="(publish anyway \w+)"', page.text)
    assert button and browser.post(path, data={**data, "intent": button[1]}).status_code == 302
    assert db.session.query(Comment).count() == 1


def test_tier_and_country_together_are_warned_of_only_where_few_share_them(app: Flask, browse: Any) -> None:
    vendor = make_vendor(tiers=("Gold", "Silver"))
    gold = vendor.programmes[0].tiers[0]
    data = composed(
        vendor_naming="named",
        vendor=vendor.name,
        tier=f"t{gold.id}",
        body="In Finland nobody calls back, not even at Gold.",
    )
    browser = browse(make_member(country="Finland", email="a@own.example"))
    page = browser.post("/posts/new", data=data).text
    assert "<mark>Finland</mark>" in page and "fewer than five" in page
    for n in range(3):
        make_post(
            make_member(country="finland", email=f"a@house{n}.example"), subject=PostSubject(vendor=vendor, tier=gold)
        )
    make_post(make_member(country="Finland", email="b@house0.example"), subject=PostSubject(vendor=vendor, tier=gold))
    assert "<mark>Finland</mark>" in browser.post("/posts/new", data=data).text, "two of one company are one"
    make_post(make_member(country="Finland", email="a@house3.example"), subject=PostSubject(vendor=vendor, tier=gold))
    assert browser.post("/posts/new", data=data).status_code == 302
