"""One story, told with Alice, with Bob and with both behind the pseudonyms: nobody else can tell which it was."""

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from difflib import unified_diff
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from tests import crawl
from tests.conftest import on_one_database
from tests.two_worlds import dump
from tests.two_worlds.faults import FAULTS, Fault
from tests.two_worlds.story_part_two import STORY
from tests.two_worlds.short_story import SHORT
from tests.two_worlds.stage import Cast, Stage, play, world

# Lists in which the order among equals is that of random numbers.
EQUALS = ("sort=top", "sort=weight")
# Who sees all but these as others do looks at these alone.
LOOKS_AT = {"ada": ("/admin", "/moderation", "/members"), "nils": ("/posts/", "/vendors/")}
# Not looked at: it shows its reader a new secret at every visit.
OWN = "/settings/two-factor"
WORLDS = (Cast("alice", "alice"), Cast("bob", "bob"), Cast("alice", "bob", delay_minutes=17))


@pytest.fixture
def told() -> Iterator[dump.LogRecorder]:
    """All that is logged meanwhile."""
    handler, root, ours = dump.LogRecorder(), logging.getLogger(), logging.getLogger("forum")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before[0])
    ours.setLevel(before[1])


def all_pages(stage: Stage, readers: list[str]) -> dump.Dump:
    """Every address, as these readers see it."""
    found: dump.Dump = {}
    known = crawl.addresses(stage.app, with_mailed_links=True)
    addresses = {stage.names.text(first_author): first_author for several in known.values() for first_author in several}
    addresses.pop(OWN)
    for reader in readers:
        browser = stage.browser(reader)
        for name, address in sorted(addresses.items()):
            if not address.startswith(LOOKS_AT.get(reader, "/")):
                continue
            page = dump.page_text(stage.names, browser, address)
            lines = page.replace("<li", "\n<li").replace("</ol>", "\n</ol>").split("\n")
            found[f"{reader} at {name}"] = sorted(lines) if address.endswith(EQUALS) else lines
    return found


def difference(first_author: dump.Dump, other: dump.Dump) -> str:
    """Where two worlds differ, and the first difference in a few lines."""
    places = [place for place in sorted(set(first_author) | set(other)) if first_author.get(place, []) != other.get(place, [])]
    if not places:
        return ""
    lines = list(unified_diff(first_author.get(places[0], []), other.get(places[0], []), lineterm="", n=1))[2:]
    return f"{', '.join(places[:9])}: " + "\n".join(line[:900] for line in lines[:12])


def played(app: Flask, told: dump.LogRecorder, who: Cast, story: Any, look: Any) -> Generator[tuple[str, dump.Dump]]:
    told.lines.clear()
    with world(app, who) as stage:
        yield from play(stage, story, told, look)


def compared(app: Flask, told: dump.LogRecorder, story: Any, look: Any, worlds: Sequence[Cast] = WORLDS) -> str:
    """The first step after which a world differs from the first one, and how; "" when none does."""
    first = list(played(app, told, worlds[0], story, look))
    for who in worlds[1:]:
        with closing(played(app, told, who, story, look)) as other:
            for (name, seen), (_, seen_there) in zip(first, other, strict=True):
                if differs := difference(seen, seen_there):
                    return f"In {differs} ({who} after {name})"
    return ""


def test_nobody_can_tell_which_of_two_members_wrote_anonymously(app: Flask, told: dump.LogRecorder) -> None:
    story, worlds = STORY, WORLDS
    if db.engine.dialect.name != "sqlite":
        # Over there all readers look at all pages of all worlds. Here two do, at the end, in the two that differ most: the
        # pages are made of the same rows, which are compared after each step.
        worlds = (WORLDS[0], WORLDS[-1])
        story = [act._replace(seen_by=[]) for act in STORY[:-1]] + [STORY[-1]._replace(seen_by=["stranger", "mona"])]
    assert compared(app, told, story, all_pages, worlds) == ""


def few_pages(stage: Stage, readers: list[str]) -> dump.Dump:
    """Home, the anonymous thread, and what is public of both."""
    paths = ["/", stage.path(stage.post("How it went"), "/how-it-went"), "/members/alice-x", "/members/bob-x"]
    return {
        f"{reader} at {stage.names.text(path)}": dump.page_text(stage.names, stage.browser(reader), path).split("\n")
        for reader in readers
        for path in paths
    }


def test_the_short_story_is_the_same_in_all_worlds(app: Flask, told: dump.LogRecorder) -> None:
    assert compared(app, told, SHORT, few_pages) == ""


@on_one_database
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_makes_the_worlds_differ(
    app: Flask, told: dump.LogRecorder, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault.plant(monkeypatch)
    assert fault.shows in compared(app, told, SHORT, few_pages).partition(":")[0]
