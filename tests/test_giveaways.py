"""What gives an anonymous author away is found before the text is published, marked, and kept nowhere."""

import time

import pytest

from forum.posts.giveaways import Writer, countries_in, giveaways

MARTA = Writer("Marta Aalto", "marta-aalto", "Nordhaus Systems Oy", "mail.nordhaus.example", "Finland")


def passages(text: str) -> list[tuple[str, str]]:
    return [(found.what, found.passage) for found in giveaways(text, MARTA, ["Northwind Storage"])]


@pytest.mark.parametrize(
    ("text", "what", "passage"),
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
        ("said Mr. Tanaka then", "Somebody's name", "Mr. Tanaka"),
        ("said Ms Inga Löfgren then", "Somebody's name", "Ms Inga Löfgren"),
        ("my colleague Pekka Virtanen asked", "Somebody's name", "Pekka Virtanen"),
        ("our channel manager, Inga, asked", "Somebody's name", "Inga"),
        ("a man called Jürgen Groß asked", "Somebody's name", "Jürgen Groß"),
    ],
)
def test_what_gives_an_author_away_is_found(text: str, what: str, passage: str) -> None:
    assert passages(text) == [(what, passage)]


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
    found = giveaways(text, MARTA)
    assert [one.passage for one in found] == ["Marta Aalto", "12 November 2026", "marta.aalto@nordhaus.example"]
    assert found[0].before.startswith("…") and found[-1].after.endswith("…")
    assert all(f"{one.before.lstrip('…')}{one.passage}{one.after.rstrip('…')}" in text and one.advice for one in found)


def test_countries_are_found_whole_and_the_authors_own_in_their_own_words() -> None:
    assert [name for name, _ in countries_in("In Finland, not the Finlandia hall, and in south africa", MARTA)] == [
        "Finland",
        "south africa",
    ]
    own = Writer(country="Suomi")
    assert [name for name, _ in countries_in("Here in Suomi", own)] == ["Suomi"]


def test_a_long_hostile_text_is_read_quickly() -> None:
    begun = time.perf_counter()
    for piece in ("1 ", "1.", "Aa ", "a@", "0 0-", "my a ", "€1,111", "Mr A ", "((((0"):
        giveaways(piece * (20_000 // len(piece)), MARTA)
    assert time.perf_counter() - begun < 3
